"""The settings of the coverage benchmark: strata, numbers of units and what units show.

What belongs here: populations as shares by stratum. What does not: drawing from them and
estimating (``draws.py``, ``cells.py``). Populations are endless, so every share is exact.
"""

from dataclasses import dataclass

import numpy as np

HIT, OMITTED, COMMITTED, REST = range(4)
"""What a unit shows of the class that is judged: mapped and there, there only, mapped only,
neither."""

FRESH = "fresh: "
"""Titles of settings that no constant of the engine was chosen on."""


@dataclass(frozen=True)
class Setting:
    """One population and one design.

    Attributes:
        title: for the table.
        kind: "map" (columns hit, omitted, committed, rest), "change" (loss, gain, stable),
            "compare" (only the first map right, only the second, both, neither) or "apart" (the
            same without both: units are drawn where two maps differ).
        weights: shape (H,): shares of the strata.
        counts: shape (H,): units drawn in each.
        shares: shape (H, columns): of each stratum.
        classes: of the legend; the rest is shared out over all but one.
        apart: share of the area on which two maps differ.
    """

    title: str
    kind: str
    weights: np.ndarray
    counts: np.ndarray
    shares: np.ndarray
    classes: int = 2
    apart: float = 1.0


@dataclass(frozen=True)
class Windows:
    """A cluster sample of windows of unequal size.

    Attributes:
        title: for the table.
        count: windows drawn.
        class_share: of the class in all.
        patchiness: 0–1: how much windows differ in it (correlation within windows).
        sizes: pixels of a window, each as likely.
        strata: windows are drawn in as many strata of equal size.
    """

    title: str
    count: int
    class_share: float
    patchiness: float = 0.3
    sizes: tuple[int, ...] = (20, 50, 100)
    strata: int = 1
    kind: str = "windows"


def _map(title: str, weights: list, counts: list, rows: list, classes: int = 2) -> Setting:
    shares = np.array([[*row, 1.0 - sum(row)] for row in rows])
    return Setting(title, "map", np.array(weights), np.array(counts), shares, classes)


def _of_class(weight: float, omission: float, users: float = 0.8) -> tuple[list, list]:
    """Strata that are the map: the class, and the rest with so many omissions."""
    return [weight, 1.0 - weight], [[users, 0.0, 1.0 - users], [0.0, omission, 0.0]]


def _change(title: str, weights: list, counts: list, rows: list) -> Setting:
    shares = np.array([[*row, 1.0 - sum(row)] for row in rows])
    return Setting(title, "change", np.array(weights), np.array(counts), shares)


def _compare(title: str, weights: list, counts: list, rows: list) -> Setting:
    shares = np.array([[*row, 0.1, 0.9 - sum(row)] for row in rows])[:, [0, 1, 3, 2]]
    return Setting(title, "compare", np.array(weights), np.array(counts), shares)


def _apart(title: str, apart: float, weights: list, counts: list, rows: list) -> Setting:
    shares = np.array([[*row, 1.0 - sum(row)] for row in rows])
    return Setting(title, "apart", np.array(weights), np.array(counts), shares, apart=apart)


_THREE = [0.5, 0.3, 0.2]
_USUAL = [[0.85, 0.0, 0.15], [0.0, 0.1, 0.0], [0.0, 0.05, 0.0]]
_RIGHT = [[0.97, 0.0, 0.03], [0.0, 0.04, 0.0], [0.0, 0.05, 0.0]]
_FOREST = [0.008, 0.03, 0.962]
_SIX = [
    [0.0, 0.0, 0.0],
    [0.1, 0.1, 0.05],
    [0.2, 0.1, 0.1],
    [0.5, 0.2, 0.1],
    [0.3, 0.1, 0.1],
    [0.8, 0.05, 0.1],
]
_SEEN = [[0.0, 0.002, 0.0], *_SIX[1:]]
_SIX_SIZES = [0.88, 0.04, 0.03, 0.02, 0.02, 0.01]
_TWELVE = [1 / 12] * 12
_OLD = [[0.01, 0.01, 0.01], [0.02, 0.01, 0.02], [0.05, 0.02, 0.02], [0.6, 0.1, 0.1]]


