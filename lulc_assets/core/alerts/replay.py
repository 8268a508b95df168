"""Which dates must be judged again when scenes come late, go, or are predicted anew.

What belongs here: the difference between what states have seen and what is wanted. What does
not: judging (``update``).

A state is what its dates made of the baseline, in their order. A kept state can therefore be
gone on from when its dates, with the same predictions, are the first of the wanted ones. The
latest such state is; everything after it is judged again. A late scene, a withdrawn one and
one that was predicted anew are the same case, and the result is that of judging all dates.

Besides the latest state, one is kept for the end of each quarter, so that a scene that comes
weeks late costs a quarter of a year and not all of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.change.dates import quarter_of
from lulc_assets.core.compositing.datatakes import Datatake
from lulc_assets.core.errors import InvalidProduct

LATEST = "latest"
"""Name of the state after all dates; the others are ``q1``, ``q2`` and ``q3``."""

Seen = tuple[tuple[str, Mapping[str, str]], ...]
"""Dates that a state has seen: (ISO date, scene id → digest of its prediction)."""


@dataclass(frozen=True)
class KeptState:
    """A state that was committed before.

    Attributes:
        path: its file.
        seen: its dates.
    """

    path: Path
    seen: Seen


@dataclass(frozen=True)
class ReplayPlan:
    """What is to be judged.

    Attributes:
        base: state to go on from; None: the baseline, with nothing seen.
        kept: states that stay as they are, by name.
        dates: to judge, by date.
        names: of the states to write, in order, with how many of ``dates`` each has seen.
        seen: all dates in the end.
    """

    base: KeptState | None
    kept: Mapping[str, KeptState]
    dates: tuple[Datatake, ...]
    names: tuple[tuple[str, int], ...]
    seen: Seen

    def seen_after(self, judged: int) -> Seen:
        """The dates of the state after so many of ``dates``."""
        before = len(self.seen) - len(self.dates)
        return self.seen[: before + judged]


def plan_replay(
    observations: Sequence[Datatake], states: Mapping[str, KeptState], year: int
) -> ReplayPlan:
    """Plan the shortest way from kept states to the wanted dates.

    Args:
        observations: wanted, one per date, by date.
        states: kept, by name; of the same baseline, evidence and settings.
        year: of the alerts.

    Raises:
        InvalidProduct: a scene is of another year: older than the baseline, say.
    """
    for take in observations:
        if not take.date.startswith(f"{year}-"):
            raise InvalidProduct(
                f"scene {take.scenes[0].scene_id} of {take.date} is not of {year}: alerts of a "
                "year are judged by its own scenes against the map of the year before"
            )
    seen: Seen = tuple((take.date, take.contents) for take in observations)
    usable = {
        name: state
        for name, state in states.items()
        if state.seen == seen[: len(state.seen)] and _is_boundary(name, state.seen, seen)
    }
    base = max(usable.values(), key=lambda state: len(state.seen), default=None)
    done = len(base.seen) if base else 0
    ends = _quarter_ends(seen)
    kept = {name: usable[name] for name in usable if name in ends}
    if base is not None and done == len(seen):
        kept[LATEST] = base
    names = sorted(
        (count - done, name)
        for name, count in {**ends, LATEST: len(seen)}.items()
        if name not in kept
    )
    return ReplayPlan(
        base=base,
        kept=kept,
        dates=tuple(observations[done:]),
        names=tuple((name, count) for count, name in names),
        seen=seen,
    )


def _quarter_ends(seen: Seen) -> dict[str, int]:
    """Quarter that is over → how many dates lie in it and before it."""
    quarters = [quarter_of(day) for day, _ in seen]
    latest = max(quarters, default=0)
    return {f"q{q + 1}": sum(one <= q for one in quarters) for q in range(latest)}


def _is_boundary(name: str, has: Seen, wanted: Seen) -> bool:
    """Whether a state that is named after a quarter still ends where that quarter ends."""
    return name == LATEST or _quarter_ends(wanted).get(name) == len(has)


def withdrawn_scenes(states: Iterable[KeptState], observations: Sequence[Datatake]) -> list[str]:
    """Scenes that a kept state has seen as they are no longer: gone, or predicted anew."""
    now = {scene: digest for take in observations for scene, digest in take.contents.items()}
    seen = {
        (scene, digest) for state in states for _, of_date in state.seen
        for scene, digest in of_date.items()
    }  # fmt: skip
    return sorted({scene for scene, digest in seen if now.get(scene) != digest})
