"""``lulc sample design``: how many units, and where.

What belongs here: arguments and printing. What does not: allocations (``core/sampling``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lulc_assets.commands.maps import MAP_HELP, PURPOSE_HELP, Purpose, open_maps
from lulc_assets.commands.running import print_json
from lulc_assets.commands.sample_tables import plan_as_json, print_plans

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lulc_assets.core.sampling.anticipation import Anticipation
    from lulc_assets.core.sampling.map_file import MapFile

Maps = Annotated[list[str], typer.Option("--map", help=MAP_HELP)]
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
    map: Maps,
    target: Targets = None,
    users: Users = None,
    units: Annotated[int | None, typer.Option(help="Units in all, instead of a target.")] = None,
    least: Annotated[int, typer.Option(help="Units of every class at least.")] = 20,
    minutes: Annotated[float, typer.Option(help="Minutes to interpret a unit once.")] = 3.0,
    interpreters: Annotated[int, typer.Option(help="Interpreters a unit.")] = 2,
    format: Annotated[str, typer.Option(help="table or json.")] = "table",
    purpose: Annotated[Purpose, typer.Option("--for", help=PURPOSE_HELP)] = Purpose.map,
) -> None:
    """Allocations of units to map classes, with the errors and hours to expect.

    Example: lulc sample design --map map.tif --target overall=0.02 --target area:crops=10%

    For change: lulc sample design --for change --map change_2023 --target area:change=15%
    """
    from lulc_assets.core.sampling.allocation import RULES, allocate
    from lulc_assets.core.sampling.anticipation import parse_target

    expected, pixels = _anticipate(open_maps(map, purpose), users or [], purpose)
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
