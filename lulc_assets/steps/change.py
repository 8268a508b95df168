"""Steps of yearly change: two annual maps and their evidence → a graded change map.

What belongs here: ``change_map``. What does not: grading and stories (``core/change``), alerts
(``alerts``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lulc_assets.core.change.grades import Grade
from lulc_assets.core.change.layers import LAYERS
from lulc_assets.core.change.stories import story_pixels
from lulc_assets.core.change.story_files import write_permanence, write_stories
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.figures.change import change_figure, transitions_figure
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster, validate_layer
from lulc_assets.core.publishing.items import write_map_item
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.publish import stored_name
from lulc_assets.core.store.records import Record
from lulc_assets.core.tile_keys import FIRST_YEAR
from lulc_assets.steps.change_evidence import read_evidence
from lulc_assets.steps.mapped_years import open_mapped_year
from lulc_assets.steps.products import ANNUAL_MAP, CHANGE_EVIDENCE, CHANGE_MAP
from lulc_assets.steps.properties import (
    ChangeProperties,
    EvidenceProperties,
    MapProperties,
    Transition,
)
from lulc_assets.steps.workbench import Made, Workbench, write_png

if TYPE_CHECKING:
    from lulc_assets.core.change.yearly import ChangeMap


def make_change_map(work: Workbench, key: TileYear) -> Record[ChangeProperties]:
    """Grade the change of a tile between the year before and a year.

    Files: the layers of ``core/change/layers`` as COGs, one for each story of the legend,
    ``permanent_<class>.tif`` where the project keeps seasons apart, ``item.json`` (STAC) and
    pictures. Without a map of the year before, or without evidence, the record says so and has no
    file.

    Raises:
        InvalidProduct: the two years were mapped differently, or evidence is of another model.
    """
    step, grid = work.step(CHANGE_MAP, key), work.grid(key.tile)
    evidence, own = step.read(CHANGE_EVIDENCE), step.read(ANNUAL_MAP)
    former = step.find(ANNUAL_MAP, key.former) if key.year > FIRST_YEAR else None

    def build(scratch: Path) -> Made[ChangeProperties]:
        reason = _why_not(key, former, evidence)
        if former is None or reason:
            return Made({}, _statement(work, own, grid, reason))
        require_same_model(evidence, own)
        return _compare(work, key, _Inputs(former, own, evidence), scratch)

    settings = {
        "grid": grid,
        "rule": work.project.change,
        "legend": work.legend.digest,
        "parts": [part.name for part in work.project.composite.parts()],
    }
    return step.make(settings, build)


def _why_not(
    key: TileYear, former: Record[MapProperties] | None, evidence: Record[EvidenceProperties]
) -> str:
    """Why there is nothing to compare, or nothing to judge by; empty: there is."""
    if former is None:
        return f"no baseline: {key.tile} is not mapped in {key.year - 1}"
    known = evidence.properties
    return "" if known.evidence else f"no evidence: {known.reason}"


@dataclass(frozen=True)
class _Inputs:
    """What a change map is made from."""

    former: Record[MapProperties]
    own: Record[MapProperties]
    evidence: Record[EvidenceProperties]


def _compare(
    work: Workbench, key: TileYear, inputs: _Inputs, scratch: Path
) -> Made[ChangeProperties]:
    from lulc_assets.core.change.yearly import map_change  # numba

    grid, composite = work.grid(key.tile), work.project.composite
    years = (
        open_mapped_year(work, inputs.former, key.former),
        open_mapped_year(work, inputs.own, key),
    )
    found = map_change(
        *years,
        grid,
        read_evidence(work, inputs.evidence),
        scratch,
        rule=work.project.change,
        composite=composite,
        threads=composite.threads,
        progress=work.progress,
    )
    layers = dict(found.files) | write_stories(found.files, grid, work.legend, scratch)
    lasting, permanence = write_permanence(years[1].sums, grid, work.legend, scratch)
    layers |= lasting
    _validate(layers, grid)
    files = {path.name: path for path in layers.values()}
    files |= _pictures(work, key, found, grid, scratch)
    files["item.json"] = _write_item(work, key, inputs, layers, scratch)
    return Made(files, _properties(work, inputs, grid, found, permanence))


def _write_item(
    work: Workbench, key: TileYear, inputs: _Inputs, layers: Mapping[str, Path], scratch: Path
) -> Path:
    return write_map_item(
        scratch / "item.json",
        item_id=f"change_map-{key.tile}-{key.year}",
        year=key.year,
        grid=work.grid(key.tile),
        layers={n: (p, stored_name(p), _title(n)) for n, p in layers.items()},
        legend=work.legend,
        properties={
            "lulc:tile": key.tile,
            "lulc:year": key.year,
            "lulc:former_year": key.year - 1,
            "lulc:bundle": inputs.own.properties.bundle,
            "lulc:maps": [inputs.former.digest, inputs.own.digest],
            "lulc:evidence": inputs.evidence.properties.evidence,
        },
    )


def require_same_model(evidence: Record[EvidenceProperties], own: Record[MapProperties]) -> None:
    """Refuse evidence that was learnt from another model's predictions than a map's.

    Raises:
        InvalidProduct: see above.
    """
    if evidence.properties.bundle != own.properties.bundle:
        raise InvalidProduct(
            f"{own.product} was mapped by bundle {own.properties.bundle[:12]}, and the evidence "
            f"of change is of bundle {evidence.properties.bundle[:12]}: map the year again with "
            "the promoted model, then materialize change_evidence"
        )


def _title(layer: str) -> str:
    if layer in LAYERS:
        return LAYERS[layer][2]
    if layer.startswith("permanent_"):
        return f"{layer.removeprefix('permanent_')}: 1 never, 2 seasonal, 3 permanent"
    return f"{layer.replace('_', ' ')}: 1 sustained, 2 recent"


def _validate(layers: Mapping[str, Path], grid: PixelGrid) -> None:
    for name, path in layers.items():
        dtype = "uint16" if name in ("from_to", "changed_on") else "uint8"
        legal = set(Grade) if name == "grade" else None
        validate_layer(path, grid, dtype=dtype, legal_values=legal)


def _pictures(
    work: Workbench, key: TileYear, found: "ChangeMap", grid: PixelGrid, scratch: Path
) -> dict[str, Path]:
    from_to, grade = (read_raster(found.files[name]) for name in ("from_to", "grade"))
    title = f"Change of {key.tile} from {key.year - 1} to {key.year}"
    return {
        "change.png": write_png(
            scratch, "change.png", change_figure(from_to, grade, grid, work.legend, title)
        ),
        "transitions.png": write_png(
            scratch,
            "transitions.png",
            transitions_figure(found.graded, work.legend, grid.pixel_ha, "Transitions, by grade"),
        ),
    }


def _statement(
    work: Workbench, own: Record[MapProperties], grid: PixelGrid, reason: str
) -> ChangeProperties:
    return ChangeProperties("", reason, own.properties.bundle, work.legend.digest, grid)


def _properties(
    work: Workbench,
    inputs: _Inputs,
    grid: PixelGrid,
    found: "ChangeMap",
    permanence: Mapping[str, Mapping[str, int]],
) -> ChangeProperties:
    names = ["no_data", *(known.name for known in work.legend.land)]
    return ChangeProperties(
        baseline=inputs.former.digest,
        reason="",
        bundle=inputs.own.properties.bundle,
        legend=work.legend.digest,
        grid=grid,
        dates=found.dates,
        grades={name: int(counts.sum()) for name, counts in found.graded.items()},
        transitions=_transitions(names, found.graded),
        matrix={
            of: {to: int(n) for to, n in zip(names, row, strict=True) if n}
            for of, row in zip(names, found.matrix, strict=True)
            if row.any()
        },
        sieved_pixels=found.sieved_pixels,
        stories=story_pixels(found.graded, work.legend),
        permanence=permanence,
    )


def _transitions(
    names: list[str], graded: Mapping[str, npt.NDArray[np.int64]]
) -> tuple[Transition, ...]:
    shown = {name: counts for name, counts in graded.items() if name != Grade.NONE.name.lower()}
    total = sum(shown.values(), start=np.zeros((len(names),) * 2, np.int64))
    pairs = sorted(np.argwhere(total).tolist(), key=lambda pair: (-total[tuple(pair)], pair))
    return tuple(
        Transition(names[a], names[b], {grade: int(c[a, b]) for grade, c in shown.items()})
        for a, b in pairs
    )
