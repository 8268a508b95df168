"""Steps of the maps: a year's predictions → annual map.

What belongs here: ``annual_map``. Seasons (``seasons``) and change come with their own steps.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from lulc_assets.core.compositing.compose import YearComposite, compose_year
from lulc_assets.core.compositing.datatakes import Layers, PredictedScene
from lulc_assets.core.compositing.layers import LAYERS
from lulc_assets.core.compositing.layers import Layers as MapArrays
from lulc_assets.core.compositing.update import KeptYear
from lulc_assets.core.compositing.vote_head import VoteHead
from lulc_assets.core.errors import ProductCorrupt, ProductNotFound
from lulc_assets.core.figures.maps import class_histogram_figure, map_figure
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import validate_layer
from lulc_assets.core.lineage.rule import VoteRule
from lulc_assets.core.publishing.items import write_map_item
from lulc_assets.core.store.canonical import digest_of
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.publish import stored_name
from lulc_assets.core.store.records import Record
from lulc_assets.steps.products import ANNUAL_MAP, LEARNED_VOTE, SCENE_PREDICTIONS
from lulc_assets.steps.properties import (
    LearnedUse,
    LearnedVoteProperties,
    MapProperties,
    PredictedRow,
    PredictionsProperties,
)
from lulc_assets.steps.workbench import Made, Step, Workbench, write_png

VOTE_FILE = "learned_vote.json"

MAP_LAYERS: Mapping[str, str] = {
    "class": "Land-cover class",
    "vote_share": "Share of the votes for the class, 255 = all; not a probability",
    "observations": "Votes counted",
}


def make_annual_map(work: Workbench, key: TileYear) -> Record[MapProperties]:
    """Compose the map of a tile and year from exactly the predictions of its manifest.

    The sums of the map that was committed before are used where that reads fewer scenes; the
    product is the same, byte by byte.

    Files: ``class.tif``, ``vote_share.tif``, ``observations.tif``, ``sums_MMDD.zip`` for each
    part of the year, ``item.json`` (STAC) and pictures; where a learned vote decided,
    ``learned_vote.json``. Without any scene, an explicit map of no data.
    """
    step = work.step(ANNUAL_MAP, key)
    predictions, grid = step.read(SCENE_PREDICTIONS), work.grid(key.tile)
    learned = _promoted_vote(step, predictions)

    def build(scratch: Path) -> Made[MapProperties]:
        pictures: dict[str, Path] = {}

        def draw(layers: MapArrays) -> None:
            pictures.update(_pictures(work, key, layers, scratch))

        found = _compose(step, predictions, learned, scratch, draw)
        validate_layers(work, found.files, grid)
        files = {path.name: path for path in (*found.files.values(), *found.sums.values())}
        if learned is not None:
            files[VOTE_FILE] = work.open(learned, VOTE_FILE)
        files |= pictures
        files["item.json"] = write_map_item(
            scratch / "item.json",
            item_id=f"annual_map-{key.tile}-{key.year}",
            year=key.year,
            grid=grid,
            layers=item_layers(found.files),
            legend=work.legend,
            properties={
                "lulc:tile": key.tile,
                "lulc:year": key.year,
                "lulc:scenes": list(found.scene_ids),
                "lulc:predictions": predictions.digest,
                "lulc:bundle": predictions.properties.bundle,
            },
        )
        return Made(files, _properties(work, found, predictions, grid, learned))

    composite = work.project.composite.identity(work.legend)
    made_of = {"grid": grid, "composite": composite, "legend": work.legend.digest}
    head = {} if learned is None else {"learned_vote": learned.files[VOTE_FILE].sha256}
    return step.make(made_of | head, build)


def _promoted_vote(
    step: Step[TileYear, MapProperties], predictions: Record[PredictionsProperties]
) -> Record[LearnedVoteProperties] | None:
    """The learned vote, if the project wants one and it is for these predictions.

    The map is of the head's bytes, not of its record: learning again from the same sums and labels
    changes no map.
    """
    work = step.work
    if not work.project.vote.learned:
        return None
    found, why = step.look_at(LEARNED_VOTE, Whole()), ""
    if found is None:
        why = "there is none yet; run the job learn_vote once the training partitions have maps"
    elif not found.properties.verdict.promote:
        why = f"it is refused: {found.properties.verdict.reason}"
    elif found.properties.bundle != predictions.properties.bundle:
        why = "it was learnt from the votes of another model; run the job learn_vote again"
    if not why:
        return found
    work.warn(f"{step.key.title} is decided by the plain vote, not by the learned one: {why}")
    return None


def head_of(
    work: Workbench, record: Record[MapProperties] | Record[LearnedVoteProperties]
) -> VoteHead | None:
    """The learned vote among the files of a record, if there is one; raises InvalidProduct."""
    if VOTE_FILE not in record.files:
        return None
    path = work.open(record, VOTE_FILE)
    return VoteHead.from_json(path.read_bytes(), str(path))


def _compose(
    step: Step[TileYear, MapProperties],
    predictions: Record[PredictionsProperties],
    learned: Record[LearnedVoteProperties] | None,
    scratch: Path,
    draw: Callable[[MapArrays], None],
) -> YearComposite:
    """From the former map's sums if they can be had, else from all scenes."""
    work, settings = step.work, step.work.project.composite
    grid = work.grid(step.key.tile)
    scenes = predicted_scenes(work, predictions.properties.scenes)
    compose = partial(
        compose_year,
        scenes,
        grid,
        settings,
        scratch,
        legend=work.legend,
        head=None if learned is None else head_of(work, learned),
        meanwhile=draw,
        progress=work.progress,
    )
    try:
        kept = None if step.former is None else _kept_year(work, step.former, grid)
        return compose(kept=kept)
    except (ProductCorrupt, ProductNotFound) as error:
        if step.former is None:
            raise
        work.progress(0, len(scenes), f"all scenes are read again: {error}")
        return compose()


