"""Whether patch classifiers beat a random forest on 100 real EuroSAT patches.

    python -m benchmarks.patches --patches FOLDER [--repeats 2] [--epochs 8] [--jobs 2]
    [--page FILE.html] [--json]

Repeated 5-fold cross-validation, the same folds for all: a random forest on band statistics
(scikit-learn), and four networks, each from scratch, and fine-tuned behind the frozen encoder of a
U-Net that was trained on the simulated archive. Each is compared with the forest of its own bands,
fold by fold. Of the training patches of a fold an eighth chooses the epoch; the forest learns from
these as well. Where no network is better, the page says so.
"""

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measuring import need_peers
from benchmarks.patches.comparing import in_words, judge
from benchmarks.patches.forest import forest_shares
from benchmarks.patches.networks import ARMS, FOLDS, Fold, right_share
from benchmarks.patches.simulated import cut_simulated_chips, train_encoder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patches", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--views", type=int, default=1500, help="chips that a U-Net is shown")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at once, a thread each")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    need_peers("sklearn")
    found = measure(wanted.patches, wanted.repeats, wanted.epochs, wanted.views, wanted.jobs)
    if wanted.page is not None:
        write_page(found, wanted.page)
    if wanted.json:
        print(json.dumps(found, indent=2))
        return
    for row in rows_of(found):
        print("; ".join(row))
    print(found["verdict"])


def measure(folder: Path, repeats: int, epochs: int, views: int, jobs: int) -> dict[str, Any]:
    """Shares of right patches of all methods over the same folds, and what follows."""
    sets = dict.fromkeys(arm.bands for arm in ARMS)
    shares = {forest_name(bands): forest_shares(folder, bands, repeats, FOLDS) for bands in sets}
    forests = {}
    fresh = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="lulc-patches-") as scratch,
        ProcessPoolExecutor(jobs, mp_context=fresh) as pool,
    ):
        out = Path(scratch)
        chips = cut_simulated_chips()
        encoders = sorted({arm.encoder for arm in ARMS})
        trained = [pool.submit(train_encoder, name, chips, views, out) for name in encoders]
        starts = {n: future.result() for n, future in zip(encoders, trained, strict=True)}
        running = {}
        for arm in ARMS:
            for how, start in (("from scratch", None), ("fine-tuned", starts[arm.encoder])):
                name = f"{arm.name}, {how}"
                forests[name] = forest_name(arm.bands)
                running[name] = [
                    pool.submit(right_share, Fold(
                        arm, start, folder, repeat, fold, epochs, out / f"{name}-{repeat}-{fold}"
                    ))
                    for repeat in range(repeats) for fold in range(FOLDS)
                ]  # fmt: skip
        for name, folds in running.items():
            shares[name] = [future.result() for future in folds]
            print(f"{name}: {', '.join(f'{share:.2f}' for share in shares[name])}", flush=True)
    return {
        "folds": FOLDS, "repeats": repeats, "epochs": epochs, "views": views,
        **judge(FOLDS, shares, forests),
    }  # fmt: skip


def forest_name(bands: str) -> str:
    """Of the method, for people."""
    return f"Random forest, {bands}"


def rows_of(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """For each method its name, its accuracy and, of networks, the difference to the forest."""
    return [
        (name, in_words(figures), in_words(less, "points") if less else "–")
        for name, figures in found["methods"].items()
        for less in [figures.get("less_forest")]
    ]


def write_page(found: Mapping[str, Any], path: Path) -> None:
    """One page that says what was found, and what not."""
    from lulc_assets.core.pages.patch_page import PatchPage, PatchRow
    from lulc_assets.core.pages.rendering import render_patch_page

    better, networks = len(found["better"]), len([n for n in found["methods"] if "forest" not in n])
    page = PatchPage(
        title="networks and a random forest on EuroSAT",
        value=f"{better} of {networks}",
        label="trainings of a network are better than the random forest of their bands",
        detail=found["verdict"],
        warnings=[] if better else [found["verdict"]],
        figures=(),
        columns=("Accuracy, 95 % interval", "Less the forest of its bands"),
        rows=[PatchRow(name, "#1b6ca8", values) for name, *values in rows_of(found)],
        note=f"{found['repeats']} × {found['folds']} folds, {found['epochs']} epochs. Intervals "
        f"of differences hold for all {networks} of them together.",
        provenance={},
    )
    path.write_text(render_patch_page(page), encoding="utf-8")


if __name__ == "__main__":
    main()
