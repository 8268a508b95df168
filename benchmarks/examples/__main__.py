"""The example projects of ``docs/examples``, each trained and mapped at a small size.

    python -m benchmarks.examples [--only ren,karra,slovenia] [--size 320] [--views 1500] [--json]

Ren's recipe and Karra's run on a simulated archive, on a window of each tile and with fewer views
of chips than their files ask for; all else is as the files say. Their map of the labelled tile is
compared with the truth of all its pixels, which nothing else reads. The Slovenian one runs as it
is on real data (``LULC_REAL_DATA`` or ``../shared/data``), and its map is compared with held-out
polygons: agreement next door, no accuracy. Candidates are mapped whatever promotion would say of
so short a training.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.slovenia.__main__ import real_data
from lulc_assets.core.grid import PixelGrid, tile_grid
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.labels.burn import burn_labels
from lulc_assets.core.labels.schema import HOLDOUT
from lulc_assets.core.labels.table import read_label_table
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.project import load_project
from lulc_assets.simulation.archive.spec import ArchiveSpec, archive_spec
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets.steps.bundling import make_model_bundle
from lulc_assets.steps.imagery import make_scene_catalog, make_training_chips
from lulc_assets.steps.judging import make_model_evaluation
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.predicted_scenes import plan_batches, predict_batch
from lulc_assets.steps.predictions import commit_predictions
from lulc_assets.steps.products import MODEL_EVALUATION, REFERENCE_LABELS
from lulc_assets.steps.training import make_lulc_model
from lulc_assets.steps.workbench import Workbench

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
SIMULATED = ("ren", "karra")
TILES, YEAR = ("33TVM", "33TWM"), 2022
LENIENT = "\n[promotion]\nmin_overall = 0.01\nmin_class_recall = 0.0\n"
Codes = npt.NDArray[np.uint8]


def open_simulated(name: str, folder: Path, spec: ArchiveSpec, views: int) -> Workbench:
    """An example on an archive beside it: with windows, and a training that ends soon."""
    text = (EXAMPLES / f"{name}.toml").read_text("utf-8")
    for each in spec.tiles:
        head = f"[tiles.{each.tile}]\n"
        window = _window(each.tile, each.grid)
        text = text.replace(head, f"{head}window = {window}\n")
    if "[recipe]\n" not in text:
        raise SystemExit(f"{name}.toml has no section [recipe] any more")
    text = text.replace("[recipe]\n", f"[recipe]\nmax_chip_views = {views}\n")
    path = folder / f"{name}.toml"
    path.write_text(text.replace("name = ", f'store = "{name}"\nname = ', 1) + LENIENT, "utf-8")
    return Workbench.of(load_project(path))


def _window(tile: str, grid: PixelGrid) -> list[int]:
    window = tile_grid(tile).window_of(grid)
    return [window.row, window.col, window.height, window.width]


def open_slovenia(folder: Path) -> Workbench:
    """The example as it is, on the real sample."""
    (folder / "slovenia_2015").symlink_to(real_data())
    path = folder / "slovenia.toml"
    path.write_text((EXAMPLES / "slovenia.toml").read_text("utf-8") + LENIENT, "utf-8")
    return Workbench.of(load_project(path))


def train_and_map(work: Workbench, key: TileYear) -> tuple[Codes, dict[str, Any]]:
    """Labels, chips, model and the map of a tile; figures of the training."""
    for tile, year in work.project.training_partitions():
        make_reference_labels(work, TileYear(tile, year))
        make_scene_catalog(work, TileYear(tile, year))
        make_training_chips(work, TileYear(tile, year))
    started = time.monotonic()
    make_lulc_model(work)
    seconds = time.monotonic() - started
    make_model_evaluation(work)
    make_model_bundle(work)
    judged = work.read(MODEL_EVALUATION, Whole()).properties
    commit_predictions(work, key, [predict_batch(work, batch) for batch in plan_batches(work, key)])
    classes = read_raster(work.open(make_annual_map(work, key), "class.tif"))
    return classes, {"training_s": round(seconds), "gold": round(judged.gold_agreement, 3)}


def compare(classes: Codes, truth: Codes) -> dict[str, Any]:
    """Agreement of a map, beside a map of the commonest class."""
    both = (classes > 0) & (truth > 0)
    if not both.any():
        raise SystemExit("the map and what it is compared with have no pixel in common")
    return {
        "pixels": int(both.sum()),
        "agreement": round(float((classes == truth)[both].mean()), 3),
        "commonest_class": round(float(np.bincount(truth[both]).max() / both.sum()), 3),
    }


def judge_simulated(work: Workbench, archive: Path) -> dict[str, Any]:
    """The map of the labelled tile against its truth."""
    key = TileYear(TILES[0], YEAR)
    classes, figures = train_and_map(work, key)
    truth = read_raster(archive / "truth" / key.tile / str(YEAR) / "class.tif")
    return {**figures, **compare(classes, truth)}


def judge_slovenia(work: Workbench) -> dict[str, Any]:
    """The real map against held-out polygons."""
    key = TileYear("33TVL", 2015)
    classes, figures = train_and_map(work, key)
    labels = read_label_table(work.open(work.read(REFERENCE_LABELS, key), "labels.parquet"))
    held_out, _ = burn_labels(labels, work.grid(key.tile), HOLDOUT)
    return {**figures, **compare(classes, held_out)}


def main() -> None:
    """Run the examples and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", default="ren,karra,slovenia")
    parser.add_argument("--size", type=int, default=320, help="pixels a side of each tile")
    parser.add_argument("--views", type=int, default=1500, help="of chips, of a simulated training")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    names, found = wanted.only.split(","), {}
    with tempfile.TemporaryDirectory(prefix="lulc-examples-") as scratch:
        folder = Path(scratch)
        spec = archive_spec(TILES, [YEAR], size_px=wanted.size, scenes_per_year=8, bands=10)
        if set(names) & set(SIMULATED):
            write_archive(spec, folder / "archive")
        for name in names:
            if name in SIMULATED:
                work = open_simulated(name, folder, spec, wanted.views)
                found[name] = judge_simulated(work, folder / "archive")
            else:
                found[name] = judge_slovenia(open_slovenia(folder))
            if not wanted.json:
                print(f"{name}: {json.dumps(found[name])}", flush=True)
    if wanted.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
