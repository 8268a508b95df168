"""Candidate scenes as ``lulc scenes search`` prints them.

What belongs here: the table and the JSON. What does not: what is selected and why.
"""

import json
import math
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import geopandas as gpd

_WIDE = 200
"""Columns of the table where the output is not a terminal."""


def print_table(table: "gpd.GeoDataFrame", title: str) -> None:
    """Print candidates as a table; those that are not selected dimmed."""
    import pandas as pd
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    selected = int(table["selected"].sum())
    view = Table(title=f"{title}: {selected} of {len(table)} scenes selected", title_justify="left")
    numeric = ("cloud %", "clear %", "no data %", "order")
    for name in ("date", "scene", "baseline", "offset", *numeric, "reason"):
        view.add_column(name, justify="right" if name in numeric else "left", overflow="fold")
    for row in table.itertuples():
        date = f"{row.datetime:%Y-%m-%d}" if pd.notna(row.datetime) else "?"
        numbers = [_number(row.cloud_cover_pct), _number(row.clear_pct), _number(row.nodata_pct)]
        order = str(row.order) if row.selected else ""
        cells = [date, row.scene_id, row.baseline, row.offset, *numbers, order, row.reason]
        # Reasons hold other people's text: never markup.
        view.add_row(*(Text(cell) for cell in cells), style="bold" if row.selected else "dim")
    console.print(view)


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.1f}"


def print_json(table: "gpd.GeoDataFrame") -> None:
    """Print candidates with their recipes as JSON."""
    import pandas as pd

    columns = [name for name in table.columns if name not in ("geometry", "recipe_json")]
    frame = pd.DataFrame(table[columns])
    rows = json.loads(frame.to_json(orient="records", date_format="iso"))
    for row, text in zip(rows, table["recipe_json"], strict=True):
        row["recipe"] = json.loads(text) if text else None
    typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
