"""Blocks with a halo: how a scene larger than memory runs through a network seamlessly.

What belongs here: sizes and places of windows, padding. What does not: engines, scenes,
files.

A U-Net is convolutional: a pixel's class depends on its surroundings only. Each block is
read with a halo of neighbours, of which nothing is kept; the blocks themselves cover the
grid once. (Karra et al. 2021 cut 5 km chips with 1 km overlap: 1.56 × the work.)

All windows of a grid have one shape, so that an engine compiles once: windows at the far
borders are moved inwards and get a larger halo instead. They start at multiples of the
network's stride, as in a run over the whole scene.

An area smaller than its tile is mapped with what the tile has beside it (:func:`surroundings`), so
that its edges are mapped as the whole tile would be.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid, Window

ALIGNMENT_PX = 32
"""Given sizes must be multiples of this, the coarsest stride of the usual encoders (2⁵)."""


Blend = Literal["none", "hann"]


class Needs(Protocol):
    """What windows must know of a network: ``core/model/footprint.Footprint``."""

    @property
    def stride(self) -> int:
        """Windows have sides of multiples of this, and start at multiples."""

    @property
    def halo_px(self) -> int:
        """Neighbours on each side that decide a pixel's class."""

    @property
    def bytes_per_px(self) -> int:
        """Memory of a pixel of a window."""


@dataclass(frozen=True)
class WindowSettings:
    """Sizes of blocks; what is not given follows from the network.

    Attributes:
        block_px: side of a block without its halo, a multiple of 32; else as large as
            ``memory_mb`` allows.
        halo_px: neighbours read on each side, a multiple of 32; else what was measured on
            the network when it was promoted.
        memory_mb: what a network may need for one block, in float32. As many blocks as
            there are threads run at once. It decides the sizes by itself, not together
            with the machine: equal settings make equal windows everywhere. 640 MB hold
            1,504 px of a U-Net with ResNet-18, of which 83 % are block.
        flips: average the probabilities of the block and of its three mirror images, at
            four times the price.
        blend: ``hann``: average the probabilities of neighbouring blocks over their halos
            (``blending``), for a halo that is too small for the network. ``none``: the halo
            as measured leaves no seam, and classes need a tenth of the memory.
    """

    block_px: int | None = None
    halo_px: int | None = None
    memory_mb: int = 640
    flips: bool = False
    blend: Blend = "none"

    def __post_init__(self) -> None:
        block, halo = self.block_px, self.halo_px
        if (block is not None and block < ALIGNMENT_PX) or (halo is not None and halo < 0):
            raise ValueError(f"window settings are too small: {self}")
        if (block or 0) % ALIGNMENT_PX or (halo or 0) % ALIGNMENT_PX:
            raise ValueError(f"block and halo must be multiples of {ALIGNMENT_PX} px: {self}")
        if self.memory_mb < 1:
            raise ValueError(f"memory_mb must be at least 1: {self}")
        if self.blend not in get_args(Blend):
            raise ValueError(f"blend {self.blend!r} is not one of {', '.join(get_args(Blend))}")
        if self.blend == "hann" and halo == 0:
            raise ValueError("blend = 'hann' averages over the halo; halo_px = 0 leaves none")

    def identity(
        self, grid: PixelGrid, needs: Needs, within: PixelGrid | None = None
    ) -> dict[str, Any]:
        """What decides the pixels of a grid, for a record: windows, flips and blending.

        Args:
            grid: of the prediction.
            needs: of the network.
            within: of the whole tile, see :func:`surroundings`.
        """
        plan = plan_windows(grid, self, needs, surroundings(grid, within, self, needs))
        # Predictions from before there was blending keep their identity; so do single blocks.
        blend = {"blend": self.blend} if self.blend != "none" and len(plan) > 1 else {}
        # So do those of whole tiles, beside which nothing can be seen.
        axes = {"rows": plan.rows.identity(), "cols": plan.cols.identity()}
        return {**axes, "halo_px": plan.halo_px, "flips": self.flips, **blend}


@dataclass(frozen=True)
class HaloWindow:
    """A block and what is read around it.

    Attributes:
        core: the block; the cores cover the grid once.
        outer: core and halo, clipped to the grid and its surroundings; may begin before the grid.
    """

    core: Window
    outer: Window

    @property
    def core_in_outer(self) -> tuple[slice, slice]:
        """Row and column slices of the core in an array of the outer window."""
        row, col = self.core.row - self.outer.row, self.core.col - self.outer.col
        return slice(row, row + self.core.height), slice(col, col + self.core.width)


@dataclass(frozen=True)
class Axis:
    """Windows along one axis of a grid.

    Attributes:
        size: pixels of the grid.
        outer: pixels of a window with halo and padding, a multiple of the stride.
        spans: first and last-plus-one pixel of each core, and the first of its window.
        before: pixels that are seen before the grid.
        after: pixels that are seen after it.
    """

    size: int
    outer: int
    spans: tuple[tuple[int, int, int], ...]
    before: int = 0
    after: int = 0

    def identity(self) -> dict[str, Any]:
        """The fields; those of surroundings where there are some."""
        fields = asdict(self)
        return fields if self.before or self.after else {
            name: fields[name] for name in ("size", "outer", "spans")
        }  # fmt: skip


