"""Applicability: how far a place is from what a model was trained on, as its encoder sees it.

What belongs here: the features of a cell and the level that a distance comes to. What does not:
the fit over training chips (``core/training/applicability_fit``), layers of scenes
(``core/inference``).

A network gives a class for anything, and often a high probability too. Its encoder sees more
than the class: the means of all its stages over a cell, normalised bands first, are compared
with those of the training chips by a Mahalanobis distance (Lee et al. 2018, "A simple unified
framework for detecting out-of-distribution samples and adversarial attacks", who join the
stages of a network likewise). Features are scaled to unit variance, their correlation is
shrunk towards the identity, and beyond ``MOST_AXES`` axes the rest shares one variance
(Tipping & Bishop 1999, probabilistic principal components), so that the file stays small.

The level of a distance is what people see, :meth:`Applicability.levels`.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.torch
import torch
from torch.nn import functional

from lulc_assets.core.errors import BundleError
from lulc_assets.core.model.network import LandCoverNetwork

APPLICABILITY_FILE = "applicability.safetensors"

NO_LEVEL = 255
"""Nothing is seen there, or the block was skipped."""

BEYOND = 100
"""Larger levels are farther than every validation cell."""

_LARGEST_LEVEL = 254


@dataclass(frozen=True)
class Applicability:
    """The spread of encoder features over training chips, and distances of validation chips.

    Attributes:
        mean: of each feature, (features,), float64.
        deviation: standard deviation of each, above 0, likewise.
        axes: principal axes of the scaled features, (features, axes), float64.
        variance: along each axis, (axes,), float64.
        rest: variance along all other directions.
        thresholds: distances of validation cells at 0, 1, … 100 per cent, (101,), float64.
        cell: pixels on a side of a cell.
        chip: pixels on a side of a chip. The padding at a chip's border reaches all its cells:
            distances compare only between images of one size.
    """

    mean: torch.Tensor
    deviation: torch.Tensor
    axes: torch.Tensor
    variance: torch.Tensor
    rest: torch.Tensor
    thresholds: torch.Tensor
    cell: torch.Tensor
    chip: torch.Tensor

    @property
    def cell_px(self) -> int:
        """Pixels on a side of a cell."""
        return int(self.cell)

    @property
    def chip_px(self) -> int:
        """Pixels on a side of a chip."""
        return int(self.chip)

    def distance(self, features: torch.Tensor) -> torch.Tensor:
        """Mahalanobis distances, float32 (n,), of features (n, features) on any device."""
        mean, deviation, axes, variance, rest = (
            value.to(features.device, torch.float32)
            for value in (self.mean, self.deviation, self.axes, self.variance, self.rest)
        )
        scaled = (features.float() - mean) / deviation
        along = scaled @ axes
        off = ((scaled**2).sum(1) - (along**2).sum(1)).clamp(min=0.0)
        return ((along**2 / variance).sum(1) + off / rest).sqrt()

    def levels(self, distance: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
        """What distances mean, uint8, of any shape.

        0–100: so many per cent of the validation cells are nearer to the training set; 101–254:
        farther than all of them, 100 times the quotient to the farthest (254: or more).
        """
        limits = self.thresholds.numpy()
        percentile = np.searchsorted(limits[1:], distance, side="left")
        times = np.ceil(BEYOND * np.asarray(distance, np.float64) / limits[-1])
        beyond = np.clip(times, BEYOND + 1, _LARGEST_LEVEL)
        found = np.where(distance > limits[-1], beyond, np.minimum(percentile, BEYOND))
        return found.astype(np.uint8)

    def to_bytes(self) -> bytes:
        """A safetensors file; equal fits, equal bytes."""
        named = {f.name: getattr(self, f.name).float().contiguous() for f in fields(self)}
        return safetensors.torch.save(named)

    @classmethod
    def from_bytes(cls, content: bytes) -> "Applicability":
        """Rebuild from verified :meth:`to_bytes`.

        Raises:
            BundleError: it is not such a file, or its numbers do not fit together.
        """
        names = [f.name for f in fields(cls)]
        try:
            tensors = safetensors.torch.load(content)
            found = cls(*(tensors[name].double() for name in names))
            features, axes = found.axes.shape
        except (safetensors.SafetensorError, KeyError, ValueError) as error:
            raise BundleError(f"{APPLICABILITY_FILE} does not hold what it should: {error}") from (
                error
            )
        shapes = [tuple(getattr(found, name).shape) for name in names]
        right = [(features,), (features,), (features, axes), (axes,), (), (BEYOND + 1,), (), ()]
        finite = all(bool(getattr(found, name).isfinite().all()) for name in names)
        if shapes != right or not finite:
            raise BundleError(f"{APPLICABILITY_FILE}: tensors of {shapes} do not fit together")
        return found


def cell_features(network: LandCoverNetwork, reflectance: torch.Tensor) -> torch.Tensor:
    """What the encoder sees of each cell of its coarsest stage.

    Args:
        network: in evaluation mode.
        reflectance: as the network takes it, (n, bands, h, w).

    Returns:
        Means over each cell of the normalised bands and of all stages, (n, features, rows,
        cols), float32; a cell has as many pixels a side as the image has more than that.
    """
    seen = network.normalise(reflectance)
    stages = [s for s in network.parts[0](seen)[1:] if s.shape[1]]
    cells = stages[-1].shape[2:]
    pooled = [functional.adaptive_avg_pool2d(s.float(), cells) for s in (seen, *stages)]
    return torch.cat(pooled, 1)
