"""Reference samples under other designs than the simple random one.

What belongs here: drawing units stratified by a map that is already there, and in clusters
of windows, each with its inclusion probability and its design on record. What does not:
the simple random sample, the look-up of classes and the files (``sample``).

Both draw from owned pixels without replacement. Neither sees the truth: strata come from
an older, coarser map, which errs where annotators err.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lulc_assets.core.grid import owned_mask
from lulc_assets.core.legend import KARRA_10
from lulc_assets.simulation.archive.labels import CONFUSED_WITH
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.world.communities import patches
from lulc_assets.simulation.world.fields import smooth_noise

CLUSTER_PX = 32
UNITS_PER_CLUSTER = 12
_MAP_ERROR_SHARE = 0.12
_MAP_BORDER_PX = 1.5

Classes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Draw:
    """Units of a design, one entry per unit.

    Attributes:
        tile: owner of each unit.
        row: row in the tile's area, int64.
        col: column in the tile's area, int64.
        probability: of inclusion, float64.
        labels: column → value of each unit (stratum or cluster).
        design: what goes into the sidecar beside the size of the population.
    """

    tile: list[str]
    row: npt.NDArray[np.int64]
    col: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    labels: Mapping[str, list[str]]
    design: Mapping[str, Any]


def older_map(spec: ArchiveSpec, year: int, tile: str, truth: Classes) -> Classes:
    """A map that a team could have already, shape and codes of the truth, uint8.

    Borders are off by a pixel or two, and an eighth of the ground is in patches of a class
    that is easily taken for the true one.
    """
    rng = np.random.default_rng([spec.seed, year, *tile.encode(), 11])
    places = np.indices(truth.shape).astype(np.float32)
    places += _MAP_BORDER_PX * np.stack([smooth_noise(rng, truth.shape, 18) for _ in range(2)])
    moved = ndimage.map_coordinates(truth, places, order=0, mode="nearest")
    wrong = patches(rng, truth.shape, 24) < _MAP_ERROR_SHARE
    which = patches(rng, truth.shape, 40)
    found: Classes = moved.copy()
    for code, others in CONFUSED_WITH.items():
        there = wrong & (moved == code)
        choice = np.minimum((which[there] * len(others)).astype(int), len(others) - 1)
        found[there] = np.array(others, dtype=np.uint8)[choice]
    return found


def draw_stratified(spec: ArchiveSpec, year: int, maps: Mapping[str, Classes]) -> Draw:
    """As many units in each class of a given map, or all its pixels if there are fewer."""
    rng = np.random.default_rng([spec.seed, year, 12])
    owned = {t.tile: owned_mask(t.tile, t.grid) for t in spec.tiles}
    present = sorted({int(c) for t in owned for c in np.unique(maps[t][owned[t]])})
    wanted = spec.sample_size // len(present)
    tiles: list[str] = []
    rows, cols, chances, strata, sizes = [], [], [], [], {}
    for code in present:
        frame = [(t, np.flatnonzero((maps[t] == code) & owned[t])) for t in owned]
        ends = np.cumsum([places.size for _, places in frame])
        drawn = np.sort(rng.choice(ends[-1], size=min(wanted, int(ends[-1])), replace=False))
        name = KARRA_10.by_code(code).name
        sizes[name] = int(ends[-1])
        for unit in drawn:
            part = int(np.searchsorted(ends, unit, side="right"))
            tile, places = frame[part]
            row, col = np.divmod(int(places[unit - ends[part]]), maps[tile].shape[1])
            tiles.append(tile)
            rows.append(row)
            cols.append(col)
        chances += [drawn.size / int(ends[-1])] * drawn.size
        strata += [name] * drawn.size
    return Draw(
        tiles,
        np.array(rows, dtype=np.int64),
        np.array(cols, dtype=np.int64),
        np.array(chances),
        {"stratum": strata},
        {"design": "stratified", "stratum_pixels": sizes, "strata": "an older map"},
    )


def draw_clusters(spec: ArchiveSpec, year: int) -> Draw:
    """Windows at random, and units at random in each: two stages.

    Windows lie on a lattice; one that the tile owns in part counts with that part.
    """
    rng = np.random.default_rng([spec.seed, year, 13])
    frame = []
    for area in spec.tiles:
        owned = owned_mask(area.tile, area.grid)
        for row in range(0, area.grid.height, CLUSTER_PX):
            for col in range(0, area.grid.width, CLUSTER_PX):
                places = np.argwhere(owned[row : row + CLUSTER_PX, col : col + CLUSTER_PX])
                if len(places):
                    frame.append((area.tile, places + np.array([row, col])))
    wanted = min(max(1, spec.sample_size // UNITS_PER_CLUSTER), len(frame))
    tiles, places_of, chances, clusters = [], [], [], []
    for index in np.sort(rng.choice(len(frame), size=wanted, replace=False)):
        tile, places = frame[index]
        take = min(UNITS_PER_CLUSTER, len(places))
        chosen = np.sort(rng.choice(len(places), size=take, replace=False))
        places_of.append(places[chosen])
        tiles += [tile] * take
        chances += [wanted / len(frame) * take / len(places)] * take
        clusters += [f"{tile}-{places[0][0]:05d}-{places[0][1]:05d}"] * take
    at = np.concatenate(places_of).astype(np.int64)
    design = {
        "design": "cluster",
        "clusters": wanted,
        "clusters_in_frame": len(frame),
        "cluster_px": CLUSTER_PX,
        "second_stage": f"simple random, {UNITS_PER_CLUSTER} units a window",
    }
    return Draw(tiles, at[:, 0], at[:, 1], np.array(chances), {"cluster": clusters}, design)
