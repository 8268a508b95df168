"""The peer of ``scene_inference``: a scene mapped as a user of torchgeo would.

torchgeo reads bands and scene classification as raster datasets, a ``GridGeoSampler`` lays
500-pixel chips with 100 pixels of overlap over the area (Karra et al. 2021), a
``DataLoader`` with one worker a core brings batches, the network runs in torch, the middle
of each chip is kept, rasterio writes three COGs.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from torch import nn
from torch.utils.data import DataLoader

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.scene.recipe import BAND_ROLES, SceneRecipe

CHIP_PX, OVERLAP_PX = 500, 100
PADDED_PX = 512
BATCH = 4
MASKED_SCL = (0, 1, 3, 8, 9, 10)


def run_peer(
    recipe: SceneRecipe, grid: PixelGrid, bundle: Bundle, out_dir: Path, *, bf16: bool, cores: int
) -> float:
    """Map the scene from files to files; seconds, without loading the network."""
    network = bundle.network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    torch.set_num_threads(cores)
    started = time.perf_counter()
    layers = {name: np.zeros(grid.shape, np.uint8) for name in ("class", "probability", "mask")}
    margin = OVERLAP_PX // 2
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        for batch in _batches(recipe, grid, cores):
            images, scl = batch["image"].float(), batch["mask"]
            reflectance = ((images + recipe.offset_dn) * recipe.scale).clamp(0, 1)
            softmax = _forward(network, reflectance).float().softmax(1)
            winner, index = softmax.max(1)
            for item, (row, col) in enumerate(_places(batch, grid)):
                _keep(
                    layers,
                    {
                        "class": (index[item] + 1).to(torch.uint8).numpy(),
                        "probability": (winner[item] * 255).round().to(torch.uint8).numpy(),
                        "mask": (~np.isin(scl[item], MASKED_SCL)).astype(np.uint8),
                    },
                    (row, col),
                    margin,
                )
    for name, array in layers.items():
        _write(out_dir / f"peer_{name}.tif", array, grid)
    return time.perf_counter() - started


def _batches(recipe: SceneRecipe, grid: PixelGrid, cores: int) -> DataLoader[Any]:
    from torchgeo.datasets import RasterDataset, stack_samples  # noqa: PLC0415 - a peer
    from torchgeo.samplers import GridGeoSampler  # noqa: PLC0415

    class Bands(RasterDataset):
        """The six bands of one scene, each from its own file, at 10 m."""

        filename_regex = r"(?P<band>B\d\d)"
        separate_files = True
        all_bands = tuple(Path(recipe.bands[role].href).stem for role in BAND_ROLES)

    class Classification(RasterDataset):
        """The scene classification of one scene."""

        is_image = False

    crs = f"EPSG:{grid.epsg}"
    bands = Bands(
        recipe.bands["red"].href, crs=crs, res=(grid.pixel_m, grid.pixel_m), bands=Bands.all_bands
    )
    mask = Classification(recipe.bands["scl"].href, crs=crs, res=(grid.pixel_m, grid.pixel_m))
    dataset = bands & mask
    sampler = GridGeoSampler(dataset, size=CHIP_PX, stride=CHIP_PX - OVERLAP_PX)
    return DataLoader(
        dataset, batch_size=BATCH, sampler=sampler, num_workers=cores, collate_fn=stack_samples
    )


def _forward(network: nn.Module, reflectance: torch.Tensor) -> torch.Tensor:
    """Logits of chips, padded to a multiple of the network's stride."""
    rest = PADDED_PX - CHIP_PX
    padded = nn.functional.pad(reflectance, (0, rest, 0, rest), mode="reflect")
    padded = padded.contiguous(memory_format=torch.channels_last)
    logits: torch.Tensor = network(padded)[..., :CHIP_PX, :CHIP_PX]
    return logits


def _places(batch: dict[str, Any], grid: PixelGrid) -> list[tuple[int, int]]:
    """First row and column of each chip of a batch, in pixels of the grid."""
    places = []
    for bounds in batch["bounds"]:
        # Slices of x, y and time; as a tensor their starts, stops and steps, one after another.
        x, y = (bounds[0].start, bounds[1].stop) if hasattr(bounds[0], "start") else (
            float(bounds[0]), float(bounds[4]))  # fmt: skip
        places.append((round((grid.y0 - y) / grid.pixel_m), round((x - grid.x0) / grid.pixel_m)))
    return places


def _keep(
    layers: dict[str, np.ndarray],
    chip: dict[str, np.ndarray],
    place: tuple[int, int],
    margin: int,
) -> None:
    """Store a chip without its margin, except at the borders of the scene."""
    row, col = place
    for name, values in chip.items():
        height, width = layers[name].shape
        top, left = (0 if start <= 0 else margin for start in place)
        bottom = CHIP_PX if row + CHIP_PX >= height else CHIP_PX - margin
        right = CHIP_PX if col + CHIP_PX >= width else CHIP_PX - margin
        bottom, right = min(bottom, height - row), min(right, width - col)
        layers[name][row + top : row + bottom, col + left : col + right] = values[
            top:bottom, left:right
        ]


def _write(path: Path, array: np.ndarray, grid: PixelGrid) -> None:
    how = "average" if "probability" in path.name else "mode"
    with rasterio.open(
        path, "w", driver="COG", height=grid.height, width=grid.width, count=1, dtype="uint8",
        crs=f"EPSG:{grid.epsg}", transform=grid.transform, nodata=0, compress="DEFLATE",
        overview_resampling=how,
    ) as target:  # fmt: skip
        target.write(array, 1)
