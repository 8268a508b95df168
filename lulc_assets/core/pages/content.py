"""What the report pages are made of, as plain data.

What belongs here: one class a kind of page and of row. What does not: how it is worded
(``page_views``, ``label_page``) or rendered (``pages``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend

if TYPE_CHECKING:
    import geopandas as gpd

    from lulc_assets.core.accuracy.zone_table import ZoneTable


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
        project: name of the project, for the citation.
        licence: of the map; empty: the project does not state one.
        files: the layers for download: label and address, relative to the page.
        told: more facts about the map: term → sentence.
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
    project: str = ""
    licence: str = ""
    files: Sequence[Link] = ()
    told: Mapping[str, str] = field(default_factory=dict)


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
        cards: one per tile × year, in the order to be shown.
        regions: one per region × year.
        legend: of all maps.
        links: to anything else.
        labels: to the pages on labels, by tile and year.
        changes: to the pages on change.
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
    changes: Sequence[Link] = ()
    intro: str = ""
    attribution: str = ""


@dataclass(frozen=True)
class PageZones:
    """Areas by district: the table, and outlines (``zone`` and geometry, EPSG:4326)."""

    table: "ZoneTable"
    shapes: "gpd.GeoDataFrame"


@dataclass(frozen=True)
class RegionPage:
    """Everything on the page of one region × year; fields as in :class:`TilePage`.

    Attributes:
        overview: the maps of all tiles as one; None: the tiles are too far apart.
        zones: areas by district; None: the project has no districts there.
    """

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
    project: str = ""
    licence: str = ""
    overview: PageFigure | None = None
    zones: PageZones | None = None
    told: Mapping[str, str] = field(default_factory=dict)
