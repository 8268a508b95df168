"""Why a class was lost: drivers as a response of each unit beside its class.

What belongs here: the drivers of the units, and which units lost their class to which of them.
What does not: areas (``change.py``, ``emissions.py``) and reading samples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lulc_assets.core.errors import InvalidSample

Flags = npt.NDArray[np.bool_]

NOT_NAMED = "not named"
"""Loss whose driver nobody could name."""


@dataclass(frozen=True)
class Drivers:
    """Drivers of the loss of one class.

    Attributes:
        of: code of the class.
        names: of the drivers.
        of_unit: shape (n,): 1 for the first driver, 0 where none was named.
    """

    of: int
    names: tuple[str, ...]
    of_unit: npt.NDArray[np.int64]

    def take(self, kept: Flags) -> "Drivers":
        """Of some of the units, shape (n,), bool."""
        return Drivers(self.of, self.names, self.of_unit[kept])

    def check(self, lost: Flags, unit_ids: Sequence[str]) -> None:
        """Refuse a driver of a loss that did not happen.

        Args:
            lost: shape (n,): units that lost the class between the two dates.
            unit_ids: of the n units.

        Raises:
            InvalidSample: the message names the first unit.
        """
        stray = np.flatnonzero((self.of_unit > 0) & ~lost)
        if stray.size:
            first = int(stray[0])
            raise InvalidSample(
                f"unit {unit_ids[first]!r} names the driver "
                f"{self.names[self.of_unit[first] - 1]!r} and lost nothing between the two dates "
                f"({stray.size} such units): correct its classes or leave the driver empty"
            )

    def losses(self, lost: Flags) -> Iterator[tuple[str, Flags]]:
        """Each driver with the units that were lost to it; those of no driver last, if any."""
        for code, name in enumerate(self.names, start=1):
            yield name, lost & (self.of_unit == code)
        rest = lost & (self.of_unit == 0)
        if rest.any():
            yield NOT_NAMED, rest
