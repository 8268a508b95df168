"""Is the simulated archive as hard as the real world, in the order of the real world?

On a held-out tile, over several seeds: single-date random forest < annual random forest <
U-Net composite < the generator's own Bayes bound, and the U-Net composite between 80 and
93 %. Prints a Markdown table with the spread over seeds, and the confusions of the
composite. Needs scikit-learn for the forests, which nothing else here needs.

    python -m benchmarks.believable --seeds 1,2,3 --out believable.json
    python -m benchmarks.believable --seeds 4 --profile stress   # never tuned on

Settings were chosen on seeds 20220713 (the demo's) and 1 under the normal profile; other seeds
and the stress profile are for reporting.

The Bayes bound: where a stand could be either of two classes (a ley or a meadow, scrub or
grass along a gradient of bushes, thicket or scrub), the generator decides by a hidden
draw whose odds it knows. The mean of the larger odds bounds every classifier, however
much it sees. Blur, clouds, noise and few labels come on top, so the bound is not tight.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio

from benchmarks.believable.rivals import OneDate, judge_annual, judge_single_dates, map_year_by_unet
from benchmarks.measuring import need_peers
from benchmarks.simulated.tile_years import Seen, open_tile_year
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.simulation.archive.spec import DEMO_SEED, ArchiveSpec, demo_spec
from lulc_assets.simulation.archive.truth import CERTAINTY_SCALE
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets.simulation.sky.profiles import PROFILES

YEAR = 2022
CHIPS = ChipSettings(gold_apart="pixel", max_cloud_share=0.5)
RECIPE = TrainingRecipe(
    batch_size=8,
    learning_rate=2e-3,
    dropout=0.05,
    max_epochs=100,
    max_chip_views=8_000,
    plateau_patience=100,
    early_stop_patience=100,
    cooldown_epochs=3,
)
WEIGHTS = CompositeSettings(weights_256={"snow_ice": 77})
"""Snow covers other classes for a season. Weights fitted on nine gold windows gave 0.648
on the held-out tile of seed 1 where these gave 0.694: nine windows are too few."""

BAND = (0.80, 0.93)
JUDGED_PIXELS = 20_000
"""At which forests are judged: their standard error is 0.003; the U-Net everywhere."""

Figures = dict[str, float]


def judge(
    spec: ArchiveSpec, root: Path, recipe: TrainingRecipe
) -> tuple[Figures, npt.NDArray[np.int64]]:
    """Accuracies on the held-out tile, and the composite's confusion matrix (9, 9)."""
    west, east = spec.tiles
    train = open_tile_year(root, west.grid, west.tile, YEAR)
    test = open_tile_year(root, east.grid, east.tile, YEAR)
    folder = root / "truth" / east.tile / str(YEAR)
    truth, certainty = (_read(folder / name) for name in ("class.tif", "certainty.tif"))
    apart = np.zeros(truth.shape, dtype=bool)
    apart[:, int((west.grid.bounds[2] - east.grid.bounds[0]) / 10) :] = True
    seen = Seen.read(train), Seen.read(test)
    everywhere = np.flatnonzero(apart)
    places = np.random.default_rng(spec.seed).choice(everywhere, JUDGED_PIXELS, replace=False)
    singles = judge_single_dates(*seen, truth, places, spec.seed)
    annual = judge_annual(*seen, truth, places, spec.seed)
    del seen
    print(f"  forests: {max(singles):.3f} on the best date, {annual:.3f} on the year", flush=True)
    composite, dates = map_year_by_unet(train, test, CHIPS, recipe, WEIGHTS)
    figures = {
        "single-date random forest, mean of dates": float(np.mean(singles)),
        "single-date random forest, best date": max(singles),
        "annual random forest": annual,
        "single-date U-Net, mean of dates": _mean(dates, truth, apart),
        "U-Net composite": float((composite == truth)[apart].mean()),
        "Bayes bound": float(certainty[apart].mean() / CERTAINTY_SCALE),
    }
    return figures, _confusion(truth[apart], composite[apart])


