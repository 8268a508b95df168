"""What bands are worth: RGB, six and ten on the same labels, simulated and judged by truth.

    python -m benchmarks.bands [--seeds 1,2,3] [--size 384] [--views 3000] [--out build/bands.jsonl]
    [--json]

A seed is another country: an archive of two tiles with ten bands. On its western tile the same
network (U-Net, ResNet-18) learns from the same chips with three choices of bands, and is judged on
each clear date of the eastern tile, which it has never seen, by truth that nothing else reads.
Prints accuracy (share of clear pixels with the true class, mean of the dates), F1 of the classes
with less than 5 % of the area, and seconds of the training; of each the mean over seeds and its
95 % interval by Student's t, and the difference to six bands, seed by seed. A run is one line of
the file, and is not run again: stop it and go on.

The simulated red edge is made from spectra of the same library as the six: what it adds here is
what these spectra say (``benchmarks.spectra --bands 10``), not what another country would.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from benchmarks.experiments.__main__ import FULL, YEAR, predict_dates, rare_f1
from benchmarks.simulated.tile_years import Seen, open_tile_year
from lulc_assets.core.chips.cut import cut_chips
from lulc_assets.core.chips.dates import choose_dates
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.scene.bands import RGB, SIX, TEN
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.core.training.train import train_model
from lulc_assets.simulation.archive.spec import ArchiveSpec, build_spec
from lulc_assets.simulation.archive.write import write_archive

BANDS = {"rgb": RGB, "six": SIX, "ten": TEN}
TILES = ("33TVM", "33TWM")
CHIPS = ChipSettings(gold_apart="pixel", size_px=64, overlap_px=16, block_px=128)
FIGURES = ("accuracy", "rare_f1", "seconds")


def make_country(seed: int, size: int, folder: Path) -> tuple[ArchiveSpec, Path]:
    """An archive of two tiles with ten bands."""
    spec = build_spec("bands", TILES, (YEAR,), size_px=size, scenes_per_year=8, seed=seed)
    spec = replace(spec, bands=10)
    root = folder / f"bands-{size}-{seed}"
    write_archive(spec, root)
    return spec, root


def judge_bands(
    spec: ArchiveSpec, root: Path, roles: tuple[str, ...], recipe: TrainingRecipe
) -> dict[str, float]:
    """Figures of one training."""
    west, east = spec.tiles
    place = open_tile_year(root, west.grid, west.tile, YEAR, roles)
    dates = choose_dates(place.recipes, CHIPS)
    chips = cut_chips(dates, place.grid, place.train_mask, place.gold_mask, CHIPS)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        model = train_model(
            [chips], recipe, KARRA_10, level="L2A", gsd_m=10.0, inputs={}, out_dir=Path(scratch)
        )
        seconds = time.monotonic() - started
        test = Seen.read(open_tile_year(root, east.grid, east.tile, YEAR, roles))
        truth = read_raster(root / "truth" / east.tile / str(YEAR) / "class.tif")
        matrices = predict_dates(model, test, truth)
    return {
        "accuracy": float(np.mean([np.trace(m) / m.sum() for m in matrices])),
        "rare_f1": rare_f1(np.sum(matrices, axis=0)),
        "seconds": round(seconds, 1),
        "training_chips": chips.count("train"),
    }


def interval(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean, and half of its 95 % interval by Student's t; None for a single value."""
    mean, number = float(np.mean(values)), len(values)
    if number < 2:
        return mean, None
    spread = float(np.std(values, ddof=1)) / number**0.5
    return mean, float(student.ppf(0.975, number - 1)) * spread


def summarise(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means with intervals of each choice, and its differences to six bands on the same seeds."""
    by_seed = {(line["bands"], line["seed"]): line for line in lines}
    seeds = sorted({seed for _, seed in by_seed})
    found: dict[str, Any] = {}
    for name in BANDS:
        own = [seed for seed in seeds if (name, seed) in by_seed]
        both = [seed for seed in own if ("six", seed) in by_seed]
        found[name] = {"seeds": len(own)}
        for figure in FIGURES if own else ():
            found[name][figure] = interval([by_seed[name, seed][figure] for seed in own])
            if both and name != "six":
                apart = [by_seed[name, s][figure] - by_seed["six", s][figure] for s in both]
                found[name][f"{figure}_less_six"] = interval(apart)
    return found


def table(found: dict[str, Any]) -> str:
    """As Markdown."""
    rows = [
        "| bands | accuracy | less six | F1 of rare classes | less six | seconds | seeds |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, one in found.items():
        cells = [_cell(one.get("accuracy"), 100), _cell(one.get("accuracy_less_six"), 100)]
        cells += [_cell(one.get("rare_f1"), 100), _cell(one.get("rare_f1_less_six"), 100)]
        cells.append(_cell(one.get("seconds"), 1, digits=0))
        rows.append(f"| {name} | {' | '.join(cells)} | {one['seeds']} |")
    return "\n".join(rows)


def _cell(value: tuple[float, float | None] | None, times: int, digits: int = 1) -> str:
    if value is None:
        return ""
    mean, half = value
    return f"{times * mean:.{digits}f}" + ("" if half is None else f" ± {times * half:.{digits}f}")


def main() -> None:
    """Run what is not in the file yet, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--size", type=int, default=384, help="pixels a side of each tile")
    parser.add_argument("--views", type=int, default=3000, help="of chips, of each training")
    parser.add_argument("--threads", type=int, default=FULL.threads, help="of each training")
    parser.add_argument("--archives", type=Path, default=Path("build/bands"))
    parser.add_argument("--out", type=Path, default=Path("build/bands.jsonl"))
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    settings = {"size": wanted.size, "views": wanted.views}
    text = wanted.out.read_text("utf-8") if wanted.out.is_file() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    lines = [line for line in lines if {k: line[k] for k in settings} == settings]
    for seed in map(int, wanted.seeds.split(",")):
        there = {line["bands"] for line in lines if line["seed"] == seed}
        left = [name for name in BANDS if name not in there]
        if not left:
            continue
        spec, root = make_country(seed, wanted.size, wanted.archives)
        recipe = replace(FULL, seed=seed, max_chip_views=wanted.views, threads=wanted.threads)
        for name in left:
            figures = judge_bands(spec, root, BANDS[name], recipe)
            lines.append({"bands": name, "seed": seed, **settings, **figures})
            with wanted.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(lines[-1]) + "\n")
    found = summarise(lines)
    print(json.dumps(found) if wanted.json else table(found))


if __name__ == "__main__":
    main()
