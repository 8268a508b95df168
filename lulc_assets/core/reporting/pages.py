"""The report pages: one self-contained HTML file a tile × year, a region × year, an index.

What belongs here: what a page is made of (plain data) and its rendering. What does not:
the drawing of figures (``*_figures.py``), the wording of numbers and verdicts
(``formats.py``, ``captions.py``, ``page_views.py``), reading products.

A page opens from disk without any network: style, script and pictures are inside it,
and its content policy forbids everything else. All text is escaped, since scene ids and
reasons come from outside. Same inputs, same bytes: a page holds no date of its making.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.errors import InvalidPage
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend
from lulc_assets.core.reporting import page_views
from lulc_assets.core.reporting.label_page import LabelPage, view_labels

if TYPE_CHECKING:
    from jinja2 import Environment


_NO_LINKS = "<!-- no links -->"


@dataclass(frozen=True)
class Link:
    """A link to another page: relative (next to this file), or http(s)."""

    label: str
    href: str


@dataclass(frozen=True)
class SceneRow:
    """One candidate scene.

    Attributes:
        scene_id: the provider's id; untrusted text.
        date: ``YYYY-MM-DD``, empty when unknown.
        clear_pct: clear share of the area, 0–100, or None.
        selected: whether the map uses it.
        reason: why, or why not; untrusted text.
        thumbnail: PNG or JPEG bytes, or None.
    """

    scene_id: str
    date: str
    clear_pct: float | None
    selected: bool
    reason: str
    thumbnail: bytes | None = None


@dataclass(frozen=True)
class PageFigure:
    """A further figure: title, PNG bytes, and what to conclude from it."""

    title: str
    png: bytes
    caption: str


@dataclass(frozen=True)
class TilePage:
    """Everything on the page of one tile × year.

    Attributes:
        tile: MGRS key.
        year: of the map.
        place: a name for people, may be empty.
        class_map: codes, shape of ``grid``, uint8, 0 = no data.
        true_color: composite on the same pixels, shape (h, w, 3), uint8.
        grid: where both lie.
        report: accuracies and areas.
        scenes: all candidates, used and left out.
        provenance: name → digest or value, in the order to be shown.
        legend: of the codes.
        links: to the index, the region, files beside the page.
        figures: shown after the accuracy section.
        attribution: printed at the end: whose data these are, or that they are simulated.
    """

    tile: str
    year: int
    place: str
    class_map: npt.NDArray[np.uint8]
    true_color: npt.NDArray[np.uint8]
    grid: PixelGrid
    report: AccuracyReport
    scenes: Sequence[SceneRow]
    provenance: Mapping[str, str]
    legend: Legend
    links: Sequence[Link] = ()
    figures: Sequence[PageFigure] = ()
    attribution: str = ""


@dataclass(frozen=True)
class MapCard:
    """A map on an index or region page.

    Attributes:
        tile: MGRS key.
        year: of the map.
        place: a name for people, may be empty.
        href: of the tile page, relative to the page that shows the card.
        thumbnail: PNG bytes of the class map (``quicklook.class_thumbnail``).
        report: of this tile × year.
        scenes_used: None where it is not to be shown.
        scenes_left_out: None where it is not to be shown.
    """

    tile: str
    year: int
    place: str
    href: str
    thumbnail: bytes
    report: AccuracyReport
    scenes_used: int | None = None
    scenes_left_out: int | None = None


@dataclass(frozen=True)
class RegionCard:
    """A region × year on the index page."""

    region: str
    year: int
    href: str
    report: AccuracyReport


@dataclass(frozen=True)
class IndexPage:
    """The page that links all others.

    Attributes:
        title: of the whole set.
        command: the command line that made it, may be empty.
        cards: one a tile × year, in the order to be shown.
        regions: one a region × year.
        legend: of all maps.
        links: to anything else.
        labels: to the pages on labels, by tile and year.
        intro: one or two sentences, may be empty.
        attribution: as in :class:`TilePage`.
    """

    title: str
    command: str
    cards: Sequence[MapCard]
    regions: Sequence[RegionCard]
    legend: Legend
    links: Sequence[Link] = ()
    labels: Sequence[Link] = ()
    intro: str = ""
    attribution: str = ""


@dataclass(frozen=True)
class RegionPage:
    """Everything on the page of one region × year; fields as in :class:`TilePage`."""

    region: str
    year: int
    title: str
    report: AccuracyReport
    tiles: Sequence[MapCard]
    provenance: Mapping[str, str]
    legend: Legend
    links: Sequence[Link] = ()
    figures: Sequence[PageFigure] = ()
    attribution: str = ""


def render_tile_page(page: TilePage) -> str:
    """The HTML of a tile × year.

    Raises:
        InvalidPage: map, composite and grid differ in shape, a link is neither relative
            nor http(s), or a picture is neither PNG nor JPEG.
    """
    return _render("tile.html", page_views.view_tile(page))


def render_index(page: IndexPage) -> str:
    """The HTML of the index; raises as :func:`render_tile_page`."""
    return _render("index.html", page_views.view_index(page))


def render_region_page(page: RegionPage) -> str:
    """The HTML of a region × year; raises as :func:`render_tile_page`."""
    return _render("region.html", page_views.view_region(page))


def render_label_page(page: LabelPage) -> str:
    """The HTML of the labels of a tile × year; raises as :func:`render_tile_page`."""
    return _render("labels.html", view_labels(page))


def add_links(html: str, links: Sequence[Link]) -> str:
    """Add links to a page that was rendered without any.

    A page lies in the store alone and links to nothing; in a set of pages it links to its
    neighbours.

    Raises:
        InvalidPage: the page has links already, or a link is neither relative nor http(s).
    """
    if html.count(_NO_LINKS) != 1:
        raise InvalidPage("the page has links already, or is none of ours")
    checked = page_views.view_links(links)
    module = _environment().get_template("parts.html").module
    return html.replace(_NO_LINKS, str(module.navigation(checked)))  # type: ignore[attr-defined]


def _render(template: str, view: Mapping[str, Any]) -> str:
    environment = _environment()
    script = environment.get_template("script.html").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(**view, script=script, script_sha256=digest)


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=PackageLoader("lulc_assets.core.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
