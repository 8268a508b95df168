"""27 classes with all 13 bands of level 1C, or the 12 of 2A: from stacks and polygons to pages."""

import re
from html import escape
from pathlib import Path

import geopandas as gpd
import numpy as np
import pystac
import pytest
import rasterio
import shapely
from affine import Affine

from lulc_assets.core.grid import tile_grid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.importing.folder import import_folder
from lulc_assets.core.importing.stacks import ImportOptions
from lulc_assets.core.legends import find_legend
from lulc_assets.core.scene.bands import THIRTEEN, TWELVE
from lulc_assets.core.store.keys import RegionYear, TileYear, Whole
from lulc_assets.project import load_project
from lulc_assets.steps.bundling import make_model_bundle, open_bundle
from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips
from lulc_assets.steps.judging import make_model_evaluation
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.pages import make_report_pages
from lulc_assets.steps.predicted_scenes import plan_batches, predict_batch
from lulc_assets.steps.predictions import commit_predictions
from lulc_assets.steps.products import ANNUAL_MAP, MODEL_BUNDLE, REGION_REPORT
from lulc_assets.steps.regions import make_region_report
from lulc_assets.steps.report import make_accuracy_area_report, read_report
from lulc_assets.steps.stac_catalogue import export_catalogue
from lulc_assets.steps.training import make_lulc_model
from lulc_assets.steps.workbench import Workbench

TILE, YEAR = "33TVL", 2023
KEY, REGION = TileYear(TILE, YEAR), RegionYear("many", YEAR)
ROW, COL, SIDE, ACROSS, DOWN = 600, 6000, 32, 9, 3
DAYS = ("20230420", "20230603", "20230729", "20230911")
BANDS = {
    "L1C": ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11",
            "B12"),
    "L2A": ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12",
            "SCL"),
}  # fmt: skip
MASK = {"L1C": "none", "L2A": "auto"}
LEGEND = find_legend("urban-atlas")
PROJECT = f"""
name = "many"
[catalog]
location = "imagery/catalog.json"
[tiles.{TILE}]
window = [{ROW}, {COL}, {DOWN * SIDE}, {ACROSS * SIDE}]
[regions.many]
tiles = ["{TILE}"]
[legend]
builtin = "urban-atlas"
[bands]
use = "USED"
[labels]
path = "labels.gpkg"
class_column = "code"
role_column = "role"
[training]
tiles = ["{TILE}"]
years = [{YEAR}]
[chips]
size_px = 32
overlap_px = 0
split = "random"      # a class has one place only: blocks of ground would part it from training
gold_apart = "pixel"
[recipe]
max_epochs = 5
batch_size = 4
learning_rate = 0.005
threads = 1
[promotion]
min_overall = 0.1
min_class_recall = 0.0
"""


def blocks() -> np.ndarray:
    """Codes 1–27 in squares, (96, 288)."""
    return np.arange(1, 28, dtype=np.uint8).reshape(DOWN, ACROSS).repeat(SIDE, 0).repeat(SIDE, 1)


def write_stacks(folder: Path, level: str) -> None:
    """Each class has a spectrum of its own; each day is a little brighter than the last."""
    grid, rng = tile_grid(TILE), np.random.default_rng(5)
    spectra = rng.uniform(300, 6000, (28, len(BANDS[level])))
    transform = Affine(10, 0, grid.x0 + 10 * COL, 0, -10, grid.y0 - 10 * ROW)
    for number, day in enumerate(DAYS):
        pixels = spectra[blocks()].transpose(2, 0, 1) * (1 + 0.03 * number)
        pixels = pixels + rng.normal(0, 60, pixels.shape)
        if level == "L2A":
            pixels[-1] = 4
        with rasterio.open(
            folder / f"many_{day}.tif", "w", driver="GTiff", count=len(pixels), dtype="uint16",
            height=pixels.shape[1], width=pixels.shape[2], crs="EPSG:32633", transform=transform,
        ) as target:  # fmt: skip
            target.write(np.clip(pixels, 1, None).astype("uint16"))
            target.descriptions = BANDS[level]


