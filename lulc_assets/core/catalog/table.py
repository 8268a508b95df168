"""The table of candidate scenes: its columns, and its file.

What belongs here: schema, rows → table, GeoParquet in and out. What does not: what is
selected and why (``selection``).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pandera.errors
import pandera.pandas as pa
import pyarrow
import pyarrow.parquet as pq

from lulc_assets.core.catalog.search import RejectedItem
from lulc_assets.core.errors import NoReadableScenes, ProductCorrupt, ScenesUnreachable

CANDIDATES_SCHEMA = pa.DataFrameSchema(
    {
        "scene_id": pa.Column(str, unique=True),
        "datetime": pa.Column("datetime64[us, UTC]", nullable=True),
        "provider": pa.Column(str),
        "baseline": pa.Column(str),
        "level": pa.Column(str, pa.Check.isin(["L1C", "L2A", ""])),
        "offset": pa.Column(str, pa.Check.isin(["proven", "unproven", ""])),
        "cloud_cover_pct": pa.Column(float, pa.Check.in_range(0, 100), nullable=True),
        "clear_pct": pa.Column(float, pa.Check.in_range(0, 100), nullable=True),
        "nodata_pct": pa.Column(float, pa.Check.in_range(0, 100), nullable=True),
        "quarter": pa.Column("Int64", pa.Check.in_range(1, 4), nullable=True),
        "selected": pa.Column(bool),
        "reason": pa.Column(str, pa.Check.str_length(min_value=1)),
        "order": pa.Column("Int64", pa.Check.ge(1), nullable=True),
        "recipe_json": pa.Column(str),
        "geometry": pa.Column("geometry", nullable=True),
    },
    checks=[
        pa.Check(
            lambda table: table["selected"] == table["order"].notna(),
            error="selected scenes, and only they, have an order",
        ),
        pa.Check(lambda table: table["order"].dropna().is_unique, error="no order is given twice"),
        pa.Check(
            lambda table: ~table["selected"] | (table["recipe_json"] != ""),
            error="selected scenes have a recipe",
        ),
    ],
    strict=True,
    ordered=True,
)
"""One row per candidate, rejected ones too; geometry in EPSG:4326. Percentages are of the
area of interest except ``cloud_cover_pct``, which is the provider's and of the product.
``offset``: whether the pixels show the offset that the metadata state; empty where they were not
asked."""

REFUSED, UNREACHABLE = "refused: ", "unreachable: "
"""What the reasons of scenes begin with that were judged and found wanting, and of those that
could not be asked."""


def rejected_row(item: RejectedItem) -> dict[str, Any]:
    """The row of an item that never became a recipe."""
    return {
        "scene_id": item.id,
        "datetime": item.sensed_at,
        "provider": "",
        "baseline": "",
        "level": "",
        "offset": "",
        "cloud_cover_pct": None,
        "clear_pct": None,
        "nodata_pct": None,
        "quarter": (item.sensed_at.month - 1) // 3 + 1 if item.sensed_at else None,
        "selected": False,
        "reason": f"{REFUSED}{item.reason}",
        "order": None,
        "recipe_json": "",
        "geometry": None,
    }


def make_table(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Rows, with the columns of ``CANDIDATES_SCHEMA``, as a table by datetime then id."""
    frame = pd.DataFrame(rows, columns=list(CANDIDATES_SCHEMA.columns))
    moments = pd.to_datetime(frame["datetime"], utc=True)
    table = frame.assign(
        datetime=moments.astype("datetime64[us, UTC]"),
        cloud_cover_pct=frame["cloud_cover_pct"].astype(float),
        clear_pct=frame["clear_pct"].astype(float),
        nodata_pct=frame["nodata_pct"].astype(float),
        quarter=frame["quarter"].astype("Int64"),
        selected=frame["selected"].astype(bool),
        order=frame["order"].astype("Int64"),
    )
    table = table.sort_values(["datetime", "scene_id"], na_position="last", ignore_index=True)
    result = gpd.GeoDataFrame(table, geometry="geometry", crs="EPSG:4326")
    CANDIDATES_SCHEMA.validate(pd.DataFrame(result))
    return result


def require_judged(table: gpd.GeoDataFrame, where: str) -> None:
    """Refuse a table from which no map may be made, because nobody looked.

    A year without a clear scene is a finding; an outage, or candidates none of which can be
    read, are not.

    Args:
        table: columns of ``CANDIDATES_SCHEMA``.
        where: tile and year, for messages.

    Raises:
        ScenesUnreachable: a candidate could not be asked.
        NoReadableScenes: there are candidates, and each that could have been used was refused.
    """
    silent = table[table["reason"].str.startswith(UNREACHABLE)]
    if len(silent):
        raise ScenesUnreachable(
            f"{where}: {len(silent)} of {len(table)} candidates could not be asked, so nothing is "
            f"said of the year and nothing was changed; {silent['reason'].iloc[0]}. Run it again "
            "when the place answers"
        )
    refused = table[table["reason"].str.startswith(REFUSED)]
    looked_at = table["clear_pct"].notna()
    usable = table["selected"].any() or (looked_at & ~table.index.isin(refused.index)).any()
    if len(refused) and not usable:
        kinds = refused["reason"].str.split(":").str[1].str.strip().value_counts()
        counted = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
        raise NoReadableScenes(
            f"{where}: none of {len(table)} candidates can be used ({counted}); the first: "
            f"{refused['scene_id'].iloc[0]}: {refused['reason'].iloc[0]}"
        )


def write_candidates(path: Path, table: gpd.GeoDataFrame) -> Path:
    """Write the table as GeoParquet; the same table gives the same bytes."""
    CANDIDATES_SCHEMA.validate(pd.DataFrame(table))
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(path, index=False, compression="zstd")
    return path


def read_candidates(path: Path) -> gpd.GeoDataFrame:
    """Read what :func:`write_candidates` wrote.

    Raises:
        ProductCorrupt: the file is missing, damaged, or another table.
    """
    try:
        table = gpd.read_parquet(path)
        if "offset" not in table.columns:  # written before there was this column
            table.insert(table.columns.get_loc("level") + 1, "offset", "")
        CANDIDATES_SCHEMA.validate(pd.DataFrame(table))
    except (OSError, ValueError, pyarrow.ArrowException, pandera.errors.SchemaError) as error:
        raise ProductCorrupt(f"{path} is not a table of candidate scenes: {error}") from error
    return table


def read_candidate_columns(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of what :func:`write_candidates` wrote, without checking its rows again.

    Args:
        path: of the table.
        columns: of ``CANDIDATES_SCHEMA``, no geometry; a column that there was not yet is empty.

    Raises:
        ProductCorrupt: the file is missing, damaged, or another table.
    """
    try:
        file = pq.ParquetFile(path)
        there = [name for name in columns if name in file.schema_arrow.names]
        table = file.read(columns=there).to_pandas(ignore_metadata=True)
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise ProductCorrupt(f"{path} is not a table of candidate scenes: {error}") from error
    missing = set(columns) - set(there)
    if missing - {"offset"}:
        raise ProductCorrupt(
            f"{path} is not a table of candidate scenes: it has no {', '.join(sorted(missing))}"
        )
    return table.assign(**dict.fromkeys(missing, ""))[list(columns)]
