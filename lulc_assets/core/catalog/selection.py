"""Which of the candidate scenes are used: clear ones, from all seasons, enough and no more.

What belongs here: the rule and the reason for each candidate. What does not: finding
candidates (``search``), how clear they are (``candidates``) or the table (``table``).

The rule follows Karra et al. 2021 (least cloudy first; more scenes where it is cloudy,
fewer where it is clear) and makes it exact:

1. Of several processings of one acquisition one is kept (``duplicates``).
2. clear = (1 − no data) · (1 − cloud − shadow) over the area of interest: the share of its
   pixels that the scene's SCL lets vote, on a lattice of at most ``lattice_px`` points a
   side (from an overview where the file has one). With ``clear_from = "fields"`` the same
   from what the item states of the whole product, without opening a file. Scenes below
   ``min_clear_share`` are left out.
3. Each round takes the clearest remaining scene of the quarter with the fewest clear
   observations so far (quarters without remaining scenes are passed over). Ties: the
   earlier quarter; the earlier datetime; the smaller id.
4. It ends when ``covered_share`` of the pixels have ``clear_observations`` clear
   observations, or ``max_scenes`` are used.

A scene is opened and its pixels are compared with its metadata before it is taken (``asking``); one
that fails is refused, and another processing of it, else the next scene, takes its place. Scenes
whose offset their own pixels do not prove are compared with those chosen whose offset is proven.
"""

import json
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from shapely.geometry import shape

from lulc_assets.core.catalog.asking import Answers, Asked, Check, Look, without_empty
from lulc_assets.core.catalog.candidates import Candidate, estimate, look_at
from lulc_assets.core.catalog.search import RejectedItem
from lulc_assets.core.catalog.table import make_table, rejected_row
from lulc_assets.core.errors import OffsetUndecidable, SceneError
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.checking import check_scene
from lulc_assets.core.imagery.overview import lattice_of
from lulc_assets.core.progress import Progress, silent
from lulc_assets.core.scene.recipe import SceneRecipe

QUARTERS = (1, 2, 3, 4)


@dataclass(frozen=True)
class SelectionSettings:
    """Numbers of the selection rule.

    Attributes:
        clear_observations: a pixel is served when it has this many. Default 10: a mode over
            ten clear dates is stable, and Karra et al. 2021 report about as many per pixel.
        max_scenes: at most this many scenes, whatever the clouds; about a scene every nine
            days of a year.
        min_clear_share: scenes with a smaller share of clear pixels are not worth reading.
        covered_share: share of the pixels that must be served; the rest may be swath edges
            and bright roofs that SCL always takes for cloud.
        lattice_px: points a side at which clearness is judged.
        clear_from: ``pixels``, or ``fields`` to plan without opening a file.
    """

    clear_observations: int = 10
    max_scenes: int = 40
    min_clear_share: float = 0.05
    covered_share: float = 0.95
    lattice_px: int = 512
    clear_from: Literal["pixels", "fields"] = "pixels"

    def __post_init__(self) -> None:
        if min(self.clear_observations, self.max_scenes, self.lattice_px) < 1:
            raise ValueError(f"counts must be at least 1: {self}")
        if not (0 <= self.min_clear_share <= 1 and 0 < self.covered_share <= 1):
            raise ValueError(f"shares must lie in 0–1: {self}")


def select_scenes(
    recipes: Sequence[SceneRecipe],
    grid: PixelGrid,
    settings: SelectionSettings,
    rejected: Iterable[RejectedItem] = (),
    progress: Progress = silent,
    asked: Asked | None = None,
) -> gpd.GeoDataFrame:
    """The table of candidates with the selection and a reason for each.

    Args:
        recipes: candidates, duplicates among them.
        grid: area of interest on the tile's 10 m grid.
        settings: numbers of the rule.
        rejected: items that never became a recipe; they get a row too.
        progress: told after each candidate whose SCL was read.
        asked: how pixels are asked; none: as :func:`pixels_asked`. Of no use with
            ``clear_from = "fields"``.

    Returns:
        Columns of ``CANDIDATES_SCHEMA``, by datetime then id. A scene that is refused is a
        row with its error; one that does not answer is a row that says so, and
        ``table.require_judged`` then refuses the table. No selected row at all is a
        legitimate result: a year without a clear scene.
    """
    look: Look = estimate
    check: Check = _require_no_question
    if settings.clear_from == "pixels":
        look, check = asked or pixels_asked(grid, settings)
    answers = Answers(recipes, look, check, progress)
    chosen = _choose(answers, settings)
    while True:
        refused = len(answers.failed)
        alike = answers.compare_unproven(chosen.order)
        if len(answers.failed) == refused:
            break
        chosen = _choose(answers, settings)
    rows = [_row(recipe, answers, chosen, alike) for recipe in recipes]
    rows += [rejected_row(item) for item in rejected]
    return make_table(rows)


def pixels_asked(grid: PixelGrid, settings: SelectionSettings) -> Asked:
    """How clear a scene is, and whether it is sound, by its own files."""
    lattice = lattice_of(grid, settings.lattice_px)
    return partial(look_at, lattice=lattice), partial(check_scene, grid=grid)


def selected_recipes(table: gpd.GeoDataFrame) -> list[SceneRecipe]:
    """Recipes of the selected scenes, by time and id (the table's order)."""
    chosen = table.loc[table["selected"], "recipe_json"]
    return [SceneRecipe.from_dict(json.loads(text)) for text in chosen]


def recipes_of(table: gpd.GeoDataFrame) -> dict[str, SceneRecipe]:
    """Scene id → recipe of every candidate that has one."""
    rows = zip(table["scene_id"], table["recipe_json"], strict=True)
    return {str(i): SceneRecipe.from_dict(json.loads(text)) for i, text in rows if text}


