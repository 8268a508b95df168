"""Evidence for tests: letters of a network that is right on most dates."""

import numpy as np

from lulc_assets.core.change.counting import LetterCounts
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.symbols import BINS, LEVELS
from lulc_assets.core.legend import KARRA_10, Legend


def plain_evidence(
    right: int = 90, pairs_per_letter: int = 100, legend: Legend = KARRA_10
) -> Evidence:
    """Each class is seen as itself on ``right`` of 100 views, else as any; all are strange."""
    land = len(legend.land)
    counts = LetterCounts.empty(land)
    chance = np.full((land, land), (100 - right) / (land - 1))
    np.fill_diagonal(chance, right)
    letters = np.zeros((land, counts.pairs.shape[-1]))
    for seen in range(land):
        for place, share in enumerate((0.1, 0.3, 0.6)):
            letters[:, LEVELS * (seen * BINS + place)] = chance[:, seen] * share
    pairs = (
        letters[:, None, None, :] * np.concatenate([[1.0], letters.mean(0)])[None, None, :, None]
    )
    counts.pairs[:] = np.rint(pairs_per_letter * pairs).astype(np.int64)
    counts.views[:] = counts.pairs.sum((2, 3))
    counts.familiar[..., 0] = counts.views[..., None]
    return Evidence(counts, {"source": "a test"}, legend)
