"""Augmentation of patches: the same ground, seen a little differently.

What belongs here: changes of a batch of reflectance that leave its class as it is. What does not:
flips, which batches make while they copy (``gather``).

A patch is resampled once: crop, turn and shear are one affine map.
"""

import math

import torch
from torch.nn import functional

AREA = (0.5, 1.0)
"""Share of the patch's area that a crop keeps. torchvision's RandomResizedCrop keeps 0.08 at
least, made for photographs with one object; half of a patch of 640 m is still the same ground."""
RATIO = (3 / 4, 4 / 3)
"""Width by height of a crop, as in torchvision's RandomResizedCrop."""
TURN_DEG, SHEAR_DEG = 20.0, 5.0
GAIN, NOISE = 0.05, 0.003
"""Standard deviations: of a factor for each band of each patch (haze, sun), and of each pixel's
reflectance (the sensor's noise is about 0.001)."""


def distort(images: torch.Tensor) -> torch.Tensor:
    """A batch cropped, turned, sheared and made noisy, each patch by itself.

    Args:
        images: reflectance, float32 (n, bands, h, w).

    Returns:
        The same shape, 0–1. What lies beyond the rim is its mirror image.
    """
    grid = functional.affine_grid(
        _maps(len(images)).to(images.device), list(images.shape), align_corners=False
    )
    moved = functional.grid_sample(
        images, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    gain = 1 + GAIN * torch.randn((*images.shape[:2], 1, 1))
    noise = NOISE * torch.randn(images.shape)
    return (moved * gain.to(moved) + noise.to(moved)).clamp(0.0, 1.0)


def _maps(count: int) -> torch.Tensor:
    """From a place in the new patch to one in the old, in its half sides; (count, 2, 3)."""
    area, ratio, turn, shear, right, down = torch.rand((6, count))
    kept = AREA[0] + (AREA[1] - AREA[0]) * area
    low, high = math.log(RATIO[0]), math.log(RATIO[1])
    stretch = torch.exp((low + (high - low) * ratio) / 2)
    width = (kept.sqrt() * stretch).clamp(max=1.0)
    height = (kept.sqrt() / stretch).clamp(max=1.0)
    angle = torch.deg2rad(TURN_DEG * (2 * turn - 1))
    slant = torch.tan(torch.deg2rad(SHEAR_DEG * (2 * shear - 1)))
    cos, sin = torch.cos(angle), torch.sin(angle)
    first = torch.stack([width * cos, width * (slant * cos - sin), (1 - width) * (2 * right - 1)])
    second = torch.stack(
        [height * sin, height * (slant * sin + cos), (1 - height) * (2 * down - 1)]
    )
    return torch.stack([first.T, second.T], dim=1)
