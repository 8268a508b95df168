"""What each part of the recipe is worth, on the simulated archive.

The full recipe against the same without class weights, without dropout, with chips of one
date instead of all seasons, and with chips split at random instead of by blocks of ground.
Each is trained on the west tile of an archive and judged, on every clear date, on the east
tile, which it has never seen, by the truth that nothing else reads. Prints the mean and the
spread over seeds:

- *accuracy*: share of clear pixels with the true class, mean of the dates;
- *rare F1*: macro-F1 of the classes with less than 5 % of the area (that are there);
- *split gap*: accuracy on validation chips less accuracy on the other tile. What it is larger
  by than under the full recipe is how much a split flatters.

    python -m benchmarks.experiments --seeds 20220713,1,2 --views 6000 --out experiments.jsonl

A run is one line of the file, and is not run again: stop it and go on whenever you like.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rasterio

from benchmarks.simulated.tile_years import Seen, TileYear, clear, open_tile_year
from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.chips.cut import cut_chips
from lulc_assets.core.chips.dates import choose_dates
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.simulation.archive.spec import DEMO_SEED, ArchiveSpec, build_spec, demo_spec
from lulc_assets.simulation.archive.write import write_archive

YEAR = 2022
CHIPS = ChipSettings(gold_apart="pixel")
FULL = TrainingRecipe(
    batch_size=8,
    learning_rate=2e-3,
    max_epochs=200,
    max_chip_views=6_000,
    plateau_patience=100,
    early_stop_patience=100,
    cooldown_epochs=3,
)
RARE_SHARE = 0.05
_CLASSES = len(KARRA_10.land)


@dataclass(frozen=True)
class Variant:
    """One change to the full recipe.

    Attributes:
        title: in the table.
        recipe: changed fields.
        chips: what becomes of the chips before training.
    """

    title: str
    recipe: Mapping[str, Any]
    chips: Callable[[Chips, int], Chips] = lambda chips, seed: chips


def one_date(chips: Chips, seed: int) -> Chips:
    """Chips of the date with most training chips; the dates nearest to midsummer win ties."""
    counts = chips.index[chips.index["split"] == "train"]["date"].value_counts()
    best = sorted(counts.items(), key=lambda item: (-item[1], abs(int(item[0][5:7]) - 7)))[0][0]
    keep = ((chips.index["date"] == best) & chips.index["split"].isin(["train", "val"])).to_numpy()
    return Chips(chips.images[keep], chips.masks[keep], _rows(chips.index, keep))


def random_split(chips: Chips, seed: int) -> Chips:
    """The same chips, training and validation dealt anew without regard to the ground."""
    index = chips.index.copy()
    both = index["split"].isin(["train", "val"]).to_numpy()
    index.loc[both, "split"] = np.random.default_rng(seed).permutation(index.loc[both, "split"])
    return Chips(chips.images, chips.masks, index)


def _rows(index: gpd.GeoDataFrame, keep: npt.NDArray[np.bool_]) -> gpd.GeoDataFrame:
    return index[keep].reset_index(drop=True)


VARIANTS = {
    "full": Variant("full recipe", {}),
    "no-weights": Variant("without class weights", {"class_weights": "none"}),
    "no-dropout": Variant("without dropout", {"dropout": 0.0}),
    "one-date": Variant("one date instead of seasons", {}, one_date),
    "random-split": Variant("random instead of block split", {}, random_split),
    "no-calibration": Variant("without calibration", {"calibration": "none"}),
}


def run(
    variant: Variant,
    chips: Chips,
    test: Seen,
    truth: npt.NDArray[np.uint8],
    base: TrainingRecipe,
) -> dict[str, Any]:
    """Train one variant and judge it: the figures of one line."""
    from lulc_assets.core.judging.evaluate import evaluate_model
    from lulc_assets.core.training.candidate import TrainedModel  # loads torch
    from lulc_assets.core.training.train import train_model

    recipe = replace(base, **variant.recipe)
    own = variant.chips(chips, recipe.seed)
    with tempfile.TemporaryDirectory() as scratch:
        model: TrainedModel = train_model(
            [own], recipe, KARRA_10, level="L2A", gsd_m=10.0, inputs={}, out_dir=Path(scratch)
        )
        validation = evaluate_model(model, [own], "val")
        matrices = predict_dates(model, test, truth)
        report = model.card.calibration_report
    accuracies = [float(np.trace(m) / m.sum()) for m in matrices]
    accuracy = float(np.mean(accuracies))
    return {
        "accuracy": accuracy,
        "rare_f1": rare_f1(np.sum(matrices, axis=0)),
        "validation_accuracy": validation.overall,
        "split_gap": validation.overall - accuracy,
        "calibration_error_before": report.before.expected_calibration_error,
        "calibration_error_after": report.after.expected_calibration_error,
        "epochs": len(model.history),
        "training_chips": own.count("train"),
    }


def predict_dates(
    model: Any, test: Seen, truth: npt.NDArray[np.uint8]
) -> list[npt.NDArray[np.int64]]:
    """A matrix a date over its clear pixels, rows = prediction, columns = truth, (9, 9).

    Predictions of clouds on clear pixels are errors of no class: they count in no row.
    """
    import torch  # keeps --help quick

    network = model.network().to(memory_format=torch.channels_last)
    calibration, found = model.calibration, []
    for block in test.blocks:
        where = clear(block) & (truth > 0)
        if where.sum() < 0.2 * where.size:
            continue
        batch = torch.from_numpy(block.reflectance)[None]
        with torch.inference_mode():
            codes = calibration.apply(network(batch)).argmax(1)[0].numpy() + 1
        cells = codes[where].astype(np.int64) * 11 + truth[where]
        table = np.bincount(cells, minlength=11 * 11).reshape(11, 11)
        found.append(table[1:, 1 : _CLASSES + 1])
    return found


def rare_f1(matrix: npt.NDArray[np.int64]) -> float:
    """Macro-F1 of the classes that cover less than 5 % and are there."""
    labelled, both = matrix.sum(axis=0), np.diag(matrix)
    predicted = matrix.sum(axis=1)[: len(labelled)]
    rare = (labelled > 0) & (labelled < RARE_SHARE * labelled.sum())
    return float(np.mean(2 * both[rare] / (labelled + predicted)[rare]))


def open_seed(seed: int, archives: Path, size_px: int) -> tuple[TileYear, Seen, Any]:
    """The labelled west tile, and the east tile with its truth where the west does not reach."""
    spec = _spec(seed, size_px)
    root = archives / f"experiments-{size_px}-{seed}"
    write_archive(spec, root)
    west, east = spec.tiles
    train = open_tile_year(root, west.grid, west.tile, YEAR)
    test = Seen.read(open_tile_year(root, east.grid, east.tile, YEAR))
    with rasterio.open(root / "truth" / east.tile / str(YEAR) / "class.tif") as source:
        truth = source.read(1)
    shared = max(0, int((west.grid.bounds[2] - east.grid.bounds[0]) / 10))
    truth[:, :shared] = 0
    return train, test, truth


def _spec(seed: int, size_px: int) -> ArchiveSpec:
    whole = demo_spec(seed, years=(YEAR,))
    if not size_px:
        return whole
    tiles = [tile.tile for tile in whole.tiles]
    return build_spec("tiny", tiles, (YEAR,), size_px=size_px, scenes_per_year=6, seed=seed)


def table(lines: list[dict[str, Any]]) -> str:
    """A Markdown table: mean (smallest – largest) over seeds."""
    names = ("accuracy", "rare_f1", "split_gap", "calibration_error_after")
    head = "| recipe | accuracy | rare F1 | split gap | calibration error | seeds |"
    rows = [head, "| --- | --- | --- | --- | --- | --- |"]
    for name, variant in VARIANTS.items():
        own = [line for line in lines if line["variant"] == name]
        if own:
            cells = [_spread([line[figure] for line in own]) for figure in names]
            rows.append(f"| {variant.title} | {' | '.join(cells)} | {len(own)} |")
    return "\n".join(rows)


def _spread(values: list[float]) -> str:
    return f"{np.mean(values):.3f} ({min(values):.3f} – {max(values):.3f})"


def main() -> None:
    """Run what is not in the file yet, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", default=f"{DEMO_SEED},1,2")
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--views", type=int, default=FULL.max_chip_views)
    parser.add_argument("--threads", type=int, default=FULL.threads, help="of each training")
    parser.add_argument("--size", type=int, default=0, help="pixels a side; 0: the demo's")
    parser.add_argument("--archives", type=Path, default=Path("build/experiments"))
    parser.add_argument("--out", type=Path, default=Path("build/experiments.jsonl"))
    wanted = parser.parse_args()
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    settings = {"views": wanted.views, "size": wanted.size}
    lines = [json.loads(line) for line in _text(wanted.out).splitlines()]
    for seed in map(int, wanted.seeds.split(",")):
        keys = {(line["variant"], line["seed"], line["views"], line["size"]) for line in lines}
        left = [
            name
            for name in wanted.variants.split(",")
            if (name, seed, wanted.views, wanted.size) not in keys
        ]
        if not left:
            continue
        place, test, truth = open_seed(seed, wanted.archives, wanted.size)
        small = replace(CHIPS, size_px=32, overlap_px=8, block_px=64)
        settings_of_chips = small if wanted.size else CHIPS
        dates = choose_dates(place.recipes, settings_of_chips)
        chips = cut_chips(dates, place.grid, place.train_mask, place.gold_mask, settings_of_chips)
        base = replace(FULL, seed=seed, max_chip_views=wanted.views, threads=wanted.threads)
        for name in left:
            started = time.monotonic()
            figures = run(VARIANTS[name], chips, test, truth, base)
            seconds = round(time.monotonic() - started)
            lines.append({"variant": name, "seed": seed, **settings, **figures, "seconds": seconds})
            with wanted.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(lines[-1]) + "\n")
            print(json.dumps(lines[-1]), flush=True)
    shown = [line for line in lines if {k: line[k] for k in settings} == settings]
    print(f"\n{table(shown)}")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    main()