@dataclass(frozen=True)
class WindowPlan:
    """All windows of a grid.

    Attributes:
        rows: down.
        cols: across.
        halo_px: on each side of an inner block; more at the borders of the grid.
    """

    rows: Axis
    cols: Axis
    halo_px: int

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of every window after padding."""
        return self.rows.outer, self.cols.outer

    @property
    def useful_share(self) -> float:
        """Pixels of the grid by pixels that run through the network."""
        run = len(self) * self.rows.outer * self.cols.outer
        return self.rows.size * self.cols.size / run

    def __len__(self) -> int:
        return len(self.rows.spans) * len(self.cols.spans)

    def __iter__(self) -> Iterator[HaloWindow]:
        for top, bottom, first_row in self.rows.spans:
            for left, right, first_col in self.cols.spans:
                height = min(self.rows.outer, self.rows.size + self.rows.after - first_row)
                width = min(self.cols.outer, self.cols.size + self.cols.after - first_col)
                yield HaloWindow(
                    Window(top, left, bottom - top, right - left),
                    Window(first_row, first_col, height, width),
                )


def surroundings(
    grid: PixelGrid, within: PixelGrid | None, settings: WindowSettings, needs: Needs
) -> PixelGrid:
    """The grid and what a network needs to see beside it, as far as its tile goes.

    It begins at a multiple of the network's stride from the tile's corner, so that an area is
    mapped with the same windows' phase as its tile.

    Args:
        grid: to be mapped, cut from ``within``.
        within: the whole tile; None: nothing is seen beside the grid.
        settings: may have another halo.
        needs: of the network.
    """
    halo = _halo(settings, needs)
    if within is None or not halo:
        return grid
    place = within.window_of(grid)
    top, left = (
        max(0, start - halo) // needs.stride * needs.stride for start in (place.row, place.col)
    )
    bottom = min(within.height, place.row + place.height + halo)
    right = min(within.width, place.col + place.width + halo)
    return within.cut(Window(top, left, bottom - top, right - left))


def _halo(settings: WindowSettings, needs: Needs) -> int:
    return needs.halo_px if settings.halo_px is None else settings.halo_px


def plan_windows(
    grid: PixelGrid, settings: WindowSettings, needs: Needs, seen: PixelGrid | None = None
) -> WindowPlan:
    """Lay windows of one shape over a grid.

    Args:
        grid: to be covered by the cores.
        settings: sizes.
        needs: of the network.
        seen: holds the grid; what may be read. None: the grid.

    Raises:
        ValueError: the halo leaves no room for a block in the memory allowed.
    """
    halo = _halo(settings, needs)
    if settings.block_px is not None:
        longest = settings.block_px + 2 * halo
    else:
        longest = int((settings.memory_mb * 1e6 / needs.bytes_per_px) ** 0.5)
    longest = longest // needs.stride * needs.stride
    if longest < 2 * halo + needs.stride:
        raise ValueError(
            f"windows of {longest} px leave no block between halos of {halo} px; give more than "
            f"memory_mb = {settings.memory_mb}, or a smaller halo_px"
        )
    whole = seen or grid
    place = whole.window_of(grid)
    rows = _lay_axis(place.row, grid.height, whole.height, longest, halo, needs.stride)
    cols = _lay_axis(place.col, grid.width, whole.width, longest, halo, needs.stride)
    return WindowPlan(rows, cols, halo)


def _lay_axis(before: int, size: int, seen: int, longest: int, halo: int, stride: int) -> Axis:
    """The fewest windows of at most ``longest`` pixels, and of those the shortest.

    They are laid over all that is seen; cores are cut to the grid, and windows of which no core
    is left are dropped.
    """
    whole = _round_up(seen, stride)
    count = 1 if whole <= longest else -(-(whole - 2 * halo) // (longest - 2 * halo))
    # Cores start at multiples of the stride; the last one may be shorter.
    core = _round_up(-(-(whole - 2 * halo) // count), stride) if count > 1 else whole
    outer = min(whole, core + 2 * halo)
    spans = []
    for number in range(count):
        first = min(number * core, whole - outer)
        start = 0 if number == 0 else number * core + halo
        end = seen if number == count - 1 else (number + 1) * core + halo
        top, bottom = max(0, start - before), min(size, end - before)
        if top < bottom:
            spans.append((top, bottom, first - before))
    return Axis(size, outer, tuple(spans), before, seen - size - before)


def pad_to(dn: npt.NDArray[np.uint16], shape: tuple[int, int]) -> npt.NDArray[np.uint16]:
    """Extend a block below and to the right by reflection.

    Args:
        dn: uint16 (bands, h, w).
        shape: height and width afterwards, at least those of the block.
    """
    below, right = (want - have for want, have in zip(shape, dn.shape[1:], strict=True))
    if not below and not right:
        return dn
    return np.pad(dn, ((0, 0), (0, below), (0, right)), mode="reflect")


def _round_up(size: int, step: int) -> int:
    return -(-size // step) * step
