"""Names in a project file that must fit something else: each refused by its key.

What belongs here: one check a kind of name. What does not: the file's shape (``project``).
"""

from collections.abc import Collection

from lulc_assets.core.crosswalks import find_crosswalk
from lulc_assets.core.errors import InvalidProject, UnknownClass
from lulc_assets.core.legend import Legend


def require_known(where: str, tiles: tuple[str, ...], known: Collection[str]) -> None:
    """Refuse tiles that the project does not map.

    Raises:
        InvalidProject: one is not known; ``where`` is the key that names it.
    """
    unknown = [tile for tile in tiles if tile not in known]
    if unknown:
        raise InvalidProject(f"{where} names {', '.join(unknown)}, which [tiles] does not have")


def require_crosswalk(where: str, name: str, legend: Legend) -> None:
    """Refuse a vocabulary that nobody knows; a CSV file is looked at when it is read.

    Raises:
        InvalidProject: no crosswalk has that name, or it leads to no class of the legend.
    """
    if name.lower().endswith(".csv"):
        return
    try:
        find_crosswalk(name, legend)
    except UnknownClass as error:
        raise InvalidProject(f"{where}: {error}") from error
