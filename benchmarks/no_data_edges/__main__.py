"""How far from no data a prediction still is what it would be without it, by what is put there.

Run: ``python -m benchmarks.no_data_edges --project out/demo/project.toml [--scenes 6]
[--out FOLDER]``.

Scenes of the project that have data everywhere are predicted by its promoted model as they are, and
again with an edge of no data laid over them: a slanted swath edge, once each way, and two holes.
What is put where there is no data differs; the share of pixels whose class stays is told by their
distance from it. No truth is needed: the intact prediction is what the edge must not change. Pixels
that do not vote are not counted. Printed as JSON; with ``--out`` also a curve and a picture.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, gaussian_filter

from lulc_assets.core.grid import Window
from lulc_assets.core.imagery.filling import fill_no_data
from lulc_assets.core.imagery.masks import votes
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.imagery.scene_block import DnBlock
from lulc_assets.core.inference.choose import choose_engine
from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.inference.settings import InferenceSettings
from lulc_assets.core.inference.windows import pad_to
from lulc_assets.core.legend import Legend
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.project import load_project
from lulc_assets.steps.bundling import open_bundle
from lulc_assets.steps.candidates import read_clearest
from lulc_assets.steps.products import MODEL_BUNDLE, SCENE_CATALOG
from lulc_assets.steps.workbench import Workbench

Dn = npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]
Fill = Callable[[Dn, Bools], Dn]

DISTANCES = (1, 2, 4, 8, 16, 32, 64)
"""Upper bounds of the classes of distance, px."""

LOCAL_PX = 8.0


def _zeros(dn: Dn, valid: Bools) -> Dn:
    return (dn * valid).astype(np.uint16)


def _scene_mean(dn: Dn, valid: Bools) -> Dn:
    means = dn[:, valid].mean(axis=1).round().astype(np.uint16)
    return np.where(valid, dn, means[:, None, None])


def _local_mean(dn: Dn, valid: Bools) -> Dn:
    share = gaussian_filter(valid.astype(np.float32), LOCAL_PX)
    sums = np.stack([gaussian_filter((b * valid).astype(np.float32), LOCAL_PX) for b in dn])
    local = np.divide(sums, share, out=np.zeros_like(sums), where=share > 1e-3)
    far = dn[:, valid].mean(axis=1)[:, None, None]
    filled = np.where(share > 1e-3, local, far)
    return np.where(valid, dn, filled.round().astype(np.uint16))


def _mirror(dn: Dn, valid: Bools) -> Dn:
    """The mirror image at the nearest pixel with data; that pixel where there is none."""
    near = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    here = np.indices(valid.shape)
    rows, cols = (
        np.clip(2 * axis - at, 0, side - 1)
        for axis, at, side in zip(near, here, valid.shape, strict=True)
    )
    mirrored = valid[rows, cols]
    rows, cols = np.where(mirrored, rows, near[0]), np.where(mirrored, cols, near[1])
    return np.where(valid, dn, dn[:, rows, cols])


FILLS: Mapping[str, Fill] = {
    "0": _zeros,
    "mean of the scene": _scene_mean,
    "local mean": _local_mean,
    "mirror": _mirror,
    "nearest pixel": fill_no_data,
}


def edges(shape: tuple[int, int]) -> Mapping[str, Bools]:
    """Where there is data: a swath edge each way, and two holes."""
    rows, cols = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    slant = cols + 0.2 * rows - 0.6 * shape[1]
    hole = (abs(rows - shape[0] / 4) < 20) & (abs(cols - shape[1] / 2) < 40)
    hole |= (rows - 0.7 * shape[0]) ** 2 + (cols - 0.4 * shape[1]) ** 2 < 30**2
    return {"swath edge": slant < 0, "the other side": slant >= 0, "holes": ~hole}


def predict(predictor: Predictor, block: DnBlock, dn: Dn) -> npt.NDArray[np.uint8]:
    """Class codes of a block with other numbers."""
    stride = predictor.bundle.footprint.stride
    height, width = (-(-side // stride) * stride for side in dn.shape[1:])
    padded = pad_to(dn, (height, width))
    codes, _ = predictor.predict(padded, block.offset_dn, block.scale, "benchmark")
    return codes[: dn.shape[1], : dn.shape[2]]


def measure(work: Workbench, count: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Agreement by fill and distance, and what a picture is drawn from."""
    predictor = choose_engine(
        open_bundle(work, work.read(MODEL_BUNDLE, Whole())), InferenceSettings()
    )
    same = {name: np.zeros(len(DISTANCES), np.int64) for name in FILLS}
    counted = np.zeros(len(DISTANCES), np.int64)
    shown: list[dict[str, Any]] = []
    for recipe, grid in _scenes(work):
        if len(shown) == count:
            break
        with SceneReader(recipe, grid) as reader:
            block = reader.read_dn_block(Window(0, 0, grid.height, grid.width))
        if not block.valid.all():
            continue
        intact = predict(predictor, block, block.dn)
        sample: dict[str, Any] = {"scene": recipe.id, "intact": intact}
        for edge, valid in edges(grid.shape).items():
            away = distance_transform_edt(valid)
            kind = np.searchsorted(DISTANCES, np.ceil(away))
            judged = valid & votes(block.scl) & (kind < len(DISTANCES))
            counted += np.bincount(kind[judged], minlength=len(DISTANCES))
            for name, fill in FILLS.items():
                codes = predict(predictor, block, fill(block.dn * valid, valid))
                right = judged & (codes == intact)
                same[name] += np.bincount(kind[right], minlength=len(DISTANCES))
                if edge == "holes":
                    sample |= {"valid": valid, name: codes}
        shown.append(sample)
    if not shown:
        raise SystemExit("no scene of the project has data everywhere")
    agreement = {name: (100 * found / counted).round(2).tolist() for name, found in same.items()}
    return {
        "scenes": len(shown),
        "distance_px_up_to": list(DISTANCES),
        "pixels": counted.tolist(),
        "agreement_pct": agreement,
    }, shown


