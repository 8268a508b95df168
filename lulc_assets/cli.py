"""``lulc``, the command line: one subcommand a noun, found under ``lulc_assets.commands``.

What belongs here: putting the commands together. What does not: any command.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from lulc_assets.commands import (
    accuracy,
    alerts,
    areas,
    backfill,
    catalog,
    change,
    check,
    demo,
    export,
    init,
    instance,
    labels,
    map_area,
    metrics,
    model,
    open_pages,
    pages,
    patches,
    quote,
    run,
    sample,
    scenes,
    serve,
    simulate,
    store,
    tiles,
    trace,
    weights,
)
from lulc_assets.commands.running import PoliteGroup

app = typer.Typer(
    cls=PoliteGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(version("lulc-assets"))
        raise typer.Exit


_VERSION = typer.Option(
    "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
)


@app.callback()
def lulc(version: Annotated[bool, _VERSION] = False) -> None:
    """Yearly 10 m land-cover maps from Sentinel-2, with their accuracy and areas."""


app.command()(init.init)
app.command()(check.check)
app.command()(run.run)
app.command("open")(open_pages.open_pages)
app.command()(export.export)
app.command("map")(map_area.map_command)
app.command()(demo.demo)
app.command()(demo.demo_real)
app.command()(demo.ui)
app.add_typer(tiles.app, name="tiles")
app.add_typer(scenes.app, name="scenes")
app.add_typer(labels.app, name="labels")
app.add_typer(model.app, name="model", short_help="Candidates and promoted models.")
app.add_typer(patches.app, name="patches", short_help="Classifiers of whole patches.")
app.add_typer(sample.app, name="sample")
app.add_typer(accuracy.app, name="accuracy")
app.add_typer(areas.app, name="areas")
app.add_typer(change.app, name="change")
app.add_typer(alerts.app, name="alerts")
app.add_typer(weights.app, name="weights")
app.add_typer(pages.app, name="pages")
app.add_typer(catalog.app, name="catalog")
app.add_typer(store.app, name="store")
app.command()(serve.serve)
app.add_typer(instance.app, name="instance")
app.command()(trace.trace)
app.command()(quote.quote)
app.command()(backfill.backfill)
app.command()(metrics.metrics)
app.add_typer(simulate.app)
