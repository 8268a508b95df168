"""From a polygon and labels of one's own classes to a map: three commands, no edit."""

import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.seams import counted_mask
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.project import load_project
from lulc_assets.simulation.archive.own_case import own_truth
from lulc_assets.simulation.archive.spec import archive_spec
from lulc_assets.simulation.archive.write import archive_paths
from lulc_assets.steps.counted import counted_pixels
from lulc_assets.steps.products import ANNUAL_MAP, REGION_REPORT
from lulc_assets.steps.report import read_report
from lulc_assets.steps.workbench import Workbench

YEAR, TILES = 2023, ("33TVM", "33TWM")
SIMULATE = ["--size", "256", "--years", str(YEAR), "--scenes", "6", "--sample", "300", "--own"]
pytestmark = pytest.mark.slow


def lulc(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def valley(tmp_path_factory) -> tuple[Path, Path]:
    """Project file and page of the case, by the commands that a new user types."""
    folder = tmp_path_factory.mktemp("case")
    lulc("simulate", "--out", folder / "archive", *SIMULATE)
    given = ["--aoi", folder / "archive" / "area.geojson", "--years", YEAR]
    given += ["--labels", f"{folder / 'archive' / 'own_labels.gpkg'}:klasse"]
    lulc("init", folder / "valley", *given, "--catalog", folder / "archive" / "catalog")
    project = folder / "valley" / "project.toml"
    lulc("run", "--project", project)
    shown = lulc("open", "--project", project, "--no-browser").strip()
    return project, Path(shown.splitlines()[-1])


def test_the_page_says_that_accuracy_is_unknown_and_shows_the_classes(valley):
    text = valley[1].read_text("utf-8")
    assert "Accuracy unknown" in text
    for name in ("Wasser", "Wald", "Mais", "Sonstiges"):
        assert name in text
    # No share of agreement stands where a reader looks for the accuracy.
    assert not re.search(r'class="value">\s*\d+\.\d', text)


def test_each_pixel_of_the_polygon_is_counted_once(valley):
    work = Workbench.of(load_project(valley[0]))
    report = read_report(work, work.read(REGION_REPORT, RegionYear("area", YEAR)))
    counted = sum(int(counted_pixels(work, tile).sum()) for tile in TILES)
    assert report.total_area_ha == pytest.approx(counted / 100, rel=2e-3)
    assert sum(c.mapped_area_ha for c in report.classes) <= report.total_area_ha * (1 + 1e-9)


def test_the_map_is_nearer_to_the_truth_than_its_commonest_class(valley):
    project = load_project(valley[0])
    work = Workbench.of(project)
    folder = valley[0].parent.parent / "archive"
    spec = archive_spec(TILES, [YEAR], size_px=256, scenes_per_year=6, sample_size=300)
    archive = archive_paths(spec, folder)
    names = {name: code for code, name in enumerate(("Wasser", "Wald", "Mais", "Sonstiges"), 1)}
    to_own = np.zeros(len(work.legend.classes) + 1, np.uint8)
    for known in work.legend.classes:
        to_own[known.code] = names[known.name]
    right = seen = commonest = 0
    grids = {simulated.tile: work.grid(simulated.tile) for simulated in spec.tiles}
    for simulated in spec.tiles:
        grid = grids[simulated.tile]
        path = work.open(work.read(ANNUAL_MAP, TileYear(simulated.tile, YEAR)), "class.tif")
        with rasterio.open(path) as source:
            mapped = to_own[source.read(1)]
        window = simulated.grid.window_of(grid)
        truth = own_truth(archive, simulated.tile, YEAR)
        # Windows lie on multiples of 60 m and may stick out of what was simulated.
        rows = slice(max(0, window.row), window.row + window.height)
        cols = slice(max(0, window.col), window.col + window.width)
        truth = truth[rows, cols]
        top, left = max(0, -window.row), max(0, -window.col)
        area = counted_mask(simulated.tile, grids, work.area)
        part = np.s_[top : top + truth.shape[0], left : left + truth.shape[1]]
        judged = area[part] & (mapped[part] > 0)
        right += int((mapped[part] == truth)[judged].sum())
        seen += int(judged.sum())
        commonest += int((truth[judged] == names["Sonstiges"]).sum())
    assert right / seen > commonest / seen
