"""The page of change: what changed since last year, how well it is shown, and what alerts say.

What belongs here: the content of the page and its sentences. What does not: grading and judging
(``core/change``, ``core/alerts``), figures (``figures/change``), markup (``templates``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lulc_assets.core.change.stories import STORIES
from lulc_assets.core.figures.formats import format_area_ha, format_count, format_share
from lulc_assets.core.legend import Legend
from lulc_assets.core.pages.content import Link, PageFigure
from lulc_assets.core.pages.links import view_links
from lulc_assets.core.pages.report_views import view_figure

if TYPE_CHECKING:
    import geopandas as gpd

_MOST_ROWS = 20
_MOST_ALERTS = 50
_STEP_ORDER = ("confirmed", "likely", "possible", "rejected")


@dataclass(frozen=True)
class ChangeRow:
    """Pixels of a transition or a story, by grade."""

    title: str
    pixels: Mapping[str, int]


@dataclass(frozen=True)
class YearlyChange:
    """What a change map says.

    Attributes:
        grades: grade → pixels.
        differing_pixels: whose two maps differ.
        transitions: the most pixels first.
        stories: name → grade → pixels.
        permanence: class → never, seasonal, permanent → pixels.
        pixel_ha: area of a pixel.
        dates: of the former year and of this year.
    """

    grades: Mapping[str, int]
    differing_pixels: int
    transitions: Sequence[ChangeRow]
    stories: Mapping[str, Mapping[str, int]]
    permanence: Mapping[str, Mapping[str, int]]
    pixel_ha: float
    dates: tuple[int, int]


@dataclass(frozen=True)
class YearOfAlerts:
    """What alerts say.

    Attributes:
        table: as ``alert_polygons`` returns it.
        scenes_until: date of the latest scene.
        dates: that were judged.
        withdrawn_scenes: that are gone since the last update.
    """

    table: "gpd.GeoDataFrame"
    scenes_until: str
    dates: int
    withdrawn_scenes: Sequence[str] = ()


@dataclass(frozen=True)
class ChangePage:
    """Everything on the page of change of one tile × year.

    Attributes:
        tile: MGRS key.
        year: compared with the year before.
        place: a name for people, may be empty.
        legend: of the maps.
        figures: in the order to be shown.
        change: None where there is no change map.
        alerts: None where there are none.
        statements: why one of the two is not there.
        provenance: name → digest or value.
        links: to the pages around it.
        attribution: printed at the end.
    """

    tile: str
    year: int
    place: str
    legend: Legend
    figures: Sequence[PageFigure]
    change: YearlyChange | None
    alerts: YearOfAlerts | None
    statements: Sequence[str] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    links: Sequence[Link] = ()
    attribution: str = ""


def view_change(page: ChangePage) -> dict[str, Any]:
    """The template context of a change page."""
    place = f" · {page.place}" if page.place else ""
    return {
        "title": f"{page.tile} {page.year - 1}–{page.year}{place}",
        "kind": "Change of",
        "links": view_links(page.links),
        "attribution": page.attribution,
        "headline": _headline(page),
        "warnings": [*page.statements, *_warnings(page)],
        "figures": [view_figure(f.title, f.png, f.caption) for f in page.figures],
        "stories": [] if page.change is None else _stories(page.change, page.legend),
        "transitions": [] if page.change is None else _transitions(page.change),
        "permanence": [] if page.change is None else _permanence(page.change, page.legend),
        "alerts": [] if page.alerts is None else _alerts(page.alerts, page.legend),
        "alerts_note": "" if page.alerts is None else _alerts_note(page.alerts),
        "provenance": dict(page.provenance),
    }


def _headline(page: ChangePage) -> dict[str, str]:
    if page.change is None:
        return {"verdict": "insufficient", "value": "–", "label": "no change map", "detail": ""}
    found = page.change
    sustained, differ = found.grades.get("sustained", 0), found.differing_pixels
    rest = differ - sustained
    further = format_area_ha(rest * found.pixel_ha)
    unshown = f"; on {further} of that the dates show no lasting change" if rest > 0 else ""
    return {
        "verdict": "agreement_only",
        "value": format_area_ha(sustained * found.pixel_ha),
        "label": f"of sustained change on the map from {page.year - 1} to {page.year}",
        "detail": f"Judged by {found.dates[0]} and {found.dates[1]} dates. The two maps differ "
        f"on {format_area_ha(differ * found.pixel_ha)}{unshown}. Pixels "
        "of a map are not an estimate of the area that changed: that takes a sample.",
    }


def _warnings(page: ChangePage) -> list[str]:
    found = []
    if page.change is not None:
        grades = page.change.grades
        graded = sum(n for name, n in grades.items() if name != "none")
        lacking = grades.get("insufficient", 0)
        if graded and lacking > graded / 2:
            share = format_share(lacking / graded)
            found.append(
                f"{share} of the pixels that differ have fewer than three clear dates in a year: "
                "nothing can be said there."
            )
    if page.alerts is not None and page.alerts.withdrawn_scenes:
        listed = ", ".join(page.alerts.withdrawn_scenes)
        found.append(f"Scenes were withdrawn since the last update, and alerts were judged again: "
                     f"{listed}.")  # fmt: skip
    return found


def _stories(change: YearlyChange, legend: Legend) -> list[dict[str, str]]:
    titles = {story.name: story for story in STORIES}
    return [
        {
            "title": titles[name].title,
            "color": legend.by_code(legend.code_of(titles[name].class_name)).color,
            "sustained": format_area_ha(pixels.get("sustained", 0) * change.pixel_ha),
            "recent": format_area_ha(pixels.get("recent", 0) * change.pixel_ha),
        }
        for name, pixels in change.stories.items()
    ]


def _transitions(change: YearlyChange) -> list[dict[str, str]]:
    names = ("sustained", "recent", "flicker", "insufficient")
    return [
        {
            "title": row.title,
            **{name: format_area_ha(row.pixels.get(name, 0) * change.pixel_ha) for name in names},
        }
        for row in change.transitions[:_MOST_ROWS]
    ]


def _permanence(change: YearlyChange, legend: Legend) -> list[dict[str, str]]:
    return [
        {
            "title": legend.by_code(legend.code_of(name)).title,
            "permanent": format_area_ha(pixels["permanent"] * change.pixel_ha),
            "seasonal": format_area_ha(pixels["seasonal"] * change.pixel_ha),
        }
        for name, pixels in change.permanence.items()
    ]


def _alerts(alerts: YearOfAlerts, legend: Legend) -> list[dict[str, str]]:
    titles = {known.name: known.title for known in legend.classes}
    table = alerts.table.assign(
        rank=[_STEP_ORDER.index(step) for step in alerts.table["step"]]
    ).sort_values(["rank", "area_ha", "alert_id"], ascending=[True, False, True])
    return [
        {
            "id": str(row.alert_id),
            "step": str(row.step),
            "change": f"{titles.get(row.from_class, row.from_class)} → "
            f"{titles.get(row.to_class, row.to_class)}",
            "area": format_area_ha(float(row.area_ha)),
            "first": str(row.first_on or "–"),
            "confirmed": str(row.confirmed_on or "–"),
        }
        for row in table.head(_MOST_ALERTS).itertuples()
    ]


def _alerts_note(alerts: YearOfAlerts) -> str:
    count = len(alerts.table)
    steps = ", ".join(f"{(alerts.table['step'] == step).sum()} {step}" for step in _STEP_ORDER)
    shown = f" The first {_MOST_ALERTS} are listed." if count > _MOST_ALERTS else ""
    until = f" with scenes until {alerts.scenes_until}" if alerts.scenes_until else ""
    return f"{format_count(alerts.dates, 'date')} judged{until}: {steps}.{shown}"
