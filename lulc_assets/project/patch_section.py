"""``[patches]`` of the project file: a folder of patches and how a classifier learns from them.

What belongs here: its shape and defaults. What does not: the settings themselves, which rooms of
the domain own.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from lulc_assets.core.judging.promotion_rule import PromotionSettings
from lulc_assets.core.patches.classifier import PATCH_PROMOTION, PATCH_RECIPE
from lulc_assets.core.patches.split import PatchSplit
from lulc_assets.core.scene.bands import parse_bands
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets.project.sections import Section

_DEFAULTS: Mapping[str, Any] = {"recipe": PATCH_RECIPE, "promotion": PATCH_PROMOTION}


class PatchesSection(Section):
    """Patches that a classifier of whole patches learns from.

    Attributes:
        folder: holds a folder for each class, relative to the project file.
        bands: a set by name, or bands; none: all that the files have.
        order: bands of the files, where they are neither three nor EuroSAT's thirteen.
        level: processing level of the patches.
        split: shares of the draw, and its seed.
        recipe: as ``[recipe]``, with the defaults of ``PATCH_RECIPE``.
        promotion: as ``[promotion]``, in patches; with the defaults of ``PATCH_PROMOTION``.
    """

    folder: str
    bands: str | tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    level: Literal["L1C", "L2A"] = "L1C"
    split: PatchSplit = PatchSplit()
    recipe: TrainingRecipe = Field(default=PATCH_RECIPE)
    promotion: PromotionSettings = Field(default=PATCH_PROMOTION)

    @field_validator("recipe", "promotion", mode="before")
    @classmethod
    def _as_for_patches(cls, value: Any, info: ValidationInfo) -> Any:
        """What the file leaves out is as patches need it, not as maps do."""
        if not isinstance(value, Mapping):
            return value
        return {**asdict(_DEFAULTS[str(info.field_name)]), **value}

    @field_validator("bands", "order")
    @classmethod
    def _are_bands(cls, value: str | tuple[str, ...]) -> tuple[str, ...]:
        """Names of bands are known."""
        return parse_bands(value) if value else ()

    @field_validator("recipe")
    @classmethod
    def _classifies_patches(cls, value: TrainingRecipe) -> TrainingRecipe:
        """The network is one for patches."""
        if value.architecture != PATCH_RECIPE.architecture:
            raise ValueError(f"architecture {value.architecture!r} draws maps; leave it out here")
        return value
