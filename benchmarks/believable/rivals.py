"""The rival mappers of the benchmark: two random forests and the U-Net composite.

What belongs here: training on one tile's labels, mapping another tile. What does not: the
judgement. All three get the same label pixels of the same tile and year, and read pixels
through the pipeline's own reader.
"""

import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.simulated.tile_years import Classes, Seen, TileYear, clear
from lulc_assets.core.chips.cut import cut_chips
from lulc_assets.core.chips.dates import choose_dates
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.imagery.reader import read_scene
from lulc_assets.core.imagery.scene_block import SceneBlock
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.training.recipe import TrainingRecipe

Places = npt.NDArray[np.int64]
"""Flat indices of the pixels at which a forest is judged."""

FOREST_PIXELS = 20_000
"""Label pixels that a forest learns from."""

TREES = 100


@dataclass(frozen=True)
class OneDate:
    """A map from one scene: day, classes, and the pixels that SCL leaves."""

    date: str
    classes: Classes
    clear: npt.NDArray[np.bool_]


# --- random forests -------------------------------------------------------------------


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


# --- U-Net composite ------------------------------------------------------------------


def map_year_by_unet(
    train: TileYear,
    test: TileYear,
    chips: ChipSettings,
    recipe: TrainingRecipe,
    weights: CompositeSettings,
) -> tuple[Classes, list[OneDate]]:
    """The pipeline's map: chips, training, every scene, class-weighted mode.

    Returns:
        the composite, and the map of each single date.
    """
    import torch  # the forests need none

    from lulc_assets.core.training.train import train_model

    dates = choose_dates(train.recipes, chips)
    cut = cut_chips(dates, train.grid, train.train_mask, train.gold_mask, chips)
    with tempfile.TemporaryDirectory() as scratch:
        model = train_model(
            [cut],
            recipe,
            KARRA_10,
            level="L2A",
            gsd_m=10.0,
            inputs={},
            out_dir=Path(scratch),
        )
        network = model.network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        calibration = model.calibration
    del cut
    size = test.grid.height * test.grid.width
    score, singles = np.zeros((len(KARRA_10.classes) + 1, size), dtype=np.int64), []
    for scene in test.recipes:
        block = read_scene(scene, test.grid)
        found, share = _predict(network, calibration, block.reflectance)
        seen = clear(block)
        singles.append(OneDate(scene.date, found, seen))
        score[found.ravel(), np.arange(size)] += (share * seen).ravel()
    composite = _winners(score, weights.weight_table()).reshape(test.grid.shape)
    return composite, singles


def _predict(network, calibration, reflectance):  # type: ignore[no-untyped-def]
    """Classes, uint8, and the winner's probability × 255, int64, both (h, w)."""
    import torch

    from lulc_assets.core.model.hardware import multiplies_bf16

    batch = torch.from_numpy(np.ascontiguousarray(reflectance))[None]
    batch = batch.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, multiplies_bf16("cpu")):
        best, index = torch.softmax(calibration.apply(network(batch).float()), 1)[0].max(0)
    share = np.floor(255 * best.numpy() + 0.5).astype(np.int64)
    return (index.numpy() + 1).astype(np.uint8), share


def _winners(score: npt.NDArray[np.int64], table: npt.NDArray[np.int64]) -> Classes:
    """The class-weighted mode of unweighted sums; clouds have no weight."""
    found: Classes = (score * table[:, None]).argmax(axis=0).astype(np.uint8)
    return found
