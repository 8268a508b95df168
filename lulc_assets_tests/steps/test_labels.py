"""Labels of a project: gold by strict agreement, and the page that judges them."""

import re
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest

from lulc_assets.core.errors import LabelLeak
from lulc_assets.core.grid import Window
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.imagery.masks import (
    SCL_CLOUD_HIGH,
    SCL_SNOW_ICE,
    SCL_VEGETATION,
    SCL_WATER,
)
from lulc_assets.core.imagery.scene_block import SceneBlock
from lulc_assets.steps import label_quality
from lulc_assets.steps.imagery import make_training_chips
from lulc_assets.steps.label_quality import make_label_quality
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.pages import make_report_pages
from lulc_assets.steps.products import REFERENCE_LABELS
from lulc_assets.steps.workbench import Workbench
from lulc_assets_tests.tiny_project import KEY, open_work


@pytest.fixture
def strict(copied: Path) -> Workbench:
    """The tiny project, whose gold windows are three annotators' own drawings."""
    return open_work(copied)


def test_gold_is_what_three_annotators_agree_on_and_their_differences_are_reported(strict, copied):
    record = strict.read(REFERENCE_LABELS, KEY)
    lines = copied.read_text().splitlines(keepends=True)
    copied.write_text("".join(x for x in lines if not x.startswith(("gold_path", "annotator_"))))
    majority = make_reference_labels(open_work(copied), KEY)
    before, after = (read_raster(strict.open(r, "gold.tif")) for r in (majority, record))
    assert 0 < (after > 0).sum() < (before > 0).sum()
    assert ((before == after) | (after == 0)).mean() > 0.99
    gold = record.properties.gold_standard
    assert gold.annotators == ("A1", "A2", "A3")
    assert all(p.agreement > 0.6 and 0 < p.kappa < 1 for p in gold.pairwise)
    assert record.properties.reading.gold_replaced > 0
    assert record.properties.train.pixels_cleared_as_leak == 0
    assert "annotators.png" in record.files


def test_gold_ground_that_trains_is_refused(strict, copied: Path):
    path = copied.parent / "archive" / "labels.gpkg"
    labels = gpd.read_file(path, layer="labels")
    labels.loc[labels["role"] == "gold", "role"] = "train"
    labels.to_file(path, layer="labels", driver="GPKG")
    with pytest.raises(LabelLeak, match=r"train label .*gold label"):
        make_reference_labels(strict, KEY)


def test_the_quality_page_shows_annotators_spectra_and_outliers(strict, copied: Path):
    make_reference_labels(strict, KEY)
    record = make_label_quality(strict, KEY)
    folder = copied.parent / "pages"
    make_report_pages(strict, folder, [KEY], [])
    html = (folder / "labels_33TVM_2022.html").read_text()
    for text in ("agreement of 3 annotators", "Spectra", "Outliers", "unambiguous pixels"):
        assert text in html
    assert not re.search(r"https?://", html)
    assert record.properties.polygons_with_spectrum > 0
    outliers = gpd.read_parquet(strict.open(record, "outliers.parquet"))
    assert tuple(outliers["label_id"]) == record.properties.outliers
    assert 'href="labels_33TVM_2022.html"' in (folder / "index.html").read_text()
    assert make_label_quality(strict, KEY).digest == record.digest


def test_chips_of_strict_gold_hold_agreed_pixels_only(strict):
    record = make_reference_labels(strict, KEY)
    chips = make_training_chips(strict, KEY)
    assert chips.properties.gold_chips > 0
    assert chips.inputs["reference_labels/33TVM/2022"] == record.digest
    assert chips.properties.layout.buffer_px == 0
    assert chips.properties.layout.size_px == 32


@pytest.mark.parametrize(
    ("codes", "shown"),
    [
        ([SCL_SNOW_ICE, SCL_VEGETATION, SCL_WATER], 1),
        ([SCL_SNOW_ICE, SCL_SNOW_ICE, SCL_SNOW_ICE], 0),
        ([SCL_SNOW_ICE, SCL_CLOUD_HIGH, SCL_WATER], 2),
    ],
)
def test_a_polygon_is_shown_without_snow_where_a_date_allows_it(codes, shown):
    # The clearest scene is often one of winter: every cut-out was white.
    class Reader:
        def __init__(self, code):
            self.code = code

        def read(self, window):
            shape = (window.height, window.width)
            return SceneBlock(
                np.zeros((6, *shape), np.float32), np.ones(shape, bool), np.full(shape, self.code)
            )

    recipes = [SimpleNamespace(date=f"2022-0{number + 1}-01") for number in range(len(codes))]
    block, date = label_quality._bare_ground(
        [Reader(code) for code in codes], recipes, Window(0, 0, 4, 4)
    )
    assert date == recipes[shown].date
    assert (block.scl == codes[shown]).all()
