"""Whether a network can take a training step with chips of this size, and with how few of them.

What belongs here: one step forward on noise, before the first batch. What does not: how chips are
shared out over batches (``dataset``).

Some decoders pool the whole chip to one pixel and normalise it over the batch (DeepLabV3+): a
batch of one chip has no variance. Others halve the image more often than a small chip can be
halved (PAN). Both fail in the middle of an epoch, on the last batch or on the first.
"""

import copy

import torch

from lulc_assets.core.errors import TrainingFailed
from lulc_assets.core.model.network import LandCoverNetwork

_LARGEST_TRIED_PX = 512


def least_batch(network: LandCoverNetwork, name: str, bands: int, size_px: int) -> int:
    """Chips that a training step needs at least: 1 or 2. The network stays as it is.

    Args:
        network: to be trained.
        name: of its architecture, for the message.
        bands: of a chip.
        size_px: side of a chip.

    Raises:
        TrainingFailed: no batch of such chips can be trained on; the message names the
            smallest size that can, where there is one.
    """
    for chips in (1, 2):
        error = _try(network, chips, bands, size_px)
        if error is None:
            return chips
    size = 2 * size_px
    while size <= _LARGEST_TRIED_PX and _try(network, 2, bands, size) is not None:
        size *= 2
    remedy = (
        f"set [chips] size_px = {size} or more"
        if size <= _LARGEST_TRIED_PX
        else "take a smaller encoder_depth"
    )
    raise TrainingFailed(
        f"{name} cannot be trained on chips of {size_px} px ({error}); {remedy}, or another "
        "[recipe] architecture"
    )


def _try(network: LandCoverNetwork, chips: int, bands: int, size_px: int) -> str | None:
    """The error of a step; None when it works. Statistics and random numbers are untouched."""
    probe = copy.deepcopy(network).train()
    with torch.random.fork_rng(), torch.no_grad():
        try:
            probe(torch.rand(chips, bands, size_px, size_px))
        except (RuntimeError, ValueError) as error:
            return str(error).splitlines()[0]
    return None
