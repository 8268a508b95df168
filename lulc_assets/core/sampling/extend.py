"""More units for a sample that was drawn: same design, other places, weights of both together.

What belongs here: drawing further units beside those of a sealed key, so that old and new ones are
one sample. What does not: the first draw (``draw.py``) and how many (``advice.py``).

New units are drawn at random, without replacement, among the pixels that were not drawn before;
both rounds together are then a random sample of each stratum of the larger size (Cochran 1977,
§1.2: every set of units is as likely), and one inclusion probability n / N holds for all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.sampling.design import SampleDesign
from lulc_assets.core.sampling.drawn import DrawnSample, place_units, provenance
from lulc_assets.core.sampling.fieldwork import SealedKey
from lulc_assets.core.sampling.frame import Indices, count_frame, find_pixels, find_ranks
from lulc_assets.core.sampling.map_file import MapFile

_EXTENDABLE = ("stratified", "simple_random")


def extend_sample(
    maps: Sequence[MapFile], key: SealedKey, units: Mapping[str, int], *, seed: int
) -> tuple[DrawnSample, pd.DataFrame]:
    """Draw further units.

    Args:
        maps: that the first units were drawn from, unchanged.
        key: of the first units.
        units: stratum → how many more; of a simple random sample "" → how many.
        seed: another one than that of the first draw.

    Returns:
        The new units, and the key of old and new ones together with their common inclusion
        probabilities; the design of the new sample is that of both.

    Raises:
        InvalidSample: a design that cannot be extended, the seed of the first draw, other maps,
            an unknown stratum, or more units than pixels are left.
    """
    _check(maps, key, seed)
    rng = np.random.default_rng(seed)
    counts = count_frame(maps)
    _check_frame(counts, maps, key)
    stratified = key.design.design == "stratified"
    codes = {c.name: c.code for c in maps[0].legend.land} if stratified else {"": 0}
    unknown = sorted(set(units) - set(codes))
    if unknown:
        raise InvalidSample(f"no stratum {unknown[0]!r}; there are {', '.join(codes) or 'none'}")
    sizes = counts if stratified else np.array([counts.sum()])
    taken = _old_ranks(maps, key, stratified=stratified)
    ranks = {}
    for name, more in units.items():
        code = codes[name]
        old = taken.get(code, np.zeros(0, dtype=np.int64))
        left = int(sizes[code]) - old.size
        if not 0 < more <= left:
            raise InvalidSample(f"{more} more units of {name or 'the maps'} asked for; {left} left")
        ranks[code] = _skip(rng.choice(left, more, replace=False), old)
    pixels = find_ranks(maps, ranks)
    names = [maps[0].legend.by_code(int(c)).name for c in pixels.codes] if stratified else ""
    before = key.units["stratum"].astype(str).value_counts() if stratified else {"": len(key.units)}
    total = {name: int(before.get(name, 0)) + units.get(name, 0) for name in codes}
    chance = {name: total[name] / int(sizes[code]) for name, code in codes.items() if sizes[code]}
    of_new = [chance[name] for name in names] if stratified else chance[""]
    design = _pooled_design(maps, key, int(pixels.codes.size), seed)
    drawn = place_units(maps, pixels, (names, of_new, ""), design, rng)
    drawn = _renumbered(drawn, key)
    return drawn, _pooled_key(drawn, key, chance, stratified=stratified)


def _check(maps: Sequence[MapFile], key: SealedKey, seed: int) -> None:
    design = key.design
    if design.design not in _EXTENDABLE:
        raise InvalidSample(
            f"{key.folder}: a sample of the design {design.design!r} is not extended unit by unit; "
            "draw a second one with another seed and average the two estimates"
        )
    seeds = [design.extra.get("seed"), *(r.get("seed") for r in design.extra.get("rounds", []))]
    if seed in seeds:
        raise InvalidSample(f"seed {seed} drew the first units; take another one")
    if not maps:
        raise InvalidSample("no map to draw further units from")


def _check_frame(counts: Indices, maps: Sequence[MapFile], key: SealedKey) -> None:
    """Refuse maps whose classes have other sizes than those that the first units came from."""
    design = key.design
    found = {c.name: int(counts[c.code]) for c in maps[0].legend.land}
    for name, size in design.stratum_pixels.items():
        if found.get(name) != size:
            raise InvalidSample(
                f"stratum {name!r} had {size:,} pixels when the first units were drawn and has "
                f"{found.get(name, 0):,} here; give the maps of the first draw"
            )
    if design.population_pixels not in (None, int(counts.sum())):
        raise InvalidSample(
            f"the maps had {design.population_pixels:,} pixels when the first units were drawn and "
            f"have {int(counts.sum()):,} here; give the maps of the first draw"
        )


def _old_ranks(maps: Sequence[MapFile], key: SealedKey, *, stratified: bool) -> dict[int, Indices]:
    """Ranks of the first units among the pixels of their class, sorted; code 0: of all pixels."""
    points = geopandas.GeoSeries.from_xy(key.units["lon"], key.units["lat"], crs="EPSG:4326")
    wanted = []
    for one in maps:
        there = points.to_crs(one.grid.epsg)
        rows, cols = one.grid.cells(there.x.to_numpy(), there.y.to_numpy())
        inside = (rows >= 0) & (rows < one.grid.height) & (cols >= 0) & (cols < one.grid.width)
        wanted.append(rows[inside] * one.grid.width + cols[inside])
    before: dict[int, int] = {}
    found: dict[int, list[Indices]] = {}

    def choose(index: int, rows: Indices, cols: Indices, codes: Indices) -> Indices:
        held = np.isin(rows * maps[index].grid.width + cols, wanted[index])
        for code in np.unique(codes) if stratified else [0]:
            members = codes == code if stratified else np.ones(codes.size, dtype=bool)
            start = before.get(int(code), 0)
            found.setdefault(int(code), []).append(start + np.flatnonzero(held[members]))
            before[int(code)] = start + int(members.sum())
        return np.flatnonzero(held).astype(np.int64)

    seen = find_pixels(maps, choose)
    if seen.codes.size != len(key.units):
        raise InvalidSample(
            f"{len(key.units) - seen.codes.size} of the first units lie on no pixel with a class "
            "of these maps; give the maps of the first draw"
        )
    return {code: np.concatenate(parts).astype(np.int64) for code, parts in found.items()}


def _skip(free: npt.NDArray[np.int64], old: Indices) -> Indices:
    """Ranks among the pixels that are left, as ranks among all."""
    return free + np.searchsorted(old - np.arange(old.size), free, side="right")


def _pooled_design(maps: Sequence[MapFile], key: SealedKey, more: int, seed: int) -> SampleDesign:
    first = key.design
    rounds = [*first.extra.get("rounds", []), {"units": more, **provenance(maps, seed)}]
    extra = {**first.extra, "rounds": rounds}
    return replace(first, sample_size=len(key.units) + more, extra=extra)


def _renumbered(drawn: DrawnSample, key: SealedKey) -> DrawnSample:
    """The new units with numbers behind the old ones."""
    last = len(key.units)
    ids = [f"u{last + i + 1:05d}" for i in range(len(drawn.units))]
    units, outlines = drawn.units.assign(unit_id=ids), drawn.footprints.assign(unit_id=ids)
    return replace(drawn, units=units, footprints=outlines)


def _pooled_key(
    drawn: DrawnSample, key: SealedKey, chance: Mapping[str, float], *, stratified: bool
) -> pd.DataFrame:
    new = pd.DataFrame(drawn.units.drop(columns="geometry"))
    new = new.assign(lon=drawn.units.geometry.x, lat=drawn.units.geometry.y)
    both = pd.concat([key.units, new[list(key.units.columns)]], ignore_index=True)
    of_unit = both["stratum"].astype(str).map(chance) if stratified else chance[""]
    return both.assign(inclusion_probability=of_unit)
