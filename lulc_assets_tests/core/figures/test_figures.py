"""All figures: they draw, repeat to the byte, and survive odd inputs."""

import io
import math
from dataclasses import replace
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lulc_assets.core.errors import UnknownClass
from lulc_assets.core.figures import accuracy as accuracy_figures
from lulc_assets.core.figures import calibration as calibration_figures
from lulc_assets.core.figures import evaluation as evaluation_figures
from lulc_assets.core.figures import maps as map_figures
from lulc_assets.core.figures import quicklook
from lulc_assets.core.figures import scenes as scene_figures
from lulc_assets.core.figures import training as training_figures
from lulc_assets.core.figures.style import drawing, notice_figure
from lulc_assets.core.figures.trends import area_trend_figure
from lulc_assets.core.figures.votes import votes_figure
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.model.card import Epoch
from lulc_assets.core.model.reliability import Reliability
from lulc_assets.core.scene.bands import SIX
from lulc_assets_tests.core.pages.sample_data import (
    make_candidates,
    make_class_map,
    make_grid,
    make_history,
    make_matrix,
    make_reflectance,
    make_reliability,
    make_report,
)

CODES = make_class_map(40)
REFLECTANCE = make_reflectance(CODES)
CHIPS = np.stack([(REFLECTANCE[:, :16, :16] * 10_000).astype(np.uint16)] * 3)
MASKS = np.stack([CODES[:16, :16]] * 3)
MATRIX = np.rint(make_matrix() ** 2.5).astype(np.int64)
SHOWN = SimpleNamespace(
    bands=SIX,
    images=CHIPS,
    masks=MASKS,
    predicted=np.where(MASKS == 5, 3, np.maximum(MASKS, 1)).astype("u1"),
)

FIGURES = {
    "map": lambda: map_figures.map_figure(CODES, make_grid(40), KARRA_10, "33TVM 2023"),
    "labels": lambda: map_figures.label_figure(CODES, KARRA_10),
    "histogram": lambda: map_figures.class_histogram_figure({0: 3, 1: 7, 10: 2}, KARRA_10, "px"),
    "seasons": lambda: map_figures.seasons_figure(
        {"wet": (CODES, CODES), "dry": (CODES[::-1], CODES)}, KARRA_10
    ),
    "votes": lambda: votes_figure(CODES * 20, CODES),
    "trend": lambda: area_trend_figure([make_report(), replace(make_report(), year=2030)]),
    "prediction": lambda: scene_figures.prediction_figure(
        quicklook.true_color(REFLECTANCE, CODES > 0), CODES, CODES > 2, KARRA_10, "S2A"
    ),
    "timeline": lambda: scene_figures.scene_timeline_figure(make_candidates()),
    "loss": lambda: training_figures.loss_curve_figure(make_history()),
    "chips": lambda: training_figures.chip_panel_figure(CHIPS, MASKS, KARRA_10),
    "reliability": lambda: calibration_figures.reliability_figure(
        {"Before": make_reliability(0.7), "After": make_reliability(1.0)}, "Probabilities"
    ),
    "log_confusion": lambda: evaluation_figures.log_confusion_figure(MATRIX, KARRA_10, "Pixels"),
    "confusions": lambda: evaluation_figures.ranked_confusions_figure(MATRIX, KARRA_10, "Ranked"),
    "panels": lambda: evaluation_figures.panels_figure(SHOWN, KARRA_10, "Some chips"),
    "confusion": lambda: accuracy_figures.confusion_figure(make_matrix(), KARRA_10),
    "areas": lambda: accuracy_figures.area_figure(make_report()),
    "accuracies": lambda: accuracy_figures.accuracy_figure(make_report()),
}


def size_of(png: bytes) -> tuple[int, int]:
    image = Image.open(io.BytesIO(png))
    image.load()
    assert not image.text, "no date, no software"
    return image.size


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_data_give_the_same_bytes_whatever_the_users_settings(name):
    first = FIGURES[name]()
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "savefig.dpi": 20}):
        assert FIGURES[name]() == first
    assert size_of(first)[0] == 900


def test_confusions_are_ranked_with_their_shares():
    matrix = np.array([[50, 0, 3], [10, 5, 0], [40, 5, 7]])
    ranked = evaluation_figures.rank_confusions(matrix, KARRA_10)
    assert [(c.label, c.predicted, c.pixels) for c in ranked] == [
        ("Water", "Grass", 40), ("Water", "Trees", 10),
        ("Trees", "Grass", 5), ("Grass", "Water", 3),
    ]  # fmt: skip
    assert ranked[0].share_of_label == 0.4
    assert sum(c.share_of_errors for c in ranked) == pytest.approx(1.0)
    assert evaluation_figures.rank_confusions(np.eye(3, dtype=np.int64), KARRA_10) == []


def test_perfect_and_empty_evaluations_have_sentences():
    for matrix in (np.eye(3, dtype=np.int64), np.zeros((3, 3), dtype=np.int64)):
        size_of(evaluation_figures.ranked_confusions_figure(matrix, KARRA_10, "Ranked"))
        size_of(evaluation_figures.log_confusion_figure(matrix, KARRA_10, "Pixels"))


