"""``lulc sample design``: how many units, and where.

What belongs here: arguments and printing. What does not: allocations (``core/sampling``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lulc_assets.commands.maps import (
    MAP_HELP,
    PURPOSE_HELP,
    LegendName,
    Purpose,
    find_named_legend,
    open_maps,
)
from lulc_assets.commands.running import print_json
from lulc_assets.commands.sample_tables import plan_as_json, print_plans

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lulc_assets.core.sampling.anticipation import Anticipation
    from lulc_assets.core.sampling.map_file import MapFile

FrameMaps = Annotated[list[str] | None, typer.Option("--map", help=MAP_HELP)]
Strata = Annotated[
    list[str] | None,
    typer.Option(
        "--strata",
        help="Strata raster (whole numbers from 1, 0 = outside) as the frame in place of --map: "
        "mapped change with a buffer, an older map, anything.",
    ),
]
StrataNames = Annotated[
    str, typer.Option(help="Names of the strata: 1=loss,2=buffer,3=rest, or a legend file.")
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        help="Standard error to reach: overall=0.01, users:crops=0.03, producers:crops=0.05, "
        "area:crops=500 (hectares) or area:crops=5% (of the estimate). Repeat for more.",
    ),
]
Users = Annotated[
    list[str] | None,
    typer.Option(
        "--users",
        help="Expected user's accuracy: 0.8 for all classes, or crops=0.7 for one. Repeat.",
    ),
]


def design(
    map: FrameMaps = None,
    target: Targets = None,
    users: Users = None,
    units: Annotated[int | None, typer.Option(help="Units in all, instead of a target.")] = None,
    strata: Strata = None,
    strata_names: StrataNames = "",
    expect: Annotated[
        list[str] | None,
        typer.Option(
            help="With --strata: share of a stratum that shows the event: loss=0.8 for the mapped "
            "one, buffer=0.05 and rest=0.001 for what the map omits. One for every stratum."
        ),
    ] = None,
    legend: LegendName = "",
    least: Annotated[int, typer.Option(help="At least this many units of every class.")] = 20,
    minutes: Annotated[float, typer.Option(help="Minutes to interpret a unit once.")] = 3.0,
    interpreters: Annotated[int, typer.Option(help="Interpreters per unit.")] = 2,
    format: Annotated[str, typer.Option(help="table or json.")] = "table",
    purpose: Annotated[Purpose, typer.Option("--for", help=PURPOSE_HELP)] = Purpose.map,
) -> None:
    """Allocations of units to map classes, with the errors and hours to expect.

    Example: lulc sample design --map map.tif --target overall=0.02 --target area:crops=10%

    For change: lulc sample design --for change --map change_2023 --target area:change=15%
    """
    if strata:
        _design_for_event(strata, strata_names, expect or [], units, least, format)
        return
    from lulc_assets.core.sampling.allocation import RULES, allocate
    from lulc_assets.core.sampling.anticipation import parse_target

    maps = open_frame(map, None, "", legend, purpose)
    expected, pixels = _anticipate(maps, users or [], purpose)
    targets = [parse_target(text, expected.names) for text in target or []]
    plans = [
        allocate(rule, expected, targets, units=units, least=least, most=pixels) for rule in RULES
    ]
    hours = [float(p.units.sum()) * minutes * interpreters / 60 for p in plans]
    if format == "json":
        rows = [plan_as_json(p, expected, h) for p, h in zip(plans, hours, strict=True)]
        print_json(rows)
        return
    print_plans(plans, hours, expected, targets)
    optimal = plans[-1]
    thin = [n for n, m in zip(expected.names, optimal.omission_units, strict=True) if m < 20]
    if thin:
        typer.echo(
            f"With the optimal allocation fewer than 20 effective units would show an omission of "
            f"{', '.join(thin)}: expect wide, lopsided intervals of their areas."
        )


def _anticipate(
    maps: "Sequence[MapFile]", users: Sequence[str], purpose: Purpose
) -> tuple["Anticipation", "npt.NDArray[np.int64]"]:
    """The expected matrix and the pixels of the maps' classes; user's accuracy 0.8 by default.

    Of strata of change ``users`` says how much of each really changed.
    """
    from lulc_assets.core.change.strata import EXPECTED_CHANGED, anticipate_change
    from lulc_assets.core.errors import InvalidSample
    from lulc_assets.core.sampling.anticipation import anticipate
    from lulc_assets.core.sampling.map_file import count_classes

    mapped = count_classes(maps)
    shown = mapped.hectares[1:]
    land = maps[0].legend.land
    names = [c.name for c, area in zip(land, shown, strict=True) if area > 0]
    if not names:
        raise InvalidSample("the map shows no class; there is nothing to sample")
    expected = dict.fromkeys(names, 0.8)
    if purpose is Purpose.change:
        expected = {name: EXPECTED_CHANGED[name] for name in names}
    for text in users:
        name, _, number = text.rpartition("=")
        try:
            share = float(number)
        except ValueError:
            raise InvalidSample(f"--users {text!r}: write 0.8 or crops=0.7") from None
        if name and name not in expected:
            raise InvalidSample(f"--users {text!r}: the map shows {', '.join(names)}")
        expected.update({name: share} if name else dict.fromkeys(names, share))
    look_ahead = anticipate_change if purpose is Purpose.change else anticipate
    return look_ahead(names, shown[shown > 0], expected), mapped.pixels[1:][shown > 0]


def open_frame(
    maps: "Sequence[str] | None",
    strata: "Sequence[str] | None",
    names: str,
    legend: str,
    purpose: Purpose = Purpose.map,
) -> "list[MapFile]":
    """The rasters that a sample is drawn from: class maps, or strata with their names.

    Raises:
        InvalidSample: neither or both are given, or strata without names.
    """
    from lulc_assets.core.errors import InvalidSample
    from lulc_assets.core.sampling.strata_maps import open_strata

    if bool(maps) == bool(strata):
        raise InvalidSample("give either --map, or --strata with --strata-names")
    if not strata:
        return open_maps(maps or [], purpose, find_named_legend(legend))
    if not names:
        raise InvalidSample("--strata needs --strata-names, such as 1=loss,2=buffer,3=rest")
    return open_strata(strata, names)


def read_units(texts: Sequence[str]) -> dict[str, int]:
    """Numbers by class or stratum, from texts like ``crops=100``.

    Raises:
        InvalidSample: a text of another form, or a name twice.
    """
    from lulc_assets.core.errors import InvalidSample

    units: dict[str, int] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        if not name or not (number.isascii() and number.isdecimal()) or name in units:
            raise InvalidSample(
                f"--units {text!r}: write a class and a number, like crops=100, each class once"
            )
        units[name] = int(number)
    return units


def _design_for_event(
    strata: Sequence[str],
    names: str,
    expect: Sequence[str],
    units: int | None,
    least: int,
    format: str,
) -> None:
    """Print the allocation for the area of an event to strata."""
    from lulc_assets.core.errors import InvalidSample
    from lulc_assets.core.sampling.event_allocation import allocate_event
    from lulc_assets.core.sampling.map_file import count_classes

    maps = open_frame(None, strata, names, "")
    shown = count_classes(maps).hectares[1:]
    areas = {
        c.name: float(area) for c, area in zip(maps[0].legend.land, shown, strict=True) if area > 0
    }
    rates = {}
    for text in expect:
        name, _, share = text.rpartition("=")
        try:
            rates[name] = float(share)
        except ValueError:
            raise InvalidSample(f"--expect {text!r}: write loss=0.8, a share of 0 to 1") from None
    if units is None:
        raise InvalidSample("give --units, the number of units in all")
    plan = allocate_event(areas, rates, units, least=least)
    if format == "json":
        print_json({"units": plan.units, "area_ha": plan.area_ha, "se_ha": plan.se_ha})
        return
    for name, n in plan.units.items():
        typer.echo(f"{name} ({areas[name]:,.0f} ha, {rates[name]:.2%} expected): {n} units")
    typer.echo(f"Expected area {plan.area_ha:,.1f} ha, standard error {plan.se_ha:,.1f} ha")
