"""A year's map as change looks at it, and which two years may be compared.

What belongs here: what is known of a year, and what two years must have in common. What does not:
comparing them (``yearly``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.errors import InvalidProduct


@dataclass(frozen=True)
class MappedYear:
    """A year's map with the evidence that it was made from.

    Attributes:
        year: calendar year.
        class_map: ``class.tif``, uint8, 0 = no data.
        scenes: the predictions that the map was made from.
        sums: part of the year → kept sums; empty where the strategy keeps none.
        identity: what two years must agree in: bundle, legend, weights, selection.
    """

    year: int
    class_map: Path
    scenes: Sequence[PredictedScene]
    sums: Mapping[str, Path] = field(default_factory=dict)
    identity: Mapping[str, str] = field(default_factory=dict)


def require_comparable(former: MappedYear, current: MappedYear) -> None:
    """Refuse two years whose difference would show a change of method.

    Raises:
        InvalidProduct: years that do not follow each other, or another bundle, legend,
            weights or selection; the message names what differs.
    """
    if former.year != current.year - 1:
        raise InvalidProduct(
            f"a change map of {current.year} compares it with {current.year - 1}; "
            f"{former.class_map} is of {former.year}"
        )
    names = sorted(set(former.identity) | set(current.identity))
    differing = [n for n in names if former.identity.get(n) != current.identity.get(n)]
    if differing:
        listed = "; ".join(
            f"{name}: {former.identity.get(name)!r} in {former.year}, "
            f"{current.identity.get(name)!r} in {current.year}"
            for name in differing
        )
        raise InvalidProduct(
            f"{former.year} and {current.year} were mapped differently ({listed}): their "
            "difference would show that and not change. Map one of them again like the other"
        )
