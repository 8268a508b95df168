"""Labels of a project: gold by strict agreement, and the page that judges them."""

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from lulc_assets.core.errors import LabelLeak
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.steps.imagery import make_training_chips
from lulc_assets.steps.label_quality import make_label_quality
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.making import Place
from lulc_assets.steps.page_set import write_page_set
from lulc_assets_tests.tiny_project import TILE, YEAR, open_place

KEY = (TILE, YEAR)


@pytest.fixture
def strict(copied: Path) -> Place:
    """The tiny project, whose gold windows are three annotators' own drawings."""
    return open_place(copied)


def test_gold_is_what_three_annotators_agree_on_and_their_differences_are_reported(strict, copied):
    record = strict.record("reference_labels", *KEY)
    lines = copied.read_text().splitlines(keepends=True)
    copied.write_text("".join(x for x in lines if not x.startswith(("gold_path", "annotator_"))))
    majority = make_reference_labels(open_place(copied), *KEY)
    before, after = (read_raster(strict.open(r, "gold.tif")) for r in (majority, record))
    assert 0 < (after > 0).sum() < (before > 0).sum()
    assert ((before == after) | (after == 0)).mean() > 0.99
    gold = record.properties["gold_standard"]
    assert gold["annotators"] == ["A1", "A2", "A3"]
    assert all(p["agreement"] > 0.6 and 0 < p["kappa"] < 1 for p in gold["pairwise"])
    assert record.properties["reading"]["gold_replaced"] > 0
    assert record.properties["train_pixels_cleared_as_leak"] == 0
    assert "annotators.png" in record.files


def test_gold_ground_that_trains_is_refused(strict, copied: Path):
    path = copied.parent / "archive" / "labels.gpkg"
    labels = gpd.read_file(path, layer="labels")
    labels.loc[labels["role"] == "gold", "role"] = "train"
    labels.to_file(path, layer="labels", driver="GPKG")
    with pytest.raises(LabelLeak, match=r"train label .*gold label"):
        make_reference_labels(strict, *KEY)


def test_the_quality_page_shows_annotators_spectra_and_outliers(strict, copied: Path):
    make_reference_labels(strict, *KEY)
    record = make_label_quality(strict, *KEY)
    html = strict.open(record, "page.html").read_text()
    for text in ("agreement of 3 annotators", "Spectra", "Outliers", "unambiguous pixels"):
        assert text in html
    assert not re.search(r"https?://", html)
    assert record.properties["polygons_with_spectrum"] > 0
    outliers = gpd.read_parquet(strict.open(record, "outliers.parquet"))
    assert outliers["label_id"].tolist() == record.properties["outliers"]
    index = write_page_set(strict, copied.parent / "pages", [KEY], [])
    assert 'href="labels_33TVM_2022.html"' in index.read_text()
    assert make_label_quality(strict, *KEY).digest == record.digest


def test_chips_of_strict_gold_hold_agreed_pixels_only(strict):
    record = make_reference_labels(strict, *KEY)
    chips = make_training_chips(strict, *KEY)
    assert chips.properties["gold_chips"] > 0
    assert chips.identity["reference_labels"] == record.digest
    assert chips.properties["layout"]["buffer_px"] == 0
    assert np.isfinite(list(chips.properties["layout"].values())).all()
