"""Whether the applicability layer tells scenes unlike the training from scenes like it.

Run: ``python -m benchmarks.applicability --project out/demo/project.toml [--chips 100] [--json]``.

Gold chips of the project's training tiles, which no training saw, are scored by the promoted
model's applicability as they are, and after changes that no network should see unnoticed:
bands in a wrong order, haze as in level 1C, a radiometric offset left in, half the reflectance,
sensor noise. Printed for each: the median level, and the share of cells above 95, which is
about 5 % where cells are like those of validation. No truth is needed, and none is read.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lulc_assets.core.chips.room import Room
from lulc_assets.core.store.keys import Whole
from lulc_assets.project import load_project
from lulc_assets.steps.bundling import open_bundle
from lulc_assets.steps.products import LULC_MODEL, MODEL_BUNDLE
from lulc_assets.steps.training import open_chips, read_training_chips
from lulc_assets.steps.workbench import Workbench

if TYPE_CHECKING:
    import torch

    Change = Callable[[torch.Tensor], torch.Tensor]

_BATCH_SIZE = 16


def changes() -> "Mapping[str, Change]":
    """What is done to reflectance (n, bands, h, w), bands red, green, blue, nir, swir1, swir2."""
    import torch  # keeps --help quick

    haze = torch.tensor([0.04, 0.06, 0.10, 0.02, 0.005, 0.002])[:, None, None]

    def noise(seen: "torch.Tensor") -> "torch.Tensor":
        generator = torch.Generator().manual_seed(0)
        return (seen + 0.03 * torch.randn(seen.shape, generator=generator)).clamp(0, 1)

    return {
        "as they are": lambda seen: seen,
        "red and blue swapped": lambda seen: seen[:, [2, 1, 0, 3, 4, 5]],
        "red and near infrared swapped": lambda seen: seen[:, [3, 1, 2, 0, 4, 5]],
        "haze, as level 1C": lambda seen: (seen + haze).clamp(0, 1),
        "offset of 0.1 left in": lambda seen: (seen + 0.1).clamp(0, 1),
        "half the reflectance": lambda seen: seen * 0.5,
        "noise of 0.03": noise,
    }


def measure(work: Workbench, count: int) -> dict[str, Any]:
    """Median level and share of far cells of each change."""
    import torch

    from lulc_assets.core.inference.applicability import FAR, ApplicabilityModel
    from lulc_assets.core.model.applicability import cell_features
    from lulc_assets.core.training.dataset import (
        ChipBatches,
        ChipSelection,
        select_chips,
    )

    gold = select_chips(
        open_chips(work, read_training_chips(work.step(LULC_MODEL, Whole())), Room()), "gold"
    )
    rows = np.linspace(0, len(gold) - 1, min(count, len(gold))).round().astype(np.int64)
    chips = ChipSelection(gold.sets, gold.places[rows])
    bundle = open_bundle(work, work.read(MODEL_BUNDLE, Whole()))
    fitted, network = ApplicabilityModel(bundle).fitted, bundle.network()
    found = {}
    for name, change in changes().items():
        levels = []
        for images, _ in ChipBatches(chips, _BATCH_SIZE):
            with torch.inference_mode():
                features = cell_features(network, change(images)).permute(0, 2, 3, 1)
                levels.append(fitted.levels(fitted.distance(features.flatten(0, 2)).numpy()))
        every = np.concatenate(levels)
        found[name] = {
            "median_level": float(np.median(every)),
            "far_pct": round(100 * float((every > FAR).mean()), 1),
        }
    return {"chips": len(chips), "changes": found}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--project", type=Path, default=Path("out/demo/project.toml"))
    parser.add_argument("--chips", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    project = load_project(wanted.project)
    found = measure(Workbench.of(project), wanted.chips)
    if wanted.json:
        print(json.dumps(found, indent=2))
        return
    print(
        f"{found['chips']} gold chips\n\n| chips | median level | above 95 |\n| --- | ---: | ---: |"
    )
    for name, row in found["changes"].items():
        print(f"| {name} | {row['median_level']:.0f} | {row['far_pct']} % |")


if __name__ == "__main__":
    main()
