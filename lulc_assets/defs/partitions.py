"""Partitions and the mappings between them.

What belongs here: tile × year and region × year, their keys and dependencies. What does
not: which tiles a project maps (the project file).
"""

import dagster as dg

from lulc_assets.core.grid import validate_tile, validate_year
from lulc_assets.project import Project

TILE, REGION = "tile", "region"
tiles = dg.DynamicPartitionsDefinition(name=TILE)
regions = dg.DynamicPartitionsDefinition(name=REGION)
years = dg.TimeWindowPartitionsDefinition(
    start="2015", fmt="%Y", cron_schedule="0 0 1 1 *", end_offset=1
)
tile_years = dg.MultiPartitionsDefinition({TILE: tiles, "year": years})
region_years = dg.MultiPartitionsDefinition({REGION: regions, "year": years})

_ADDED_AT_ONCE = 5_000
"""Postgres fails past 32,767 keys in one call."""


def _same_year(other: str, own: str) -> dg.MultiPartitionMapping:
    """All keys of the other dimension in the same year.

    Which tiles a region has is in the project file, which loading must not read; the step
    takes its own tiles among them.
    """
    every = dg.DimensionPartitionMapping(own, dg.AllPartitionMapping())
    year = dg.DimensionPartitionMapping("year", dg.IdentityPartitionMapping())
    return dg.MultiPartitionMapping({other: every, "year": year})


region_from_tiles = _same_year(TILE, REGION)
tile_from_regions = _same_year(REGION, TILE)
everything = dg.AllPartitionMapping()


def tile_year_of(key: str) -> tuple[str, int]:
    """Tile and year of a partition key ``33TVM|2023``, validated.

    Raises:
        InvalidTileKey, InvalidYear: Dagster itself accepts any text as a dynamic partition.
    """
    tile, _, year = key.partition("|")
    return validate_tile(tile), validate_year(year)


def region_year_of(key: str) -> tuple[str, int]:
    """Region and year of a partition key ``demo|2023``; the project knows the regions."""
    region, _, year = key.rpartition("|")
    return region, validate_year(year)


def partition_key(first: str, year: int | str) -> str:
    """The key of a tile or region and a year."""
    return f"{first}|{year}"


def add_keys(instance: dg.DagsterInstance, dimension: str, keys: list[str]) -> None:
    """Register tiles or regions; tiles are validated first."""
    if dimension == TILE:
        for key in keys:
            validate_tile(key)
    for start in range(0, len(keys), _ADDED_AT_ONCE):
        instance.add_dynamic_partitions(dimension, keys[start : start + _ADDED_AT_ONCE])


def register_partitions(instance: dg.DagsterInstance, project: Project) -> None:
    """Register a project's tiles and regions; those that are known already stay."""
    add_keys(instance, TILE, list(project.tiles))
    add_keys(instance, REGION, list(project.regions))
