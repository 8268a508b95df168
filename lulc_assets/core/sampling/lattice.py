"""The lattices of a systematic sample: which pixels lie on one, which units side by side.

What belongs here: random starts and the pixels that they reach, and pairs of neighbours. What
does not: drawing the sample (``draw.py``) and its variance (``estimators.py``).
"""

from collections.abc import Callable, Sequence

import geopandas
import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.sampling.frame import Indices
from lulc_assets.core.sampling.map_file import MapFile

_REACH = 1.2
"""In steps of the lattice: above 1 for the scale of projections, below √2 of the diagonal."""


def start_finder(
    maps: Sequence[MapFile], step: int, starts: int, rng: np.random.Generator
) -> Callable[[int, Indices, Indices], Indices]:
    """Draw starts and return a function from a map's index, rows and columns to the start.

    The function gives 0…starts−1, or −1 where no lattice has a unit. Starts are drawn once a
    projection and pixel size, on its own coordinates, so that tiles of a zone share them.

    Raises:
        InvalidSample: more starts than there are places within a step.
    """
    places = step * step
    if starts > places:
        raise InvalidSample(
            f"{starts} starts asked for; {step} × {step} pixels have {places} places for one"
        )
    at_place: dict[tuple[int, float], npt.NDArray[np.int64]] = {}
    for one in maps:
        zone = (one.grid.epsg, one.grid.pixel_m)
        if zone not in at_place:
            at_place[zone] = np.full(places, -1, dtype=np.int64)
            at_place[zone][rng.choice(places, starts, replace=False)] = np.arange(starts)

    def start_at(index: int, rows: Indices, cols: Indices) -> Indices:
        grid = maps[index].grid
        down = (rows - round(grid.y0 / grid.pixel_m)) % step
        across = (cols + round(grid.x0 / grid.pixel_m)) % step
        return at_place[grid.epsg, grid.pixel_m][down * step + across]

    return start_at


def neighbour_pairs(points: geopandas.GeoSeries) -> npt.NDArray[np.int64]:
    """Pairs of points one step of their lattice apart, shape (p, 2), int64.

    The step is the median distance of a point to its nearest one. Distances are chords of
    the ellipsoid, so that a region may reach over several projections.

    Args:
        points: of a systematic sample, in any CRS; some may be missing (no data).
    """
    from scipy.spatial import cKDTree

    if len(points) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    degrees = points.to_crs(4326)
    to_metres = Transformer.from_crs(4979, 4978, always_xy=True)
    places = to_metres.transform(degrees.x.to_numpy(), degrees.y.to_numpy(), np.zeros(len(points)))
    tree = cKDTree(np.stack(places, axis=1))
    nearest = tree.query(tree.data, k=2)[0][:, 1]
    pairs = tree.query_pairs(_REACH * float(np.median(nearest)), output_type="ndarray")
    return pairs.astype(np.int64)
