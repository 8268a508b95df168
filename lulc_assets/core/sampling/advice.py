"""After a first round of interpretation: how many more units, and where.

What belongs here: turning what a sample has shown into the anticipated matrix of the next
round. What does not: allocations themselves (``allocation.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.matrix import count_matrix
from lulc_assets.core.sampling.allocation import allocate
from lulc_assets.core.sampling.anticipation import Anticipation, parse_target
from lulc_assets.core.sampling.map_file import MapFile, count_classes
from lulc_assets.core.sampling.population import observe
from lulc_assets.core.sampling.sample import ReferenceSample


@dataclass(frozen=True)
class Advice:
    """What to add to a sample.

    Attributes:
        more: map class → further units.
        sentences: for a reader.
    """

    more: Mapping[str, int]
    sentences: tuple[str, ...]


def advise_more(maps: Sequence[MapFile], sample: ReferenceSample, targets: Sequence[str]) -> Advice:
    """Compare the sample with what the targets would need, given what it has shown.

    The row proportions that the sample shows, with one unit per class shared out over all
    classes so that a cell of zero is not believed, are the anticipation of the next round.

    Args:
        maps: that are being assessed.
        sample: interpreted units.
        targets: as :func:`lulc_assets.core.sampling.anticipation.parse_target` reads them.

    Raises:
        InvalidSample: no probability sample, windows, or no usable unit.
    """
    if not sample.design.is_probability or sample.design.design == "cluster":
        raise InvalidSample(
            f"units of the design {sample.design.design!r} cannot be added to by class; advice is "
            "given for stratified and simple random samples"
        )
    land = maps[0].legend.land
    k = len(land)
    population = observe((one.part() for one in maps), sample, k)
    reference = sample.units["class_code"].to_numpy(dtype=np.int64)
    usable = (population.map_codes >= 1) & (reference >= 1) & (reference <= k)
    if not usable.any():
        raise InvalidSample("no unit of the sample lies on the map with a class")
    counts = count_matrix(population.map_codes[usable], reference[usable], k)
    areas = count_classes(maps).hectares[1:]
    present = np.flatnonzero(areas > 0)
    expected = Anticipation(
        tuple(land[i].name for i in present), areas[present], _smoothed(counts, present)
    )
    wanted = [parse_target(text, expected.names) for text in targets]
    plan = allocate("optimal", expected, wanted)
    have = counts.sum(axis=1)[present]
    more = {
        name: int(max(0, units - there))
        for name, units, there in zip(expected.names, plan.units, have, strict=True)
    }
    return Advice(more, _sentences(more, targets))


def _smoothed(
    counts: npt.NDArray[np.int64], present: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Row proportions over the present classes, with one unit per row shared out."""
    rows = counts[np.ix_(present, present)] + 1.0 / present.size
    shares: npt.NDArray[np.float64] = rows / rows.sum(axis=1, keepdims=True)
    return shares


def _sentences(more: Mapping[str, int], targets: Sequence[str]) -> tuple[str, ...]:
    goal = ", ".join(targets)
    if not any(more.values()):
        return (f"The sample is large enough for {goal}.",)
    list_of = ", ".join(f"{name} {units:,}" for name, units in more.items() if units)
    return (
        f"For {goal} take {sum(more.values()):,} more units, by map class: {list_of}.",
        "Draw them as a sample of their own with another seed; do not stop when the figures "
        "please.",
    )
