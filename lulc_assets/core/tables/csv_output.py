"""Text in the CSV files that we write.

What belongs here: keeping other people's names from being run as formulas. What does not:
which files are written.
"""

from typing import Any

import pandas as pd

from lulc_assets.core.tables.numbers import is_number

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def defuse(value: Any) -> Any:
    """A cell that no spreadsheet runs: text that starts like a formula gets a quote in front.

    Numbers stay. ``read_csv`` takes the quote away again.
    Source: OWASP, "CSV Injection".
    """
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS) and not is_number(value):
        return "'" + value
    return value


def defuse_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """A table whose cells and titles no spreadsheet runs."""
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = safe[column].map(defuse)
    return safe.rename(columns=defuse)
