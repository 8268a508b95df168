"""Strata of a sample that is designed for change.

What belongs here: from a change map to strata, what is expected in each, and units back to
strata and mapped years. What does not: allocating and drawing (``core/sampling``), estimating
(``tolerance``, ``core/estimation/change``).

Change is rare, so that a sample without strata sees little of it; and most of what a map omits
lies beside what it shows. A buffer around mapped change as a stratum of its own keeps the few
omissions from weighing as much as the large stratum of no change (Olofsson et al. 2020,
"Mitigating the effects of omission errors on area and area change estimates", RSE 236).
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lulc_assets.core.change.grades import Grade
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster, write_cog
from lulc_assets.core.legends import ClassEntry, build_legend
from lulc_assets.core.sampling.anticipation import Anticipation

STRATA_FILE = "strata.tif"
UNCHANGED, BUFFER, DOUBTFUL, RECENT, CHANGE = range(1, 6)
STRATA = build_legend(
    "change-strata",
    [
        ClassEntry("unchanged", color="#d9d9d9"),
        ClassEntry("buffer", color="#fdd0a2"),
        ClassEntry("doubtful", color="#9ecae1"),
        ClassEntry("recent", color="#dd3497"),
        ClassEntry("change", color="#7a0177"),
    ],
)
"""Far from mapped change; beside it; the maps differ and the dates do not show it; recent;
sustained."""

EXPECTED_CHANGED = {
    "unchanged": 0.001, "buffer": 0.05, "doubtful": 0.03, "recent": 0.4, "change": 0.9,
}  # fmt: skip
"""Share of each stratum that really changed, before anybody has looked: orders of magnitude from
``benchmarks.change``; ``--users change=0.8`` says otherwise."""

BUFFER_PX = 2
"""The registration of scenes errs by up to a pixel on either date."""


def write_strata(folder: Path, grid: PixelGrid, buffer_px: int = BUFFER_PX) -> Path:
    """Write the strata of a change map beside its layers.

    Args:
        folder: with ``from_to.tif`` and ``grade.tif``, as ``lulc change export`` writes them.
        grid: of both.
        buffer_px: width of the buffer around sustained and recent change.

    Returns:
        ``strata.tif``: codes of ``STRATA``, 0 where a map has no data.

    Raises:
        InvalidProduct: a layer is missing.
        UnreadableRaster: it cannot be read.
    """
    for name in ("from_to.tif", "grade.tif"):
        if not (folder / name).is_file():
            raise InvalidProduct(
                f"{folder} has no {name}: --for change takes a folder of `lulc change export`"
            )
    from_to, grade = read_raster(folder / "from_to.tif"), read_raster(folder / "grade.tif")
    return write_cog(
        folder / STRATA_FILE,
        strata_of_map(from_to, grade, buffer_px),
        grid,
        kind="class",
        nodata=0,
        colormap=STRATA.colormap(),
        description="strata of a sample for change",
    )


def strata_of_map(
    from_to: npt.NDArray[np.uint16], grade: npt.NDArray[np.uint8], buffer_px: int
) -> npt.NDArray[np.uint8]:
    """Stratum of each pixel, (h, w) uint8; arguments as :func:`write_strata`."""
    shown = (grade == Grade.SUSTAINED) | (grade == Grade.RECENT)
    near = ndimage.binary_dilation(shown, np.ones((3, 3)), iterations=buffer_px) & ~shown
    found = np.full(grade.shape, UNCHANGED, np.uint8)
    found[np.isin(grade, (Grade.FLICKER, Grade.INSUFFICIENT))] = DOUBTFUL
    found[near] = BUFFER
    found[grade == Grade.RECENT] = RECENT
    found[grade == Grade.SUSTAINED] = CHANGE
    found[from_to == 0] = 0
    return found


def anticipate_change(
    names: list[str], areas_ha: npt.NDArray[np.float64], changed: dict[str, float]
) -> Anticipation:
    """What a sample of these strata is expected to show: changed, or not.

    Args:
        names: of the strata that the map has.
        areas_ha: of them.
        changed: stratum → expected share that really changed, 0–1.

    Raises:
        InvalidProduct: the map shows no lasting change, so that there is no such stratum.
    """
    if "change" not in names or "unchanged" not in names:
        raise InvalidProduct(
            f"the change map has the strata {', '.join(names)}; a design for change needs mapped "
            "change and unchanged ground"
        )
    rows = np.zeros((len(names), len(names)))
    share = np.array([changed[name] for name in names])
    rows[:, names.index("change")] = share
    rows[:, names.index("unchanged")] = 1.0 - share
    return Anticipation(tuple(names), areas_ha, rows)
