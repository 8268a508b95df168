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
from lulc_assets.core.legend_class import LandCover as C
from lulc_assets.simulation.archive.areas import SimulatedTile
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.world.fields import smooth_noise

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

ANNOTATORS = ("A1", "A2", "A3")
MISTAKE_SHARE = {"train": 0.05, "gold": 0.03}
"""Of an annotator's polygons, with a wrong class. Gold is drawn with more care, and by
three: mistakes stay in it only where two make the same one."""

_BORDER_PX = {"train": 0.8, "gold": 0.4}
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
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Label polygons of a tile × year, and the three drawings behind the gold ones.

    A training window is drawn by one annotator. A gold window is drawn by three; its
    labels are what two of them agree on, and a place where all three differ has none.

    Returns:
        labels, and the three drawings of each gold window, in the CRS of the tile, one row
        per polygon: ``label_id, window_id, tile, year, class_name, role, annotator,
        geometry``. The annotator of a gold label is ``majority``.
    """
    labels, drawings = [], []
    for number, window in enumerate(windows):
        rng = np.random.default_rng([spec.seed, *window.window_id.encode(), year, 5])
        place = _Place(window, area.grid.cut(window.window), year)
        patch = truth[window.window.slices]
        if window.role == "train":
            shapes = _name(
                rng, outline_polygons(draw_once(rng, patch, window.role), place.grid), "train"
            )
            labels += place.rows(shapes, ANNOTATORS[number % len(ANNOTATORS)])
            continue
        burnt = []
        for annotator in ANNOTATORS:
            shapes = outline_polygons(draw_once(rng, patch, window.role), place.grid)
            shapes = _name(rng, shapes, window.role)
            drawings += place.rows(shapes, annotator)
            burnt.append(
                rasterio.features.rasterize(
                    shapes, patch.shape, transform=place.grid.transform, dtype="uint8"
                )
            )
        labels += place.rows(
            outline_polygons(_agreed(burnt), place.grid, simplify=False), "majority"
        )
    crs = f"EPSG:{area.grid.epsg}"
    columns = [*_COLUMNS, "geometry"]
    first, second = (
        gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=crs)
        for rows in (labels, drawings)
    )
    return first, second


@dataclass(frozen=True)
class _Place:
    """A window in a year, for the rows of its polygons."""

    window: LabelWindow
    grid: PixelGrid
    year: int

    def rows(
        self, shapes: list[tuple[shapely.Polygon, int]], annotator: str
    ) -> list[tuple[object, ...]]:
        """One row per polygon."""
        stem = f"{self.window.window_id}-{self.year}"
        stem += f"-{annotator}" if self.window.role == "gold" and annotator != "majority" else ""
        return [
            (
                f"{stem}-{i:04d}",
                self.window.window_id,
                self.window.tile,
                self.year,
                KARRA_10.by_code(code).name,
                self.window.role,
                annotator,
                polygon,
            )
            for i, (polygon, code) in enumerate(shapes)
        ]


def _agreed(drawn: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    """What at least two of three drawings say, 0 where all differ."""
    one, two, three = drawn
    agreed: npt.NDArray[np.uint8] = np.where(one == two, one, np.where(two == three, two, 0))
    agreed[(agreed == 0) & (one == three)] = one[(agreed == 0) & (one == three)]
    return agreed


def _name(
    rng: np.random.Generator, shapes: list[tuple[shapely.Polygon, int]], role: str
) -> list[tuple[shapely.Polygon, int]]:
    """The polygons with the classes that the annotator gives them."""
    return [(polygon, _named(rng, code, role)) for polygon, code in shapes]


def draw_once(
    rng: np.random.Generator, patch: npt.NDArray[np.uint8], role: str
) -> npt.NDArray[np.uint8]:
    """The window as an annotator sees it: borders off by a pixel, specks left out."""
    off = _BORDER_PX[role]
    places = np.indices(patch.shape).astype(np.float32)
    places += off * np.stack([smooth_noise(rng, patch.shape, 14) for _ in range(2)])
    seen = ndimage.map_coordinates(patch, places, order=0, mode="nearest")
    swept: npt.NDArray[np.uint8] = rasterio.features.sieve(seen, _SMALLEST_PX[role])
    return swept


def outline_polygons(
    drawn: npt.NDArray[np.uint8], grid: PixelGrid, *, simplify: bool = True
) -> list[tuple[shapely.Polygon, int]]:
    """Valid polygons without overlaps, slightly simplified, with their codes; 0 is left out."""
    found = list(rasterio.features.shapes(drawn, transform=grid.transform))
    exact = [shapely.geometry.shape(geometry) for geometry, _ in found]
    if simplify:
        exact = list(shapely.coverage_simplify(exact, _SIMPLIFY_M, simplify_boundary=False))
    result = []
    for polygon, (_, code) in zip(exact, found, strict=True):
        for part in shapely.get_parts(shapely.make_valid(polygon)):
            if part.geom_type == "Polygon" and part.area > 0 and code > 0:
                result.append((part, int(code)))
    return result


def _named(rng: np.random.Generator, code: int, role: str) -> int:
    draw, which = rng.random(), rng.random()
    if draw >= MISTAKE_SHARE[role]:
        return code
    others = CONFUSED_WITH[code]
    return int(others[int(which * len(others))])
