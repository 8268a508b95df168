"""Figures of 27 classes with long titles: legible, whole, and as before with ten."""

import io

import numpy as np
import pytest
from PIL import Image

from lulc_assets.core.figures.accuracy import confusion_figure
from lulc_assets.core.figures.change import transitions_figure
from lulc_assets.core.figures.evaluation import log_confusion_figure, ranked_confusions_figure
from lulc_assets.core.figures.maps import map_figure
from lulc_assets.core.figures.scenes import prediction_figure
from lulc_assets.core.figures.style import (
    DPI,
    WIDTH_IN,
    legend_columns,
    matrix_width_in,
    pair_labels,
    shorten,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.legends import find_legend

MANY = find_legend("urban-atlas")
HEIGHT, WIDTH = 96, 288
GRID = PixelGrid(32633, 460_000.0, 5_090_000.0, HEIGHT, WIDTH)


def codes() -> np.ndarray:
    found = (np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) // 97 % 27 + 1).astype(np.uint8)
    found[:4] = 0
    return found


def matrix() -> np.ndarray:
    found = np.random.default_rng(0).integers(1, 40, (27, 27))
    np.fill_diagonal(found, 900)
    return found


def size_of(png: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(png)).size


@pytest.mark.parametrize(
    "draw",
    [
        lambda: map_figure(codes(), GRID, MANY, "Map"),
        lambda: prediction_figure(
            np.zeros((HEIGHT, WIDTH, 3), np.uint8), codes(), codes() > 0, MANY, "scene"
        ),
        lambda: ranked_confusions_figure(matrix(), MANY, "Ranked"),
        lambda: transitions_figure(
            {
                name: np.pad(matrix(), ((1, 0), (1, 0)))
                for name in ("sustained", "recent", "flicker", "insufficient")
            },
            MANY, 0.01, "Transitions",
        ),
    ],
    ids=["map", "prediction", "confusions", "transitions"],
)  # fmt: skip
def test_27_classes_have_room(draw):
    # Where there is none, matplotlib warns that it gives the layout up, which is an error here.
    assert size_of(draw())[0] == round(WIDTH_IN * DPI)


@pytest.mark.parametrize("draw", [confusion_figure, log_confusion_figure])
def test_a_matrix_of_27_is_wider_than_one_of_ten(draw):
    wide = size_of(draw(matrix(), MANY, "Matrix"))[0]
    assert wide == pytest.approx(matrix_width_in(27) * DPI, abs=1)
    ten = matrix()[:10, :10]
    assert size_of(draw(ten, KARRA_10, "Matrix"))[0] == round(WIDTH_IN * DPI)


def test_titles_are_cut_only_where_they_are_long():
    assert [shorten(c.title) for c in KARRA_10.classes] == [c.title for c in KARRA_10.classes]
    assert legend_columns(KARRA_10.codes, KARRA_10) == 3
    assert legend_columns(MANY.codes, MANY) == 2
    assert shorten(MANY.by_code(7).title).endswith("…")
    short, low = pair_labels([("Water", "trees")], "seen as")
    assert (short, low) == (["Water seen as trees"], 0.27)
    long, high = pair_labels([("Water", "trees"), ("a" * 30, "b" * 30)], "→")
    assert long[0] == "Water\n→ trees"
    assert high > low
