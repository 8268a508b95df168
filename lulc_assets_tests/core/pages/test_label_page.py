from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from lulc_assets.core.chips.forecast import forecast_account
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.figures.labels import (
    annotator_figure,
    outlier_figure,
    spectra_figure,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.labels.account import (
    AnnotatorPair,
    BurntRole,
    ClassSummary,
    DeliveredLabels,
    GoldStandard,
    ReadingAccount,
)
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.pages.account_table import AccountTable
from lulc_assets.core.pages.content import PageFigure
from lulc_assets.core.pages.label_page import (
    LabelPage,
    describe_agreement,
    describe_outliers,
    list_warnings,
)
from lulc_assets.core.pages.rendering import render_label_page
from lulc_assets.core.scene.recipe import BAND_ROLES

PNG = b"\x89PNG\r\n\x1a\n"
HOSTILE = "<script>alert(1)</script>"


def delivered(**fields):
    base = DeliveredLabels(
        polygons=7,
        reading=reading(),
        train=BurntRole({"trees": 300}, 0, 0, 0),
        gold=BurntRole({}, 0, 0, 0),
        gold_standard=None,
        summary=(ClassSummary(2, "trees", "train", 7, 3.0),),
    )
    return replace(base, **fields)


def reading(**fields):
    return replace(ReadingAccount(7, 0, {}, (), (), 9, 0, {}), **fields)


def gold(kappa: float | None = 0.9, agreement: float | None = 0.95):
    pair = AnnotatorPair("anna", "ben", 9, agreement, kappa)
    dropped = {"trees": 0.1, "scrub": 0.4}
    return GoldStandard(3, ("w9",), ("anna", "ben"), (pair,), kappa, dropped)


def page(**fields) -> str:
    outliers = gpd.GeoDataFrame(
        {"label_id": [HOSTILE], "class_code": [2], "looks_like": [1], "distance": [9.0],
         "distance_there": [1.0], "pixels": [40]},
        geometry=[shapely.box(0, 0, 1, 1)],
        crs=32633,
    )  # fmt: skip
    given = {
        "tile": "33TVM",
        "year": 2022,
        "place": HOSTILE,
        "labels": delivered(),
        "figures": [PageFigure("Spectra", PNG, "A caption.")],
        "outliers": outliers,
        "legend": KARRA_10,
        "provenance": {"Labels": "ab" * 32},
    }
    return render_label_page(LabelPage(**{**given, **fields}))


def test_labels_drawn_once_claim_no_agreement():
    html = page()
    assert "each drawn once" in html
    assert "unambiguous" not in html


def test_agreement_is_called_what_it_is():
    html = page(labels=delivered(gold_standard=gold()))
    assert "95.0\u00a0%" in html
    assert "agreement on unambiguous pixels, not the accuracy of the map" in html
    assert "10.0\u00a0%" in html


def test_undefined_agreement_is_a_dash():
    html = page(labels=delivered(gold_standard=gold(None, None)))
    assert '<p class="value">–</p>' in html


def test_text_from_outside_is_escaped():
    html = page()
    assert HOSTILE not in html
    assert "&lt;script&gt;" in html


def test_everything_that_was_lost_is_warned_about():
    assert list_warnings(delivered()) == []
    said = list_warnings(
        delivered(
            reading=reading(repaired=("a",), without_area=("b", "c"), not_accepted={"broader": 4}),
            train=BurntRole({}, 2, 0, 0, 6),
            gold=BurntRole({}, 0, 0, 5),
            gold_standard=gold(kappa=0.2),
        )
    )
    text = " ".join(said)
    assert len(said) == 8
    for part in (
        "1 gold window",
        "kappa 0.20",
        "1 invalid",
        "2 labels have no area",
        "4 labels of broader",
        "2 train polygon",
        "5 gold pixels",
        "6 training",
    ):
        assert part in text


def test_captions_come_from_the_data():
    assert "scrub" in describe_agreement(gold(), KARRA_10)
    assert describe_agreement(None, KARRA_10).startswith("No gold window")
    assert describe_outliers(0).startswith("No polygon")
    assert describe_outliers(3).startswith("3 polygon")


@pytest.mark.parametrize("known", [True, False])
def test_figures_are_drawn_with_and_without_data(known: bool):
    spectra = np.random.default_rng(0).random((20, 6)) if known else np.full((20, 6), np.nan)
    codes = np.repeat([1, 2, 5, 9], 5).astype(np.uint8)
    confusion = np.diag(np.arange(10)) if known else np.zeros((10, 10), np.int64)
    picture = np.zeros((20, 20, 3), np.uint8)
    ring = np.array([[2, 2], [9, 2], [9, 9], [2, 2]], float)
    drawn = (
        spectra_figure(spectra, codes, BAND_ROLES, KARRA_10),
        annotator_figure(confusion.astype(np.int64), KARRA_10),
        outlier_figure([picture] * known, [[ring]] * known, ["Trees"] * known),
    )
    for png in drawn:
        assert png.startswith(PNG)


def account_table(planned: bool = True) -> AccountTable:
    train, gold = np.zeros((2, 96, 96), np.uint8)
    train[10:30, 10:40], train[50:53, 50:53], gold[70:74, 70:80] = 2, 1, 2
    grid = PixelGrid(32633, 400_000.0, 5_100_000.0, 96, 96)
    account, layout = forecast_account(grid, train, gold, ChipSettings(), KARRA_10)
    lost = {"border of a label": {8: 94}}
    return AccountTable(account.preceded_by("train", lost, KARRA_10), layout, planned)


def test_the_page_shows_labelled_pixels_from_label_to_chip_and_warns_of_a_lost_class():
    shown = " ".join(page(account=account_table()).split())
    assert "From label to chip" in shown
    assert '<td data-label="Labelled to train">600</td>' in shown
    assert '<td data-label="In training chips"><strong>0</strong></td>' in shown
    assert "94 (border of a label)" in shown
    assert "Class bare_ground: 94 pixel(s) labelled, none trains" in shown
    assert "split at random, chip by chip" in shown
    assert "Validation chips lie on ground that also trains" in shown
    assert "clouds and missing pixels will take some" in shown
    assert "will take some" not in page(account=account_table(planned=False))


def test_a_page_without_an_account_has_no_such_table():
    assert "From label to chip" not in page()
