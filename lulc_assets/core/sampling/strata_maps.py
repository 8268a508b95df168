"""Strata in a raster: a frame of its own, or made from a class map of two years with a buffer.

What belongs here: opening a strata raster with its names, and making one of mapped change. What
does not: drawing units within strata (``draw.py``).

Omitted change lies near mapped change more often than elsewhere: a buffer around it, as a stratum
of its own, keeps a unit of omission from standing for a large part of the region (Olofsson et al.
2020, "Mitigating the effects of omission errors on area and area change estimates").
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from scipy.ndimage import maximum_filter

from lulc_assets.core.errors import InvalidLegend, InvalidProduct, InvalidSample
from lulc_assets.core.legend import Legend
from lulc_assets.core.legends import ClassEntry, build_legend, is_legend_file, read_legend
from lulc_assets.core.sampling.map_file import MapFile, open_map
from lulc_assets.core.whole_files import whole_file

Codes = npt.NDArray[np.uint8]

CHANGE_STRATA = ("loss", "gain", "buffer", "stable class", "stable rest")
"""Strata of :func:`change_strata`, codes 1 to 5."""
DIFFERENCES = ("differ", "elsewhere")
"""Names of :func:`write_differences`; a legend has two, and no pixel has the second."""
_WHOLE = frozenset({"all", "total", "everything", "sum"})


def strata_legend(text: str) -> Legend:
    """Names of strata, as a legend.

    Args:
        text: ``1=loss,2=gain,3=rest``, codes from 1 without gaps, or a file of
            :func:`~lulc_assets.core.legends.read_legend`.

    Raises:
        InvalidSample: it is neither, codes have gaps, or a stratum is called "all" or "total".
        InvalidLegend: a file that is not a legend.
    """
    legend = read_legend(Path(text)) if is_legend_file(text) else _of_pairs(text)
    for one in legend.classes:
        refuse_whole(one.name)
    return legend


def refuse_whole(name: str) -> None:
    """Refuse a stratum that is named as the whole would be.

    Raises:
        InvalidSample: it is; tables of counts would take it for a sum.
    """
    if name.strip().casefold() in _WHOLE:
        raise InvalidSample(
            f"stratum {name!r}: the name stands for the sum of all strata; choose one "
            "that says what it is"
        )


def _of_pairs(text: str) -> Legend:
    names: dict[int, str] = {}
    for pair in text.split(","):
        code, _, name = pair.partition("=")
        if not (code.strip().isascii() and code.strip().isdecimal() and name.strip()):
            raise InvalidSample(f"--strata-names {text!r}: write 1=loss,2=gain,3=rest, or a file")
        if int(code) in names:
            raise InvalidSample(f"--strata-names: code {int(code)} has two names")
        names[int(code)] = name.strip()
    if sorted(names) != list(range(1, len(names) + 1)):
        raise InvalidSample(
            f"--strata-names: codes are {', '.join(map(str, sorted(names)))}; they must be 1 to "
            f"{len(names)} without gaps (0 is outside the region)"
        )
    try:
        return build_legend("strata", [ClassEntry(names[code]) for code in sorted(names)])
    except InvalidLegend as error:
        raise InvalidSample(f"--strata-names: {error}") from error


def open_strata(paths: Sequence[str], names: str) -> list[MapFile]:
    """Open strata rasters as the frame of a sample, each ``TILE=path`` or a path.

    Raises:
        InvalidSample: as :func:`strata_legend`.
        InvalidProduct: a code without a name.
    """
    legend = strata_legend(names)
    parts = [text.rpartition("=") for text in paths]
    return [open_map(Path(path), tile=tile, legend=legend) for tile, _, path in parts]


def change_strata(
    before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], code: int, buffer_px: int
) -> npt.NDArray[np.uint8]:
    """Strata of the change of one class, codes of :data:`CHANGE_STRATA`.

    Args:
        before: shape (h, w), class codes of the first year, 0 = no data.
        after: shape (h, w), of the second year.
        code: of the class.
        buffer_px: width of the buffer around mapped loss and gain, pixels; 0 for none.

    Returns:
        Shape (h, w), uint8, 0 where either year has no data.

    Raises:
        InvalidProduct: the maps differ in shape, or the buffer is negative.
    """
    if before.shape != after.shape or buffer_px < 0:
        raise InvalidProduct(
            f"maps of {before.shape} and {after.shape} with a buffer of {buffer_px}: they must be "
            "of one grid, the buffer 0 or more"
        )
    was, becomes = before == code, after == code
    # Without data there is no change, and none to buffer.
    changed = (was != becomes) & (before > 0) & (after > 0)
    near = maximum_filter(changed, size=2 * buffer_px + 1) & ~changed
    strata = np.where(was, 4, 5).astype(np.uint8)
    strata[near] = 3
    strata[was & ~becomes] = 1
    strata[becomes & ~was] = 2
    strata[(before == 0) | (after == 0)] = 0
    return strata


def write_change_strata(
    before: Sequence[MapFile], after: Sequence[MapFile], name: str, buffer_px: int, folder: Path
) -> dict[Path, tuple[int, ...]]:
    """Write the strata of the change of one class, a raster for each map of the first year.

    Args:
        before: maps of the first year.
        after: of the second year, on the same grids in the same order.
        name: of the class.
        buffer_px: see :func:`change_strata`.
        folder: of the rasters, named after the maps.

    Returns:
        Path → pixels of each stratum.

    Raises:
        InvalidProduct: other grids, or another number of maps.
        UnknownClass: the legend has no such class.
    """
    code = before[0].legend.code_of(name)

    def make(first: Codes, second: Codes) -> Codes:
        return change_strata(first, second, code, buffer_px)

    return _write_pairs(before, after, make, len(CHANGE_STRATA), folder)


def write_differences(
    first: Sequence[MapFile], second: Sequence[MapFile], folder: Path
) -> dict[Path, tuple[int, ...]]:
    """Write where two maps differ: 1 there, 0 where they agree or either has no data.

    Args:
        first: maps of one kind.
        second: of the other, on the same grids in the same order.
        folder: of the rasters, named after the first maps.

    Returns:
        Path → (pixels that differ,).

    Raises:
        InvalidProduct: other grids, or another number of maps.
        InvalidSample: the maps show the same class everywhere.
    """

    def make(one: Codes, other: Codes) -> Codes:
        return ((one != other) & (one > 0) & (other > 0)).astype(np.uint8)

    found = _write_pairs(first, second, make, 1, folder)
    if not any(pixels for (pixels,) in found.values()):
        raise InvalidSample("the maps show the same class everywhere: there is nothing to compare")
    return found


def _write_pairs(
    first: Sequence[MapFile],
    second: Sequence[MapFile],
    make: Callable[[Codes, Codes], Codes],
    strata: int,
    folder: Path,
) -> dict[Path, tuple[int, ...]]:
    """Write a raster for each pair of maps; path → pixels of each stratum."""
    refuse_other_grids(first, second)
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for one, other in zip(first, second, strict=True):
        codes = make(one.part().class_map, other.part().class_map)
        path = folder / f"{one.name}.tif"
        with whole_file(path) as part:
            _write_codes(part, codes, one)
        counts = np.bincount(codes.ravel(), minlength=strata + 1)[1:]
        found[path] = tuple(int(n) for n in counts)
    return found


def refuse_other_grids(first: Sequence[MapFile], second: Sequence[MapFile]) -> None:
    """Refuse two sets of maps that do not lie on the same grids in the same order.

    Raises:
        InvalidProduct: they do not.
    """
    if [one.grid for one in first] != [one.grid for one in second]:
        raise InvalidProduct(
            "the two sets of maps lie on different grids, or are not as many: give them in "
            "the same order, each pair on one grid"
        )


def _write_codes(path: Path, codes: npt.NDArray[np.uint8], like: MapFile) -> None:
    grid = like.grid
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="uint8",
        count=1,
        height=grid.height,
        width=grid.width,
        crs=f"EPSG:{grid.epsg}",
        transform=grid.transform,
        nodata=0,
        compress="deflate",
        tiled=True,
    ) as raster:
        raster.write(codes, 1)
