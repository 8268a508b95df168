"""Figures of patch classifiers: what is written on them, and how large their pictures are."""

import numpy as np
import pytest

from lulc_assets.core.figures import calibration, patches, training
from lulc_assets.core.figures.style import encode_figure
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.scene.bands import RGB
from lulc_assets_tests.core.pages.sample_data import make_history, make_reliability

NAMES = [c.title for c in KARRA_10.classes]
IMAGES = np.full((3, 3, 64, 64), 900, np.uint16)


@pytest.fixture
def drawn(monkeypatch):
    """Figures that were drawn, laid out as they are encoded."""
    seen = []

    def keep(figure):
        seen.append(figure)
        return encode_figure(figure)

    for module in (patches, training, calibration):
        monkeypatch.setattr(module, "encode_figure", keep)
    return seen


def test_a_vector_is_whole_and_its_largest_share_stands_out(drawn):
    vectors = np.full((2, 10), 0.05, np.float32)
    vectors[0, 1], vectors[1, 4] = 0.55, 0.55
    patches.patch_vectors_figure(IMAGES[:2], ["2019", "2024"], vectors, KARRA_10, RGB)
    before, after = drawn[0].axes[2:]
    assert [axes.get_title(loc="left") or axes.get_title() for axes in drawn[0].axes[:2]] == [
        "2019", "2024",
    ]  # fmt: skip
    names = [label.get_text() for label in before.get_yticklabels()]
    assert sorted(names) == sorted(NAMES)
    for axes, name in ((before, NAMES[1]), (after, NAMES[4])):
        assert len(axes.texts) == 10
        (bold,) = [n for n, t in zip(names, axes.texts, strict=True) if t.get_weight() == "bold"]
        assert bold == name


def test_confused_patches_fill_their_places(drawn):
    codes = np.array([4, 4, 9], np.uint8)  # of long names
    probabilities = np.full((3, 10), 0.01, np.float32)
    probabilities[:, 7] = [0.6, 0.8, 0.7]
    patches.confused_patches_figure(IMAGES, codes, probabilities, KARRA_10, RGB)
    (figure,) = drawn
    shown = [axes for axes in figure.get_axes() if axes.images]
    assert [axes.get_xlabel() for axes in shown] == ["80 %", "60 %", "70 %"]
    width = figure.bbox.width
    assert all(axes.get_window_extent().width > 0.9 * width / 4 for axes in shown)


def test_what_is_counted_has_its_name(drawn):
    training.loss_curve_figure(make_history(3), "patches")
    calibration.reliability_figure({"Before": make_reliability(0.8)}, "Probabilities", "patches")
    curves, diagram = drawn
    assert curves.axes[1].get_ylabel() == "Accuracy, % of\npatches"
    assert diagram.axes[1].get_ylabel() == "Patches, %"
