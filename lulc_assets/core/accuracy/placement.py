"""Where the units of a sample lie on a map: on their strata, and on the middle of pixels.

What belongs here: warnings of points that seem shifted against the map. What does not: looking
units up (``sampling/population.py``) and the report (``build.py``).
"""

import numpy as np
import numpy.typing as npt

from lulc_assets.core.legend import Legend
from lulc_assets.core.sampling.sample import ReferenceSample

_OFF_STRATUM = 0.005
"""Share of units on another class than their stratum's from which on it is said."""
_FEWEST = 10
"""Units from which on a common offset is not a coincidence."""
_ALIKE = 0.9
"""Length of the mean direction of offsets, 1 where all are the same, near 0 at random places."""
_CENTRED = 0.1
"""Offset in pixels up to which units lie on the middle of a pixel."""


def warn_of_placement(
    sample: ReferenceSample | None,
    map_codes: npt.NDArray[np.int64],
    offsets: npt.NDArray[np.float64],
    on_data: npt.NDArray[np.bool_],
    legend: Legend,
) -> tuple[str, ...]:
    """Say where units seem shifted: by their strata, and, with or without strata, by their pixels.

    Args:
        sample: of the region, or None.
        map_codes: shape (n,), under each unit.
        offsets: shape (n, 2), columns and rows from the middle of its pixel.
        on_data: shape (n,), bool: units on a mapped class.
        legend: of the map.
    """
    if sample is None or not on_data.any():
        return ()
    return (*_off_stratum(sample, map_codes, on_data, legend), *_off_centre(offsets[on_data]))


def _off_stratum(
    sample: ReferenceSample,
    map_codes: npt.NDArray[np.int64],
    on_data: npt.NDArray[np.bool_],
    legend: Legend,
) -> tuple[str, ...]:
    if sample.design.design != "stratified":
        return ()
    codes = {c.name: c.code for c in legend.land} | {c.title: c.code for c in legend.land}
    of_stratum = sample.units["stratum"].map(codes)
    if of_stratum.isna().any():  # Strata of something else, a buffer say.
        return ()
    away = on_data & (of_stratum.to_numpy(dtype=np.int64) != map_codes)
    share = float(away.sum() / on_data.sum())
    if share <= _OFF_STRATUM:
        return ()
    return (
        f"{share:.0%} of the units ({int(away.sum())} of {int(on_data.sum())}) lie on another map "
        "class than their stratum's. With a later version of the map that is as it should be; with "
        "the map that the sample was drawn from, the points are shifted, by half a pixel perhaps.",
    )


def _off_centre(offsets: npt.NDArray[np.float64]) -> tuple[str, ...]:
    """Points of a draw lie on the middle of pixels, points of a shifted one all as far off it."""
    if len(offsets) < _FEWEST:
        return ()
    # An offset of half a pixel to the left is one to the right: directions, not numbers, are mean.
    mean = np.exp(2j * np.pi * offsets).mean(axis=0)
    common = np.angle(mean) / (2 * np.pi)
    if np.abs(mean).min() < _ALIKE or np.abs(common).max() <= _CENTRED:
        return ()
    columns, rows = np.abs(common)
    return (
        f"All {len(offsets)} units lie equally far from the middle of their pixels, by "
        f"{columns:.2f} columns and {rows:.2f} rows. Points that were drawn from this grid lie on "
        "the middle: these come from another grid, or were shifted, and may be judged by a "
        "neighbour of the pixel that was drawn.",
    )
