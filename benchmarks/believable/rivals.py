"""The rival mappers of the benchmark: two random forests.

What belongs here: learning from one tile's labels, mapping another tile. What does not: the
composites (``composites``) and the judgement. All get the same label pixels of the same tile and
year, and read pixels through the pipeline's own reader.
"""

import warnings

import numpy as np
import numpy.typing as npt

from benchmarks.simulated.tile_years import Classes, Seen, clear
from lulc_assets.core.imagery.scene_block import SceneBlock

Places = npt.NDArray[np.int64]
"""Flat indices of the pixels at which a forest is judged."""

FOREST_PIXELS = 20_000
"""Label pixels that a forest learns from."""

TREES = 100


def judge_single_dates(
    train: Seen, test: Seen, truth: Classes, places: Places, seed: int
) -> list[float]:
    """Accuracies of a forest per date on six reflectances, at the clear ones of the places.

    Only passes that saw both tiles well enough.
    """
    accuracies = []
    for date, seen in train.by_date().items():
        other = test.by_date().get(date)
        usable = clear(seen) & (train.place.train_mask > 0)
        if other is None or usable.sum() < FOREST_PIXELS / 4:
            continue
        there = places[clear(other).ravel()[places]]
        if there.size < places.size / 5:
            continue
        own = _some(usable, seed)
        labels = train.place.train_mask.ravel()[own]
        forest = _grow(_pixels(seen.reflectance)[own], labels, seed)
        found = forest.predict(_pixels(other.reflectance)[there])
        accuracies.append(float((found == truth.ravel()[there]).mean()))
    return accuracies


def judge_annual(train: Seen, test: Seen, truth: Classes, places: Places, seed: int) -> float:
    """Accuracy of :func:`predict_annual`."""
    found = predict_annual(train, test, places, seed)
    return float((found == truth.ravel()[places]).mean())


def predict_annual(train: Seen, test: Seen, places: Places, seed: int) -> Classes:
    """Classes at some pixels by a forest on what a pixel did all year, from its clear dates only.

    Features, a band: medians of the four quarters of the year's dates, the 10th, 50th and
    90th percentile; and the same of NDVI: 49 in all.
    """
    labels = train.place.train_mask
    own = _some(labels > 0, seed)
    forest = _grow(_annual(train.blocks, own), labels.ravel()[own], seed)
    found: Classes = forest.predict(_annual(test.blocks, places))
    return found


def _some(where: npt.NDArray[np.bool_], seed: int) -> Places:
    """Label pixels to learn from."""
    places = np.flatnonzero(where)
    chosen = np.random.default_rng(seed).choice(
        places, size=min(FOREST_PIXELS, places.size), replace=False
    )
    return chosen


def _grow(table, labels, seed):  # type: ignore[no-untyped-def]
    from sklearn.ensemble import RandomForestClassifier  # a peer, not ours

    forest = RandomForestClassifier(TREES, min_samples_leaf=2, random_state=seed, n_jobs=1)
    return forest.fit(table, labels)


def _pixels(reflectance: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return reflectance.reshape(len(reflectance), -1).T


def _annual(blocks: list[SceneBlock], places: Places) -> npt.NDArray[np.float32]:
    """Features at some pixels, shape (places, 49), float32; 0 where never clear."""
    series = np.stack(
        [
            np.where(clear(b).ravel()[places], b.reflectance.reshape(6, -1)[:, places], np.nan)
            for b in blocks
        ]
    )
    red, nir = series[:, 0], series[:, 3]
    with np.errstate(invalid="ignore", divide="ignore"):
        ndvi = (nir - red) / (nir + red)
    series = np.concatenate([series, ndvi[:, None]], axis=1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        spread = np.nanpercentile(series, (10, 50, 90), axis=0)
        quarters = [np.nanmedian(part, axis=0) for part in np.array_split(series, 4)]
    seasons = np.stack([np.where(np.isnan(q), spread[1], q) for q in quarters])
    table = np.concatenate([seasons, spread]).reshape(-1, places.size)
    return np.nan_to_num(table.T).astype(np.float32)
