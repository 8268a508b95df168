"""Is the simulated archive as hard as the real world, in the order of the real world?

On a held-out tile, over several seeds: single-date random forest < annual random forest <
U-Net composite < the generator's own Bayes bound, and the U-Net composite between 80 and
93 %; beside it the composite under the learned vote. Prints a Markdown table with the spread over
seeds, and the confusions of the plain composite. Needs scikit-learn for the forests, which nothing
else here needs.

    python -m benchmarks.believable --seeds 1,2,3 --out believable.json
    python -m benchmarks.believable --seeds 4 --profile stress   # never tuned on
    python -m benchmarks.believable --seeds 11,12 --profile normal,stress --json

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
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio

from benchmarks.believable.composites import OneDate, map_year
from benchmarks.believable.rivals import judge_annual, judge_single_dates
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
WEIGHTS = CompositeSettings(weights_256={"snow_ice": 77}, seasons="quarters")
"""Snow covers other classes for a season. Weights fitted on nine gold windows gave 0.648
on the held-out tile of seed 1 where these gave 0.694: nine windows are too few."""

BAND = (0.80, 0.93)
JUDGED_PIXELS = 20_000
"""At which forests are judged: their standard error is 0.003; the U-Net everywhere."""

FOREST, COMPOSITE = "annual random forest", "U-Net composite"
LEARNED = "U-Net composite, learned vote"
PUBLISHED = "U-Net composite, learned vote where gold windows promote it"

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
    maps = map_year(train, test, CHIPS, recipe, WEIGHTS)
    print(f"  {maps.verdict.reason}", flush=True)
    figures = {
        "single-date random forest, mean of dates": float(np.mean(singles)),
        "single-date random forest, best date": max(singles),
        FOREST: annual,
        "single-date U-Net, mean of dates": _mean(maps.dates, truth, apart),
        COMPOSITE: float((maps.plain == truth)[apart].mean()),
        LEARNED: float((maps.learned == truth)[apart].mean()),
        PUBLISHED: float((maps.published == truth)[apart].mean()),
        "Bayes bound": float(certainty[apart].mean() / CERTAINTY_SCALE),
    }
    return figures, _confusion(truth[apart], maps.plain[apart])


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
        figures[FOREST],
        figures[COMPOSITE],
        figures["Bayes bound"],
    ]
    return sorted(order) == order and BAND[0] <= order[2] <= BAND[1]


def headline(found: Mapping[str, Mapping[int, Figures]]) -> dict[str, float | None]:
    """Means over seeds by profile, and the smallest lead of what is published of any seed.

    None where a profile was not run.
    """
    named = {"composite": PUBLISHED, "forest": FOREST}
    means = {
        f"{short}_{profile}": float(np.mean([row[name] for row in found[profile].values()]))
        if profile in found
        else None
        for profile in sorted(PROFILES)
        for short, name in named.items()
    }
    leads = [row[PUBLISHED] - row[FOREST] for rows in found.values() for row in rows.values()]
    return {**means, "worst_margin": min(leads)}


def run(wanted: argparse.Namespace, profile: str) -> tuple[dict[int, Figures], str]:
    """All seeds of a profile: figures, and the tables as Markdown."""
    recipe = replace(RECIPE, max_chip_views=wanted.views, threads=wanted.threads)
    figures, total = {}, np.zeros((9, 9), dtype=np.int64)
    for seed in map(int, wanted.seeds.split(",")):
        started = time.monotonic()
        spec = demo_spec(seed, wanted.size, years=(YEAR,), profile=PROFILES[profile])
        spec = replace(spec, patchiness=wanted.patchiness)
        root = wanted.archives / f"{profile}-{wanted.patchiness:g}-{wanted.size}-{seed}"
        write_archive(spec, root)
        figures[seed], matrix = judge(spec, root, recipe)
        total += matrix
        print(
            f"{profile}, seed {seed}, {time.monotonic() - started:.0f} s:",
            json.dumps(figures[seed]),
            flush=True,
        )
    return figures, f"{table(list(figures.values()))}\n\n{confusions(total)}\n"


def main() -> None:
    """Run the seeds and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", default=f"{DEMO_SEED},1,2")
    parser.add_argument("--profile", default="normal", help="one, or several by comma")
    parser.add_argument("--archives", type=Path, default=Path("build/believable"))
    parser.add_argument("--size", type=int, default=1024, help="side of a tile's area, pixels")
    parser.add_argument("--patchiness", type=float, default=0.75)
    parser.add_argument("--views", type=int, default=RECIPE.max_chip_views)
    parser.add_argument("--threads", type=int, default=RECIPE.threads)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--json", action="store_true", help="the headline as the last line")
    wanted = parser.parse_args()
    need_peers("sklearn")
    profiles = wanted.profile.split(",")
    if unknown := set(profiles) - set(PROFILES):
        parser.error(f"--profile {', '.join(unknown)}: there are {', '.join(sorted(PROFILES))}")
    found = {}
    for profile in profiles:
        found[profile], tables = run(wanted, profile)
        held = {seed: in_order(row) for seed, row in found[profile].items()}
        print(f"\n{profile}\n\n{tables}\norder and band hold for", held)
    if wanted.out:
        wanted.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if wanted.json:
        print(json.dumps(headline(found)))


if __name__ == "__main__":
    main()
