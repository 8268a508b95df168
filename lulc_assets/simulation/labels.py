"""Dense label polygons over sampled windows, as annotators would draw them.

What belongs here: the choice of windows, borders that are a little off, small things that
are left out, mistakes between classes that look alike. What does not: the reference
sample, which is drawn by another design (``sample``).

Windows lie on a lattice within the pixels that the tile owns (so that no window of one
tile shows land of another) and are the same in all years. They are stratified: for each
class in order of rarity one window is drawn with a chance that grows with the class's
share in it, first for gold, then for training; the rest are drawn at random. Labels
therefore over-represent rare classes; areas and accuracies must not be taken from them.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio.features
import shapely
from scipy import ndimage

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import PixelGrid, Window, owned_mask
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.legend import LandCover as C
from lulc_assets.simulation.fields import smooth_noise
from lulc_assets.simulation.spec import ArchiveSpec, SimulatedTile

CONFUSED_WITH: dict[int, tuple[int, ...]] = {
    C.WATER: (C.FLOODED_VEGETATION,),
    C.TREES: (C.SCRUB,),
    C.GRASS: (C.CROPS, C.SCRUB),
    C.FLOODED_VEGETATION: (C.GRASS, C.WATER),
    C.CROPS: (C.GRASS, C.BARE_GROUND),
    C.SCRUB: (C.GRASS, C.TREES),
    C.BUILT_AREA: (C.BARE_GROUND,),
    C.BARE_GROUND: (C.BUILT_AREA, C.GRASS),
    C.SNOW_ICE: (C.BARE_GROUND,),
}
"""Mistakes that annotators make (Karra et al. 2021, table 3)."""

MISTAKE_SHARE = 0.05
"""Of the training polygons, with a wrong class. Gold has none: it is cross-checked."""

_BORDER_PX = {"train": 0.8, "gold": 0.3}
_SMALLEST_PX = {"train": 6, "gold": 3}
_SIMPLIFY_M = 6.0
_COLUMNS = ("label_id", "window_id", "tile", "year", "class_name", "role", "annotator")


@dataclass(frozen=True)
class LabelWindow:
    """One square of the tile's area that is labelled without gaps."""

    window_id: str
    tile: str
    role: str
    window: Window


def choose_windows(
    spec: ArchiveSpec, area: SimulatedTile, truth: npt.NDArray[np.uint8]
) -> list[LabelWindow]:
    """Draw the windows of a tile; see the module's charter for the design.

    Raises:
        InvalidProject: the owned part of the area has too few windows.
    """
    size = spec.label_window_px
    cells = _lattice(area, size)
    if len(cells) < spec.labelled_windows:
        raise InvalidProject(
            f"tile {area.tile} has room for {len(cells)} label windows of {size} px, "
            f"{spec.labelled_windows} are wanted; make the area larger or the windows fewer"
        )
    counts = np.array([np.bincount(truth[w.slices].ravel(), minlength=10)[1:10] for w in cells])
    rng = np.random.default_rng([spec.seed, *area.tile.encode(), 4])
    gold = max(1, round(spec.labelled_windows * spec.gold_share))
    free = np.ones(len(cells), dtype=bool)
    chosen: list[LabelWindow] = []
    for role, number in (("gold", gold), ("train", spec.labelled_windows - gold)):
        for index in _draw(rng, counts, free, number):
            name = f"{area.tile}-{cells[index].row:05d}-{cells[index].col:05d}"
            chosen.append(LabelWindow(name, area.tile, role, cells[index]))
    return sorted(chosen, key=lambda w: w.window_id)


def _lattice(area: SimulatedTile, size: int) -> list[Window]:
    owned = owned_mask(area.tile, area.grid)
    rows, cols = np.flatnonzero(owned.any(axis=1)), np.flatnonzero(owned.any(axis=0))
    if rows.size == 0:
        return []
    return [
        Window(int(row), int(col), size, size)
        for row in range(rows[0], rows[-1] + 2 - size, size)
        for col in range(cols[0], cols[-1] + 2 - size, size)
    ]