def make_settings() -> list[Setting | Windows]:
    """All settings; those of the independent check first."""
    rare = [[0.7, 0.0, 0.3], [0.0, 0.002, 0.0], [0.0, 0.0005, 0.0]]
    checked: list[Setting | Windows] = [
        _map("class of 0.5 %, 100 + 200 + 300", [0.006, 0.194, 0.8], [100, 200, 300], rare),
        _map("six strata, 88 % one, no omission there", _SIX_SIZES, [50] * 6, _SIX),
        _map("six strata, 88 % one, 0.2 % omitted there", _SIX_SIZES, [50] * 6, _SEEN),
        _map(
            "deforestation 0.8 %, buffer 3 %, no omission outside",
            _FOREST,
            [75, 75, 300],
            [[0.8, 0.0, 0.2], [0.0, 0.05, 0.0], [0.0, 0.0, 0.0]],
        ),
        _map("12 equal strata of 25, class of 0.4 %", _TWELVE, [25] * 12, [[0.002] * 3] * 12),
        _map("common class, 50 each", _THREE, [50] * 3, _USUAL),
        *(_map(f"overall 0.958, {n} each", _THREE, [n] * 3, _RIGHT) for n in (30, 50, 100)),
        _change(
            "loss 1 %, gain 0.08 %",
            [0.01, 0.03, 0.96],
            [75, 75, 300],
            [[0.7, 0.0], [0.05, 0.005], [0.0015, 0.0007]],
        ),
        _compare("1 % and 0.5 % discordant, 300", [1.0], [300], [[0.01, 0.005]]),
        _compare(
            "3 % and 1 % discordant, 2 strata of 75", [0.7, 0.3], [75] * 2, [[0.03, 0.01]] * 2
        ),
        *(Windows(f"{m} windows, class of 29 %", m, 0.29) for m in (10, 20, 40, 80)),
    ]
    more = [*_more_maps(), *_more_changes(), *_more_windows(), *_where_maps_differ()]
    return [*checked, *more, *_fresh_windows()]


def _more_maps() -> list[Setting | Windows]:
    settings: list[Setting | Windows] = [
        _map(
            "deforestation 0.8 %, buffer 3 %, 0.1 % omitted outside",
            _FOREST,
            [75, 75, 300],
            [[0.8, 0.0, 0.2], [0.0, 0.05, 0.0], [0.0, 0.001, 0.0]],
        )
    ]
    for n, omission in ((30, 0.02), (100, 0.005), (300, 0.002), (100, 0.0)):
        weights, rows = _of_class(0.05, omission)
        title = f"one stratum of 95 %, {omission:.1%} omitted, {n} each"
        settings.append(_map(title, weights, [n] * 2, rows))
    for n, share in ((20, 0.1), (50, 0.1), (200, 0.02), (600, 0.1)):
        rows = [[0.7 * share, 0.3 * share, 0.3 * share]]
        settings.append(_map(f"simple random, {n}, class of {share:.0%}", [1.0], [n], rows))
    half = [[0.8, 0.0, 0.2], [0.0, 0.2, 0.0]]
    old = [*_OLD, [0.1, 0.05, 0.05]]
    settings += [
        _map("two halves, 10 each", [0.5, 0.5], [10, 10], half),
        _map("two halves, 300 each", [0.5, 0.5], [300, 300], half),
        _map("four strata of 10", [0.4, 0.3, 0.2, 0.1], [10] * 4, [[0.3, 0.1, 0.05]] * 4),
        _map("12 strata of 10", _TWELVE, [10] * 12, [[0.2, 0.05, 0.05]] * 12),
        _map("12 strata of 50", _TWELVE, [50] * 12, [[0.2, 0.05, 0.05]] * 12),
        _map("older map, 5 strata of 100", [0.5, 0.3, 0.15, 0.04, 0.01], [100] * 5, old),
        _map("older map, class of 1 %", [0.01, 0.1, 0.89], [50, 50, 200], [_OLD[3], *_OLD[1::-1]]),
        _map("overall 0.99, 600", [0.6, 0.4], [300] * 2, [[0.99, 0.0, 0.01], [0.0, 0.01, 0.0]]),
        _map("overall 0.6, 60", [0.6, 0.4], [30] * 2, [[0.6, 0.0, 0.4], [0.0, 0.4, 0.0]]),
    ]
    for k in (5, 9, 15, 27):
        weights = [0.02, *([0.98 / (k - 1)] * (k - 1))]
        rows = [[0.75, 0.0, 0.25], *([[0.0, 0.005, 0.0]] * (k - 1))]
        title = f"{k} classes, {k} strata of 20, class of 2 %"
        settings.append(_map(title, weights, [20] * k, rows, classes=k))
    return settings


