"""Whether a small patch classifier beats a random forest on 100 real EuroSAT patches.

Run: ``python -m benchmarks.patches --patches FOLDER [--repeats 3] [--epochs 15]
[--page FILE.html] [--json]``.

Repeated 5-fold cross-validation, the same folds for all: a random forest on band statistics
(scikit-learn), a network from scratch, and the same network that starts from the encoder of a U-Net
trained on the simulated archive. Intervals are the corrected resampled t of Nadeau & Bengio (2003),
"Inference for the generalization error": folds share their training patches, and a plain t over
them would be too sure. Of the training patches of a fold an eighth chooses the epoch; the forest
learns from these as well. Where the network is not better, the page says so.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.measuring import need_peers

FOLDS = 5
TREES = 500
CLAIM = {
    True: "The fine-tuned network is better than the random forest.",
    False: "The network is not shown to be better than the random forest on so few patches.",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patches", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--views", type=int, default=1500, help="chips that the U-Net is shown")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    need_peers("sklearn")
    found = measure(wanted.patches, wanted.repeats, wanted.epochs, wanted.views)
    if wanted.page is not None:
        write_page(found, wanted.page)
    if wanted.json:
        print(json.dumps(found, indent=2))
        return
    for name, figures in found["methods"].items():
        low, high = figures["ci95"]
        print(f"{name}: {100 * figures['accuracy']:.1f} % ({100 * low:.1f} to {100 * high:.1f})")
    print(found["verdict"])


def measure(folder: Path, repeats: int, epochs: int, views: int) -> dict[str, Any]:
    """Accuracies of all methods over the same folds."""
    from lulc_assets.core.patches.classifier import codes_of, legend_of
    from lulc_assets.core.patches.folder import read_patches
    from lulc_assets.core.patches.split import folds_of
    from lulc_assets.core.scene.bands import SIX, THIRTEEN

    every, six = read_patches(folder, THIRTEEN), read_patches(folder, SIX)
    legend = legend_of(every.classes)
    codes = codes_of(every, legend)
    table = band_statistics(every.images)
    shares: dict[str, list[float]] = {"random forest": [], "from scratch": [], "fine-tuned": []}
    with tempfile.TemporaryDirectory(prefix="lulc-patches-") as scratch:
        start = simulated_encoder(Path(scratch), views)
        for repeat in range(repeats):
            folds = folds_of(every.files, FOLDS, repeat)
            for fold in range(FOLDS):
                test = folds == fold
                shares["random forest"].append(forest(table, codes, test, repeat))
                for name, given in (("from scratch", None), ("fine-tuned", start)):
                    out = Path(scratch) / f"{name}-{repeat}-{fold}"
                    shares[name].append(network(six, codes, test, epochs, repeat, given, out))
                said = ", ".join(f"{name} {values[-1]:.2f}" for name, values in shares.items())
                print(f"repeat {repeat + 1}, fold {fold + 1}: {said}", flush=True)
    return {
        "patches": len(codes), "folds": FOLDS, "repeats": repeats, "epochs": epochs,
        "methods": {name: summary(values) for name, values in shares.items()},
        **judged(shares),
    }  # fmt: skip


def judged(shares: dict[str, list[float]]) -> dict[str, Any]:
    """The paired difference to the forest, and what it says."""
    pairs = np.subtract(shares["fine-tuned"], shares["random forest"])
    difference = summary(pairs.tolist())
    gain = summary(np.subtract(shares["fine-tuned"], shares["from scratch"]).tolist())
    better = bool(difference["ci95"][0] > 0)
    return {"fine_tuned_less_forest": difference, "fine_tuned_less_scratch": gain,
            "verdict": CLAIM[better]}  # fmt: skip


def summary(values: list[float]) -> dict[str, Any]:
    """Mean and corrected interval of accuracies, or of differences, over folds."""
    from scipy.stats import t

    array = np.array(values)
    count = len(array)
    spread = array.var(ddof=1) * (1 / count + 1 / (FOLDS - 1))
    half = float(t.ppf(0.975, count - 1) * np.sqrt(spread))
    mean = float(array.mean())
    return {"accuracy": mean, "ci95": [mean - half, mean + half], "folds": values}


def band_statistics(images: npt.NDArray[np.uint16]) -> npt.NDArray[np.float64]:
    """Mean, deviation and three percentiles of each band, (n, 5 · bands)."""
    flat = images.reshape(*images.shape[:2], -1)
    parts = [flat.mean(-1), flat.std(-1), *np.percentile(flat, (10, 50, 90), axis=-1)]
    table: npt.NDArray[np.float64] = np.concatenate(parts, axis=1)
    return table


def forest(
    table: npt.NDArray[np.float64],
    codes: npt.NDArray[np.uint8],
    test: npt.NDArray[np.bool_],
    seed: int,
) -> float:
    """Share of test patches that a random forest gets right."""
    from sklearn.ensemble import RandomForestClassifier  # a peer, not ours

    grown = RandomForestClassifier(TREES, random_state=seed, n_jobs=1).fit(
        table[~test], codes[~test]
    )
    return float((grown.predict(table[test]) == codes[test]).mean())


def network(
    patches: Any,
    codes: npt.NDArray[np.uint8],
    test: npt.NDArray[np.bool_],
    epochs: int,
    seed: int,
    start: Path | None,
    out: Path,
) -> float:
    """Share of test patches that a network gets right."""
    from lulc_assets.core.patches.classifier import classify, recipe_with, train_patches

    rng = np.random.default_rng([seed, 7])
    parts = np.where(test, "gold", "train").astype(object)
    for code in np.unique(codes):
        own = np.flatnonzero((codes == code) & ~test)
        parts[rng.permutation(own)[: max(1, len(own) // 8)]] = "val"
    recipe = recipe_with(
        max_epochs=epochs, seed=seed, threads=1, early_stop_patience=epochs,
        plateau_patience=epochs, start_from=None if start is None else str(start),
    )  # fmt: skip
    trained = train_patches(patches, recipe, out, parts=[str(p) for p in parts])
    predicted = classify(trained, patches.images[test]).argmax(1) + 1
    return float((predicted == codes[test]).mean())


def simulated_encoder(folder: Path, views: int) -> Path:
    """Weights of a U-Net trained on a simulated tile with the same six bands."""
    from lulc_assets.core.store.keys import TileYear, Whole
    from lulc_assets.demo.projects import write_simulated_project
    from lulc_assets.project import load_project
    from lulc_assets.simulation.archive.spec import build_spec
    from lulc_assets.simulation.archive.write import write_archive
    from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips
    from lulc_assets.steps.labels import make_reference_labels
    from lulc_assets.steps.products import LULC_MODEL
    from lulc_assets.steps.training import make_lulc_model
    from lulc_assets.steps.workbench import Workbench

    spec = build_spec("patches", ["33TVM"], (2022,), size_px=512, scenes_per_year=6,
                      labelled_windows=24, sample_size=300)  # fmt: skip
    settings = (
        "[chips]\nsize_px = 64\noverlap_px = 16\nblock_px = 128\n\n[recipe]\n"
        f"max_chip_views = {views}\nthreads = 1\n"
    )
    archive = write_archive(spec, folder / "archive")
    work = Workbench.of(load_project(write_simulated_project(folder, spec, archive, settings)))
    key = TileYear("33TVM", 2022)
    make_reference_labels(work, key)
    make_scene_catalog(work, key)
    make_training_chips(work, key)
    make_lulc_model(work)
    target = folder / "unet.safetensors"
    target.write_bytes(
        work.open(work.read(LULC_MODEL, Whole()), "weights.safetensors").read_bytes()
    )
    return target


def write_page(found: dict[str, Any], path: Path) -> None:
    """One page that says what was found, and what not."""
    from lulc_assets.core.pages.patch_page import PatchPage, PatchRow
    from lulc_assets.core.pages.rendering import render_patch_page

    rows = [
        PatchRow(name, "#1b6ca8", [f"{100 * f['accuracy']:.1f} %",
                                   f"{100 * f['ci95'][0]:.1f} to {100 * f['ci95'][1]:.1f} %"])
        for name, f in found["methods"].items()
    ]  # fmt: skip
    difference = found["fine_tuned_less_forest"]
    low, high = difference["ci95"]
    page = PatchPage(
        title="a network and a random forest on EuroSAT",
        value=f"{100 * difference['accuracy']:+.1f} points",
        label="accuracy of the fine-tuned network less that of the forest "
        f"({100 * low:+.1f} to {100 * high:+.1f}, 95 %)",
        detail=found["verdict"],
        warnings=[] if found["verdict"] == CLAIM[True] else [CLAIM[False]],
        figures=(),
        columns=("Accuracy", "95 % interval"),
        rows=rows,
        note=f"{found['repeats']} × {FOLDS} folds of {found['patches']} patches.",
        provenance={},
    )
    path.write_text(render_patch_page(page), encoding="utf-8")


if __name__ == "__main__":
    main()
