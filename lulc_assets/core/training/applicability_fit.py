"""The fit of applicability: the spread of encoder features over training chips.

What belongs here: fitting and writing it. What does not: what a distance means
(``core/model/applicability``).
"""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from lulc_assets.core.errors import NotFinite
from lulc_assets.core.model.applicability import (
    APPLICABILITY_FILE,
    BEYOND,
    Applicability,
    cell_features,
)
from lulc_assets.core.model.artifacts import write_recorded
from lulc_assets.core.model.card import RecordedApplicability
from lulc_assets.core.model.network import LandCoverNetwork
from lulc_assets.core.training.dataset import ChipBatches, ChipSelection

MOST_AXES = 64
"""Of 518 features of a U-Net with ResNet-18: with all 518 axes, swapped bands, haze, halved
reflectance and noise on gold chips of the simulated archive are found as often, within 2 points."""

SHRINKAGE = 0.1
"""Weight of the identity in the correlation: neighbouring cells are alike, so that thousands
of them fix the smallest of some hundred variances badly."""

MOST_CHIPS = 256
"""Evenly spread over the chips of a split; one forward pass of the encoder each."""

MOST_CELLS = 10_000
"""Evenly spread over the labelled cells of these chips."""

_BATCH_SIZE = 16
_SMALLEST_DEVIATION = 1e-6


def write_applicability(fitted: Applicability, folder: Path) -> RecordedApplicability:
    """Write the file; returns what a card says of it."""
    recorded = write_recorded(folder / APPLICABILITY_FILE, fitted.to_bytes())
    return RecordedApplicability(
        **vars(recorded),
        features=len(fitted.mean),
        cell_px=int(fitted.cell_px),
        axes=len(fitted.variance),
        median_distance=float(fitted.thresholds[BEYOND // 2]),
        largest_distance=float(fitted.thresholds[BEYOND]),
    )


def fit_applicability(
    network: LandCoverNetwork, training: ChipSelection, validation: ChipSelection
) -> Applicability:
    """Fit the spread of training cells, and the distances of validation cells from it.

    Cells with a labelled pixel take part: the others nobody vouched for.

    Args:
        network: trained, in evaluation mode, on any device.
        training: chips that it was trained on.
        validation: chips on other ground, which says how far unseen places of the same kind are.

    Raises:
        NotFinite: the encoder gave NaN or infinity.
    """
    known, cell_px = _cells_of(network, training)
    mean, deviation = known.mean(0), known.std(0).clamp(min=_SMALLEST_DEVIATION)
    scaled = (known - mean) / deviation
    correlation = scaled.T @ scaled / max(1, len(scaled) - 1)
    variance, axes = torch.linalg.eigh(correlation)
    variance = (1 - SHRINKAGE) * variance.clamp(min=0.0).flip(0) + SHRINKAGE
    count = min(MOST_AXES, len(variance))
    rest = variance[count:].mean() if count < len(variance) else torch.tensor(SHRINKAGE).double()
    fitted = Applicability(
        mean,
        deviation,
        axes.flip(1)[:, :count].contiguous(),
        variance[:count],
        rest,
        torch.zeros(BEYOND + 1, dtype=torch.float64),
        torch.tensor(cell_px, dtype=torch.float64),
        torch.tensor(training.mask(0).shape[0], dtype=torch.float64),
    )
    distances = fitted.distance(_cells_of(network, validation)[0]).double()
    shares = torch.linspace(0, 1, BEYOND + 1, dtype=torch.float64)
    limits = torch.quantile(distances, shares).clamp(min=_SMALLEST_DEVIATION)
    return Applicability(**{**vars(fitted), "thresholds": limits})


def _cells_of(network: LandCoverNetwork, selection: ChipSelection) -> tuple[torch.Tensor, int]:
    """Features of labelled cells, (cells, features), float64, on the CPU; side of a cell."""
    chips = min(MOST_CHIPS, len(selection))
    rows = np.linspace(0, len(selection) - 1, chips).round().astype(np.int64)
    some = ChipSelection(selection.sets, selection.places[rows])
    device = next(network.parameters()).device
    found, cell_px = [], 1
    with torch.inference_mode():
        for images, codes in ChipBatches(some, _BATCH_SIZE):
            features = cell_features(network, images.to(device)).cpu()
            labelled = functional.adaptive_max_pool2d((codes > 0).float(), features.shape[2:])
            cells = features.permute(0, 2, 3, 1)[labelled > 0]
            most = max(1, MOST_CELLS * len(codes) // chips)
            picked = torch.linspace(0, len(cells) - 1, min(most, len(cells))).round().long()
            found.append(cells[picked].double())
            cell_px = images.shape[2] // features.shape[2]
    every = torch.cat(found).clone()
    if not every.isfinite().all():
        raise NotFinite("the encoder of the trained network gives NaN or infinity on its chips")
    return every, cell_px
