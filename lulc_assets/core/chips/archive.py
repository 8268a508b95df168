"""Chips on disk: one zip that holds a Zarr group, and a GeoParquet index beside it.

What belongs here: the two files of a chip set, written so that equal chips give equal
bytes. What does not: publishing them.

The zip is not compressed itself (its members are), its members are sorted and carry the
zip format's first date; ``zarr.storage.ZipStore`` reads it in place.
"""

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from lulc_assets.core.chips.account import LabelAccount
from lulc_assets.core.chips.chip_set import Chips
from lulc_assets.core.chips.cut import REFLECTANCE_SCALE
from lulc_assets.core.chips.layout import ChipLayout
from lulc_assets.core.chips.room import Room
from lulc_assets.core.errors import ProductCorrupt
from lulc_assets.core.whole_files import whole_file

if TYPE_CHECKING:
    import zarr

SHARD_CHIPS = 256
"""Chips in a shard: 50 MB of 128-pixel chips before compression, few files per tile."""

ZSTD_LEVEL = 3
"""Default of zstd; higher levels save a few per cent."""

_Part = TypeVar("_Part")

_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_chips(path: Path, chips: Chips) -> Path:
    """Write images and masks as one file; a killed writer leaves no file of this name.

    The group holds ``image`` (uint16 (n, bands, s, s)) and ``mask`` (uint8 (n, s, s)), a chunk a
    chip, sharded, and attributes ``bands``, ``reflectance_scale``, ``dropped``,
    ``split_by`` and, where they are known, ``account`` and ``layout``.

    Returns:
        ``path``.
    """
    import zarr  # only where chips are
    from zarr.storage import LocalStore

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as scratch:
        root = Path(scratch) / "group"
        group = zarr.create_group(LocalStore(root), zarr_format=3)
        group.attrs.update(
            {
                "bands": list(chips.bands),
                "reflectance_scale": REFLECTANCE_SCALE,
                "dropped": dict(sorted(chips.dropped.items())),
                "split_by": chips.split_by,
                **({"account": chips.account.to_dict()} if chips.account else {}),
                **({"layout": chips.layout.to_dict()} if chips.layout else {}),
            }
        )
        for name, array in (("image", chips.images), ("mask", chips.masks)):
            _write_array(group, name, array)
        with whole_file(path, durable=False) as packed:
            _pack(root, packed)
    return path


def _write_array(group: "zarr.Group", name: str, array: npt.NDArray[np.generic]) -> None:
    from zarr.codecs import ZstdCodec

    shard = min(SHARD_CHIPS, len(array))
    target = group.create_array(
        name,
        shape=array.shape,
        dtype=array.dtype,
        chunks=(1, *array.shape[1:]),
        shards=(shard, *array.shape[1:]),
        compressors=ZstdCodec(level=ZSTD_LEVEL),
        fill_value=0,
    )
    # A shard at a time: the codec pipeline holds the shards of one write in memory.
    for start in range(0, len(array), shard):
        target[start : start + shard] = array[start : start + shard]


def _pack(root: Path, target: Path) -> None:
    members = sorted(p for p in root.rglob("*") if p.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for member in members:
            entry = zipfile.ZipInfo(member.relative_to(root).as_posix(), date_time=_EPOCH)
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, member.read_bytes())


def write_index(path: Path, index: gpd.GeoDataFrame) -> Path:
    """Write the index of chips as GeoParquet, in the order of the chips."""
    path.parent.mkdir(parents=True, exist_ok=True)
    index.to_parquet(path, index=False, compression="zstd")
    return path


def read_chips(zip_path: Path, index_path: Path, room: Room | None = None) -> Chips:
    """Read what :func:`write_chips` and :func:`write_index` wrote.

    Args:
        zip_path: images and masks.
        index_path: their index.
        room: where the arrays lie; None: memory as far as it is meant for chips.

    Raises:
        ProductCorrupt: a file is missing, does not parse, or the two do not fit.
    """
    import zarr  # only where chips are
    from zarr.storage import ZipStore

    room = room or Room()
    try:
        index = gpd.read_parquet(index_path)
        with ZipStore(zip_path, mode="r") as store:
            group = zarr.open_group(store, mode="r", zarr_format=3)
            images, masks = (_read_array(group, name, room) for name in ("image", "mask"))
            dropped = cast("dict[str, int]", group.attrs["dropped"])
            bands = tuple(cast("list[str]", group.attrs["bands"]))
            split_by = str(group.attrs["split_by"])
            account = _read_known(group, "account", LabelAccount.from_dict)
            layout = _read_known(group, "layout", lambda sizes: ChipLayout(**sizes))
    except Exception as error:  # zipfile, zarr, pyarrow and the codecs share no base class
        raise ProductCorrupt(f"chips {zip_path} with {index_path} cannot be read: {error}") from (
            error
        )
    if not len(images) == len(masks) == len(index):
        raise ProductCorrupt(
            f"{zip_path} holds {len(images)} images and {len(masks)} masks, {index_path} has "
            f"{len(index)} rows; they do not belong together"
        )
    return Chips(images, masks, index, dropped, split_by, account, layout, bands)


def _read_known(group: "zarr.Group", name: str, build: Callable[[Any], _Part]) -> _Part | None:
    """A part that chips of an earlier version do not have."""
    return build(group.attrs[name]) if name in group.attrs else None


def _read_array(group: "zarr.Group", name: str, room: Room) -> npt.NDArray[Any]:
    import zarr  # only where chips are

    array = group[name]
    if not isinstance(array, zarr.Array):
        raise ProductCorrupt(f"member {name} of a chip archive is not an array")
    found = room.array(array.shape, array.dtype)
    for start in range(0, len(found), SHARD_CHIPS):  # a shard at a time, as it was written
        found[start : start + SHARD_CHIPS] = array[start : start + SHARD_CHIPS]
    return found
