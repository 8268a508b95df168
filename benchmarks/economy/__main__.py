"""What accuracy costs: core-hours per 1,000 km² and year beside agreement with the truth.

On a finished project over the simulated archive (``lulc demo``): today's recipe, fewer scenes
(those that add most to clear views), early stop by block, and the model in INT8. Costs are
processor time of reading, forward pass, vote and writing, measured here; wholly masked blocks are
inferred in no recipe.

    python -m benchmarks.economy --project out/demo/project.toml --picture economy.png
"""

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio

from benchmarks.economy.costs import int8_of, measure_costs, predict_again
from benchmarks.economy.picture import draw
from benchmarks.economy.stopping import Year, count_odds, stop_early, vote
from benchmarks.scene_inference.model import open_work
from lulc_assets.core.compositing.datatakes import group_datatakes
from lulc_assets.core.compositing.early_stop import order_by_gain
from lulc_assets.core.compositing.reading import BlockReader, Stack
from lulc_assets.core.grid import Window
from lulc_assets.core.inference.choose import choose_engine
from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.inference.settings import InferenceSettings
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.steps.bundling import open_bundle
from lulc_assets.steps.candidates import read_selection
from lulc_assets.steps.maps import predicted_scenes
from lulc_assets.steps.products import MODEL_BUNDLE, SCENE_CATALOG, SCENE_PREDICTIONS
from lulc_assets.steps.workbench import Workbench

BOUNDS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)
SCENES = (2, 4, 6, 8)
MEASURED_SCENES = 3


@dataclass(frozen=True)
class Row:
    """A recipe: its price and what it is worth.

    Attributes:
        kind: ``all``; early stop with scenes by ``date`` or ``gain``; ``fewer`` scenes; ``int8``.
        name: of the recipe.
        core_hours: per 1,000 km² and year.
        accuracy: share of judged pixels with the class of the truth, 0–1.
        changed: share of them with another class than today's recipe gives.
        used: median number of scenes that a block used.
    """

    kind: str
    name: str
    core_hours: float
    accuracy: float
    changed: float
    used: float


def open_year(work: Workbench, key: TileYear) -> Year:
    """All predictions of a tile and year in memory."""
    grid = work.grid(key.tile)
    rows = work.read(SCENE_PREDICTIONS, key).properties.scenes
    takes = list(group_datatakes(predicted_scenes(work, rows)).values())
    with BlockReader(grid, 1, takes, work.legend) as reader:
        stack = reader.read(takes, Window(0, 0, *grid.shape))
    return Year(grid, stack, replace(work.project.composite, seasons="none"), work.legend)


def compare(wanted: argparse.Namespace) -> tuple[list[Row], dict[str, float]]:
    """All recipes on one tile and year, with odds learnt on another one."""
    work = open_work(wanted.project)
    key, other = (
        TileYear(tile, int(year))
        for tile, year in (text.split("/") for text in (wanted.map, wanted.learn))
    )
    year, learnt = open_year(work, key), open_year(work, other)
    truth, judged = _truth(work, key, other)
    scenes = predicted_scenes(work, work.read(SCENE_PREDICTIONS, key).properties.scenes)
    recipes = read_selection(work, work.read(SCENE_CATALOG, key))[:MEASURED_SCENES]
    bundle = open_bundle(work, work.read(MODEL_BUNDLE, Whole()))
    engine = choose_engine(bundle, InferenceSettings(threads=wanted.threads))
    costs = measure_costs(work, year.grid, engine, recipes, scenes)
    today = vote(year, year.stack)
    count = len(year.stack.classes)

    def row(
        kind: str, name: str, classes: npt.NDArray[np.uint8], used: list[int], predicted: float
    ) -> Row:
        hours = costs.core_hours(count, predicted)
        hit, moved = ((classes == one)[judged].mean() for one in (truth, today))
        return Row(kind, name, hours, float(hit), float(1 - moved), float(np.median(used)))

    whole = stop_early(year, wanted.block, "date", None, -1.0)
    blocks = len(whole.used)
    rows = [row("all", "all scenes", today, whole.used, whole.possible / blocks)]
    for order in ("date", "gain"):
        odds = count_odds(learnt, wanted.block, order)
        for bound in BOUNDS:
            table = odds if bound else None
            found = stop_early(year, wanted.block, order, table, bound)
            name = f"early stop, scenes by {order}, {100 * bound:g} % may change"
            rows.append(row(order, name, found.classes, found.used, found.predicted / blocks))
    for number in SCENES:
        if number < count:
            rows.append(_fewer(year, number, wanted.block, row))
    seconds = {name: round(value, 4) for name, value in asdict(costs).items()}
    if wanted.int8:
        small = int8_of(work, bundle, wanted.threads)
        costs = measure_costs(work, year.grid, small, recipes, scenes)
        seconds["forward_int8"] = round(costs.forward, 4)
        year = _by_engine(work, key, year, small)
        found = stop_early(year, wanted.block, "date", None, -1.0)
        rows.append(
            row("int8", "all scenes, INT8", found.classes, found.used, found.possible / blocks)
        )
        odds = count_odds(learnt, wanted.block, "date")
        found = stop_early(year, wanted.block, "date", odds, BOUNDS[-1])
        name = f"INT8, early stop, scenes by date, {100 * BOUNDS[-1]:g} % may change"
        rows.append(row("int8", name, found.classes, found.used, found.predicted / blocks))
    return rows, seconds


