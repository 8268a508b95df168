"""Blocks with a halo: how a scene larger than memory runs through a network seamlessly.

What belongs here: windows and padding. What does not: engines, scenes, files.

A U-Net is convolutional: a pixel's class depends on its receptive field only. Each block
is read with a halo of neighbours, of which nothing is kept; the blocks themselves cover
the grid once. (Karra et al. 2021 cut 5 km chips with 1 km overlap: 1.56 × the work.)
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid, Window

ALIGNMENT_PX = 32
"""Blocks start at multiples of this, the coarsest stride of the usual encoders (2⁵): else
strided convolutions would see another phase of the pixels than in the whole scene."""


@dataclass(frozen=True)
class WindowSettings:
    """Sizes of blocks, in pixels; both multiples of 32.

    Attributes:
        block_px: side of a block without its halo.
        halo_px: neighbours read on each side. 64 px hold the effective receptive field
            of a ResNet-18 U-Net of depth 4; the theoretical one is larger, but its rim
            has hardly any weight (Luo et al. 2016).
    """

    block_px: int = 512
    halo_px: int = 64

    def __post_init__(self) -> None:
        if self.block_px < ALIGNMENT_PX or self.halo_px < 0:
            raise ValueError(f"window settings are too small: {self}")
        if self.block_px % ALIGNMENT_PX or self.halo_px % ALIGNMENT_PX:
            raise ValueError(f"block and halo must be multiples of {ALIGNMENT_PX} px: {self}")

    def to_dict(self) -> dict[str, int]:
        """Plain numbers for a record."""
        return asdict(self)


@dataclass(frozen=True)
class HaloWindow:
    """A block and what is read around it.

    Attributes:
        core: the block; the cores cover the grid once.
        outer: core and halo, clipped to the grid.
    """

    core: Window
    outer: Window

    @property
    def core_in_outer(self) -> tuple[slice, slice]:
        """Row and column slices of the core in an array of the outer window."""
        row, col = self.core.row - self.outer.row, self.core.col - self.outer.col
        return slice(row, row + self.core.height), slice(col, col + self.core.width)


def halo_windows(grid: PixelGrid, settings: WindowSettings) -> Iterator[HaloWindow]:
    """Blocks of a grid, row by row."""
    halo = settings.halo_px
    for core in grid.blocks(settings.block_px):
        top, left = max(0, core.row - halo), max(0, core.col - halo)
        bottom = min(grid.height, core.row + core.height + halo)
        right = min(grid.width, core.col + core.width + halo)
        yield HaloWindow(core, Window(top, left, bottom - top, right - left))


def pad_to_stride(
    reflectance: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_], stride: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Extend a block below and to the right, by reflection, to multiples of a stride.

    Args:
        reflectance: (6, h, w) float32.
        valid: (h, w) bool; padding is invalid.
        stride: of the network.
    """
    below, right = (-size % stride for size in valid.shape)
    if not below and not right:
        return reflectance, valid
    return (
        np.pad(reflectance, ((0, 0), (0, below), (0, right)), mode="reflect"),
        np.pad(valid, ((0, below), (0, right))),
    )
