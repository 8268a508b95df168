"""What scenes answered when they were asked for the first time: kept, so that it is once.

What belongs here: ``scene_clearness`` and ``scene_check``. What does not: what is asked
(``core/catalog/selection``). A scene that is refused or does not answer leaves nothing, and is
asked again.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.catalog.asking import Asked
from lulc_assets.core.catalog.candidates import Candidate
from lulc_assets.core.catalog.selection import SelectionSettings, pixels_asked
from lulc_assets.core.imagery.checking import SceneCheck
from lulc_assets.core.imagery.offset_evidence import OffsetEvidence
from lulc_assets.core.imagery.offset_neighbours import Thumbnail
from lulc_assets.core.scene.recipe import SceneRecipe
from lulc_assets.core.store.keys import SceneOfYear, TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.steps.products import SCENE_CHECK, SCENE_CLEARNESS
from lulc_assets.steps.properties import CheckProperties, ClearnessProperties
from lulc_assets.steps.workbench import Made, Workbench

_FILE = "answer.npz"


def pixels_asked_once(work: Workbench, key: TileYear, settings: SelectionSettings) -> Asked:
    """As ``pixels_asked``, from the store where a scene of this identity answered before."""
    grid = work.grid(key.tile)
    look, check = pixels_asked(grid, settings)

    def looked(recipe: SceneRecipe) -> Candidate:
        def build(scratch: Path) -> Made[ClearnessProperties]:
            found = look(recipe)
            kept = _keep(scratch, shape=found.clear.shape, clear=np.packbits(found.clear > 0))
            return Made(kept, ClearnessProperties(found.nodata_share))

        step = work.step(SCENE_CLEARNESS, _of(key, recipe))
        record = step.make({"scene": recipe, "grid": grid, "px": settings.lattice_px}, build)
        arrays = _kept(work, record)
        height, width = arrays["shape"]
        clear = np.unpackbits(arrays["clear"], count=height * width).reshape(height, width)
        return Candidate(recipe, clear.astype(np.float32), record.properties.nodata_share)

    def checked(recipe: SceneRecipe) -> SceneCheck:
        def build(scratch: Path) -> Made[CheckProperties]:
            found = check(recipe)
            assert found is not None
            thumbnail = found.thumbnail
            kept = _keep(scratch, steps=thumbnail.steps, clear=thumbnail.clear)
            return Made(kept, _properties(found, was_open=recipe.offset_open))

        open_questions = [recipe.offset_open, recipe.offset_needs_proof, recipe.offset_reason]
        step = work.step(SCENE_CHECK, _of(key, recipe))
        record = step.make({"scene": recipe, "open": open_questions, "grid": grid}, build)
        return _check(recipe, record, _kept(work, record))

    return looked, checked


def _of(key: TileYear, recipe: SceneRecipe) -> SceneOfYear:
    return SceneOfYear(key.tile, key.year, recipe.id)


def _keep(scratch: Path, **arrays: Any) -> dict[str, Path]:
    np.savez_compressed(scratch / _FILE, **arrays)  # its members bear no time: same bytes
    return {_FILE: scratch / _FILE}


def _kept(work: Workbench, record: Record[Any]) -> dict[str, npt.NDArray[Any]]:
    with np.load(work.open(record, _FILE), allow_pickle=False) as file:
        return dict(file)


def _properties(found: SceneCheck, *, was_open: bool) -> CheckProperties:
    return CheckProperties(
        proof=found.proof,
        verdict=found.evidence.verdict,
        reason=found.evidence.reason,
        empty_share=found.empty_share,
        decided_dn=round(found.recipe.offset_dn) if was_open else None,
        offset_reason=found.recipe.offset_reason,
        lattice=found.thumbnail.lattice,
    )


def _check(
    recipe: SceneRecipe, record: Record[CheckProperties], arrays: dict[str, npt.NDArray[Any]]
) -> SceneCheck:
    told = record.properties
    decided = recipe
    if told.decided_dn is not None:
        decided = replace(
            recipe,
            offset_dn=told.decided_dn,
            offset_reason=told.offset_reason,
            offset_open=False,
        )
    thumbnail = Thumbnail(told.lattice, recipe.roles, arrays["steps"], arrays["clear"])
    evidence = OffsetEvidence(told.verdict, told.reason)
    return SceneCheck(decided, told.proof, evidence, told.empty_share, thumbnail)
