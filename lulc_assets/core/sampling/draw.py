"""Drawing a probability sample from class maps.

What belongs here: choosing pixels or windows at random and recording the chance that each
had. What does not: how many (``allocation.py``), the frame that they are drawn from
(``frame.py``), and the files that interpreters get (``fieldwork.py``).
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.settings import DEFAULT_STARTS
from lulc_assets.core.estimation.strata import MIN_UNITS_FOR_VARIANCE
from lulc_assets.core.sampling.design import SampleDesign
from lulc_assets.core.sampling.drawn import DrawnSample, place_units, provenance
from lulc_assets.core.sampling.frame import (
    Indices,
    Pixels,
    count_frame,
    find_pixels,
    find_ranks,
)
from lulc_assets.core.sampling.lattice import start_finder
from lulc_assets.core.sampling.map_file import MapFile


def draw_stratified(
    maps: Sequence[MapFile], units: Mapping[str, int], *, seed: int, region: str, year: int | None
) -> DrawnSample:
    """Draw pixels at random within each map class.

    Args:
        maps: of one legend.
        units: class name → how many.
        seed: of the random draw; the same seed draws the same units.
        region: named in the design.
        year: that the interpreters will describe.

    Raises:
        InvalidSample: an unknown class, more units than pixels in one, or fewer than two in
            one that the maps show: places without a chance to be drawn have no estimate.
    """
    rng = np.random.default_rng(seed)
    counts = count_frame(maps)
    names = {c.name: c.code for c in maps[0].legend.land}
    unknown = sorted(set(units) - set(names))
    if unknown:
        raise InvalidSample(f"class {unknown[0]!r} is not in legend {maps[0].legend.name}")
    wanted = {names[name]: n for name, n in units.items()}
    for name, code in names.items():
        _check_stratum(name, wanted.get(code, 0), int(counts[code]))
    wanted = {code: n for code, n in wanted.items() if n}
    ranks = {code: rng.choice(counts[code], n, replace=False) for code, n in sorted(wanted.items())}
    pixels = find_ranks(maps, ranks)
    chance = np.array([wanted.get(code, 0) / max(1, counts[code]) for code in range(counts.size)])
    strata = [maps[0].legend.by_code(int(code)).name for code in pixels.codes]
    design = SampleDesign(
        "stratified",
        region,
        year,
        sample_size=pixels.codes.size,
        population_pixels=int(counts.sum()),
        stratum_pixels={name: int(counts[code]) for name, code in names.items() if code in wanted},
        extra=provenance(maps, seed),
    )
    return place_units(maps, pixels, (strata, chance[pixels.codes], ""), design, rng)


def _check_stratum(name: str, units: int, pixels: int) -> None:
    if units > pixels:
        raise InvalidSample(
            f"{units} units of {name!r} asked for, the map has {pixels} pixels; "
            f"ask for {name}={pixels} at most"
        )
    if pixels > units and units < MIN_UNITS_FOR_VARIANCE:
        raise InvalidSample(
            f"{units} units of {name!r} asked for, of which the map has {pixels:,} pixels; every "
            f"class that the map shows needs at least {MIN_UNITS_FOR_VARIANCE}, or no area follows "
            "from the sample"
        )


def draw_simple(
    maps: Sequence[MapFile], units: int, *, seed: int, region: str, year: int | None
) -> DrawnSample:
    """Draw pixels at random from all maps.

    Raises:
        InvalidSample: more units than pixels.
    """
    rng = np.random.default_rng(seed)
    total = int(count_frame(maps).sum())
    if not 0 < units <= total:
        raise InvalidSample(f"{units} units asked for, the maps have {total} pixels with a class")
    pixels = find_ranks(maps, {0: rng.choice(total, units, replace=False)})
    design = SampleDesign(
        "simple_random",
        region,
        year,
        sample_size=units,
        population_pixels=total,
        extra=provenance(maps, seed),
    )
    return place_units(maps, pixels, ("", units / total, ""), design, rng)


def draw_systematic(
    maps: Sequence[MapFile],
    step: int,
    *,
    starts: int = DEFAULT_STARTS,
    seed: int,
    region: str,
    year: int | None,
) -> DrawnSample:
    """Draw lattices of pixels, each from a random start of its own.

    One lattice takes every ``step``-th pixel in both directions. Several take every
    √``starts`` · ``step``-th one, so that the number of units stays about the same. Starts are
    drawn without replacement out of all places within a step, once a UTM zone: a lattice goes
    on across the tiles of a zone.

    Args:
        maps: of one legend.
        step: pixels between units if there were one lattice.
        starts: lattices.
        seed: of the random draw.
        region: named in the design.
        year: that the interpreters will describe.

    Raises:
        InvalidSample: the step is below 1, there are more starts than places within a step, or
            too few lattices hit a pixel with a class.
    """
    rng = np.random.default_rng(seed)
    total = int(count_frame(maps).sum())
    if step < 1 or starts < 1:
        raise InvalidSample(f"a step of {step} pixels and {starts} starts: give 1 or more of both")
    apart = max(1, round(step * math.sqrt(starts)))
    start_at = start_finder(maps, apart, starts, rng)

    def choose(index: int, rows: Indices, cols: Indices, _: Indices) -> Indices:
        return np.flatnonzero(start_at(index, rows, cols) >= 0).astype(np.int64)

    pixels = find_pixels(maps, choose)
    start = np.zeros(pixels.codes.size, dtype=np.int64)
    for index in range(len(maps)):
        here = pixels.of_map == index
        start[here] = start_at(index, pixels.rows[here], pixels.cols[here])
    if np.unique(start).size < min(starts, MIN_UNITS_FOR_VARIANCE):
        raise InvalidSample(
            f"a step of {step} pixels ({apart} in each of {starts} lattices) hits too few pixels "
            "with a class; take a smaller one"
        )
    names = "" if starts == 1 else [f"start{one + 1:02d}" for one in start]
    design = SampleDesign(
        "systematic",
        region,
        year,
        sample_size=pixels.codes.size,
        population_pixels=total,
        starts=starts,
        extra={**provenance(maps, seed), "step_pixels": apart},
    )
    return place_units(maps, pixels, ("", starts / apart**2, names), design, rng)


def draw_windows(
    maps: Sequence[MapFile],
    windows: int,
    *,
    size: int,
    within: int | None = None,
    seed: int,
    region: str,
    year: int | None,
) -> DrawnSample:
    """Draw square windows at random, and all or some of their pixels.

    Windows lie on a lattice of each map's grid and are drawn with equal chance; one that a
    border cuts holds fewer pixels.

    Args:
        maps: of one legend.
        windows: how many.
        size: pixels on a side.
        within: pixels drawn in each window; None for all of them.
        seed: of the random draw.
        region: named in the design.
        year: that the interpreters will describe.

    Raises:
        InvalidSample: fewer than two windows, or more than there are.
    """
    rng = np.random.default_rng(seed)
    total = int(count_frame(maps).sum())
    numbers = _window_numbers(maps, size)
    held = np.unique(np.concatenate([numbers(i, p) for i, p in _all_windows(maps, size)]))
    if not 2 <= windows <= held.size:
        raise InvalidSample(f"{windows} windows asked for; give 2 to {held.size}")
    chosen = np.sort(rng.choice(held, windows, replace=False))

    pixels, window = _pixels_of(maps, numbers, chosen)
    picked, chances = [], []
    for number in chosen:
        members = np.flatnonzero(window == number)
        taken = members.size if within is None else min(within, members.size)
        picked.append(np.sort(rng.choice(members, taken, replace=False)))
        chances.append(np.full(taken, windows / held.size * taken / members.size))
    names = np.repeat([f"w{i + 1:04d}" for i in range(windows)], [p.size for p in picked])
    pixels = pixels.take(np.concatenate(picked))
    extra = {"windows": windows, "window_pixels": size, "windows_in_frame": int(held.size)}
    design = SampleDesign(
        "cluster",
        region,
        year,
        sample_size=pixels.codes.size,
        population_pixels=total,
        extra={**provenance(maps, seed), **extra},
    )
    return place_units(maps, pixels, ("", np.concatenate(chances), names), design, rng)


def _window_numbers(
    maps: Sequence[MapFile], size: int
) -> Callable[[int, tuple[Indices, Indices]], Indices]:
    """A function from a map's index, rows and columns to the number of the window."""
    across = [-(-one.grid.width // size) for one in maps]
    down = [-(-one.grid.height // size) for one in maps]
    starts = np.cumsum([0, *(a * d for a, d in zip(across, down, strict=True))])

    def numbers(index: int, place: tuple[Indices, Indices]) -> Indices:
        rows, cols = place
        return starts[index] + rows // size * across[index] + cols // size

    return numbers


def _pixels_of(
    maps: Sequence[MapFile],
    numbers: Callable[[int, tuple[Indices, Indices]], Indices],
    chosen: Indices,
) -> tuple[Pixels, Indices]:
    """All pixels of the chosen windows, and the window of each."""

    def choose(index: int, rows: Indices, cols: Indices, _: Indices) -> Indices:
        inside = np.isin(numbers(index, (rows, cols)), chosen)
        return np.flatnonzero(inside).astype(np.int64)

    pixels = find_pixels(maps, choose)
    window = np.zeros(pixels.codes.size, dtype=np.int64)
    for index in range(len(maps)):
        here = pixels.of_map == index
        window[here] = numbers(index, (pixels.rows[here], pixels.cols[here]))
    return pixels, window


def _all_windows(
    maps: Sequence[MapFile], size: int
) -> Iterator[tuple[int, tuple[Indices, Indices]]]:
    """One pixel of the frame in every window of every strip."""
    for index, one in enumerate(maps):
        for strip in one.strips():
            rows, cols = np.nonzero(strip.owned & (strip.codes > 0))
            lattice = np.stack([(rows + strip.window.row) // size, cols // size])
            corners = np.unique(lattice, axis=1).astype(np.int64) * size
            yield index, (corners[0], corners[1])