def _kept_year(work: Workbench, former: Record[MapProperties], grid: PixelGrid) -> KeptYear | None:
    """The kept sums of a committed map, if they are of this grid, legend and recipe."""
    names, properties = kept_parts(former), former.properties
    same = (properties.grid, properties.legend) == (grid, work.legend.digest)
    if not same or former.basis.version != ANNUAL_MAP.version or not names:
        return None
    sums = {part: work.open(former, name) for part, name in names.items()}
    return KeptYear(sums, predicted_scenes(work, properties.predictions))


def kept_parts(record: Record[MapProperties]) -> dict[str, str]:
    """Part of the year → name of the file with its sums, of a map's record."""
    return {
        name.removeprefix("sums_").removesuffix(".zip"): name
        for name in sorted(record.files)
        if name.startswith("sums_")
    }


def _pictures(work: Workbench, key: TileYear, layers: MapArrays, scratch: Path) -> dict[str, Path]:
    title = f"Land cover of {key.title}"
    figure = map_figure(layers.classes, layers.grid, work.legend, title)
    histogram = class_histogram_figure(layers.class_counts(), work.legend, "pixels")
    return {
        "map.png": write_png(scratch, "map.png", figure),
        "classes.png": write_png(scratch, "classes.png", histogram),
    }


def _properties(
    work: Workbench,
    found: YearComposite,
    predictions: Record[PredictionsProperties],
    grid: PixelGrid,
    learned: Record[LearnedVoteProperties] | None,
) -> MapProperties:
    counted = set(found.scene_ids)
    pixels = named_counts(work, found.class_counts)
    # A learned vote may choose a class that the network alone never does.
    taught = {*predictions.properties.taught, *(name for name, n in pixels.items() if n)}
    vote = "" if learned is None else learned.files[VOTE_FILE].sha256
    return MapProperties(
        predictions=tuple(r for r in predictions.properties.scenes if r.scene_id in counted),
        datatakes=found.datatakes,
        failed_scenes=predictions.properties.failed,
        class_pixels=pixels,
        no_data_pct=no_data_pct(found.class_counts),
        mask_overruled_pixels=found.flagged_pixels,
        sieved_pixels=found.sieved_pixels,
        observations_median=found.observations_median,
        bundle=predictions.properties.bundle,
        taught=tuple(sorted(taught)),
        grid=grid,
        legend=work.legend.digest,
        rule=VoteRule.of(work.project.composite, work.legend, vote),
        unreachable=predictions.properties.unreachable,
        learned=LearnedUse(vote, found.changed_by_head, found.left_to_plain) if vote else None,
    )


def predicted_scenes(work: Workbench, rows: Iterable[PredictedRow]) -> list[PredictedScene]:
    """The predictions that a manifest, or the map made from it, names; verified when read."""

    def scene(row: PredictedRow) -> PredictedScene:
        stored = (row.class_, row.probability, row.mask)

        def fetch() -> Layers:
            first, second, third = (work.store.fetch(file.key, file.sha256) for file in stored)
            return first, second, third

        content = digest_of([file.sha256 for file in stored])
        return PredictedScene(row.scene_id, row.acquisition, row.date, content, fetch)

    return [scene(row) for row in sorted(rows, key=lambda row: row.scene_id)]


def validate_layers(work: Workbench, files: Mapping[str, Path], grid: PixelGrid) -> None:
    """Refuse layers of a map that are not what they should be; raises InvalidProduct."""
    legal = {0, *(known.code for known in work.legend.land)}
    for name in LAYERS:
        codes = legal if name == "class" else None
        validate_layer(files[name], grid, dtype="uint8", legal_values=codes)


def item_layers(files: Mapping[str, Path]) -> dict[str, tuple[Path, str, str]]:
    """Layers as their STAC item wants them: file, name in the store, title."""
    return {
        name: (files[name], stored_name(files[name]), title) for name, title in MAP_LAYERS.items()
    }


def named_counts(work: Workbench, counts: Mapping[int, int]) -> dict[str, int]:
    """Pixels by class name."""
    return {
        work.legend.by_code(code).name if code else "no_data": int(count)
        for code, count in counts.items()
    }


def no_data_pct(counts: Mapping[int, int]) -> float:
    """Share of pixels without data, 0–100."""
    return round(100 * counts[0] / sum(counts.values()), 3)
