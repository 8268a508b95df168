from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.warp import reproject, transform_bounds

from lulc_assets.core.errors import LabelError, MissingCrs, UnknownClass
from lulc_assets.core.grid import PixelGrid, Window, tile_grid
from lulc_assets.core.labels.burn import BurnRules, burn_labels
from lulc_assets.core.labels.delivery import deliver_labels
from lulc_assets.core.labels.source import LabelSource
from lulc_assets_tests.core.labels.polygons import GRID
from lulc_assets_tests.small_scene import write_tif

CODES = np.array([[10, 10, 80, 0], [10, 50, 80, 100], [30, 30, 30, 30]], np.uint8)


def source_of(path: Path, **fields) -> LabelSource:
    return LabelSource(str(path), "", "worldcover", **{"role_block_px": 8, **fields})


def burn_all(labels, grid=GRID):
    masks = [
        burn_labels(labels, grid, role, BurnRules())[0] for role in ("train", "gold", "holdout")
    ]
    return np.maximum.reduce(masks)


def test_codes_of_a_raster_burn_back_to_the_same_pixels(tmp_path: Path):
    values = np.random.default_rng(0).choice([0, 10, 20, 50, 80, 100], GRID.shape)
    path = write_tif(tmp_path / "map.tif", values.astype(np.uint8), x0=GRID.x0, y0=GRID.y0)
    read = deliver_labels(source_of(path, holdout_share=0.3), "33TVL", 2020, GRID)
    expected = np.select([values == c for c in (10, 20, 50, 80)], [2, 6, 7, 1])
    assert (burn_all(read.table) == expected).all()
    assert read.report.found == values.size
    assert read.report.without_class == (expected == 0).sum()
    by_window = read.table.groupby("window_id")["role"].nunique()
    assert (by_window == 1).all()
    assert set(read.table["role"]) == {"train", "holdout"}


def test_a_coarse_raster_of_another_crs_comes_by_nearest_pixel_and_ends_at_its_edge(tmp_path):
    path = write_tif(tmp_path / "map.tif", CODES, x0=GRID.x0, y0=GRID.y0, pixel_m=40.0, nodata=255)
    moved = tmp_path / "geographic.tif"
    west, south, east, north = transform_bounds("EPSG:32633", "EPSG:4326", *GRID.bounds)
    step = 5e-5
    height, width = int((north - south) / step) + 1, int((east - west) / step) + 1
    transform = Affine(step, 0, west, 0, -step, north)
    with rasterio.open(path) as source:
        out = np.full((height, width), 255, np.uint8)
        reproject(
            source.read(1), out, src_transform=source.transform, src_crs=source.crs,
            dst_transform=transform, dst_crs="EPSG:4326", dst_nodata=255,
        )  # fmt: skip
    write_tif(moved, out, epsg=4326, transform=transform, nodata=255)
    wide = PixelGrid(GRID.epsg, GRID.x0 - 40, GRID.y0 + 40, 20, 24)
    mask = burn_all(deliver_labels(source_of(moved), "33TVL", 2020, wide).table, wide)
    expected = np.array([[2, 2, 1, 0], [2, 7, 1, 0], [3, 3, 3, 3]]).repeat(4, 0).repeat(4, 1)
    inner = mask[4:16, 4:20]
    assert (inner == expected).mean() > 0.95  # warped twice: pixels at borders may move
    assert not mask[:3].any()
    assert not mask[:, :3].any()


def test_relations_that_are_not_accepted_stay_unlabelled_and_are_counted(tmp_path: Path):
    values = np.full(GRID.shape, 10, np.uint8)
    values[:2] = 80
    path = write_tif(tmp_path / "map.tif", values, x0=GRID.x0, y0=GRID.y0)
    strict = source_of(path, accept=("exact", "narrower"))
    read = deliver_labels(strict, "33TVL", 2020, GRID)
    assert set(read.table["class_code"]) == {1}
    assert read.report.not_accepted == {"broader": 10 * GRID.width}
    assert read.report.without_class == 0


def test_wrong_rasters_are_refused_by_name(tmp_path: Path):
    def deliver(path, **fields):
        return deliver_labels(source_of(path, **fields), "33TVL", 2020, GRID)

    plain = np.full(GRID.shape, 10, np.uint8)
    at = {"x0": GRID.x0, "y0": GRID.y0}
    with pytest.raises(UnknownClass, match=r"odd\.tif.*'77'"):
        deliver(write_tif(tmp_path / "odd.tif", plain + np.uint8(67), **at))
    with pytest.raises(MissingCrs, match=r"nowhere\.tif"):
        deliver(write_tif(tmp_path / "nowhere.tif", plain, epsg=None, **at))
    with pytest.raises(LabelError, match="whole numbers; this one has 1 of float32"):
        deliver(write_tif(tmp_path / "float.tif", plain.astype(np.float32), **at))
    (tmp_path / "no.tif").write_bytes(b"II*\0 nothing")
    with pytest.raises(LabelError, match=r"no\.tif cannot be read"):
        deliver(tmp_path / "no.tif")
    with pytest.raises(LabelError, match="has no columns"):
        deliver(write_tif(tmp_path / "fine.tif", plain, **at), role_column="role")


def test_blocks_lie_on_the_lattice_of_the_crs(tmp_path: Path):
    grid = PixelGrid(GRID.epsg, 400_050.0, 5_099_970.0, 11, 13)
    path = write_tif(tmp_path / "map.tif", np.full((40, 40), 10, np.uint8), x0=grid.x0, y0=grid.y0)
    table = deliver_labels(source_of(path), "33TVL", 2020, grid).table
    for left, bottom, right, top in table.bounds.to_numpy():
        assert left % 80 == 0 or left == grid.x0
        assert top % 80 == 0 or top == grid.y0
        assert right - left <= 80
        assert top - bottom <= 80
    assert table.area.sum() == 11 * 13 * 100


def test_the_real_slovenian_raster_comes_onto_the_tile_s_grid(real_data: Path):
    path = real_data / "slovenia_2015" / "lulc_raster.tif"
    tile = tile_grid("33TVL")
    rows, cols = tile.cells([465_195.0], [5_080_245.0])
    grid = tile.cut(Window(int(rows[0]), int(cols[0]), 99, 99))
    source = replace(source_of(path), crosswalk="slovenian-lulc", gold_share=0.2, seed=1)
    read = deliver_labels(source, "33TVL", 2015, grid)
    mask = burn_all(read.table, grid)
    # The published counts on its own grid: forest 7601, grass 1777, scrub 358, built 198.
    assert (mask == 2).sum() == pytest.approx(7601, rel=0.05)
    assert (mask == 3).sum() == pytest.approx(1777, rel=0.05)
    assert (mask == 7).sum() == pytest.approx(198, rel=0.2)
    gold = read.table.loc[read.table["role"] == "gold"]
    assert 0.05 < gold.area.sum() / read.table.area.sum() < 0.4


def test_a_north_up_grid_is_not_needed(tmp_path: Path):
    flipped = Affine(10, 0, GRID.x0, 0, 10, GRID.bounds[1])
    values = np.full(GRID.shape, 10, np.uint8)
    values[0] = 80  # the southern row
    path = write_tif(tmp_path / "up.tif", values, transform=flipped)
    mask = burn_all(deliver_labels(source_of(path), "33TVL", 2020, GRID).table)
    assert (mask[-1] == 1).all()
    assert (mask[:-1] == 2).all()
