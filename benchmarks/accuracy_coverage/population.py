"""A population with known truth for the coverage benchmark, and samples from it.

What belongs here: the simulated landscape, its maps, and the draws of each design. What
does not: estimation and the page (``landscape.py``).

Classes and map errors come in patches, because they do so in the field and because clusters
and systematic samples only differ from simple random ones where places resemble their
neighbours.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from lulc_assets.core.estimation.poststrata import poststratify
from lulc_assets.core.estimation.settings import DEFAULT_STARTS
from lulc_assets.core.estimation.strata import Starts, Strata

SIZE = 1000
SHARES = (0.50, 0.30, 0.15, 0.04, 0.01)
"""Targets of the true classes: the last one is rare."""
TITLES = ("forest", "crops", "grass", "built", "wetland")


@dataclass(frozen=True)
class Population:
    """A landscape: classes 1…5 of every pixel, shape (SIZE, SIZE), and of two maps."""

    truth: np.ndarray
    shown: np.ndarray
    older: np.ndarray

    @property
    def map_sizes(self) -> np.ndarray:
        """Pixels of each map class, shape (5,), float64."""
        return np.bincount(self.shown.ravel(), minlength=6)[1:].astype(float)


@dataclass(frozen=True)
class Drawn:
    """One sample: flat pixel positions and the strata that it is estimated with."""

    positions: np.ndarray
    strata: Strata


@dataclass(frozen=True)
class Design:
    """A sampling design: its title, whether its strata are the map's, and how to draw it."""

    title: str
    per_stratum: int
    draw: Callable[[np.random.Generator], Drawn]


def make_population(seed: int = 11) -> Population:
    """Make the landscape; the same seed gives the same pixels."""
    rng = np.random.default_rng(seed)
    truth = _settle(_fields(rng, 12.0), SHARES)
    return Population(truth, _map_of(truth, rng, 0.80), _map_of(truth, rng, 0.74))


def _fields(rng: np.random.Generator, width: float) -> np.ndarray:
    noise = np.stack([gaussian_filter(rng.normal(size=(SIZE, SIZE)), width) for _ in SHARES])
    return noise / noise.std(axis=(1, 2), keepdims=True)


