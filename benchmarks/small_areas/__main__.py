"""Small areas with few polygons, mapped with settings that nobody chose.

Run: ``python -m benchmarks.small_areas [--sides 100,200,300] [--per-class 4] [--real-seeds 3]
[--architecture Unet] [--json FILE]``; the real square kilometre needs the sample data
(``LULC_REAL_DATA`` or ``../shared/data``).

For each area: labelled pixels per class from label to chip; then the map by the default chip
settings and recipe (``--architecture`` names another) beside a random forest of 100
trees on 49 annual features of the same training pixels. A simulated map is judged on all pixels
that no polygon covers, the real one on held-out polygons. Neither forest nor network was tuned for
these areas. The two are judged on the same pixels of one area: the spread over areas is what the
mean difference should be read with.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.believable.rivals import predict_annual
from benchmarks.simulated.tile_years import Classes, Seen, clear
from benchmarks.slovenia.__main__ import real_data
from benchmarks.small_areas.areas import TILES, SmallArea, open_slovenia, simulate_area
from lulc_assets.core.chips.account import ROLE_FOLDS, LabelAccount
from lulc_assets.core.chips.cut import cut_chips
from lulc_assets.core.chips.dates import choose_dates
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.judging.evaluate import evaluate_model
from lulc_assets.core.judging.promotion import decide_promotion
from lulc_assets.core.judging.promotion_rule import PromotionSettings
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.training.recipe import AUTO, TrainingRecipe
from lulc_assets.core.training.train import train_model

_MULTIPLE = 32


def judge_area(area: SmallArea, recipe: TrainingRecipe, level: str) -> dict[str, Any]:
    """Chips, map, forest and what they come to."""
    place, settings = area.place, ChipSettings(min_dates=3)
    dates = choose_dates(place.recipes, settings)
    chips = cut_chips(dates, place.grid, place.train_mask, place.gold_mask, settings)
    account = chips.account
    assert account is not None and chips.layout is not None
    for role, report in area.burnt.items():
        account = account.preceded_by(role, report.lost, KARRA_10)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        model = train_model(
            [chips], recipe, KARRA_10, level=level,  # type: ignore[arg-type]
            gsd_m=10.0, inputs={}, out_dir=Path(scratch),
        )  # fmt: skip
        seconds = time.monotonic() - started
        evaluation = evaluate_model(model, [chips])
        seen = Seen.read(place)
        found = _map_year(model.network(), model.calibration, seen)
    places = np.flatnonzero((area.truth > 0) & (found > 0))
    forest = predict_annual(seen, seen, places, seed=0)
    truth = area.truth.ravel()[places]
    verdict = decide_promotion(evaluation, None, PromotionSettings())
    return {
        "area": area.name,
        "layout": chips.layout.to_dict(),
        "chips": {fold: chips.count(fold) for fold in ("train", "val", "gold")},
        "account": account.to_dict(),
        "lost_classes": _lost(account),
        "pixels_judged": int(places.size),
        "map": round(float((found.ravel()[places] == truth).mean()), 4),
        "forest": round(float((forest == truth).mean()), 4),
        "map_recall": _mean_recall(found.ravel()[places], truth),
        "forest_recall": _mean_recall(forest, truth),
        "gold": round(evaluation.overall, 4),
        "promoted": verdict.promote,
        "reason": verdict.reason,
        "training_s": round(seconds),
    }


def _map_year(network, calibration, seen: Seen) -> Classes:  # type: ignore[no-untyped-def]
    """Every scene, padded by mirroring to the network's multiple; the weighted mode."""
    import torch

    height, width = seen.place.grid.shape
    pad = [(0, 0), (0, -height % _MULTIPLE), (0, -width % _MULTIPLE)]
    score = np.zeros((len(KARRA_10.classes) + 1, height, width), dtype=np.int64)
    for block in seen.blocks:
        batch = torch.from_numpy(np.pad(block.reflectance, pad, mode="reflect"))[None]
        with torch.inference_mode():
            best, index = torch.softmax(calibration.apply(network(batch)), 1)[0].max(0)
        codes = index.numpy()[:height, :width] + 1
        share = np.floor(255 * best.numpy()[:height, :width] + 0.5).astype(np.int64) * clear(block)
        np.put_along_axis(
            score, codes[None], np.take_along_axis(score, codes[None], 0) + share[None], axis=0
        )
    weighted = score * CompositeSettings().weight_table()[:, None, None]
    found: Classes = weighted.argmax(axis=0).astype(np.uint8)
    return found


def _lost(account: LabelAccount) -> list[str]:
    """Labelled classes that reach no training chip."""
    return [n for n in account.labelled_classes if not account.of(n, "train").reached["train"]]


def _mean_recall(found: Classes, truth: Classes) -> float:
    return round(float(np.mean([(found == c)[truth == c].mean() for c in np.unique(truth)])), 4)


def print_account(row: dict[str, Any]) -> None:
    """One area: labels per class through to chips, and the figures."""
    layout = row["layout"]
    print(f"\n{row['area']}: chips of {layout['size_px']} px, overlap {layout['overlap_px']}, "
          f"{layout['split']} split, gold apart by {layout['gold_apart']}")  # fmt: skip
    print(f"  {'class':20}{'role':6}{'labelled':>9}{'train':>7}{'val':>6}{'gold':>6}  lost")
    for entry in LabelAccount.from_dict(row["account"]).rows:
        folds = [entry.reached.get(fold, "") for fold in (*ROLE_FOLDS["train"], "gold")]
        lost = ", ".join(f"{n} {reason}" for reason, n in entry.lost.items())
        print(f"  {entry.class_name:20}{entry.role:6}{entry.labelled:9}"
              f"{folds[0]:>7}{folds[1]:>6}{folds[2]:>6}  {lost}")  # fmt: skip
    print(f"  map {row['map']:.1%} (mean recall {row['map_recall']:.1%}), forest "
          f"{row['forest']:.1%} ({row['forest_recall']:.1%}) on {row['pixels_judged']:,} pixels; "
          f"gold {row['gold']:.1%}, promoted: {row['promoted']}; trained in {row['training_s']} s",
          flush=True)  # fmt: skip


def main() -> None:
    """Run all areas and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sides", default="100,200,300")
    parser.add_argument("--per-class", type=int, default=4)
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--real-seeds", type=int, default=3)
    parser.add_argument("--architecture", default=AUTO)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    recipe = TrainingRecipe(architecture=wanted.architecture, threads=1)
    rows = []
    for number, side in enumerate(map(int, filter(None, wanted.sides.split(",")))):
        tile = TILES[number % len(TILES)]
        with tempfile.TemporaryDirectory(prefix="lulc-small-") as folder:
            area = simulate_area(
                Path(folder), tile, side, wanted.per_class, wanted.scenes, seed=number
            )
            rows.append(judge_area(area, recipe, "L2A"))
        print_account(rows[-1])
    for seed in range(wanted.real_seeds):
        rows.append(judge_area(open_slovenia(real_data(), seed), recipe, "L1C"))
        print_account(rows[-1])
    behind = np.array([row["forest"] - row["map"] for row in rows])
    mean, least, most = (f"{100 * f(behind):+.1f}" for f in (np.mean, np.min, np.max))
    print(f"\nover {len(rows)} areas the map is {mean} points behind ({least} to {most})")
    if wanted.json:
        wanted.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
