"""Which units of a systematic sample lie side by side.

What belongs here: pairs of neighbours, for the variance of a sample that was drawn on a
lattice. What does not: drawing it (``draw.py``) and the variance (``estimators.py``).
"""

import geopandas
import numpy as np
import numpy.typing as npt
from pyproj import Transformer

_REACH = 1.2
"""In steps of the lattice: above 1 for the scale of projections, below √2 of the diagonal."""


def neighbour_pairs(points: geopandas.GeoSeries) -> npt.NDArray[np.int64]:
    """Pairs of points one step of their lattice apart, shape (p, 2), int64.

    The step is the median distance of a point to its nearest one. Distances are chords of
    the ellipsoid, so that a region may reach over several projections.

    Args:
        points: of a systematic sample, in any CRS; some may be missing (no data).
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 (definitions load this module)

    if len(points) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    degrees = points.to_crs(4326)
    to_metres = Transformer.from_crs(4979, 4978, always_xy=True)
    places = to_metres.transform(degrees.x.to_numpy(), degrees.y.to_numpy(), np.zeros(len(points)))
    tree = cKDTree(np.stack(places, axis=1))
    nearest = tree.query(tree.data, k=2)[0][:, 1]
    pairs = tree.query_pairs(_REACH * float(np.median(nearest)), output_type="ndarray")
    return pairs.astype(np.int64)
