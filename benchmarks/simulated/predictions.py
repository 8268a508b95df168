"""A year of predicted scenes to measure consensus with: files, not a model's output.

What belongs here: rasters that compress and vote like those of a trained network. What does
not: measuring.

The ground is a patchwork of classes. A scene sees each pixel with the same sureness but for
noise of some pixels' width; now and then it takes ground for a class like it; clouds cover
it in fields, most of which both the network and SCL see, with a seam that only SCL masks.
The numbers were set so that a scene takes as much room as those of the demo's network
(7 bits per pixel: class 0.8, probability 6.1, mask 0.2; two classes seen at a pixel in 22
scenes, 6 % of the pixels masked where the network sees ground).
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, zoom

from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import write_cog

PATTERN_PX = 1098
"""The pattern is simulated once a scene at this size and laid out in mirror images."""

LAYERS = ("class", "probability", "mask")
CLOUDS = 10
LOOKALIKE = np.array([0, 4, 6, 5, 1, 3, 3, 8, 7, 8, 10], np.uint8)

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]


def make_scenes(
    folder: Path, size_px: int, count: int, threads: int, land: int = CLOUDS - 1
) -> list[PredictedScene]:
    """Write ``count`` scenes of ``size_px`` a side, spread over a year, of ``land`` classes."""
    grid = make_grid(size_px)
    ground = _ground(min(size_px, PATTERN_PX))

    def make(number: int) -> None:
        classes, *others = _scene(ground, number)
        for name, layer in zip(LAYERS, (_of_many(classes, land), *others), strict=True):
            write_cog(
                folder / "scenes" / f"s{number:03d}" / f"{name}.tif",
                _laid_out(layer, size_px),
                grid,
                kind="continuous" if name == "probability" else "class",
            )

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(make, range(count)))
    return scenes_in(folder)


def make_block(size_px: int, count: int, land: int) -> tuple[U8, U8, U8]:
    """Classes, probabilities and masks of scenes in memory, each (count, size, size) uint8."""
    ground = _ground(size_px)
    classes, probabilities, masks = zip(*(_scene(ground, n) for n in range(count)), strict=True)
    many = np.stack([_of_many(each, land) for each in classes])
    return many, np.stack(probabilities), np.stack(masks)


def _of_many(classes: U8, land: int) -> U8:
    """The pattern's nine classes of land as ``land`` classes, by stripes of 16 pixels."""
    parts = land // (CLOUDS - 1)
    if parts < 2:
        return classes
    stripe = (np.arange(classes.shape[1]) // 16 % parts).astype(np.uint8)
    many = (classes - 1) * np.uint8(parts) + 1 + stripe
    found = np.where(classes == CLOUDS, land + 1, np.where(classes == 0, 0, many))
    return found.astype(np.uint8)


def scenes_in(folder: Path) -> list[PredictedScene]:
    """The scenes that :func:`make_scenes` wrote."""
    places = sorted((folder / "scenes").iterdir())
    return [_scene_of(place, number) for number, place in enumerate(places)]


def _scene_of(place: Path, number: int) -> PredictedScene:
    first, second, third = (place / f"{name}.tif" for name in LAYERS)
    date = f"2022-{1 + number % 12:02d}-{1 + number % 28:02d}"
    return PredictedScene(place.name, place.name, date, place.name, lambda: (first, second, third))


def make_grid(size_px: int) -> PixelGrid:
    """A grid somewhere in zone 33."""
    return PixelGrid(32633, 399_960.0, 5_200_020.0, size_px, size_px)


def _noise(rng: np.random.Generator, size: int, width_px: float) -> F32:
    """Gaussian noise of unit variance, correlated over some pixels."""
    coarse = max(2, int(size / max(width_px / 2, 1)) + 2)
    field = gaussian_filter(rng.standard_normal((coarse, coarse)), 1 if width_px > 2 else 0.6)
    field = zoom(field, size / coarse, order=1)[:size, :size]
    field = np.pad(field, [(0, size - n) for n in field.shape], mode="edge")
    return (field / field.std()).astype(np.float32)


def _ground(size: int) -> tuple[U8, F32]:
    """Class and sureness (a logit) of the ground."""
    rng = np.random.default_rng(1)
    fields = np.stack([_noise(rng, size, 40) + 0.4 * _noise(rng, size, 8) for _ in range(7)])
    codes = np.array([1, 2, 3, 5, 6, 7, 8], np.uint8)
    order = np.sort(fields, axis=0)
    return codes[fields.argmax(axis=0)], (order[-1] - order[-2]).astype(np.float32)


def _scene(ground: tuple[U8, F32], number: int) -> tuple[U8, U8, U8]:
    """Class, probability and mask of one date."""
    rng = np.random.default_rng(100 + number)
    classes, margin = ground
    size = classes.shape[0]
    logit = 0.7 + 0.9 * margin + 0.8 * _noise(rng, size, 10) + 0.08 * _noise(rng, size, 1)
    seen = np.where(logit < 0, LOOKALIKE[classes], classes)
    other = _noise(rng, size, 14) > 1.6
    seen[other] = LOOKALIKE[seen[other]]
    cloud = _noise(rng, size, 120) - rng.uniform(0.2, 1.6)
    seen[cloud > 0.1] = CLOUDS
    logit = np.where(cloud > 0.1, 1 + 3 * cloud, np.abs(logit))
    probability = np.floor(255 / (1 + np.exp(-1.6 * logit)) + 0.5)
    return seen, probability.astype(np.uint8), (cloud < -0.15).astype(np.uint8)


def _laid_out(pattern: U8, size: int) -> U8:
    """The pattern beside and below its mirror images, cut to size."""
    pair = np.block([[pattern, pattern[:, ::-1]], [pattern[::-1], pattern[::-1, ::-1]]])
    times = -(-size // pair.shape[0])
    return np.ascontiguousarray(np.tile(pair, (times, times))[:size, :size])
