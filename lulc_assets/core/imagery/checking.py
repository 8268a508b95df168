"""Whether a scene's files hold what its recipe promises: asked once, before it is used.

What belongs here: opening, range, never-written bands and the offset of one scene, in this order.
What does not: each of these judgements, or choosing scenes (``core/catalog``).
"""

from dataclasses import dataclass, replace
from typing import Literal

from lulc_assets.core.errors import ImplausiblePixels, OffsetContradicted, OffsetUndecidable
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.offset_evidence import USUAL_DN, OffsetEvidence, judge_offset
from lulc_assets.core.imagery.offset_neighbours import Thumbnail
from lulc_assets.core.imagery.plausible import require_plausible
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.imagery.sample import STEP, SceneSample, read_sample
from lulc_assets.core.scene.recipe import SceneRecipe

Proof = Literal["proven", "unproven"]

MOST_EMPTY = 0.5
"""A scene that lacks a band on more of its data than this is refused as a whole."""


@dataclass(frozen=True)
class SceneCheck:
    """What the pixels say of a scene that is sound.

    Attributes:
        recipe: the scene's, with the offset that the pixels decided where it was open.
        proof: whether the pixels show the offset that the recipe states.
        evidence: the numbers behind it.
        empty_share: share of its data on which a band was never written, 0–1.
        thumbnail: to compare other scenes with.
    """

    recipe: SceneRecipe
    proof: Proof
    evidence: OffsetEvidence
    empty_share: float
    thumbnail: Thumbnail


def check_scene(recipe: SceneRecipe, grid: PixelGrid) -> SceneCheck:
    """Look at a scene's pixels and compare them with what its metadata say.

    Raises:
        OffsetContradicted: the pixels show another offset; with both pieces of evidence.
        OffsetUndecidable: the offset needs proof, and the pixels give none.
        ImplausiblePixels: the numbers are not reflectance, or a band is missing.
        SceneError: the scene cannot be read.
    """
    if grid.pixel_m == recipe.gsd_m:
        SceneReader(recipe, grid).check()
    sample = read_sample(recipe, grid)
    _require_written(recipe, sample)
    require_plausible(recipe, sample)
    evidence = evidence_of(recipe, sample)
    decided = _decide(recipe, evidence)
    expected = "present" if decided.offset_dn else "absent"
    proof: Proof = "proven" if evidence.verdict == expected else "unproven"
    thumbnail = Thumbnail.of(decided, sample)
    return SceneCheck(decided, proof, evidence, sample.empty_share, thumbnail)


def evidence_of(recipe: SceneRecipe, sample: SceneSample) -> OffsetEvidence:
    """What a sample says of the offset that the recipe states, or of the usual one."""
    asked = recipe.offset_dn * recipe.scale / STEP
    return judge_offset(sample.steps, sample.scl, asked or -USUAL_DN)


def _require_written(recipe: SceneRecipe, sample: SceneSample) -> None:
    if sample.empty_share > MOST_EMPTY:
        raise ImplausiblePixels(
            f"scene {recipe.id}: {', '.join(sample.empty_roles)} was never written on "
            f"{100 * sample.empty_share:.0f} % of the scene's data (0 where the other bands and "
            "the scene classification see ground); copy the files again"
        )


def _decide(recipe: SceneRecipe, evidence: OffsetEvidence) -> SceneRecipe:
    """The recipe with its offset decided; raises as :func:`check_scene`."""
    if recipe.offset_open:
        if evidence.verdict == "cannot tell":
            raise _undecidable(recipe, evidence)
        offset_dn = -round(USUAL_DN * STEP / recipe.scale) if evidence.verdict == "present" else 0
        reason = f"{recipe.offset_reason}; it is {evidence.verdict} ({evidence.reason})"
        return replace(recipe, offset_dn=offset_dn, offset_reason=reason, offset_open=False)
    if evidence.verdict == ("absent" if recipe.offset_dn else "present"):
        raise OffsetContradicted(
            f"scene {recipe.id}: the metadata say an offset of {recipe.offset_dn:g} DN "
            f"({recipe.offset_reason}), the pixels say it is {evidence.verdict} "
            f"({evidence.reason}); ask the provider, or leave the scene out"
        )
    if recipe.offset_needs_proof and evidence.verdict != "present":
        raise _undecidable(recipe, evidence)
    return recipe


def _undecidable(recipe: SceneRecipe, evidence: OffsetEvidence) -> OffsetUndecidable:
    return OffsetUndecidable(
        f"scene {recipe.id}: {recipe.offset_reason}; they cannot tell ({evidence.reason}); state "
        "it in the item (raster:offset of every band), or leave the scene out"
    )
