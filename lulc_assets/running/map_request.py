"""What ``lulc map`` is asked for.

What belongs here: model, area and time of a map. What does not: making it (``map_area``).
"""

from dataclasses import dataclass
from datetime import date

from shapely.geometry.base import BaseGeometry

from lulc_assets.core.compositing.seasons import QUARTERS, Season, parse_seasons
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.model.bundle import Bundle


@dataclass(frozen=True)
class MapRequest:
    """What is to be mapped.

    Attributes:
        bundle: verified model.
        area: polygons in longitude and latitude.
        year: calendar year; of a season that in which it ends.
        catalog: location of a STAC catalogue.
        season: of the year; None: all of it.
        collection: of an API; None: Sentinel-2 L2A.
        crs: of the map; empty: UTM.
        name: of the area, on the page.
    """

    bundle: Bundle
    area: BaseGeometry
    year: int
    catalog: str
    season: Season | None = None
    collection: str | None = None
    crs: str = ""
    name: str = "area"

    @property
    def days(self) -> tuple[date, date]:
        """First and last day."""
        if self.season is None:
            return date(self.year, 1, 1), date(self.year, 12, 31)
        return self.season.days(self.year)

    @property
    def title(self) -> str:
        """Part of file names: year and season."""
        return str(self.year) if self.season is None else f"{self.year}_{self.season.name}"


def read_season(text: str) -> Season | None:
    """``q1`` … ``q4``, or ``MM-DD:MM-DD``; empty: none.

    Raises:
        InvalidProject: it is neither.
    """
    if not text:
        return None
    if text in QUARTERS:
        return parse_seasons({text: QUARTERS[text]})[0]
    first, colon, last = text.partition(":")
    if not colon:
        raise InvalidProject(
            f"--season {text!r} is neither {', '.join(QUARTERS)} nor two days like 06-01:08-31"
        )
    name = f"from_{first}_to_{last}".replace("-", "")
    return parse_seasons({name: (first, last)})[0]
