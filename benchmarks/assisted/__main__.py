"""Estimates with the map as auxiliary against design-based ones, on a landscape of known truth.

    python -m benchmarks.assisted --samples 1000

Windows, a sample stratified by an older map, and a simple random one, of the simulated archive's
ground; the map errs in patches and pixel by pixel.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter

from benchmarks.truth_known import draw_stratified, options_of, write_rows
from lulc_assets.core.estimation.assisted import estimate_assisted
from lulc_assets.core.estimation.choice import estimate_area_share, estimate_overall
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.estimation.strata import Strata
from lulc_assets.core.grid import Window, tile_grid
from lulc_assets.simulation.world.change import make_history
from lulc_assets.simulation.world.landscape import make_landscape
from lulc_assets.simulation.world.spectra import class_of_kind

SIDE, WINDOW, WINDOWS, UNITS, LEAST = 768, 16, 60, 400, 30
K = 9
DESIGNS = ("windows", "older map", "simple random")


@dataclass(frozen=True)
class World:
    """Truth, a map of it and an older, worse one: flat, codes 1…9."""

    truth: np.ndarray
    shown: np.ndarray
    older: np.ndarray


def make_world(seed: int) -> World:
    """The landscape of a seed; its map is wrong in patches, and here and there."""
    grid = tile_grid("33TVM").cut(Window(0, 0, SIDE, SIDE))
    ground = make_history(make_landscape(grid, seed), (2020,), seed).of_year(2020)
    truth = np.clip(class_of_kind()[ground.kind], 1, K)
    rng = np.random.default_rng(seed)
    return World(truth.ravel(), _err(truth, rng, 0.10).ravel(), _err(truth, rng, 0.25).ravel())


def _err(truth: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """A map that shows the class of a place nearby in patches, and a random one in a few pixels."""
    noise = uniform_filter(rng.standard_normal(truth.shape), 15, mode="wrap")
    patches = noise > np.quantile(noise, 1 - share)
    shown = np.where(patches, np.roll(truth, (40, 40), (0, 1)), truth)
    single = rng.random(truth.shape) < 0.03
    return np.where(single, rng.permutation(truth.ravel()).reshape(truth.shape), shown)


def draw(world: World, design: str, rng: np.random.Generator) -> tuple[np.ndarray, Strata]:
    """Units of one sample, flat indices, and their strata."""
    size = world.truth.size
    if design == "windows":
        across = SIDE // WINDOW
        rows, cols = np.divmod(rng.choice(across**2, WINDOWS, replace=False), across)
        inside = np.arange(WINDOW)
        row = (rows[:, None] * WINDOW + inside)[:, :, None]
        col = (cols[:, None] * WINDOW + inside)[:, None, :]
        picked = (row * SIDE + col).ravel()
        primary = np.repeat(np.arange(WINDOWS), WINDOW**2)
        one = np.zeros(picked.size, dtype=np.int64)
        weights = np.ones(picked.size)
        return picked, Strata(("all",), one, np.array([float(size)]), np.zeros(1), primary, weights)
    if design == "simple random":
        picked = rng.choice(size, UNITS, replace=False)
        one = np.zeros(UNITS, dtype=np.int64)
        return picked, Strata(("all",), one, np.array([float(size)]), np.zeros(1))
    codes = [c for c in range(1, K + 1) if np.count_nonzero(world.older == c) >= LEAST]
    members = [np.flatnonzero(world.older == c) for c in codes]
    units = [UNITS // len(codes)] * len(codes)
    return draw_stratified(members, units, [str(c) for c in codes], rng)


def run(world: World, design: str, samples: int) -> list[dict]:
    """Bias, variance ratio and coverage of both estimates over many samples."""
    rng = np.random.default_rng(DESIGNS.index(design))
    settings = AccuracySettings()
    areas = np.bincount(world.shown, minlength=K + 1)[1:].astype(float)
    shares = np.bincount(world.truth, minlength=K + 1)[1:] / world.truth.size
    truth = {"overall accuracy": float(np.mean(world.truth == world.shown))}
    truth |= {f"share of class {c}": float(shares[c - 1]) for c in range(1, K + 1) if shares[c - 1]}
    found: dict[str, list[tuple[Estimate, Estimate]]] = {name: [] for name in truth}
    for _ in range(samples):
        picked, strata = draw(world, design, rng)
        mapped, reference = (a[picked].astype(np.int64) for a in (world.shown, world.truth))
        helped = estimate_assisted(mapped, reference, strata, areas / areas.sum(), settings)
        ones = np.ones(picked.size)
        plain = estimate_overall((mapped == reference).astype(float), ones, strata, settings)
        found["overall accuracy"].append((plain, helped.overall))
        for c in range(1, K + 1):
            if shares[c - 1]:
                y = (reference == c).astype(float)
                plain = estimate_area_share(y, ones, strata, settings, enough=True)
                found[f"share of class {c}"].append((plain, helped.areas_ha[c - 1]))
    return [_row(design, name, truth[name], pairs) for name, pairs in found.items()]


def _row(design: str, name: str, truth: float, pairs: list[tuple[Estimate, Estimate]]) -> dict:
    values = np.array([[one.value for one in pair] for pair in pairs])
    inside = np.array([[one.ci_low <= truth <= one.ci_high for one in pair] for pair in pairs])
    widths = np.array([[one.ci_high - one.ci_low for one in pair] for pair in pairs])
    spread = values.std(axis=0, ddof=1)
    return {
        "design": design,
        "figure": name,
        "truth": truth,
        "samples": len(pairs),
        "bias_in_mc_errors": float((values[:, 1].mean() - truth) / (spread[1] / len(pairs) ** 0.5)),
        "bias": float(values[:, 1].mean() - truth),
        "variance_ratio": float((spread[0] / spread[1]) ** 2),
        "coverage": inside.mean(axis=0).tolist(),
        "width": widths.mean(axis=0).tolist(),
    }


def tabulate(rows: list[dict]) -> list[str]:
    """Lines of the page's table."""
    lines = [
        "| design | figure | truth | bias | in its errors | variance, design-based / assisted "
        "| coverage, design-based | assisted |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for r in rows:
        plain, helped = r["coverage"]
        lines.append(
            f"| {r['design']} | {r['figure']} | {r['truth']:.4f} | {r['bias']:+.5f} "
            f"| {r['bias_in_mc_errors']:+.1f} | {r['variance_ratio']:.1f} | {plain:.3f} "
            f"| {helped:.3f} |"
        )
    return lines


def main() -> None:
    """Run all designs and write page and JSON."""
    options = options_of(__doc__)
    world = make_world(options.seed)
    rows = [row for design in DESIGNS for row in run(world, design, options.samples)]
    write_rows(rows, tabulate(rows), options.out / "accuracy_assisted.md", "assisted")


if __name__ == "__main__":
    main()
