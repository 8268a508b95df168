"""Evidence for tests: letters of a network that is right on most dates."""

import numpy as np

from lulc_assets.core.change.counting import LetterCounts
from lulc_assets.core.change.evidence import Evidence
from lulc_assets.core.change.symbols import BINS, FAMILIAR, LEVELS, STRANGE
from lulc_assets.core.legend import KARRA_10, Legend


def plain_evidence(
    right: int = 90,
    pairs_per_letter: int = 100,
    legend: Legend = KARRA_10,
    *,
    remembered: bool = False,
) -> Evidence:
    """Each class is seen as itself on ``right`` of 100 views, else as any.

    All classes are strange; ``remembered``: but for a pixel's own, which is familiar.
    """
    land = len(legend.land)
    counts = LetterCounts.empty(land)
    chance = np.full((land, land), (100 - right) / (land - 1))
    np.fill_diagonal(chance, right)
    letters = np.zeros((land, counts.pairs.shape[-1]))
    for seen in range(land):
        for place, share in enumerate((0.1, 0.3, 0.6)):
            at = LEVELS * (seen * BINS + place)
            letters[:, at] = chance[:, seen] * share
            if remembered:
                letters[seen, at + FAMILIAR] = letters[seen, at]
                letters[seen, at] = 0
    pairs = (
        letters[:, None, None, :] * np.concatenate([[1.0], letters.mean(0)])[None, None, :, None]
    )
    counts.pairs[:] = np.rint(pairs_per_letter * pairs).astype(np.int64)
    counts.views[:] = counts.pairs.sum((2, 3))
    counts.familiar[..., STRANGE] = counts.views[..., None]
    if remembered:
        own = np.arange(land)
        counts.familiar[own, :, own, STRANGE] = 0
        counts.familiar[own, :, own, FAMILIAR] = counts.views
    return Evidence(counts, {"source": "a test"}, legend)