def _more_changes() -> list[Setting | Windows]:
    return [
        _change(
            "gain 0.05 %, 50 + 50 + 200",
            [0.001, 0.02, 0.979],
            [50, 50, 200],
            [[0.0, 0.4], [0.001, 0.003], [0.001, 0.00005]],
        ),
        _change("loss 5 %, gain 3 %, 400", [0.1, 0.9], [150, 250], [[0.4, 0.2], [0.011, 0.011]]),
        _change("loss 2 %, simple random, 500", [1.0], [500], [[0.02, 0.005]]),
        _compare("10 % and 6 % discordant, 60", [1.0], [60], [[0.1, 0.06]]),
        _compare("5 % and 5 % discordant, 600", [0.8, 0.2], [300] * 2, [[0.05, 0.05]] * 2),
        _compare(
            "0.5 % discordant in 90 %, 8 % in the rest, 200",
            [0.9, 0.1],
            [100] * 2,
            [[0.005, 0.0], [0.08, 0.04]],
        ),
    ]


def _more_windows() -> list[Setting | Windows]:
    return [
        Windows("25 windows of 9 to 400 pixels, class of 29 %", 25, 0.29, sizes=(9, 100, 400)),
        Windows("40 windows, class of 5 %", 40, 0.05),
        Windows("40 windows, class of 29 % in patches", 40, 0.29, patchiness=0.8),
        Windows("2 strata of 20 windows, class of 29 %", 40, 0.29, strata=2),
        Windows("100 windows of 25 pixels, class of 10 %", 100, 0.1, sizes=(25,)),
    ]


def _fresh_windows() -> list[Setting | Windows]:
    """Written after ``FEW_WINDOWS`` and the degrees of freedom of windows were fixed."""
    return [
        Windows(f"{FRESH}12 windows, class of 45 %", 12, 0.45, patchiness=0.2),
        Windows(f"{FRESH}16 windows, class of 12 %", 16, 0.12, patchiness=0.5, sizes=(36, 64)),
        Windows(f"{FRESH}30 windows of 16 to 256 pixels, class of 20 %", 30, 0.2, 0.4, (16, 256)),
        Windows(f"{FRESH}60 windows, class of 3 %", 60, 0.03, patchiness=0.2, sizes=(49, 81)),
        Windows(f"{FRESH}3 strata of 12 windows, class of 15 %", 36, 0.15, strata=3),
        Windows(f"{FRESH}150 windows of 9 pixels, class of 35 %", 150, 0.35, 0.6, (9,)),
    ]


def _where_maps_differ() -> list[Setting | Windows]:
    """The first is the population of "10 % and 6 % discordant, 60", which differs on 16 %."""
    return [
        _apart("where two maps differ (16 %), 60", 0.16, [1.0], [60], [[10 / 16, 6 / 16]]),
        _apart("where two maps differ (5 %), 30, one nearly always right", 0.05, [1.0], [30],
               [[0.9, 0.05]]),
        _apart("where two maps differ (10 %), 200, as good", 0.1, [1.0], [200], [[0.4, 0.4]]),
        _apart("where two maps differ (10 %), 2 strata of 40", 0.1, [0.8, 0.2], [40, 40],
               [[0.5, 0.3], [0.2, 0.7]]),
    ]  # fmt: skip