def _by_engine(work: Workbench, key: TileYear, year: Year, engine: Predictor) -> Year:
    """The same scenes as another engine sees them; what SCL lets vote stays."""
    manifest = work.read(SCENE_PREDICTIONS, key).properties.scenes
    takes = group_datatakes(predicted_scenes(work, manifest)).values()
    recipes = {one.id: one for one in read_selection(work, work.read(SCENE_CATALOG, key))}
    classes, probabilities = (np.zeros_like(year.stack.classes) for _ in range(2))
    for number, take in enumerate(takes):
        ids = [scene.scene_id for scene in take.scenes]
        found = predict_again(year.grid, engine, [recipes[one] for one in ids])
        for codes, probability in found.values():
            empty = classes[number] == 0
            classes[number][empty], probabilities[number][empty] = codes[empty], probability[empty]
    return replace(year, stack=Stack(classes, probabilities, year.stack.masks))


def _fewer(year: Year, number: int, block_px: int, row) -> Row:  # type: ignore[no-untyped-def]
    """The scenes that add most to clear views of the whole tile, and no others."""
    chosen = sorted(order_by_gain(year.stack.masks > 0)[:number])
    layers = (year.stack.classes, year.stack.probabilities, year.stack.masks)
    fewer = replace(year, stack=Stack(*(one[chosen] for one in layers)))
    found = stop_early(fewer, block_px, "date", None, -1.0)
    predicted = found.possible / len(found.used)
    return row("fewer", f"the {number} scenes that add most", found.classes, found.used, predicted)


def _truth(
    work: Workbench, key: TileYear, other: TileYear
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """The simulation's truth, and the pixels that the other tile does not show."""
    folder = work.project.folder / "archive" / "truth" / key.tile / str(key.year)
    with rasterio.open(folder / "class.tif") as source:
        truth: npt.NDArray[np.uint8] = source.read(1)
    grid, beside = work.grid(key.tile), work.grid(other.tile)
    judged = np.ones(truth.shape, np.bool_)
    if key.tile != other.tile:
        judged[:, : max(0, int((beside.bounds[2] - grid.bounds[0]) / grid.pixel_m))] = False
    return truth, judged


def table(rows: list[Row]) -> str:
    """As Markdown."""
    lines = [
        "| recipe | core-hours | of today's | accuracy | other class | scenes a block |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in rows:
        lines.append(
            f"| {one.name} | {one.core_hours:.4f} | {one.core_hours / rows[0].core_hours:.0%} | "
            f"{one.accuracy:.4f} | {one.changed:.2%} | {one.used:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--project", type=Path, default=Path("out/demo/project.toml"))
    parser.add_argument("--map", default="33TWM/2022", help="TILE/YEAR that is judged")
    parser.add_argument("--learn", default="33TVM/2022", help="TILE/YEAR that odds come from")
    parser.add_argument("--block", type=int, default=512, help="side of a block, pixels")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--int8", action="store_true", help="measure INT8 too (extra int8)")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    wanted = parser.parse_args()
    rows, seconds = compare(wanted)
    if wanted.picture:
        wanted.picture.write_bytes(draw([asdict(one) for one in rows]))
    if wanted.json:
        print(json.dumps({"rows": [asdict(one) for one in rows], "core_seconds_per_mpx": seconds}))
    else:
        print(f"core-seconds per megapixel: {json.dumps(seconds)}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
