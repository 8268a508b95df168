"""Partitions and the mappings between them.

What belongs here: tile × year and region × year as Dagster knows them, registering their keys,
and each reach of a declaration as a partition mapping. What does not: which tiles a project
maps (the project file), what a key is (``core/store/keys``).
"""

from typing import Any

import dagster as dg

from lulc_assets.core.store.keys import Key, RegionYear, TileYear, Whole
from lulc_assets.core.tile_keys import validate_tile
from lulc_assets.project import Project
from lulc_assets.steps.product import Input, Product, Reach

TILE, REGION, YEAR = "tile", "region", "year"
tiles = dg.DynamicPartitionsDefinition(name=TILE)
regions = dg.DynamicPartitionsDefinition(name=REGION)
years = dg.TimeWindowPartitionsDefinition(
    start="2015", fmt="%Y", cron_schedule="0 0 1 1 *", end_offset=1
)
tile_years = dg.MultiPartitionsDefinition({TILE: tiles, YEAR: years})
region_years = dg.MultiPartitionsDefinition({REGION: regions, YEAR: years})

_PARTITIONS: dict[type[Any], dg.MultiPartitionsDefinition | None] = {
    TileYear: tile_years,
    RegionYear: region_years,
    Whole: None,
}

_ADDED_AT_ONCE = 5_000
"""Postgres fails past 32,767 keys in one call."""


def _years_apart(first: int, last: int) -> dg.MultiPartitionMapping:
    """The same tile in the years from one offset to another."""
    span = dg.TimeWindowPartitionMapping(
        start_offset=first, end_offset=last, allow_nonexistent_upstream_partitions=True
    )
    return dg.MultiPartitionMapping(
        {
            TILE: dg.DimensionPartitionMapping(TILE, dg.IdentityPartitionMapping()),
            YEAR: dg.DimensionPartitionMapping(YEAR, span),
        }
    )


_YEARS = {
    Reach.WITH_FORMER_YEAR: _years_apart(-1, 0),
    Reach.FORMER_YEAR: _years_apart(-1, -1),
}


def _same_year(other: str, own: str) -> dg.MultiPartitionMapping:
    """All keys of the other dimension in the same year.

    Which tiles a region has is in the project file, which loading must not read; the step
    takes its own tiles among them.
    """
    every = dg.DimensionPartitionMapping(own, dg.AllPartitionMapping())
    year = dg.DimensionPartitionMapping(YEAR, dg.IdentityPartitionMapping())
    return dg.MultiPartitionMapping({other: every, YEAR: year})


def partitions_of(product: Product[Any, Any]) -> dg.MultiPartitionsDefinition | None:
    """The partitions of an asset."""
    return _PARTITIONS[product.key]


def dependency(product: Product[Any, Any], given: Input) -> dg.AssetDep:
    """A declared input as Dagster's dependency."""
    return dg.AssetDep(given.product.asset, partition_mapping=_mapping(product, given))


def _mapping(product: Product[Any, Any], given: Input) -> dg.PartitionMapping | None:
    other: type[Any] = given.product.key
    if given.reach is Reach.SAME or other is Whole:
        return None  # Dagster's own default: the same key, or the only one
    if given.reach is Reach.EVERY:
        return dg.AllPartitionMapping()
    if given.reach in _YEARS:
        return _YEARS[given.reach]
    return _same_year(other.dimensions[0], product.key.dimensions[0])


def key_of(product: Product[Any, Any], context: Any) -> Key:
    """The key that a run is about, validated.

    Args:
        product: whose key.
        context: of an asset, an op or a check.

    Raises:
        InvalidTileKey, InvalidYear, InvalidProject: Dagster itself accepts any text as a
            dynamic partition.
    """
    if not product.key.dimensions:
        return Whole()
    return key_of_partition(product, context.partition_key)


def key_of_partition(product: Product[Any, Any], partition: str) -> Key:
    """The key of a partition; raises as :func:`key_of`."""
    kind: type[Key] = product.key
    found = getattr(partition, "keys_by_dimension", None)
    if found is None or set(found) != set(kind.dimensions):  # of another kind: refused by name
        return kind.of_partition(partition)
    return kind.of_partition("|".join(found[name] for name in kind.dimensions))


def add_keys(instance: dg.DagsterInstance, dimension: str, keys: list[str]) -> None:
    """Register tiles or regions; tiles are validated first."""
    if dimension == TILE:
        for key in keys:
            validate_tile(key)
    for start in range(0, len(keys), _ADDED_AT_ONCE):
        instance.add_dynamic_partitions(dimension, keys[start : start + _ADDED_AT_ONCE])


def registered_tiles(instance: dg.DagsterInstance, project: Project) -> list[str]:
    """Registered tiles that the project has, in order.

    Others, such as a key that somebody added by hand, are not asked for.
    """
    return sorted(t for t in instance.get_dynamic_partitions(TILE) if t in project.tiles)


def register_partitions(instance: dg.DagsterInstance, project: Project) -> None:
    """Register a project's tiles and regions; those that are known already stay."""
    add_keys(instance, TILE, list(project.tiles))
    add_keys(instance, REGION, list(project.regions))
