"""Small maps and samples that several tests share."""

import geopandas
import numpy as np

from lulc_assets.core.grid import PixelGrid, Window, tile_grid
from lulc_assets.core.sampling.design import SampleDesign
from lulc_assets.core.sampling.sample import ReferenceSample, arrange_units

TILE = "33TVL"


def small_grid(height=100, width=100, tile=TILE, offset=5000):
    return tile_grid(tile).cut(Window(offset, offset, height, width))


def blocky_map(grid, codes, seed=0, block=10):
    """Random blocks of classes, uint8."""
    rng = np.random.default_rng(seed)
    height, width = grid.shape
    small = rng.choice(codes, (-(-height // block), -(-width // block)))
    return np.kron(small, np.ones((block, block), int))[:height, :width].astype(np.uint8)


def with_errors(truth, share, codes, seed=1):
    """A map that shows a random class on a share of the pixels."""
    rng = np.random.default_rng(seed)
    wrong = rng.random(truth.shape) < share
    shown = truth.copy()
    shown[wrong] = rng.choice(codes, int(wrong.sum()))
    return shown


def sample_at(
    grid: PixelGrid,
    rows,
    cols,
    codes,
    *,
    design="simple_random",
    strata="",
    chance=0.04,
    primary=None,
    **fields,
):
    """A sample at pixel centres."""
    frame = geopandas.GeoDataFrame(
        {
            "unit_id": [f"u{i:05d}" for i in range(len(codes))],
            "class_code": np.asarray(codes, dtype=np.uint8),
            "stratum": strata,
            "inclusion_probability": np.nan if design == "none" else chance,
        },
        geometry=geopandas.points_from_xy(
            grid.x0 + grid.pixel_m * (np.asarray(cols) + 0.5),
            grid.y0 - grid.pixel_m * (np.asarray(rows) + 0.5),
        ),
        crs=f"EPSG:{grid.epsg}",
    )
    if primary is not None:
        frame["primary_unit"] = primary
    fields = {"region": "region", "year": 2023, **fields}
    return ReferenceSample(arrange_units(frame), SampleDesign(design, **fields))


def units_of(matrix):
    """Map and reference codes of the units that an error matrix counts."""
    rows, cols = np.indices(matrix.shape)
    counts = matrix.ravel()
    return np.repeat(rows.ravel() + 1, counts), np.repeat(cols.ravel() + 1, counts)


def random_sample(grid, truth, n, seed=2, **fields):
    rng = np.random.default_rng(seed)
    rows, cols = np.divmod(rng.choice(truth.size, n, replace=False), grid.width)
    return sample_at(grid, rows, cols, truth[rows, cols], chance=n / truth.size, **fields)
