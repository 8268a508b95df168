"""Answers of interpreters beside the class: why a unit lost it.

What belongs here: the column of drivers and its values against the response design. What does not:
the response design (``response.py``), and files (``ingest.py``, ``interpreters.py``).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.legend import Legend
from lulc_assets.core.sampling.response import ResponseDesign

DRIVER_COLUMN = "driver"


def driver_codes(
    values: pd.Series, ids: pd.Series, response: ResponseDesign, source: str
) -> npt.NDArray[np.uint8]:
    """Numbers of the drivers that a column names, in any case; 0 where it is empty.

    Args:
        values: shape (n,), of the column.
        ids: shape (n,), of the units, for messages.
        response: that says which drivers there are.
        source: named in messages.

    Raises:
        InvalidSample: a driver that the response design does not have.
    """
    known = {name.casefold(): code for code, name in enumerate(response.drivers, start=1)}
    said = values.where(values.notna(), "").astype(str).str.strip().str.casefold()
    codes = np.zeros(len(said), dtype=np.uint8)
    for row, text in enumerate(said):
        if text and text not in known:
            raise InvalidSample(
                f"{source}, unit {ids.iloc[row]!r}: driver {values.iloc[row]!r} is not in the "
                f"response design; it has {', '.join(response.drivers)}"
            )
        codes[row] = known.get(text, 0)
    return codes


def named_drivers(
    codes: npt.NDArray[np.uint8], response: ResponseDesign
) -> npt.NDArray[np.object_]:
    """Drivers by name, shape (n,); empty for code 0."""
    return np.array(["", *response.drivers], dtype=object)[codes]


def refuse_kept(
    classes: pd.Series,
    drivers: pd.Series | None,
    response: ResponseDesign,
    legend: Legend,
    source: str,
) -> None:
    """Refuse a driver of the loss of a class that the unit still has.

    Args:
        classes: class code by unit id.
        drivers: driver code by unit id, or None.
        response: of the sample.
        legend: of the classes.
        source: named in messages.

    Raises:
        InvalidSample: the message names the first unit.
    """
    if drivers is None:
        return
    kept = (classes == legend.code_of(response.drivers_of)) & (drivers > 0)
    if kept.any():
        unit = kept.index[kept][0]
        raise InvalidSample(
            f"{source}, unit {unit!r}: is {response.drivers_of!r} and names "
            f"{response.drivers[int(drivers[unit]) - 1]!r} as the driver of its loss; correct one "
            "of the two"
        )
