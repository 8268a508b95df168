"""What must be read to bring the kept sums of a year to a wanted set of scenes.

What belongs here: the difference between what was counted and what is wanted. What does not:
counting it (``compose``).

A pass counts as a whole: when one of its datastrips is new, gone or predicted again, the pass
is retracted as it was counted and added as it is now.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.compositing.datatakes import Datatake, PredictedScene, group_datatakes
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.sums_file import SumsFile
from lulc_assets.core.errors import InvalidProject, ProductCorrupt
from lulc_assets.core.grid import PixelGrid

MOST_DATATAKES = 257
"""uint16 holds the sum of so many probabilities of 255."""


@dataclass(frozen=True)
class KeptYear:
    """The kept sums of a map that was committed before, and how to retract from them.

    Attributes:
        sums: part of the year → its sums.
        scenes: the predictions that were counted, all of which can still be read.
    """

    sums: Mapping[str, Path]
    scenes: Sequence[PredictedScene]


@dataclass(frozen=True)
class PartPlan:
    """What is to be done for a part of the year.

    Attributes:
        name: of the part.
        add: passes to add, by time.
        retract: passes to take away.
        base: sums to begin with; None: nothing.
        datatakes: pass → scene id → digest of its prediction, of all that count in the end.
    """

    name: str
    add: tuple[Datatake, ...]
    retract: tuple[Datatake, ...]
    base: Path | None
    datatakes: Mapping[str, Mapping[str, str]]

    @property
    def keeps_base(self) -> bool:
        """Whether the sums stay as they are."""
        return self.base is not None and not self.add and not self.retract


def plan_parts(takes: Iterable[Datatake], settings: CompositeSettings) -> list[PartPlan]:
    """Count everything again.

    Raises:
        InvalidProject: a part of the year has more passes than its sums can hold.
    """
    wanted = _by_part(takes, settings)
    return [
        PartPlan(name, tuple(passes), (), None, {take.name: take.contents for take in passes})
        for name, passes in wanted.items()
    ]


def plan_update(
    takes: Iterable[Datatake],
    settings: CompositeSettings,
    grid: PixelGrid,
    kept: KeptYear,
    counted_as: tuple[str, int],
) -> list[PartPlan] | None:
    """Begin with the kept sums, or None where that would read as many scenes as all again.

    Args:
        takes: wanted passes.
        settings: parts of the year.
        grid: of the sums.
        kept: sums of a former map.
        counted_as: what a vote adds, and how many classes vote; other sums are of no use.

    Raises:
        ProductCorrupt: the kept sums cannot be read, or are not those of the kept scenes.
        InvalidProject: as :func:`plan_parts`.
    """
    wanted = _by_part(takes, settings)
    counted = _by_part(group_datatakes(kept.scenes).values(), settings)
    if set(kept.sums) != set(wanted):
        return None
    plans = []
    with ExitStack() as stack:
        for name, passes in wanted.items():
            base = stack.enter_context(SumsFile(kept.sums[name], grid))
            if (base.unit, base.land) != counted_as:
                return None
            known = {take.name: take for take in counted[name]}
            if base.datatakes != {take.name: take.contents for take in known.values()}:
                raise ProductCorrupt(f"kept sums {base.path} are not those of their map's scenes")
            plans.append(_difference(name, passes, known, base.path))
    changes = sum(len(plan.add) + len(plan.retract) for plan in plans)
    return plans if changes < sum(len(passes) for passes in wanted.values()) else None


def _difference(
    name: str, passes: Sequence[Datatake], known: Mapping[str, Datatake], base: Path
) -> PartPlan:
    new = {take.name: take for take in passes}
    return PartPlan(
        name,
        add=tuple(t for t in passes if t.name not in known or known[t.name].contents != t.contents),
        retract=tuple(
            t for t in known.values() if t.name not in new or new[t.name].contents != t.contents
        ),
        base=base,
        datatakes={take.name: take.contents for take in passes},
    )


def _by_part(takes: Iterable[Datatake], settings: CompositeSettings) -> dict[str, list[Datatake]]:
    parts: dict[str, list[Datatake]] = {part.name: [] for part in settings.parts()}
    for take in takes:
        parts[settings.part_of(take.date)].append(take)
    for name, passes in parts.items():
        if len(passes) > MOST_DATATAKES:
            raise InvalidProject(
                f"{len(passes)} passes in the part of the year from {name} on: its sums hold "
                f"{MOST_DATATAKES}; select fewer scenes, or cut the year by [composite] seasons"
            )
    return parts
