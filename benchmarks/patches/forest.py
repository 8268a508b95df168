"""The peer: a random forest of scikit-learn on statistics of the bands of each patch.

What belongs here: its table and its folds. What does not: networks.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

TREES = 500


def forest_shares(folder: Path, bands: str, repeats: int, folds: int) -> list[float]:
    """Share of right patches in each fold of each repeat, with a set of bands."""
    from lulc_assets.core.patches.classifier import codes_of, legend_of
    from lulc_assets.core.patches.folder import read_patches
    from lulc_assets.core.patches.split import folds_of
    from lulc_assets.core.scene.bands import BAND_SETS

    patches = read_patches(folder, BAND_SETS[bands])
    codes = codes_of(patches, legend_of(patches.classes))
    table = band_statistics(patches.images)
    tests = [
        (folds_of(patches.files, folds, repeat) == fold, repeat)
        for repeat in range(repeats) for fold in range(folds)
    ]  # fmt: skip
    return [_right(table, codes, test, seed) for test, seed in tests]


def band_statistics(images: npt.NDArray[np.uint16]) -> npt.NDArray[np.float64]:
    """Mean, deviation and three percentiles of each band, (n, 5 · bands)."""
    flat = images.reshape(*images.shape[:2], -1)
    parts = [flat.mean(-1), flat.std(-1), *np.percentile(flat, (10, 50, 90), axis=-1)]
    table: npt.NDArray[np.float64] = np.concatenate(parts, axis=1)
    return table


def _right(
    table: npt.NDArray[np.float64],
    codes: npt.NDArray[np.uint8],
    test: npt.NDArray[np.bool_],
    seed: int,
) -> float:
    from sklearn.ensemble import RandomForestClassifier  # a peer, not ours

    grown = RandomForestClassifier(TREES, random_state=seed, n_jobs=1)
    grown.fit(table[~test], codes[~test])
    return float((grown.predict(table[test]) == codes[test]).mean())