def _read(path: Path) -> npt.NDArray[np.uint8]:
    with rasterio.open(path) as source:
        values: npt.NDArray[np.uint8] = source.read(1)
    return values


def _mean(
    dates: list[OneDate], truth: npt.NDArray[np.uint8], where: npt.NDArray[np.bool_]
) -> float:
    """Mean over the dates that see a fifth of the area."""
    accuracies = [
        (one.classes == truth)[one.clear & where].mean()
        for one in dates
        if (one.clear & where).sum() > 0.2 * where.sum()
    ]
    return float(np.mean(accuracies))


def _confusion(truth: npt.NDArray[np.uint8], found: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """True class by row, mapped by column, land classes only, shape (9, 9)."""
    size = len(KARRA_10.land) + 1
    table = np.bincount(truth.astype(int) * 11 + found, minlength=size * 11)
    matrix: npt.NDArray[np.int64] = table.reshape(-1, 11)[1:size, 1:size]
    return matrix


def table(figures: list[Figures]) -> str:
    """One row a mapper: mean over seeds, smallest and largest."""
    lines = ["| mapper | overall accuracy | smallest – largest |", "| --- | --- | --- |"]
    for name in figures[0]:
        values = [row[name] for row in figures]
        lines.append(f"| {name} | {np.mean(values):.3f} | {min(values):.3f} – {max(values):.3f} |")
    return "\n".join(lines)


def confusions(matrix: npt.NDArray[np.int64], count: int = 10) -> str:
    """The largest errors of the composite, as shares of the true class."""
    names = [c.name for c in KARRA_10.land]
    errors = matrix - np.diag(np.diag(matrix))
    lines = ["| true | mapped as | share of the true class | share of all errors |"]
    lines.append("| --- | --- | --- | --- |")
    for place in np.argsort(errors, axis=None)[::-1][:count]:
        i, j = np.unravel_index(place, errors.shape)
        own, all_errors = errors[i, j] / matrix[i].sum(), errors[i, j] / errors.sum()
        lines.append(f"| {names[i]} | {names[j]} | {own:.1%} | {all_errors:.1%} |")
    return "\n".join(lines)


def in_order(figures: Figures) -> bool:
    """Whether a seed has the order of the real world, the composite in its band."""
    order = [
        figures["single-date random forest, best date"],
        figures["annual random forest"],
        figures["U-Net composite"],
        figures["Bayes bound"],
    ]
    return sorted(order) == order and BAND[0] <= order[2] <= BAND[1]


def main() -> None:
    """Run the seeds and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", default=f"{DEMO_SEED},1,2")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="normal")
    parser.add_argument("--archives", type=Path, default=Path("build/believable"))
    parser.add_argument("--patchiness", type=float, default=0.75)
    parser.add_argument("--views", type=int, default=RECIPE.max_chip_views)
    parser.add_argument("--threads", type=int, default=RECIPE.threads)
    parser.add_argument("--out", type=Path)
    wanted = parser.parse_args()
    need_peers("sklearn")
    recipe = replace(RECIPE, max_chip_views=wanted.views, threads=wanted.threads)
    figures, total = {}, np.zeros((9, 9), dtype=np.int64)
    for seed in map(int, wanted.seeds.split(",")):
        started = time.monotonic()
        spec = demo_spec(seed, years=(YEAR,), profile=PROFILES[wanted.profile])
        spec = replace(spec, patchiness=wanted.patchiness)
        root = wanted.archives / f"{wanted.profile}-{wanted.patchiness:g}-{seed}"
        write_archive(spec, root)
        figures[seed], matrix = judge(spec, root, recipe)
        total += matrix
        print(
            f"seed {seed}, {time.monotonic() - started:.0f} s:",
            json.dumps(figures[seed]),
            flush=True,
        )
    print(f"\n{table(list(figures.values()))}\n\n{confusions(total)}\n")
    print("order and band hold for", {seed: in_order(row) for seed, row in figures.items()})
    if wanted.out:
        content = {"profile": wanted.profile, "figures": figures, "confusion": total.tolist()}
        wanted.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