def _scenes(work: Workbench) -> Any:
    for tile in work.project.tiles:
        for year in work.project.training.years:
            catalog = work.read(SCENE_CATALOG, TileYear(tile, year))
            for recipe in read_clearest(work, catalog)[:2]:
                yield recipe, work.grid(tile)


PANELS = {
    "intact": "no edge",
    "0": "filled with 0, as before",
    "nearest pixel": "filled by the nearest, as now",
}
"""What is shown beside the curve, and its title."""


def draw(found: dict[str, Any], shown: list[dict[str, Any]], legend: Legend, folder: Path) -> None:
    """``no_data_edges.png``: the curve, and one scene's classes beside two holes."""
    import matplotlib.pyplot as plt
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    colors = ["white", *(each.color for each in legend.classes)]
    figure, axes = plt.subplots(
        1, 4, figsize=(15, 4.2), layout="constrained", width_ratios=[1.5, 1, 1, 1]
    )
    for name, values in found["agreement_pct"].items():
        axes[0].plot(found["distance_px_up_to"], values, marker="o", label=name)
    axes[0].set(
        xscale="log", xlabel="distance from no data, pixels", ylabel="same class as intact, %"
    )
    axes[0].set_xticks(found["distance_px_up_to"], [str(px) for px in found["distance_px_up_to"]])
    axes[0].minorticks_off()
    axes[0].grid(alpha=0.3)
    axes[0].legend(title="put where no data is", frameon=False)
    sample, palette = shown[0], ListedColormap(colors)
    rows = slice(int(0.5 * sample["valid"].shape[0]), int(0.9 * sample["valid"].shape[0]))
    cols = slice(int(0.2 * sample["valid"].shape[1]), int(0.6 * sample["valid"].shape[1]))
    for axis, (name, title) in zip(axes[1:], PANELS.items(), strict=True):
        codes = sample[name] if name == "intact" else sample[name] * sample["valid"]
        axis.imshow(
            codes[rows, cols], cmap=palette, vmin=0, vmax=len(colors) - 1, interpolation="nearest"
        )
        axis.set_title(title)
        axis.set_axis_off()
    seen = np.unique([sample[name][rows, cols] for name in PANELS])
    keys = [Patch(color=each.color, label=each.title) for each in legend.classes
            if each.code in seen]  # fmt: skip
    figure.legend(handles=keys, loc="lower right", ncols=len(keys), frameon=False,
                  fontsize=8.5, columnspacing=1.0, handlelength=1.2)  # fmt: skip
    figure.savefig(folder / "no_data_edges.png", dpi=110)


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=6)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    project = load_project(options.project)
    work = Workbench.of(project)
    found, shown = measure(work, options.scenes)
    print(json.dumps(found, indent=2))
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "no_data_edges.json").write_text(json.dumps(found, indent=2) + "\n")
        draw(found, shown, work.legend, options.out)


if __name__ == "__main__":
    main()
