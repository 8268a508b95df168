"""What the name of a file and of its bands say: date, band, id.

What belongs here: words → meaning. What does not: opening files.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime

from lulc_assets.core.errors import IncompleteItem, InvalidProject, MissingBand
from lulc_assets.core.scene.bands import parse_bands
from lulc_assets.core.scene.recipe import SCL_ROLE

_ANY_DATE = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d{2})")
_PARTS = {
    "%Y": r"(?P<Y>\d{4})",
    "%m": r"(?P<m>\d{2})",
    "%d": r"(?P<d>\d{2})",
    "%j": r"(?P<j>\d{3})",
}
_NOT_OF_IDS = re.compile(r"[^A-Za-z0-9._-]+")


def read_date(stem: str, pattern: str = "") -> date:
    """The date in the name of a file.

    Args:
        stem: name without suffix.
        pattern: with ``%Y``, ``%m``, ``%d`` or ``%j``, ``*`` for anything; empty: any date that
            is written year first.

    Raises:
        IncompleteItem: no date, or several different ones.
        InvalidProject: the pattern has no year or no day.
    """
    found = _by_pattern(stem, pattern) if pattern else _any_dates(stem)
    if not found:
        hint = f"that --date {pattern!r} fits" if pattern else "like 20230517 or 2023-05-17"
        raise IncompleteItem(
            f"{stem}: its name holds no date {hint}; rename it, or say where the date is, "
            "like --date 'stack_%d%m%Y*'"
        )
    if len(found) > 1:
        listed = ", ".join(day.isoformat() for day in sorted(found))
        raise IncompleteItem(
            f"{stem}: its name holds several dates ({listed}); a stack is of one day. Say which "
            "counts with --date"
        )
    return found.pop()


def _any_dates(text: str) -> set[date]:
    found = set()
    for match in _ANY_DATE.finditer(text):
        try:
            found.add(date(*map(int, match.groups())))
        except ValueError:  # 30 February is a number of something else
            continue
    return found


def _by_pattern(stem: str, pattern: str) -> set[date]:
    if "%Y" not in pattern or not ("%j" in pattern or {"%m", "%d"} <= set(_codes(pattern))):
        raise InvalidProject(f"--date {pattern!r} must hold %Y and either %m and %d, or %j")
    text = re.escape(pattern).replace(r"\*", ".*")
    for code, part in _PARTS.items():
        text = text.replace(code, part, 1)
    match = re.fullmatch(text, stem)
    if match is None:
        return set()
    parts = match.groupdict()
    form = "%Y-%j" if "j" in parts else "%Y-%m-%d"
    try:
        words = [parts[key] for key in ("Y", "j", "m", "d") if key in parts]
        return {datetime.strptime("-".join(words), form).date()}
    except ValueError:
        return set()


def _codes(pattern: str) -> list[str]:
    return re.findall(r"%[a-zA-Z]", pattern)


def read_bands(name: str, descriptions: Sequence[str | None], wanted: Sequence[str]) -> list[str]:
    """The role of each band of a stack; empty where it is none of ours.

    Args:
        name: of the file, for messages.
        descriptions: of its bands.
        wanted: roles by order, given by the user; empty: descriptions count.

    Raises:
        MissingBand: the number does not fit, or no description names a band.
        IncompleteItem: descriptions name several dates.
    """
    if wanted:
        if len(wanted) != len(descriptions):
            raise MissingBand(
                f"{name} has {len(descriptions)} bands, --bands names {len(wanted)}; name each "
                "band in its order, - for one that is to be left out"
            )
        return [_role_named(each) for each in wanted]
    dates = set().union(*(_any_dates(text or "") for text in descriptions))
    if len(dates) > 1:
        listed = ", ".join(day.isoformat() for day in sorted(dates))
        raise IncompleteItem(
            f"{name}: its bands are of several dates ({listed}); make a stack of each day"
        )
    roles = [_role_described(text or "") for text in descriptions]
    if not any(roles):
        shown = ", ".join(text or "nameless" for text in descriptions)
        raise MissingBand(
            f"{name}: which band is which? Its descriptions say nothing ({shown}); name all in "
            "their order, like --bands B04,B03,B02,B08,SCL"
        )
    twice = sorted({role for role in roles if role and roles.count(role) > 1})
    if twice:
        raise MissingBand(f"{name}: {', '.join(twice)} occurs in it twice; name bands by --bands")
    return roles


def _role_named(text: str) -> str:
    if text.strip() in ("-", ""):
        return ""
    return SCL_ROLE if text.casefold() == SCL_ROLE else parse_bands([text.strip()])[0]


def _role_described(text: str) -> str:
    """The one band that a description names, as in ``B04``, ``red`` or ``20230517_B8A``."""
    for word in re.split(r"[\s_:;,.()-]+", text):
        try:
            return _role_named(word) if word else ""
        except InvalidProject:
            continue
    return ""


def make_id(stem: str, tile: str) -> str:
    """An id of a scene that can name a folder."""
    return f"{_NOT_OF_IDS.sub('_', stem).strip('._-')[:100]}_{tile}"
