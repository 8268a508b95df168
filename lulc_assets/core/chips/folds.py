"""Which chips of a place validate, where the split ignores place.

What belongs here: the draws of ``random`` and ``temporal`` splits, over dates and chips. What
does not: blocks of ground (``split``).
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from lulc_assets.core.chips.account import GOLD, TRAIN, VALIDATION
from lulc_assets.core.chips.place import Place
from lulc_assets.core.chips.settings import ChipSettings, Split
from lulc_assets.core.errors import SplitImpossible
from lulc_assets.core.scene.recipe import SceneRecipe


def draw_uniform(text: str) -> float:
    """A uniform number in 0–1 that only the text decides."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def draw_held_out(
    places: Sequence[Place],
    scenes: Sequence[SceneRecipe],
    split: Split,
    settings: ChipSettings,
) -> frozenset[str]:
    """What validates: dates of a temporal split, chips of a random one, else nothing.

    Raises:
        SplitImpossible: a temporal split of one date.
    """
    if split == "temporal":
        return held_out_dates([scene.date for scene in scenes], settings)
    if split == "random":
        return _held_out_chips(places, [scene.id for scene in scenes], settings)
    return frozenset()


def held_out_dates(dates: Sequence[str], settings: ChipSettings) -> frozenset[str]:
    """Dates of a temporal split that validate, spread evenly over those there are.

    Raises:
        SplitImpossible: there is one date only.
    """
    known = sorted(set(dates))
    if len(known) < 2:
        raise SplitImpossible(
            f"a temporal split needs two dates, there is {len(known)}: select more scenes"
        )
    number = min(len(known) - 1, max(1, round(settings.validation_share * len(known))))
    return frozenset(known[int((k + 0.5) * len(known) / number)] for k in range(number))


def _held_out_chips(
    places: Sequence[Place], scene_ids: Sequence[str], settings: ChipSettings
) -> frozenset[str]:
    """Chips of a random split that validate.

    The validation share is drawn of all chips, and of those that show a class, so that a class
    with few of them has its share too: always the chips with the smallest draws.
    """
    draws: dict[str, float] = {}
    of_class: defaultdict[int, list[str]] = defaultdict(list)
    for place in places:
        if place.split != VALIDATION:
            continue
        codes = np.unique(place.labels[place.labels > 0]).tolist()
        for scene_id in scene_ids:
            chip = _chip(place, scene_id)
            draws[chip] = draw_uniform(f"{settings.seed}:{chip}")
            for code in codes:
                of_class[code].append(chip)
    chosen = {chip for chip, draw in draws.items() if draw < settings.validation_share}
    for chips in of_class.values():
        wanted = min(len(chips) - 1, max(1, round(settings.validation_share * len(chips))))
        chosen |= set(sorted(chips, key=lambda chip: draws[chip])[:wanted])
    return frozenset(chosen)


def _chip(place: Place, scene_id: str) -> str:
    return f"{scene_id}:{place.window.row}:{place.window.col}"


def fold_on(place: Place, scene_id: str, date: str, held_out: frozenset[str], split: Split) -> str:
    """The fold of a place's chip on a date: the place's own, unless the split ignores place.

    Args:
        place: where.
        scene_id: of the chip.
        date: of the scene.
        held_out: from :func:`draw_held_out`.
        split: the rule.
    """
    if split == "blocks" or place.split == GOLD:
        return place.split
    held = date if split == "temporal" else _chip(place, scene_id)
    return VALIDATION if held in held_out else TRAIN
