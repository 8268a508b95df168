"""Small areas with few polygons: simulated ones, and one real square kilometre.

What belongs here: scenes, labels with roles, and what a map is judged by. What does not: maps.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from rasterio.features import shapes

from benchmarks.simulated.tile_years import Classes, TileYear, open_scenes
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.labels.burn import BurnReport, burn_labels
from lulc_assets.core.labels.reading import read_labels, with_drawn_roles
from lulc_assets.core.labels.schema import GOLD, HOLDOUT, TRAIN
from lulc_assets.core.labels.source import LabelSource
from lulc_assets.core.labels.table import labels_of
from lulc_assets.core.legend import KARRA_10
from lulc_assets.demo.projects import SLOVENIA_AREA, SLOVENIA_TILE, SLOVENIA_YEAR
from lulc_assets.simulation.archive.spec import build_spec
from lulc_assets.simulation.archive.write import write_archive

TILES = ("33TVM", "32TPT", "31UFT", "34UDV", "30TXM", "35VMJ")
"""Simulated landscapes differ from tile to tile."""

YEAR = 2022
_GOLD_SHARE = 0.2


@dataclass(frozen=True)
class SmallArea:
    """An area that is mapped from its own labels.

    Attributes:
        name: for the table.
        place: scenes and masks.
        truth: uint8 (h, w), what a map is judged by; 0 where it is not.
        burnt: what happened to the polygons of training and of gold.
    """

    name: str
    place: TileYear
    truth: Classes
    burnt: dict[str, BurnReport]


def simulate_area(
    folder: Path, tile: str, side_px: int, per_class: int, scenes: int, seed: int
) -> SmallArea:
    """A simulated landscape with a few small polygons of each class that it has.

    It is judged on all pixels that no polygon covers.
    """
    spec = build_spec(
        f"small-{tile}-{side_px}", [tile], (YEAR,), size_px=side_px, seed=seed,
        scenes_per_year=scenes, labelled_windows=2, sample_size=10,
    )  # fmt: skip
    archive = write_archive(spec, folder / "archive")
    grid = spec.tiles[0].grid
    truth = read_raster(archive.truth / tile / str(YEAR) / "class.tif")
    polygons = draw_polygons(truth, grid, per_class, np.random.default_rng(seed))
    source = LabelSource("drawn", "class_code", "karra-10", gold_share=_GOLD_SHARE, seed=seed)
    place = TileYear(grid, open_scenes(archive.catalog.parent, grid, tile, YEAR), truth, truth)
    area = _burnt(f"simulated {tile}, {side_px} px", place, with_drawn_roles(polygons, source))
    covered = (area.place.train_mask > 0) | (area.place.gold_mask > 0)
    return replace(area, truth=np.where(covered, 0, truth).astype(np.uint8))


def draw_polygons(
    truth: Classes, grid: PixelGrid, per_class: int, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Polygons as people draw them: what lies together of one class in a window of 5–13 px."""
    taken = np.zeros(truth.shape, dtype=bool)
    found: list[tuple[int, shapely.Geometry]] = []
    for code in np.unique(truth[truth > 0]).tolist():
        places = rng.permutation(np.argwhere(truth == code))[: 20 * per_class]
        drawn = 0
        for row, col in places:
            half = int(rng.integers(2, 7))
            at = np.s_[max(0, row - half) : row + half + 1, max(0, col - half) : col + half + 1]
            if drawn == per_class or taken[at].any():
                continue
            polygon = _polygon_at(truth, grid, code, (int(row), int(col)), half)
            taken[at] = True
            found.append((code, polygon))
            drawn += 1
    return gpd.GeoDataFrame(
        {
            "label_id": [f"{n:03d}" for n in range(len(found))],
            "class_code": np.array([code for code, _ in found], np.uint8),
            "role": TRAIN,
            "window_id": "",
            "annotator": "",
            "source_order": np.arange(len(found), dtype=np.int64),
        },
        geometry=[polygon for _, polygon in found],
        crs=f"EPSG:{grid.epsg}",
    )


def _polygon_at(
    truth: Classes, grid: PixelGrid, code: int, at: tuple[int, int], half: int
) -> shapely.Geometry:
    """Pixels of a class around one, 4-connected, within a window."""
    window = np.zeros(truth.shape, np.uint8)
    row, col = at
    near = np.s_[max(0, row - half) : row + half + 1, max(0, col - half) : col + half + 1]
    window[near] = truth[near] == code
    centre = shapely.Point(
        grid.x0 + grid.pixel_m * (col + 0.5), grid.y0 - grid.pixel_m * (row + 0.5)
    )
    parts = [shapely.geometry.shape(s) for s, v in shapes(window, transform=grid.transform) if v]
    return next(part for part in parts if part.contains(centre))


def open_slovenia(data: Path, seed: int) -> SmallArea:
    """The real square kilometre; judged on polygons that are held out, 30 % of each class."""
    source = LabelSource(
        str(data / "lulc_polygons.gpkg"), "LULC_ID", "slovenian-lulc",
        holdout_share=0.3, gold_share=0.15, seed=seed,
    )  # fmt: skip
    grid = SLOVENIA_AREA
    labels = labels_of(read_labels(source).table, SLOVENIA_TILE, SLOVENIA_YEAR, grid)
    labels = with_drawn_roles(labels, source)
    nothing: npt.NDArray[np.uint8] = np.zeros(grid.shape, np.uint8)
    scenes = open_scenes(data, grid, SLOVENIA_TILE, SLOVENIA_YEAR)
    area = _burnt(f"Slovenia, seed {seed}", TileYear(grid, scenes, nothing, nothing), labels)
    return replace(area, truth=burn_labels(labels, grid, HOLDOUT)[0])


def _burnt(name: str, place: TileYear, labels: gpd.GeoDataFrame) -> SmallArea:
    train, train_report = burn_labels(labels, place.grid, TRAIN)
    gold, gold_report = burn_labels(labels, place.grid, GOLD)
    opened = replace(place, train_mask=train, gold_mask=gold)
    return SmallArea(name, opened, train, {TRAIN: train_report, GOLD: gold_report})


def class_names(mask: Classes) -> list[str]:
    """Names of the classes in a mask."""
    return [KARRA_10.by_code(int(code)).name for code in np.unique(mask) if code]
