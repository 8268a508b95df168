"""``lulc weights``: the class weights of the vote.

What belongs here: arguments and printing. What does not: the choice (``steps/weights``).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lulc_assets.commands.running import PoliteGroup, plain_console, print_json

if TYPE_CHECKING:
    from lulc_assets.core.legend import Legend
    from lulc_assets.steps.weights import FittedWeights

app = typer.Typer(
    cls=PoliteGroup, no_args_is_help=True, help="Class weights of the vote over a year's scenes."
)


@app.callback()
def weights() -> None:
    """Class weights of the vote over a year's scenes."""


@app.command()
def fit(
    project: Annotated[
        Path, typer.Option(envvar="LULC_PROJECT", help="The project file (TOML).")
    ] = Path("project.toml"),
    map: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="TILE/YEAR whose gold labels and sums are used, like 33TVM/2023; repeat it. "
            "None: all training partitions that have an annual map.",
        ),
    ] = None,
    by_season: Annotated[
        bool, typer.Option("--by-season", help="Weights for each season of the project.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Choose class weights on the gold labels, without reading a scene.

    The annual maps keep the votes of each pixel by class, so other weights are tried in
    seconds. Weights are pulled towards the defaults, and judged on gold windows that were left
    out: if no other weights hold up there, the defaults are kept. Nothing is
    changed: copy the printed lines into the project file and make the maps again, which reads
    no scene either.

    Example: lulc weights fit --project project.toml --map 33TVM/2023
    """
    from lulc_assets.core.errors import InvalidProject  # keeps --help quick
    from lulc_assets.core.tile_keys import validate_tile, validate_year
    from lulc_assets.project import load_project
    from lulc_assets.steps.weights import fit_project_weights
    from lulc_assets.steps.workbench import Workbench

    partitions = []
    for text in map or []:
        tile, slash, year = text.partition("/")
        if not slash:
            raise InvalidProject(f"--map {text!r}: write TILE/YEAR, like 33TVM/2023")
        partitions.append((validate_tile(tile), validate_year(year)))
    found = load_project(project)
    fitted = fit_project_weights(Workbench.of(found), partitions, by_season=by_season)
    if as_json:
        print_json(_as_dict(fitted, found.legend()))
    else:
        _print(fitted, found.legend())


def _as_dict(fitted: "FittedWeights", legend: "Legend") -> dict[str, Any]:
    names = [land.name for land in legend.land]
    tables = (fitted.reference, fitted.fit.weights)
    before, after = (
        {g: dict(zip(names, map(int, row), strict=True))
         for g, row in zip(fitted.groups, table, strict=True)}
        for table in tables
    )  # fmt: skip
    one = fitted.fit
    return {
        "maps": [f"{tile}/{year}" for tile, year in fitted.partitions],
        "gold_pixels": one.pixels,
        "gold_windows": one.windows,
        "keeps_defaults": one.keeps_reference,
        "default_weights_256": before,
        "weights_256": after,
        "agreement_default": one.reference_agreement,
        "agreement": one.agreement,
        "left_out_agreement_default": one.reference_cross_validated,
        "left_out_agreement": one.cross_validated,
        "map_changed_share": fitted.changed_share,
    }


def _print(fitted: "FittedWeights", legend: "Legend") -> None:
    from rich.table import Table

    found, console = _as_dict(fitted, legend), plain_console()
    table = Table(
        title=f"{found['gold_pixels']:,} gold pixels in {found['gold_windows']} windows",
        title_justify="left",
    )
    for title in ("", "default", "fitted"):
        table.add_column(title, justify="right" if title else "left")
    for name, label in (
        ("agreement", "agreement on all gold pixels"),
        ("left_out_agreement", "agreement on windows left out (mean)"),
    ):
        table.add_row(label, f"{found[f'{name}_default']:.1%}", f"{found[name]:.1%}")
    for group, weights in found["weights_256"].items():
        for name, weight in weights.items():
            default = found["default_weights_256"][group][name]
            if weight != default:
                table.add_row(f"weight of {name}, {group}", f"{default}/256", f"{weight}/256")
    console.print(table)
    console.print(
        f"Against the project's present weights, {found['map_changed_share']:.2%} of the mapped "
        "pixels would change their class.", highlight=False,
    )  # fmt: skip
    if found["keeps_defaults"]:
        console.print("No weights hold better on windows left out: keep the defaults.")
    typer.echo(_as_toml(found))


def _as_toml(found: dict[str, Any]) -> str:
    lines = []
    for group, weights in found["weights_256"].items():
        section = "weights_256" if group == "year" else f"season_weights_256.{group}"
        lines.append(f"[composite.{section}]")
        lines += [f"{name} = {weight}" for name, weight in weights.items() if weight != 256]
    return "\n".join(lines)
