"""What the definitions of assets take from the project file when the code location is loaded.

What belongs here: whom to ask and which years there are. What does not: settings of the work,
which each run reads anew (``resources``). Importing reads nothing: assets are made in functions
that Dagster calls (``from_products``), so a change here takes a reload of the code location.
"""

import os

from lulc_assets.project.entries import Entries, read_entries
from lulc_assets.project.years import ProjectYears


def owners() -> list[str]:
    """Whom the UI names to ask about assets."""
    return list(_entries().owners)


def years() -> ProjectYears | None:
    """The project's years; None: there is no project, or they cannot be read."""
    return _entries().years


def _entries() -> Entries:
    return read_entries(os.environ.get("LULC_PROJECT", ""))
