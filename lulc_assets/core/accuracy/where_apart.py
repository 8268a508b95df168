"""Two maps compared on a sample of the places on which they differ.

What belongs here: bringing maps and such a sample together. What does not: drawing it
(``core/sampling``), the estimate (``compare.py``), and samples of the whole region
(``paired.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lulc_assets.core.accuracy.paired import refuse_none, strata_as_drawn
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.compare import compare_where_apart
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.population import observe
from lulc_assets.core.sampling.sample import ReferenceSample
from lulc_assets.core.sampling.strata_maps import refuse_other_grids


@dataclass(frozen=True)
class WhereApart:
    """Two maps compared where they differ.

    Attributes:
        overall: difference of overall accuracies in the whole region, first less second.
        share: of the area that both maps show, on which they differ.
        n: units that it rests on.
    """

    overall: Estimate
    share: float
    n: int


def compare_where_they_differ(
    first: Sequence[MapFile],
    second: Sequence[MapFile],
    sample: ReferenceSample,
    settings: AccuracySettings | None = None,
) -> WhereApart:
    """Compare two maps on a sample of the places on which they differ.

    Args:
        first: the tiles of one map.
        second: the tiles of the other, of the same legend and on the same grids.
        sample: drawn from :func:`~lulc_assets.core.sampling.strata_maps.write_differences`.
        settings: None for the defaults.

    Raises:
        InvalidProduct: the maps lie on different grids.
        InvalidSample: no probability sample, units where the maps agree, or a sample of another
            number of pixels than the maps differ on.
    """
    refuse_other_grids(first, second)
    k = len(first[0].legend.land)
    strata = strata_as_drawn(sample, settings)
    one, other = (
        observe((m.part() for m in maps), sample, k).map_codes for maps in (first, second)
    )
    pixels, apart_ha, both_ha = _differing(first, second)
    told = sample.design.population_pixels
    if told is not None and told != pixels:
        raise InvalidSample(
            f"the sample was drawn from {told:,} pixels, and these maps differ on {pixels:,}: it "
            "is of other maps, or not of their differences (lulc sample differences)"
        )
    reference = sample.units["class_code"].to_numpy(dtype=np.int64)
    inside = (one >= 1) & (other >= 1) & (reference >= 1) & (reference <= k)
    refuse_none(inside)
    share = apart_ha / both_ha
    overall = compare_where_apart(
        one, other, reference, strata, share=share, domain=inside, settings=settings
    )
    return WhereApart(overall, share, int(inside.sum()))


def _differing(first: Sequence[MapFile], second: Sequence[MapFile]) -> tuple[int, float, float]:
    """Pixels on which maps differ, their area, and the area that both show, hectares."""
    pixels, apart_ha, both_ha = 0, 0.0, 0.0
    for one, other in zip(first, second, strict=True):
        part, beside = one.part(), other.part().class_map
        both = part.owned & (part.class_map > 0) & (beside > 0)
        apart = both & (part.class_map != beside)
        pixels += int(np.count_nonzero(apart))
        apart_ha += float(part.pixel_areas_ha[apart].sum())
        both_ha += float(part.pixel_areas_ha[both].sum())
    return pixels, apart_ha, both_ha
