"""One simulated scene of any size, with its item, to measure reading and inference with."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.simulation.archive.raster_files import half_grid, write_raster
from lulc_assets.simulation.archive.spec import build_spec
from lulc_assets.simulation.archive.write import write_archive

PATTERN_PX = 1098
"""Simulated side; a larger scene repeats it."""


def make_scene(
    folder: Path, size_px: int, *, out_of: int = 2, clearest: bool = False
) -> tuple[dict[str, Any], PixelGrid]:
    """Files and item of one scene of ``size_px`` a side; returns the item and its grid.

    It is the first ``out_of`` that many simulated ones, or the clearest.
    """
    pattern_px = min(PATTERN_PX, size_px) // 2 * 2
    spec = build_spec("reading", ["33TVM"], [2022], size_px=pattern_px, scenes_per_year=out_of)
    archive = write_archive(spec, folder / "archive")
    items = {path: json.loads(path.read_text()) for path in sorted(_item_paths(archive.catalog))}
    cloud = {path: item["properties"]["eo:cloud_cover"] for path, item in items.items()}
    source = min(cloud, key=cloud.__getitem__) if clearest else next(iter(items))
    item = items[source]
    corner = spec.tiles[0].grid
    grid = PixelGrid(corner.epsg, corner.x0, corner.y0, size_px, size_px)
    (folder / "scene").mkdir()
    widen(item, source.parent, folder / "scene", grid)
    (folder / "scene" / "item.json").write_text(json.dumps(item))
    return item, grid


def widen(item: dict[str, Any], source: Path, target: Path, grid: PixelGrid) -> None:
    """Repeat the files of an item over a larger grid; the item then describes them.

    Args:
        item: changed in place.
        source: folder of its files.
        target: folder of the larger ones.
        grid: of 10 m pixels.
    """
    for name, asset in item["assets"].items():
        pattern = read_raster(source / asset["href"])
        low = asset["gsd"] > grid.pixel_m
        wanted = half_grid(grid) if low else grid
        times = -(-wanted.height // pattern.shape[0])
        values = np.tile(pattern, (times, times))[: wanted.height, : wanted.width]
        how = "mode" if name == "SCL" else "average"
        write_raster(target / f"{name}.tif", np.ascontiguousarray(values), wanted, how)
        asset.update(
            {"href": f"./{name}.tif", "proj:shape": list(wanted.shape),
             "proj:transform": list(wanted.transform)[:6], "proj:bbox": list(wanted.bounds)}
        )  # fmt: skip


def _item_paths(catalog: Path) -> Iterator[Path]:
    return catalog.parent.rglob("*/*/*/*.json")