def clearest_first(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The candidates, those that see most of the area first; ties by id."""
    return table.sort_values(["clear_pct", "scene_id"], ascending=[False, True])


@dataclass
class _Choice:
    """Scenes in the order of choice, and why each candidate is or is not among them.

    Attributes:
        order: scene id → order of choice.
        taken: scene id → how clear it is, without areas of missing bands.
        reasons: scene id → reason, for every candidate that was judged.
    """

    order: dict[str, int] = field(default_factory=dict)
    taken: dict[str, Candidate] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def _choose(answers: Answers, settings: SelectionSettings) -> _Choice:
    chosen = _Choice()
    candidates = answers.candidates()
    waiting: dict[int, list[Candidate]] = {quarter: [] for quarter in QUARTERS}
    for candidate in sorted(candidates, key=lambda one: one.rank):
        _queue(candidate, waiting, settings, chosen)
    seen = np.zeros(candidates[0].clear.shape if candidates else (1, 1), np.float64)
    points = dict.fromkeys(QUARTERS, 0.0)
    end = ""
    while any(waiting.values()):
        end = _end(seen, len(chosen.order), settings)
        if end:
            break
        quarter = min((q for q in QUARTERS if waiting[q]), key=lambda q: (points[q], q))
        candidate = waiting[quarter].pop(0)
        identifier = candidate.recipe.id
        try:
            candidate = without_empty(candidate, answers.checked(candidate))
        except SceneError:
            substitute = answers.substitute(identifier)
            if substitute is not None:
                _queue(substitute, waiting, settings, chosen)
            continue
        if candidate.clear_share < settings.min_clear_share:
            chosen.reasons[identifier] = _too_cloudy(candidate, settings)
            continue
        chosen.order[identifier] = len(chosen.order) + 1
        chosen.taken[identifier] = candidate
        seen += candidate.clear
        points[quarter] += candidate.clear_points
    for candidate in (one for rest in waiting.values() for one in rest):
        chosen.reasons[candidate.recipe.id] = f"left out: {end}"
    for identifier in chosen.order:
        chosen.reasons[identifier] = _why(identifier, answers, chosen, settings)
    return chosen


def _queue(
    candidate: Candidate,
    waiting: dict[int, list[Candidate]],
    settings: SelectionSettings,
    chosen: _Choice,
) -> None:
    """Put a candidate among those that wait, by rank, if it is clear enough."""
    if candidate.clear_share < settings.min_clear_share:
        chosen.reasons[candidate.recipe.id] = _too_cloudy(candidate, settings)
    else:
        insort(waiting[candidate.quarter], candidate, key=lambda one: one.rank)


def _too_cloudy(candidate: Candidate, settings: SelectionSettings) -> str:
    return (
        f"left out: {_percent(candidate.clear_share)} clear, "
        f"under the {_percent(settings.min_clear_share)} floor"
    )


def _why(identifier: str, answers: Answers, chosen: _Choice, settings: SelectionSettings) -> str:
    candidate, check = chosen.taken[identifier], answers.check_of(identifier)
    source = "" if settings.clear_from == "pixels" else " by the item's fields"
    empty = ""
    if check is not None and check.empty_share:
        empty = f"; a band was never written on {_percent(check.empty_share)} of its data"
    return (
        f"selected {_ordinal(chosen.order[identifier])}: clearest of quarter {candidate.quarter}, "
        f"{_percent(candidate.clear_share)} clear{source}{empty}"
    )


def _require_no_question(recipe: SceneRecipe) -> None:
    """Where no file is opened, an offset that only the pixels can decide is undecidable."""
    if recipe.offset_needs_proof:
        raise OffsetUndecidable(
            f"scene {recipe.id}: {recipe.offset_reason}; clear_from = 'fields' opens no file"
        )


def _end(seen: npt.NDArray[np.float64], used: int, settings: SelectionSettings) -> str:
    """Why no more scenes are taken, or empty."""
    if (seen >= settings.clear_observations).mean() >= settings.covered_share:
        return "enough clear observations"
    if used >= settings.max_scenes:
        return f"the limit of {settings.max_scenes} scenes was reached"
    return ""


def _row(
    recipe: SceneRecipe, answers: Answers, chosen: _Choice, alike: Mapping[str, str]
) -> dict[str, Any]:
    name = recipe.id
    check = answers.check_of(name)
    candidate = chosen.taken.get(name) or answers.look_of(name)
    reason = answers.failed.get(name) or chosen.reasons.get(name)
    if check is not None:
        recipe = check.recipe
    return {
        "scene_id": name,
        "datetime": recipe.datetime,
        "provider": recipe.provider,
        "baseline": recipe.baseline,
        "level": recipe.level,
        "offset": ("proven" if name in alike else check.proof) if check is not None else "",
        "cloud_cover_pct": recipe.cloud_cover_pct,
        "clear_pct": 100 * candidate.clear_share if candidate else None,
        "nodata_pct": 100 * candidate.nodata_share if candidate else None,
        "quarter": (recipe.datetime.month - 1) // 3 + 1,
        "selected": name in chosen.order,
        "reason": reason or f"left out: duplicate of {answers.replaced_by(name)}",
        "order": chosen.order.get(name),
        "recipe_json": json.dumps(recipe.to_dict(), sort_keys=True),
        "geometry": shape(recipe.footprint),
    }


def _percent(share: float) -> str:
    """Whole per cent, but a decimal below 10 (so that 4.9 does not read as 5)."""
    text = f"{100 * share:.1f}" if share < 0.1 else f"{100 * share:.0f}"
    return f"{text.removesuffix('.0')} %"


def _ordinal(number: int) -> str:
    ending = (
        "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"
