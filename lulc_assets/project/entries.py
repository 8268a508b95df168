"""The entries of a project file that the definitions of assets need, read by themselves.

What belongs here: reading those entries from a file that may be wrong elsewhere. A mistake in it
is told by the runs that need it (``loading``), and must not take the code location away.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.tile_keys import FIRST_YEAR
from lulc_assets.project.checks import is_owner
from lulc_assets.project.years import ProjectYears

_NOBODY_NAMED = ("team:mapping",)
_LAST_YEAR = 9999


@dataclass(frozen=True)
class Entries:
    """What assets show of their project.

    Attributes:
        owners: whom to ask; a team called mapping where the file names nobody.
        years: of the project; None: the file cannot be read, or its years cannot.
    """

    owners: tuple[str, ...] = _NOBODY_NAMED
    years: ProjectYears | None = None


def read_entries(project_file: str) -> Entries:
    """Read them; never raises."""
    try:
        text = tomllib.loads(Path(project_file).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Entries()
    return Entries(_owners(text.get("owners")), _years(text))


def _owners(named: object) -> tuple[str, ...]:
    found = tuple(filter(is_owner, named)) if isinstance(named, list) else ()
    return found or _NOBODY_NAMED


def _years(text: Mapping[str, object]) -> ProjectYears | None:
    training = text.get("training")
    named = [text.get("years"), text.get("watch_years")]
    named.append(training.get("years") if isinstance(training, Mapping) else None)
    listed: set[int] = set()
    for years in named:
        if years is None:
            continue
        if not isinstance(years, list) or not all(_is_year(year) for year in years):
            return None
        listed |= set(years)
    if not listed:
        return None
    return ProjectYears(tuple(sorted(listed)), running=text.get("running") is True)


def _is_year(value: object) -> bool:
    return type(value) is int and FIRST_YEAR <= value <= _LAST_YEAR
