"""The peer of ``scene_inference``: a scene mapped by chips, as users of torchgeo do it.

torchgeo itself cannot be installed beside Dagster: it needs lightly, hydra and with them
antlr 4.9, Dagster needs antlr 4.13. So this is its ``GridGeoSampler`` and ``RasterDataset`` with
nothing in between: 500-pixel chips with 100 pixels of overlap (Karra et al. 2021), a dataset
that reads each with plain rasterio from files that stay open, a ``DataLoader`` with one
worker a core, segmentation-models-pytorch in torch, the middle of each chip kept, three
COGs by rasterio. That is faster than torchgeo, which opens, warps and merges for every chip.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from rasterio.enums import Resampling
from rasterio.windows import Window as RasterWindow
from torch import nn
from torch.utils.data import DataLoader, Dataset

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.inference.settings import usable_cores
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.model.hardware import Device
from lulc_assets.core.scene.recipe import BAND_ROLES, SCL_ROLE, SceneRecipe

CHIP_PX, OVERLAP_PX = 500, 100
PADDED_PX = 512
BATCH = 4
MASKED_SCL = (0, 1, 3, 8, 9, 10)

Chip = tuple[torch.Tensor, torch.Tensor, int, int]


class Chips(Dataset[Chip]):
    """Chips of one scene on a regular grid."""

    def __init__(self, recipe: SceneRecipe, grid: PixelGrid) -> None:
        self.hrefs = {role: recipe.bands[role].href for role in (*BAND_ROLES, SCL_ROLE)}
        self.pixel_m = grid.pixel_m
        starts = [_starts(size) for size in grid.shape]
        self.places = [(row, col) for row in starts[0] for col in starts[1]]
        self.files: dict[str, rasterio.DatasetReader] = {}

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, item: int) -> Chip:
        if not self.files:  # in the worker: open files do not survive a fork
            self.files = {role: rasterio.open(href) for role, href in self.hrefs.items()}
        row, col = self.places[item]
        bands = [self._read(role, row, col, Resampling.bilinear) for role in BAND_ROLES]
        scl = self._read(SCL_ROLE, row, col, Resampling.nearest)
        return torch.from_numpy(np.stack(bands).astype(np.float32)), torch.from_numpy(scl), row, col

    def _read(self, role: str, row: int, col: int, how: Resampling) -> np.ndarray:
        file = self.files[role]
        factor = file.transform.a / self.pixel_m
        window = RasterWindow(col / factor, row / factor, CHIP_PX / factor, CHIP_PX / factor)
        return file.read(1, window=window, out_shape=(CHIP_PX, CHIP_PX), resampling=how)


def run_peer(
    recipe: SceneRecipe, grid: PixelGrid, bundle: Bundle, out_dir: Path, bf16: bool, device: Device
) -> float:
    """Map the scene from files to files; seconds, without loading the network."""
    cores = usable_cores()
    network = bundle.network().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    torch.set_num_threads(cores)
    started = time.perf_counter()
    layers = {name: np.zeros(grid.shape, np.uint8) for name in ("class", "probability", "mask")}
    pinned = device == "cuda"
    loader = DataLoader(Chips(recipe, grid), batch_size=BATCH, num_workers=cores, pin_memory=pinned)
    with torch.inference_mode(), torch.autocast(device, torch.bfloat16, enabled=bf16):
        for images, scl, rows, cols in loader:
            stored = images.to(device, non_blocking=pinned)
            reflectance = ((stored + recipe.offset_dn) * recipe.scale).clamp(0, 1)
            softmax = _forward(network, reflectance).float().softmax(1)
            winner, index = softmax.max(1)
            found = {
                "class": (index + 1).to(torch.uint8).cpu().numpy(),
                "probability": (winner * 255).round().to(torch.uint8).cpu().numpy(),
                "mask": (~np.isin(scl.numpy(), MASKED_SCL)).astype(np.uint8),
            }
            for item, place in enumerate(zip(rows.tolist(), cols.tolist(), strict=True)):
                _keep(layers, {name: chips[item] for name, chips in found.items()}, place)
    for name, array in layers.items():
        _write(out_dir / f"peer_{name}.tif", array, grid)
    return time.perf_counter() - started


def _starts(size: int) -> list[int]:
    """First pixels of chips along an axis; the last chip ends with the scene."""
    stride = CHIP_PX - OVERLAP_PX
    return [*range(0, size - CHIP_PX, stride), size - CHIP_PX]


def _forward(network: nn.Module, reflectance: torch.Tensor) -> torch.Tensor:
    """Logits of chips, padded to a multiple of the network's stride."""
    rest = PADDED_PX - CHIP_PX
    padded = nn.functional.pad(reflectance, (0, rest, 0, rest), mode="reflect")
    padded = padded.contiguous(memory_format=torch.channels_last)
    logits: torch.Tensor = network(padded)[..., :CHIP_PX, :CHIP_PX]
    return logits


def _keep(layers: dict[str, Any], chip: dict[str, Any], place: tuple[int, int]) -> None:
    """Store a chip without half of the overlap, except at the borders of the scene."""
    inner = []
    for start, size in zip(place, layers["class"].shape, strict=True):
        first = 0 if start == 0 else OVERLAP_PX // 2
        last = CHIP_PX if start + CHIP_PX == size else CHIP_PX - OVERLAP_PX // 2
        inner.append(slice(first, last))
    outer = tuple(
        slice(start + part.start, start + part.stop)
        for start, part in zip(place, inner, strict=True)
    )
    for name, values in chip.items():
        layers[name][outer] = values[tuple(inner)]


def _write(path: Path, array: np.ndarray, grid: PixelGrid) -> None:
    profile = {
        "driver": "COG",
        "height": grid.height,
        "width": grid.width,
        "count": 1,
        "dtype": "uint8",
        "crs": f"EPSG:{grid.epsg}",
        "transform": grid.transform,
        "nodata": 0,
        "compress": "DEFLATE",
        "overview_resampling": "average" if "probability" in path.name else "mode",
    }
    with rasterio.open(path, "w", **profile) as target:
        target.write(array, 1)
