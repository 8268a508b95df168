"""The dates that chips are cut from: spread over the year, and not only clear ones.

What belongs here: the choice among the selected scenes of a year. What does not: selecting scenes
(``core/catalog``), cutting (``cut``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.errors import (
    NoTrainingChips,
)
from lulc_assets.core.scene.recipe import SceneRecipe

_QUOTED_REASONS = 3


def choose_dates(
    recipes: Sequence[SceneRecipe],
    settings: ChipSettings,
    left_out: Mapping[str, str] | None = None,
) -> list[SceneRecipe]:
    """Scenes to cut chips from, spread over the year and not only clear ones.

    All scenes up to ``max_scene_cloud_pct`` are used, up to ``max_dates``; of more, the
    cloudiest of them is taken first, then always the one that is farthest in the calendar
    from those taken. Where too few are that clear, the clearest others fill up.

    Args:
        recipes: selected scenes of a year, in any order.
        settings: numbers of dates and the limit of cloud.
        left_out: scene → why it was not selected, to be quoted.

    Returns:
        The scenes by time; the same for any order of ``recipes``.

    Raises:
        NoTrainingChips: there are fewer than ``min_dates`` dates.
    """
    by_time = sorted({r.id: r for r in recipes}.values(), key=lambda r: (r.datetime, r.id))
    if len({r.date for r in by_time}) < settings.min_dates:
        raise NoTrainingChips(_too_few_dates({r.date for r in by_time}, settings, left_out or {}))
    clearest = sorted(by_time, key=lambda r: r.cloud_cover_pct)
    usable = [r for r in clearest if r.cloud_cover_pct <= settings.max_scene_cloud_pct]
    for recipe in clearest[len(usable) :]:
        if len({r.date for r in usable}) >= settings.min_dates:
            break
        usable.append(recipe)
    if len(usable) > settings.max_dates:
        usable = _spread(usable, settings.max_dates)
    return sorted(usable, key=lambda r: (r.datetime, r.id))


def _too_few_dates(dates: set[str], settings: ChipSettings, left_out: Mapping[str, str]) -> str:
    said = (
        f"{len(dates)} date(s) of imagery, training needs {settings.min_dates} to meet the seasons"
    )
    if not left_out:
        return f"{said}; select more scenes or lower min_dates"
    by_reason = Counter(left_out.values()).most_common()
    quoted = "; ".join(
        f"{reason} ({number} scene(s), first {next(s for s, r in left_out.items() if r == reason)})"
        for reason, number in by_reason[:_QUOTED_REASONS]
    )
    more = len(by_reason) - _QUOTED_REASONS
    rest = f"; and {more} other reasons, see the scene catalogue" if more > 0 else ""
    remedy = "" if not dates else ", or lower min_dates"
    return f"{said}. {len(left_out)} scene(s) were not used: {quoted}{rest}. Correct that{remedy}"


def _spread(recipes: list[SceneRecipe], number: int) -> list[SceneRecipe]:
    """Farthest-point choice on the circle of the year; starts with the cloudiest."""
    left = sorted(recipes, key=lambda r: (-r.cloud_cover_pct, r.datetime, r.id))
    chosen = [left.pop(0)]
    while len(chosen) < number:
        left.sort(key=lambda r: (-min(_days_apart(r, c) for c in chosen), r.datetime, r.id))
        chosen.append(left.pop(0))
    return chosen


def _days_apart(one: SceneRecipe, other: SceneRecipe) -> int:
    days = abs(one.datetime.timetuple().tm_yday - other.datetime.timetuple().tm_yday)
    return min(days, 366 - days)
