"""Partitions and the mappings between them.

What belongs here: tile × year and region × year as Dagster knows them, registering their keys,
and each reach of a declaration as a partition mapping. What does not: which tiles a project
maps (the project file), what a key is (``core/store/keys``).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from lulc_assets.core.store.keys import Key, RegionYear, TileYear, Whole
from lulc_assets.core.tile_keys import FIRST_YEAR, validate_tile
from lulc_assets.defs.of_project import years
from lulc_assets.project import Project
from lulc_assets.project.checks import require_section
from lulc_assets.project.years import ProjectYears
from lulc_assets.steps.product import Input, Product, Reach

TILE, REGION, YEAR = "tile", "region", "year"
tiles = dg.DynamicPartitionsDefinition(name=TILE)
regions = dg.DynamicPartitionsDefinition(name=REGION)

_ADDED_AT_ONCE = 5_000
"""Postgres fails past 32,767 keys in one call."""


def years_of(project: ProjectYears | None) -> dg.TimeWindowPartitionsDefinition:
    """The years of a project as a dimension of partitions; None: all since 2015.

    A year that begins while the code location is loaded is a partition from then on, if the
    project is running. Across years that a project leaves out Dagster takes the year listed before
    for the former one; steps open the calendar year before, or none.
    """
    first = FIRST_YEAR if project is None else project.listed[0]
    closed = project is not None and not project.running
    gaps = () if project is None else project.left_out
    return dg.TimeWindowPartitionsDefinition(
        start=str(first),
        end=str(project.listed[-1] + 1) if project and closed else None,
        fmt="%Y",
        cron_schedule="0 0 1 1 *",
        end_offset=1,
        exclusions=[datetime(year, 1, 1, tzinfo=UTC) for year in gaps] or None,
    )


def tile_years(project: ProjectYears | None = None) -> dg.MultiPartitionsDefinition:
    """Registered tiles × the years of a project."""
    return dg.MultiPartitionsDefinition({TILE: tiles, YEAR: years_of(project)})


def region_years(project: ProjectYears | None = None) -> dg.MultiPartitionsDefinition:
    """Registered regions × the years of a project."""
    return dg.MultiPartitionsDefinition({REGION: regions, YEAR: years_of(project)})


_PARTITIONS: Mapping[
    type[Any], Callable[[ProjectYears | None], dg.MultiPartitionsDefinition | None]
] = {
    TileYear: tile_years,
    RegionYear: region_years,
    Whole: lambda _: None,
}


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
    """The partitions of an asset: in the years of the project that LULC_PROJECT names."""
    return _PARTITIONS[product.key](years())


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


def require_own_key(project: Project, key: Key) -> None:
    """Refuse a key that is not the project's: it left while a run waited, or never was.

    Raises:
        InvalidProject: names tile, region or year; the message says what to do.
    """
    if isinstance(key, TileYear):
        require_section(project.name, "tiles", key.tile, project.tiles)
    elif isinstance(key, RegionYear):
        require_section(project.name, "regions", key.region, project.regions)
    else:
        return
    project.all_years().require(key.year)


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