def write_labels(path: Path) -> None:
    """Two polygons in each square: one trains, one judges the model."""
    grid, rows = tile_grid(TILE), []
    for number, known in enumerate(LEGEND.classes):
        down, across = divmod(number, ACROSS)
        left = grid.x0 + 10 * (COL + across * SIDE)
        top = grid.y0 - 10 * (ROW + down * SIDE)
        for role, start in (("train", 20), ("gold", 220)):
            box = shapely.box(left + start, top - 300, left + start + 80, top - 20)
            rows.append((known.source, role, box))
    codes, roles, shapes = zip(*rows, strict=True)
    frame = gpd.GeoDataFrame({"code": codes, "role": roles}, geometry=list(shapes), crs=32633)
    frame.to_file(path)


@pytest.fixture(
    scope="module",
    params=[("L1C", "thirteen"), pytest.param(("L2A", "twelve"), marks=pytest.mark.slow)],
    ids=["13 bands", "12 bands"],
)
def mapped(request, tmp_path_factory):
    """Level, bands, and where everything is made."""
    level, used = request.param
    folder = tmp_path_factory.mktemp("many")
    (folder / "imagery").mkdir()
    write_stacks(folder / "imagery", level)
    write_labels(folder / "labels.gpkg")
    import_folder(folder / "imagery", ImportOptions(level=level, mask=MASK[level]))
    (folder / "project.toml").write_text(PROJECT.replace("USED", used), "utf-8")
    work = Workbench.of(load_project(folder / "project.toml"))
    make_reference_labels(work, KEY)
    make_scene_catalog(work, KEY)
    make_training_chips(work, KEY)
    make_lulc_model(work)
    make_model_evaluation(work)
    make_model_bundle(work)
    commit_predictions(work, KEY, [predict_batch(work, batch) for batch in plan_batches(work, KEY)])
    make_annual_map(work, KEY)
    make_accuracy_area_report(work, KEY)
    make_region_report(work, REGION)
    make_report_pages(work, folder / "pages", [KEY], [REGION])
    return level, work, folder


def test_the_bundle_has_the_bands_and_the_classes(mapped):
    level, work, _ = mapped
    bundle = open_bundle(work, work.read(MODEL_BUNDLE, Whole()))
    assert bundle.bands == (THIRTEEN if level == "L1C" else TWELVE)
    assert bundle.legend == LEGEND
    assert set(bundle.taught) == set(LEGEND.names)


def test_most_squares_are_mapped_as_what_they_are(mapped):
    _, work, _ = mapped
    classes = read_raster(work.open(work.read(ANNUAL_MAP, KEY), "class.tif"))
    assert (classes > 0).all()
    assert (classes == blocks()).mean() > 0.6
    assert len(np.unique(classes)) > 20


def test_areas_are_of_27_classes_and_sum_to_the_area(mapped):
    _, work, _ = mapped
    report = read_report(work, work.read(REGION_REPORT, REGION))
    assert [c.name for c in report.classes] == list(LEGEND.names)
    assert sum(c.mapped_area_ha for c in report.classes) == pytest.approx(report.total_area_ha)


def test_the_page_names_every_class_with_its_colour(mapped):
    _, _, folder = mapped
    (page,) = (folder / "pages").glob("*many*.html")
    text = page.read_text("utf-8")
    for known in LEGEND.classes:
        assert escape(known.title) in text, known.title
        assert re.search(known.color, text, re.IGNORECASE), known.color


def test_the_catalogue_names_every_class(mapped, tmp_path):
    _, work, _ = mapped
    root = pystac.Catalog.from_file(
        str(export_catalogue(work, tmp_path / "c", licence="CC-BY-4.0"))
    )
    (item,) = root.get_child("annual_map").get_items()
    named = item.assets["class"].extra_fields
    listed = next(value for key, value in named.items() if key == "classification:classes")
    assert {each["name"] for each in listed} >= set(LEGEND.names)
