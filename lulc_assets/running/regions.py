"""Splitting more tiles than one Dagster instance should have into regions that have fewer keys.

What belongs here: which tile goes into which region. What does not: which tiles an area has
(``core/aoi``), what a region is in accuracy (``[regions]`` of a project: another word for areas
that are reported on together).

Dagster advises at most 100,000 partition keys an asset, and the product of both dimensions counts.
Names of assets and of dynamic partitions are those of an instance, so that each region has an
instance (a database) and a project file of its own, with the same package.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from lulc_assets.core.errors import InvalidProject

MOST_KEYS = 100_000


@dataclass(frozen=True)
class TileGroup:
    """Tiles of one region.

    Attributes:
        name: of its UTM zones, such as ``zones-31-33``, with a number where several share them.
        tiles: in order of zone, band and square.
        keys: tiles × years.
    """

    name: str
    tiles: tuple[str, ...]
    keys: int


def split_tiles(tiles: Sequence[str], years: int, most_keys: int = MOST_KEYS) -> list[TileGroup]:
    """The fewest groups of like size, each of neighbouring zones.

    Args:
        tiles: MGRS squares; order and repetition do not matter.
        years: of the project.
        most_keys: of a group.

    Raises:
        InvalidProject: one tile alone has more keys than that.
    """
    ordered = sorted(set(tiles))
    if years > most_keys:
        raise InvalidProject(f"one tile has {years} keys, more than the {most_keys} of a region")
    if not ordered:
        return []
    count = ceil(len(ordered) / (most_keys // years))
    cuts = [round(number * len(ordered) / count) for number in range(count + 1)]
    groups = [ordered[first:last] for first, last in pairwise(cuts)]
    spans = [f"zones-{group[0][:2]}-{group[-1][:2]}" for group in groups]
    names = [
        f"{span}-{spans[:n].count(span) + 1}" if spans.count(span) > 1 else span
        for n, span in enumerate(spans)
    ]
    return [
        TileGroup(name, tuple(group), len(group) * years)
        for name, group in zip(names, groups, strict=True)
    ]