def _settle(fields: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """Classes by the largest field, levels shifted until the shares come out."""
    level = np.zeros(len(shares))
    for _ in range(60):
        codes = np.argmax(fields + level[:, None, None], axis=0)
        found = np.bincount(codes.ravel(), minlength=len(shares)) / codes.size
        level += 0.5 * np.log((np.array(shares) + 1e-4) / (found + 1e-4))
    return (codes + 1).astype(np.uint8)


def _map_of(truth: np.ndarray, rng: np.random.Generator, skill: float) -> np.ndarray:
    """A map of the truth: wrong in patches of a few pixels, and a little anywhere."""
    patchy = _fields(rng, 2.0)
    wrong = gaussian_filter(rng.normal(size=truth.shape), 3.0)
    wrong = wrong > np.quantile(wrong, skill)
    other = _settle(patchy, (0.35, 0.30, 0.22, 0.09, 0.04))
    scattered = rng.random(truth.shape) < 0.03
    return np.where(wrong | scattered, other, truth).astype(np.uint8)


def make_designs(population: Population) -> list[Design]:
    """Every design of the benchmark."""
    shown, older = population.shown.ravel(), population.older.ravel()
    equal = [
        _stratified(shown, shown, (n,) * 5, f"stratified by map class, {n} each", n)
        for n in (400, 100, 50, 20)
    ]
    share = np.bincount(shown, minlength=6)[1:] / shown.size
    proportional = tuple(np.maximum(2, np.round(500 * share)).astype(int))
    return [
        *equal,
        _stratified(shown, shown, proportional, "stratified by map class, 500 in proportion", 0),
        _stratified(older, shown, (100,) * 5, "strata of an older map, 100 each", 0),
        _simple_random(population, 500),
        _systematic(population, 44, neighbours=False),
        _windows(40, 10, None, "40 windows of 10 × 10 px, all pixels", naive=False),
        _windows(80, 10, 9, "80 windows of 10 × 10 px, 9 pixels each", naive=False),
        _windows(40, 10, None, "NAIVE: the 40 windows, pixels taken as independent", naive=True),
        _systematic(population, 44, neighbours=True),
        _replicated(population, 44, DEFAULT_STARTS),
        _replicated(population, 20, DEFAULT_STARTS),
    ]


def _stratified(
    of: np.ndarray, shown: np.ndarray, sizes: tuple[int, ...], title: str, per_stratum: int
) -> Design:
    members = [np.flatnonzero(of == h + 1) for h in range(len(sizes))]
    total = np.array([m.size for m in members], float)
    of_unit = np.repeat(np.arange(len(sizes)), sizes)

    def draw(rng: np.random.Generator) -> Drawn:
        picked = [rng.choice(m, n, replace=False) for m, n in zip(members, sizes, strict=True)]
        strata = Strata(TITLES, of_unit, total, np.zeros(len(sizes)))
        return Drawn(np.concatenate(picked), strata)

    return Design(title, per_stratum, draw)


def _simple_random(population: Population, n: int) -> Design:
    shown, sizes = population.shown.ravel(), population.map_sizes

    def draw(rng: np.random.Generator) -> Drawn:
        picked = rng.choice(shown.size, n, replace=False)
        return Drawn(picked, poststratify(shown[picked], sizes).strata)

    return Design(f"simple random, {n}, poststratified", 0, draw)


def _systematic(population: Population, step: int, *, neighbours: bool) -> Design:
    shown, sizes = population.shown, population.map_sizes

    def draw(rng: np.random.Generator) -> Drawn:
        first = rng.integers(0, step, 2)
        rows, cols = np.meshgrid(*(np.arange(f, SIZE, step) for f in first), indexing="ij")
        picked = (rows * SIZE + cols).ravel()
        strata = poststratify(shown.ravel()[picked], sizes).strata
        if neighbours:
            strata = replace(strata, neighbours=side_by_side(rows.shape))
        return Drawn(picked, strata)

    how = ", variance from neighbours" if neighbours else ""
    return Design(f"systematic, every {step} px, poststratified{how}", 0, draw)


def _replicated(population: Population, step: int, starts: int) -> Design:
    """Lattices with independent starts, as many units as one lattice of the step."""
    shown, sizes = population.shown.ravel(), population.map_sizes
    apart = round(step * np.sqrt(starts))

    def draw(rng: np.random.Generator) -> Drawn:
        picked, of_unit = draw_lattices(rng, apart, starts)
        strata = poststratify(shown[picked], sizes).strata
        return Drawn(picked, replace(strata, starts=Starts(of_unit, starts)))

    title = f"{starts} systematic samples, every {apart} px, poststratified"
    return Design(title, 0, draw)


def draw_lattices(
    rng: np.random.Generator, step: int, starts: int
) -> tuple[np.ndarray, np.ndarray]:
    """Flat positions on lattices with different random starts, and the start of each."""
    places = rng.choice(step * step, starts, replace=False)
    positions = [
        np.add.outer(np.arange(row, SIZE, step) * SIZE, np.arange(col, SIZE, step)).ravel()
        for row, col in zip(*divmod(places, step), strict=True)
    ]
    return np.concatenate(positions), np.repeat(np.arange(starts), [p.size for p in positions])


def side_by_side(shape: tuple[int, ...]) -> np.ndarray:
    """Pairs of neighbours of a full lattice, shape (p, 2)."""
    number = np.arange(np.prod(shape)).reshape(shape)
    across = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    down = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    return np.concatenate([across, down])


def _windows(count: int, size: int, within: int | None, title: str, *, naive: bool) -> Design:
    across = SIZE // size
    inner = np.add.outer(np.arange(size) * SIZE, np.arange(size)).ravel()
    taken = within or size * size

    def draw(rng: np.random.Generator) -> Drawn:
        corner = rng.choice(across * across, count, replace=False)
        corner = corner // across * size * SIZE + corner % across * size
        cells = [
            inner if within is None else rng.choice(inner, within, replace=False)
            for _ in range(count)
        ]
        picked = (corner[:, None] + np.stack(cells)).ravel()
        n = picked.size
        whole = (("all",), np.zeros(n, np.int64), np.array([float(SIZE**2)]), np.zeros(1))
        if naive:
            return Drawn(picked, Strata(*whole))
        weight = np.full(n, SIZE**2 / n)
        return Drawn(picked, Strata(*whole, np.repeat(np.arange(count), taken), weight))

    return Design(title, 0, draw)
