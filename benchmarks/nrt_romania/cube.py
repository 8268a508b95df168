"""140 real dates as a landscape whose classes are steps of green cover.

What belongs here: from the cube that the package ``nrt`` 0.1.0 brings to a ``Scenery``. What does
not: what is made of it, and any truth: nobody knows what happened there.

The cube has four bands and no network was trained on it, so that the classes of a date come from
its indices: water where NDWI is above 0, else three steps of NDVI. How sure a class is follows
from the distance to the nearest step.
"""

import numpy as np
import numpy.typing as npt

from benchmarks.change.landscapes import Scenery
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legends.build import ClassEntry, build_legend

GREEN = build_legend(
    "green cover",
    [
        ClassEntry("water", color="#419bdf"),
        ClassEntry("open_ground", "Open ground, NDVI below 0.4", "#c8b28f"),
        ClassEntry("thin_green", "Thin green, NDVI 0.4 to 0.65", "#b4d774"),
        ClassEntry("dense_green", "Dense green, NDVI from 0.65", "#1f6b35"),
    ],
)
NDVI_STEPS = (0.4, 0.65)
NDVI_SD = 0.06
"""What the NDVI of ground that stays as it is moves by from date to date: the median over the
pixels of the cube, from the differences of clear dates within 15 days of each other."""

CLEAR_SCL = (4, 5, 6, 7)
"""Vegetation, bare ground, water, unclassified; ``nrt``'s own example takes 4, 5 and 7."""

_SCALE = 10_000.0


def romania() -> Scenery:
    """The cube at 10 m; ``truth``, ``event`` and ``field`` are empty.

    Raises:
        ImportError: the extra ``benchmarks`` is not installed; it brings the data.
    """
    from nrt import data

    cube = data.romania_10m()
    bands = {name: np.nan_to_num(cube[name].values) for name in ("B3", "B4", "B8")}
    dates = tuple(str(day)[:10] for day in cube.time.values)
    seen = (bands["B4"] > 0) & (bands["B8"] > 0) & (bands["B3"] > 0)
    ndvi = _index(bands["B8"], bands["B4"])
    classes, sure = classes_of(ndvi, _index(bands["B3"], bands["B8"]))
    shape = ndvi.shape[1:]
    x, y = cube.x.values, cube.y.values
    return Scenery(
        grid=PixelGrid(3035, float(x[0]) - 5, float(y[0]) + 5, *shape),
        dates=dates,
        classes=np.where(seen, classes, 0).astype(np.uint8),
        probabilities=sure,
        masks=(np.isin(cube["SCL"].values, CLEAR_SCL) & seen).astype(np.uint8),
        ndvi=np.rint(_SCALE * ndvi).astype(np.int16),
        truth={},
        events=(),
        event=np.zeros(shape, np.uint16),
        field=np.zeros(shape, np.int32),
    )


def classes_of(
    ndvi: npt.NDArray[np.float32], ndwi: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Code 1–4 of ``GREEN`` and 255 · its probability, both of the shape of the indices."""
    classes = np.where(ndwi > 0, 1, 2 + np.digitize(ndvi, NDVI_STEPS)).astype(np.uint8)
    to_step = np.min([abs(ndvi - step) for step in NDVI_STEPS], axis=0)
    distance = np.where(ndwi > 0, ndwi, to_step) / NDVI_SD
    sure = 1.0 / (1.0 + np.exp(-distance))
    return classes, np.rint(255 * sure).astype(np.uint8)


def _index(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Normalised difference, 0 where both are 0."""
    total = one + other
    found = np.divide(one - other, total, out=np.zeros_like(total), where=total > 0)
    return found.astype(np.float32)
