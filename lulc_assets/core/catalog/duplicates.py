"""One acquisition once.

What belongs here: which of several processings of the same acquisition is used. What does
not: how clear it is.

The same acquisition appears in several baselines, from two stations, and as ``_0_`` and
``_1_`` processings. The highest baseline wins, then the latest generation, then the latest
change stamp, then the last id. Two datastrips of one acquisition hold different ground and
are both kept; where an item does not name its datastrip, footprints that overlap little tell
them apart.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from shapely import make_valid
from shapely.geometry import shape

from lulc_assets.core.catalog.product import parse_baseline
from lulc_assets.core.scene.recipe import SceneRecipe

DATASTRIP_JITTER = timedelta(seconds=60)
"""Two processings of one datastrip begin within this; two datastrips lie further apart."""

SAME_GROUND_SHARE = 0.5
"""Two processings of one datastrip share at least this much of the smaller footprint."""


def find_duplicates(recipes: Iterable[SceneRecipe]) -> dict[str, str]:
    """Id of each scene that is not used → id of the scene that is used instead."""
    groups: dict[str, list[SceneRecipe]] = {}
    losers: dict[str, str] = {}
    for recipe in sorted(recipes, key=_rank, reverse=True):
        kept = groups.setdefault(recipe.acquisition, [])
        winner = next((other for other in kept if _same_datastrip(recipe, other)), None)
        if winner is None:
            kept.append(recipe)
        else:
            losers[recipe.id] = winner.id
    return losers


def _rank(recipe: SceneRecipe) -> tuple[tuple[int, int], str, str, str]:
    baseline = parse_baseline(recipe.baseline) or (0, 0)
    return baseline, recipe.generated, recipe.change_stamp, recipe.id


def _same_datastrip(one: SceneRecipe, other: SceneRecipe) -> bool:
    if not one.datastrip_start or not other.datastrip_start:
        return _overlap(one, other) >= SAME_GROUND_SHARE
    form = "%Y%m%dT%H%M%S"
    begun = datetime.strptime(one.datastrip_start, form)
    return abs(begun - datetime.strptime(other.datastrip_start, form)) <= DATASTRIP_JITTER


def _overlap(one: SceneRecipe, other: SceneRecipe) -> float:
    """Shared part of the smaller footprint, 0–1."""
    outlines = [make_valid(shape(recipe.footprint)) for recipe in (one, other)]
    smaller = min(outline.area for outline in outlines)
    return outlines[0].intersection(outlines[1]).area / smaller if smaller > 0 else 1.0
