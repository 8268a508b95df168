"""Balance of training chips: no class and no zone so common that it drowns the others.

What belongs here: the zone of a place, and which training chips are given up. What does
not: weights of classes in the loss (``core/training``), which balance pixels.
"""

import hashlib
from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from lulc_assets.core.chips.account import TRAIN
from lulc_assets.core.chips.chip_set import SHARE, Chips
from lulc_assets.core.chips.place import Place
from lulc_assets.core.chips.room import Room
from lulc_assets.core.chips.settings import Balance, ChipSettings
from lulc_assets.core.grid import PixelGrid


def name_zones(
    places: Sequence[Place], grid: PixelGrid, zones: gpd.GeoDataFrame | None
) -> Callable[[Place], str]:
    """The zone under a place's centre; empty outside all zones, or without zones.

    Args:
        places: that will be asked for.
        grid: that their windows lie on.
        zones: ``zone`` (name) and geometry, in any CRS.
    """
    if zones is None:
        return lambda _: ""
    windows = list({place.window: None for place in places})
    boxes = [grid.cut(window).bounds for window in windows]
    centres = gpd.GeoSeries([shapely.box(*box).centroid for box in boxes], crs=grid.epsg)
    points = gpd.GeoDataFrame(geometry=centres).to_crs(zones.crs)
    found = gpd.sjoin(points, zones[["zone", "geometry"]], how="left", predicate="within")
    names = found.groupby(level=0)["zone"].first()  # on a shared border: one of the two
    by_window = {window: names[n] for n, window in enumerate(windows)}

    def zone_of(place: Place) -> str:
        name = by_window[place.window]
        return name if isinstance(name, str) else ""

    return zone_of


def balanced(index: gpd.GeoDataFrame, settings: ChipSettings) -> npt.NDArray[np.bool_]:
    """Which chips are kept, shape (n,): all but the surplus of the commonest groups.

    A group is the commonest class of a training chip, its zone, or both, as
    ``settings.balance`` says. It keeps at most ``balance_ratio`` times as many chips as the
    median group; a hash of seed and chip id decides which.
    """
    return _kept(index, settings.balance, settings.balance_ratio, settings.seed)


def balance_together(
    chip_sets: Sequence[Chips],
    balance: Balance,
    ratio: float,
    seed: int,
    room: Room | None = None,
) -> list[Chips]:
    """Chip sets of several tiles and years without the surplus of groups that all together have.

    Each set may be balanced by itself and the zones of all still be as unequal as the tiles: two
    tiles of forest and one of coast.

    Args:
        chip_sets: as cut; only training chips are given up.
        balance: groups, see ``ChipSettings.balance``.
        ratio: a group keeps at most so many times the chips of the median group.
        seed: decides which.
        room: where the arrays of smaller sets lie; None: as in ``read_chips``.

    Returns:
        The sets in their order; ``dropped["balance of all"]`` counts what was left out.
    """
    if balance == "none":
        return list(chip_sets)
    columns = ["split", "zone", "chip_id", *_class_shares(chip_sets[0].index)]
    together = pd.concat([chips.index[columns] for chips in chip_sets], ignore_index=True)
    kept = _kept(together, balance, ratio, seed)
    ends = np.cumsum([len(chips.index) for chips in chip_sets])[:-1]
    parts = zip(chip_sets, np.split(kept, ends), strict=True)
    room = room or Room()
    return [chips.only(own, "balance of all", room) for chips, own in parts]


def _kept(index: pd.DataFrame, balance: Balance, ratio: float, seed: int) -> npt.NDArray[np.bool_]:
    kept = np.ones(len(index), dtype=bool)
    training = np.flatnonzero((index["split"] == TRAIN).to_numpy())
    if balance == "none" or not training.size:
        return kept
    shares = index[_class_shares(index)].to_numpy()[training]
    classes = shares.argmax(axis=1).astype(str)
    zones = index["zone"].to_numpy()[training].astype(str)
    keys = {"class": classes, "zone": zones}.get(
        balance, np.array([f"{c} {z}" for c, z in zip(classes, zones, strict=True)])
    )
    groups, sizes = np.unique(keys, return_counts=True)
    most = max(1, int(ratio * float(np.median(sizes))))
    for group in groups[sizes > most]:
        members = training[keys == group]
        order = sorted(members, key=lambda n: _rank(seed, index["chip_id"].iloc[n]))
        kept[order[most:]] = False
    return kept


def _class_shares(index: pd.DataFrame) -> list[str]:
    """Columns with the share of a class, in the order of the legend."""
    return [str(column) for column in index.columns if str(column).startswith(SHARE)]


def _rank(seed: int, chip_id: str) -> bytes:
    return hashlib.sha256(f"{seed}:{chip_id}".encode()).digest()
