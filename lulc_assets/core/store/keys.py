"""Keys of products: which tile, region and year a product is of.

What belongs here: each kind of key with its validation, its place in the store, its partition
key and its title. What does not: which asset has which kind (``steps/products``).
"""

import hashlib
import re
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

from lulc_assets.core.errors import InvalidProject, InvalidTileKey
from lulc_assets.core.tile_keys import validate_tile, validate_year

REGION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_PLAIN_SCENE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}")
_ESCAPED = "id-"
_SEPARATOR = "|"


class Key(Protocol):
    """What a product of an asset is of."""

    dimensions: ClassVar[tuple[str, ...]]
    """Names of the partition dimensions, in the order of the partition key; empty: none."""

    @property
    def parts(self) -> tuple[str, ...]:
        """Its place in the store below the asset's name."""

    @property
    def title(self) -> str:
        """For people, e.g. ``33TVM 2023``; empty where there is one product only."""

    @classmethod
    def of_partition(cls, partition: str) -> Self:
        """The key of a Dagster partition.

        Raises:
            InvalidTileKey, InvalidYear, InvalidProject: it is not a key of this kind; Dagster
                itself accepts any text as a dynamic partition.
        """


@dataclass(frozen=True, order=True)
class TileYear:
    """A tile in a year.

    Raises:
        InvalidTileKey, InvalidYear: there is no such tile, or Sentinel-2 saw nothing then.
    """

    tile: str
    year: int

    dimensions: ClassVar[tuple[str, ...]] = ("tile", "year")

    def __post_init__(self) -> None:
        validate_tile(self.tile)
        object.__setattr__(self, "year", validate_year(self.year))

    @property
    def parts(self) -> tuple[str, ...]:
        """See :class:`Key`."""
        return self.tile, str(self.year)

    @property
    def title(self) -> str:
        """See :class:`Key`."""
        return f"{self.tile} {self.year}"

    @property
    def partition(self) -> str:
        """Dagster's partition key, ``33TVM|2023``."""
        return _SEPARATOR.join(self.parts)

    @property
    def former(self) -> Self:
        """The same tile a year before.

        Raises:
            InvalidYear: that is before Sentinel-2.
        """
        return type(self)(self.tile, self.year - 1)

    @classmethod
    def of_partition(cls, partition: str) -> Self:
        """See :class:`Key`."""
        tile, year = _split(partition, InvalidTileKey, "a tile and a year, like 33TVM|2023")
        return cls(tile, validate_year(year))


@dataclass(frozen=True, order=True)
class RegionYear:
    """A region of the project in a year.

    Raises:
        InvalidProject, InvalidYear: no region can have that name, or no map that year.
    """

    region: str
    year: int

    dimensions: ClassVar[tuple[str, ...]] = ("region", "year")

    def __post_init__(self) -> None:
        validate_region(self.region)
        object.__setattr__(self, "year", validate_year(self.year))

    @property
    def parts(self) -> tuple[str, ...]:
        """See :class:`Key`."""
        return self.region, str(self.year)

    @property
    def title(self) -> str:
        """See :class:`Key`."""
        return f"{self.region} {self.year}"

    @property
    def partition(self) -> str:
        """Dagster's partition key, ``slovenia|2023``."""
        return _SEPARATOR.join(self.parts)

    @classmethod
    def of_partition(cls, partition: str) -> Self:
        """See :class:`Key`."""
        region, year = _split(partition, InvalidProject, "a region and a year, like alps|2023")
        return cls(region, validate_year(year))


@dataclass(frozen=True, order=True)
class SceneOfYear:
    """One scene of a tile in a year: part of a partition, never a partition of its own.

    Ids that are not plain file names (a provider may use any text) are stored by their hash.
    """

    tile: str
    year: int
    scene_id: str

    dimensions: ClassVar[tuple[str, ...]] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """See :class:`Key`."""
        plain = _PLAIN_SCENE.fullmatch(self.scene_id) and not self.scene_id.startswith(_ESCAPED)
        name = self.scene_id if plain else _ESCAPED + _short_hash(self.scene_id)
        return self.tile, str(self.year), name

    @property
    def title(self) -> str:
        """See :class:`Key`."""
        return self.scene_id

    @classmethod
    def of_partition(cls, partition: str) -> Self:
        """Scenes are not partitions."""
        raise InvalidProject(f"{partition!r}: scenes are not partitions; name a tile and a year")


@dataclass(frozen=True, order=True)
class Whole:
    """The one product of an asset without partitions."""

    dimensions: ClassVar[tuple[str, ...]] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """See :class:`Key`."""
        return ()

    @property
    def title(self) -> str:
        """See :class:`Key`."""
        return ""

    @classmethod
    def of_partition(cls, partition: str) -> Self:
        """An asset without partitions has no partition key."""
        raise InvalidProject(f"this asset has no partitions, and was asked for {partition!r}")


def validate_region(name: str) -> str:
    """Return a region's name if store keys and partitions can be named after it.

    Raises:
        InvalidProject: it has other letters than the store allows.
    """
    if not REGION_NAME.fullmatch(name):
        raise InvalidProject(
            f"regions.{name[:80]}: a region's name is part of file names and partition keys; "
            "use letters a-z, A-Z, digits, - and _"
        )
    return name


def _split(partition: str, error: type[Exception], wanted: str) -> tuple[str, str]:
    parts = partition.split(_SEPARATOR)
    if len(parts) != 2:
        raise error(f"partition {partition[:80]!r} is not {wanted}")
    return parts[0], parts[1]


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
