"""What a map page shows, as data.

What belongs here: maps, scenes, tiles and shapes of a site, and the files that they name. What
does not: the site as files (``map_site``), its JSON (``site_documents``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend


@dataclass(frozen=True)
class SiteFile:
    """A file of the site: where it lies now, and under which address it goes into the site."""

    path: Path
    href: str

    def to_dict(self) -> dict[str, Any]:
        """As the page reads it."""
        return {"href": self.href, "bytes": self.path.stat().st_size}


@dataclass(frozen=True)
class ScenePhoto:
    """A true-colour picture of a scene and its corners (left, bottom, right, top)."""

    file: SiteFile
    extent: tuple[float, float, float, float]


@dataclass(frozen=True)
class SiteScene:
    """A scene that a map was made from; ``layers`` has class and probability."""

    scene_id: str
    date: str
    datatake: str
    layers: Mapping[str, SiteFile]
    photo: ScenePhoto | None = None


@dataclass(frozen=True)
class SiteMap:
    """A map of a tile and year.

    Attributes:
        tile: MGRS key.
        year: of the map.
        layers: class, vote_share and observations.
        rule: of the vote, see ``VoteRule.to_dict``.
        scenes: that were counted.
        votes: of the layers of the map and of each scene (``vote_blocks``).
        mapped_ha: class name → area that the tile owns.
        no_data_ha: likewise, without data.
        accuracy: one sentence.
        report: address of the report page, or None.
    """

    tile: str
    year: int
    layers: Mapping[str, SiteFile]
    rule: Mapping[str, Any]
    scenes: Sequence[SiteScene]
    votes: SiteFile
    mapped_ha: Mapping[str, float]
    no_data_ha: float
    accuracy: str
    report: str | None = None


@dataclass(frozen=True)
class SiteTile:
    """A tile with its area of interest.

    Attributes:
        tile: MGRS key.
        place: its title.
        grid: of its maps.
        regions: that it belongs to.
        hidden: (left, bottom, right, top) of ground that another tile of the page shows, metres.
    """

    tile: str
    place: str
    grid: PixelGrid
    regions: Sequence[str]
    hidden: Sequence[tuple[float, float, float, float]] = ()

    def to_dict(self) -> dict[str, Any]:
        """As the page reads it."""
        return {
            **self.grid.to_dict(),
            "tile": self.tile,
            "place": self.place,
            "regions": list(self.regions),
            "hidden": [list(box) for box in self.hidden],
        }


@dataclass(frozen=True)
class SiteTransition:
    """From one class to another: grade of change → hectares on the tile's whole grid."""

    from_class: str
    to_class: str
    ha: Mapping[str, float]


@dataclass(frozen=True)
class SiteYearly:
    """A change map: its layers (``core/change/layers``) and what changed into what."""

    layers: Mapping[str, SiteFile]
    transitions: Sequence[SiteTransition]


@dataclass(frozen=True)
class SiteAlerts:
    """Alerts of a year: layers (``core/alerts/pixels``), date of the last scene, sums by step."""

    layers: Mapping[str, SiteFile]
    scenes_until: str
    alerts: Mapping[str, int]
    area_ha: Mapping[str, float]


@dataclass(frozen=True)
class SiteChange:
    """What is known of change of a tile since the year before; at least one part is not None."""

    tile: str
    year: int
    report: str
    yearly: SiteYearly | None
    alerts: SiteAlerts | None


@dataclass(frozen=True)
class SiteOutline:
    """Shapes over the map: GeoJSON in degrees.

    Attributes:
        kind: ``units`` (properties code, right), ``labels`` (code), ``alerts`` (alert_id, step,
            from_class, to_class, area_ha, dates) or ``zones`` (name, area, said,
            rows; see ``zone_views.zone_facts``).
        tile: only with this tile; None: always.
        year: only with this year; None: always.
        features: a GeoJSON FeatureCollection.
    """

    kind: str
    tile: str | None
    year: int | None
    features: Mapping[str, Any]


@dataclass(frozen=True)
class Site:
    """Everything that the map page shows."""

    title: str
    attribution: str
    licence: str
    legend: Legend
    tiles: Sequence[SiteTile]
    maps: Sequence[SiteMap]
    changes: Sequence[SiteChange] = field(default_factory=tuple)
    outlines: Sequence[SiteOutline] = field(default_factory=tuple)
    home: str | None = None


def files_of(site: Site) -> Iterator[SiteFile]:
    """Every layer and picture of a site."""
    for one in site.maps:
        yield from one.layers.values()
        yield one.votes
        for scene in one.scenes:
            yield from scene.layers.values()
            if scene.photo is not None:
                yield scene.photo.file
    for change in site.changes:
        for part in (change.yearly, change.alerts):
            if part is not None:
                yield from part.layers.values()