def _draw(
    rng: np.random.Generator,
    counts: npt.NDArray[np.int64],
    free: npt.NDArray[np.bool_],
    number: int,
) -> list[int]:
    """Indices of cells; ``free`` is updated in place."""
    picked: list[int] = []
    for place in np.argsort(counts.sum(axis=0), kind="stable"):
        seen = counts[picked, place].sum() if picked else 0
        enough = 0.05 * counts[0].sum()
        weight = np.where(free, counts[:, place], 0).astype(float)
        if len(picked) < number and seen < enough and weight.sum() > 0:
            picked.append(int(rng.choice(weight.size, p=weight / weight.sum())))
            free[picked[-1]] = False
    rest = rng.permutation(np.flatnonzero(free))[: number - len(picked)]
    free[rest] = False
    return picked + [int(i) for i in rest]


def draw_labels(
    spec: ArchiveSpec,
    area: SimulatedTile,
    windows: list[LabelWindow],
    year: int,
    truth: npt.NDArray[np.uint8],
) -> gpd.GeoDataFrame:
    """Label polygons of a tile × year in the CRS of the tile, one row a polygon.

    Columns: ``label_id, window_id, tile, year, class_name, role, annotator, geometry``.
    """
    rows = []
    for number, window in enumerate(windows):
        rng = np.random.default_rng([spec.seed, *window.window_id.encode(), year, 5])
        drawn = _annotate(rng, truth, window)
        shapes = _polygons(drawn, area.grid.cut(window.window))
        for i, (polygon, code) in enumerate(shapes):
            name = KARRA_10.by_code(_named(rng, code, window.role)).name
            rows.append(
                (
                    f"{window.window_id}-{year}-{i:04d}",
                    window.window_id,
                    area.tile,
                    year,
                    name,
                    window.role,
                    f"A{number % 3 + 1}",
                    polygon,
                )
            )
    table = pd.DataFrame(rows, columns=[*_COLUMNS, "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=f"EPSG:{area.grid.epsg}")


def _annotate(
    rng: np.random.Generator, truth: npt.NDArray[np.uint8], window: LabelWindow
) -> npt.NDArray[np.uint8]:
    """The window as an annotator sees it: borders off by a pixel, specks left out."""
    patch = truth[window.window.slices]
    off = _BORDER_PX[window.role]
    places = np.indices(patch.shape).astype(np.float32)
    places += off * np.stack([smooth_noise(rng, patch.shape, 14) for _ in range(2)])
    seen = ndimage.map_coordinates(patch, places, order=0, mode="nearest")
    swept: npt.NDArray[np.uint8] = rasterio.features.sieve(seen, _SMALLEST_PX[window.role])
    return swept


def _polygons(drawn: npt.NDArray[np.uint8], grid: PixelGrid) -> list[tuple[shapely.Polygon, int]]:
    """Valid polygons without gaps or overlaps, slightly simplified, with their codes."""
    found = list(rasterio.features.shapes(drawn, transform=grid.transform))
    exact = [shapely.geometry.shape(geometry) for geometry, _ in found]
    simple = shapely.coverage_simplify(exact, _SIMPLIFY_M, simplify_boundary=False)
    result = []
    for polygon, (_, code) in zip(simple, found, strict=True):
        for part in shapely.get_parts(shapely.make_valid(polygon)):
            if part.geom_type == "Polygon" and part.area > 0:
                result.append((part, int(code)))
    return result


def _named(rng: np.random.Generator, code: int, role: str) -> int:
    draw, which = rng.random(), rng.random()
    if role == "gold" or draw >= MISTAKE_SHARE:
        return code
    others = CONFUSED_WITH[code]
    return int(others[int(which * len(others))])
