"""One scene of a whole tile, 10980 × 10980 pixels, without ever holding it in memory.

What belongs here: a scene for measuring speed and memory. What does not: archives
(``archive``): this scene is a simulated block, laid out again and again in mirror images,
so that no seam shows. Statistics over it are those of the block.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio.windows import Window as RasterWindow

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import PixelGrid, Window, tile_grid
from lulc_assets.core.progress import Progress, silent
from lulc_assets.simulation.archive.canvas import MARGIN_PX
from lulc_assets.simulation.archive.raster_files import (
    BLOCK_PX,
    COG_OPTIONS,
    band_profile,
    half_grid,
)
from lulc_assets.simulation.archive.spec import DEMO_SEED
from lulc_assets.simulation.archive.stac import make_item, write_catalog, write_json
from lulc_assets.simulation.sky.passes import Pass, sun_position
from lulc_assets.simulation.sky.profiles import NORMAL
from lulc_assets.simulation.sky.sensor import View, observe
from lulc_assets.simulation.world.ground import Ground
from lulc_assets.simulation.world.landscape import apply_rotation, make_landscape

FULL_PX = 10_980
DEFAULT_BLOCK_PX = 2_196
"""A fifth of the side: about 1.2 GB while the block is simulated."""

Raster = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


def write_full_scene(
    out_dir: str | os.PathLike[str],
    *,
    tile: str = "33TVM",
    seed: int = DEMO_SEED,
    block_px: int = DEFAULT_BLOCK_PX,
    progress: Progress = silent,
) -> Path:
    """Write the seven COGs, the item, a catalogue and ``truth.tif``; returns the catalogue.

    Args:
        out_dir: made if missing.
        tile: MGRS tile whose grid it fills.
        seed: of the block.
        block_px: side of the block; a divisor of 10980, and even.
        progress: told after each file.

    Raises:
        InvalidTileKey: the tile does not exist.
        InvalidProject: the block does not fit.
    """
    if block_px < 1 or FULL_PX % block_px or block_px % 2:
        raise InvalidProject(f"block_px {block_px} must be even and divide {FULL_PX}")
    grid, root = tile_grid(tile), Path(out_dir)
    scene = _summer_pass(tile)
    block, truth = _simulate_block(grid, scene, seed, block_px)
    item = make_item(scene, tile, grid, np.ones((FULL_PX // 2,) * 2, dtype=np.uint8) * 4)
    place = root / tile / str(scene.year) / str(item["id"])
    place.mkdir(parents=True, exist_ok=True)
    files = [(place / f"{name}.tif", values) for name, values in block.items()]
    files.append((root / "truth.tif", truth))
    for done, (path, values) in enumerate(files, start=1):
        low = values.shape[0] < block_px
        _write_mirrored(path, values, half_grid(grid) if low else grid)
        progress(done, len(files), path.name)
    write_json(place / f"{place.name}.json", item)
    catalog = root / "catalog.json"
    write_catalog(
        catalog, "full-scene", [(place / f"{place.name}.json").relative_to(root).as_posix()]
    )
    return catalog


def _summer_pass(tile: str) -> Pass:
    northern = tile[2] >= "N"
    sensed = datetime(2022, 7 if northern else 1, 12, 10, 10, 31, 24_000, tzinfo=UTC)
    zenith, azimuth = sun_position(46.0 if northern else -30.0, sensed.timetuple().tm_yday)
    return Pass(
        year=2022,
        number=0,
        sensed=sensed,
        generated=sensed.replace(hour=20),
        platform="Sentinel-2A",
        orbit=122,
        view=0,
        baseline="04.00",
        sky="scattered",
        edge_of=None,
        sun_zenith_deg=zenith,
        sun_azimuth_deg=azimuth,
    )


def _simulate_block(
    whole: PixelGrid, scene: Pass, seed: int, block_px: int
) -> tuple[dict[str, Raster], npt.NDArray[np.uint8]]:
    """Files of a block without its margin: bands and SCL by name, and the true classes."""
    size = block_px + 2 * MARGIN_PX
    canvas = PixelGrid(
        whole.epsg,
        whole.x0 - MARGIN_PX * whole.pixel_m,
        whole.y0 + MARGIN_PX * whole.pixel_m,
        size,
        size,
    )
    landscape = make_landscape(canvas, seed)
    ground: Ground = apply_rotation(landscape, landscape.first, scene.year)
    swath = np.ones((size // 2, size // 2), dtype=bool)
    seen = observe(View.of(landscape, ground), scene, swath, NORMAL, seed)
    fine = Window(MARGIN_PX, MARGIN_PX, block_px, block_px).slices
    coarse = Window(MARGIN_PX // 2, MARGIN_PX // 2, block_px // 2, block_px // 2).slices
    files: dict[str, Raster] = {
        name: dn[coarse if dn.shape == seen.scl.shape else fine] for name, dn in seen.dn.items()
    }
    files["SCL"] = seen.scl[coarse]
    return files, ground.land_class[fine]


def _write_mirrored(path: Path, block: Raster, grid: PixelGrid) -> None:
    """Lay the block out over the grid, strip by strip, then make a COG of it."""
    scratch = path.with_suffix(".scratch.tif")
    row_of_blocks = np.concatenate([block, block[:, ::-1]], axis=1)
    repeats = -(-grid.width // row_of_blocks.shape[1])
    with rasterio.open(
        scratch,
        "w",
        driver="GTiff",
        **band_profile(grid, block.dtype),
        tiled=True,
        blockxsize=BLOCK_PX,
        blockysize=BLOCK_PX,
        bigtiff="IF_SAFER",
    ) as target:
        for start in range(0, grid.height, BLOCK_PX):
            rows = np.arange(start, min(start + BLOCK_PX, grid.height))
            there = rows % block.shape[0]
            mirrored = (rows // block.shape[0]) % 2 == 1
            there = np.where(mirrored, block.shape[0] - 1 - there, there)
            strip = np.tile(row_of_blocks[there], (1, repeats))[:, : grid.width]
            target.write(strip, 1, window=RasterWindow(0, start, grid.width, rows.size))
    how = "average" if block.dtype == np.uint16 else "mode"
    rasterio.shutil.copy(scratch, path, driver="COG", overview_resampling=how, **COG_OPTIONS)
    scratch.unlink()