def test_no_pixel_has_a_sentence_instead_of_a_diagram():
    size_of(calibration_figures.reliability_figure({"Before": Reliability.none()}, "Probabilities"))


def test_drawing_leaves_global_settings_alone():
    before = dict(mpl.rcParams)
    notice_figure("Title", "Text")
    assert dict(mpl.rcParams) == before


def test_titles_from_outside_are_printed_as_they_are():
    notice_figure("$\\frac{1}{$ <b>", "森林 \\alpha $x$")


@pytest.mark.parametrize("codes", [np.zeros((9, 9), np.uint8), np.full((4, 30), 5, np.uint8)])
def test_maps_without_data_or_with_one_class_are_drawn(codes):
    grid = PixelGrid(32733, 300_000.0, 8_000_020.0, *codes.shape)
    size_of(map_figures.map_figure(codes, grid, KARRA_10, "one"))
    size_of(map_figures.label_figure(codes, KARRA_10, grid))
    rgb = np.zeros((*codes.shape, 3), np.uint8)
    nothing = np.zeros(codes.shape, bool)
    size_of(scene_figures.prediction_figure(rgb, codes, nothing, KARRA_10, "one"))


@pytest.mark.parametrize(
    ("width_m", "bar_m"), [(10_240, 2000), (1010, 200), (109_800, 20_000), (40, 10)]
)
def test_the_scale_bar_is_round_and_at_most_a_quarter(width_m, bar_m):
    assert map_figures.scale_bar_m(width_m) == bar_m


def test_a_histogram_of_nothing_says_so():
    assert map_figures.class_histogram_figure({1: 0.0}, KARRA_10) != FIGURES["histogram"]()


@pytest.mark.parametrize(
    "candidates",
    [
        make_candidates().iloc[:0],
        make_candidates().iloc[:1],
        make_candidates().assign(datetime=pd.NaT),
        make_candidates().assign(clear_pct=np.nan, selected=False),
    ],
    ids=["none", "one", "undated", "unknown"],
)
def test_timelines_of_odd_catalogues_are_drawn(candidates):
    size_of(scene_figures.scene_timeline_figure(candidates))


@pytest.mark.parametrize(
    "history",
    [[], make_history(1), [Epoch(1, 1e-3, math.nan, 0.5, math.nan, math.nan)]],
    ids=["empty", "one epoch", "not finite"],
)
def test_odd_histories_are_drawn(history):
    size_of(training_figures.loss_curve_figure(history))


def test_falls_of_the_learning_rate_are_found():
    assert training_figures.rate_drops(make_history(12)) == [(6, 1e-4)]


def test_a_panel_without_chips_says_so():
    size_of(training_figures.chip_panel_figure(CHIPS[:0], MASKS[:0], KARRA_10))


def test_stored_chips_and_reflectance_look_the_same():
    reflectance = CHIPS[0].astype(np.float32) / np.float32(10_000)
    stored, floating = training_figures.chip_rgb(CHIPS[0]), training_figures.chip_rgb(reflectance)
    assert np.array_equal(stored, floating)


@pytest.mark.parametrize("verdict", ["estimated", "insufficient", "agreement_only", "no_sample"])
def test_every_verdict_has_figures(verdict):
    report = make_report(verdict)
    size_of(accuracy_figures.area_figure(report))
    size_of(accuracy_figures.accuracy_figure(report))
    size_of(accuracy_figures.confusion_figure(report.matrix, KARRA_10))


def test_a_report_that_is_not_estimated_draws_no_interval_even_if_given_one():
    estimated = make_report("estimated")
    leaky = make_report("insufficient", classes=estimated.classes)
    clean = make_report("insufficient")
    assert accuracy_figures.accuracy_figure(leaky) == accuracy_figures.accuracy_figure(clean)
    assert accuracy_figures.area_figure(leaky) == accuracy_figures.area_figure(clean)


def test_very_different_areas_and_no_area_at_all_are_drawn():
    report = make_report()
    tiny = [c for c in report.classes if c.code == 4]
    size_of(accuracy_figures.area_figure(make_report(classes=(*report.classes[:3], *tiny))))
    size_of(accuracy_figures.area_figure(make_report("no_sample", classes=())))


def test_a_confusion_matrix_larger_than_the_legend_is_refused():
    with pytest.raises(UnknownClass, match="karra-10"):
        accuracy_figures.confusion_figure(np.ones((12, 12), np.int64), KARRA_10)


def test_confusions_of_one_class_are_drawn():
    matrix = np.zeros((9, 9), np.int64)
    matrix[4, 4] = 12_345
    size_of(accuracy_figures.confusion_figure(matrix, KARRA_10))


def test_a_failed_drawing_frees_the_lock():
    with pytest.raises(ZeroDivisionError), drawing(1.0):
        raise ZeroDivisionError
    notice_figure("Next", "still draws")
