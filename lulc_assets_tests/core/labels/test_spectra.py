from pathlib import Path

import numpy as np
import pytest

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.labels.spectra import find_outliers, measure_spectra
from lulc_assets_tests.core.labels.polygons import label_table, pixels
from lulc_assets_tests.small_scene import write_scene

GRID = PixelGrid(32633, 400_000.0, 5_100_000.0, 32, 32)
WATER, TREES = 300, 2500


def scenes(tmp_path: Path, red: np.ndarray, **fields):
    return [write_scene(tmp_path, grid=GRID, dn={"red": red.astype(np.uint16)}, **fields)]


def test_a_polygon_s_spectrum_is_the_mean_of_its_clear_pixels(tmp_path: Path):
    red = np.full(GRID.shape, 1000)
    red[:4, :4] = 3000
    scl = np.full((16, 16), 4, np.uint8)
    scl[:, 8:] = 9
    table = label_table(
        [
            (2, "train", pixels(0, 0, 8, 4)),  # half of it bright
            (1, "gold", pixels(0, 20, 4, 4)),  # under clouds
            (3, "train", pixels(20.6, 0.6, 0.3, 0.3)),  # without a pixel centre
        ]
    )
    found = measure_spectra(table, GRID, scenes(tmp_path, red, scl=scl))
    by_id = dict(zip(found.labels["label_id"], found.reflectance, strict=True))
    assert by_id["a"][0] == pytest.approx(0.2)
    assert by_id["a"][1] == pytest.approx(0.2)
    assert np.isnan(by_id["b"]).all()
    assert np.isnan(by_id["c"]).all()
    assert dict(zip(found.labels["label_id"], found.pixels, strict=True)) == {
        "a": 32, "b": 16, "c": 0,
    }  # fmt: skip


def test_overlap_counts_for_the_smaller_polygon(tmp_path: Path):
    red = np.full(GRID.shape, 1000)
    red[2:6, 2:6] = 5000
    table = label_table([(2, "train", pixels(2, 2, 4, 4)), (1, "train", pixels(0, 0, 12, 12))])
    found = measure_spectra(table, GRID, scenes(tmp_path, red))
    by_id = dict(zip(found.labels["label_id"], found.reflectance[:, 0], strict=True))
    assert by_id["a"] == pytest.approx(0.5)
    assert by_id["b"] == pytest.approx(0.1)


def test_a_mislabelled_polygon_comes_first_and_looks_like_its_own_class(tmp_path: Path):
    rng = np.random.default_rng(1)
    rows, red = [], np.full(GRID.shape, 1000)
    for n in range(24):
        row, col = 5 * (n // 6), 5 * (n % 6)
        code = 1 if n % 2 else 2
        value = WATER if code == 1 else TREES
        red[row : row + 4, col : col + 4] = value + rng.integers(-40, 40)
        rows.append((2 if n == 3 else code, "train", pixels(row, col, 4, 4)))
    found = find_outliers(measure_spectra(label_table(rows), GRID, scenes(tmp_path, red)))
    assert found["label_id"].tolist() == ["d"]
    assert (found["class_code"].iloc[0], found["looks_like"].iloc[0]) == (2, 1)
    assert found["distance"].iloc[0] > 5 > found["distance_there"].iloc[0]


def test_a_class_with_few_polygons_has_no_outliers(tmp_path: Path):
    table = label_table([(1, "train", pixels(8 * n, 0, 4, 4)) for n in range(3)])
    red = np.full(GRID.shape, 1000)
    red[:4] = 9000
    assert find_outliers(measure_spectra(table, GRID, scenes(tmp_path, red))).empty
