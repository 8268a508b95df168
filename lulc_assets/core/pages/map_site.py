"""The map page and its data as plain files: for a bucket, a file server, or one file alone.

What belongs here: what a site is made of, its JSON and its folder. What does not: where the
products come from (``steps``), the script that draws them (``web/``), serving (``commands``).

A site refers to layers by the names that they have in the store, which contain their hashes: a
browser may keep them for ever, and building again copies only what is new. A site of a small
area is one HTML file with everything inside, which opens from disk.
"""

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import InvalidPage
from lulc_assets.core.grid import PixelGrid, square_bounds
from lulc_assets.core.legend import Legend

FORMAT = 1
MAP_PAGE = "map.html"
MANIFEST = "manifest.json"
STATIC = Path(__file__).with_name("static")
_SCRIPT, _STYLE = "map.js", "map.css"
_READABLE = 0o644


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
    """A scene that a map was made from; ``layers`` has class, probability and mask."""

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
    mapped_ha: Mapping[str, float]
    no_data_ha: float
    accuracy: str
    report: str | None = None


@dataclass(frozen=True)
class SiteTile:
    """A tile with its area of interest."""

    tile: str
    place: str
    grid: PixelGrid
    regions: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """As the page reads it."""
        return {
            **self.grid.to_dict(),
            "tile": self.tile,
            "place": self.place,
            "regions": list(self.regions),
            "owned": list(square_bounds(self.tile)),
        }


@dataclass(frozen=True)
class SiteOutline:
    """Shapes over the map: GeoJSON in degrees.

    Attributes:
        kind: ``units`` (properties code, right), ``labels`` (code) or ``zones`` (name, area).
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
    outlines: Sequence[SiteOutline] = field(default_factory=tuple)
    home: str | None = None


def files_of(site: Site) -> Iterator[SiteFile]:
    """Every layer and picture of a site."""
    for one in site.maps:
        yield from one.layers.values()
        for scene in one.scenes:
            yield from scene.layers.values()
            if scene.photo is not None:
                yield scene.photo.file


def write_site(site: Site, folder: Path, *, single_file_bytes: int = 0, link: bool = False) -> Path:
    """Write the map page and its data; what lies there already is not copied again.

    Args:
        site: what to show.
        folder: is made if need be; files of a former site that this one lacks are removed.
        single_file_bytes: a site with no more bytes of data becomes one file.
        link: hard links to the store instead of copies, for looking at it on this machine.

    Returns:
        The page.

    Raises:
        InvalidPage: there is no map, or the page's script was not built.
    """
    if not site.maps:
        raise InvalidPage(f"{site.title}: no map has been made yet, so there is nothing to show")
    script, style = _bundle()
    folder.mkdir(parents=True, exist_ok=True)
    documents = _documents(site)
    files = list(files_of(site))
    size = sum(file.path.stat().st_size for file in files) + sum(map(len, documents.values()))
    alone = size <= single_file_bytes
    written = {MAP_PAGE}
    if alone:
        inside = {href: data for href, data in documents.items() if href != "site.json"}
        inside |= {file.href: file.path.read_bytes() for file in files}
        page = _page(site, script, style, documents["site.json"], inside)
    else:
        for file in files:
            _place(file, folder, link)
        for href, data in {**documents, _SCRIPT: script, _STYLE: style}.items():
            _write(folder / href, data)
            written.add(href)
        written |= {file.href for file in files}
        page = _page(site, script, style, None, {})
    _write(folder / MAP_PAGE, page)
    _sweep(folder, written)
    return folder / MAP_PAGE


def _bundle() -> tuple[bytes, bytes]:
    try:
        return (STATIC / _SCRIPT).read_bytes(), (STATIC / _STYLE).read_bytes()
    except OSError as error:
        raise InvalidPage(
            f"the map page's script is not there ({error.filename}); call `make setup`, which "
            "builds it from web/"
        ) from error


def _documents(site: Site) -> dict[str, bytes]:
    """The JSON files of a site by address; ``site.json`` is what the page begins with."""
    found: dict[str, bytes] = {}

    def store(name: str, value: Any) -> dict[str, Any]:
        data = _json(value)
        href = f"data/{name}-{hashlib.sha256(data).hexdigest()[:16]}.json"
        found[href] = data
        return {"href": href, "bytes": len(data)}

    maps = [
        {
            "tile": one.tile,
            "year": one.year,
            **{name: file.to_dict() for name, file in one.layers.items()},
            "details": store(
                f"scenes-{one.tile}-{one.year}",
                {"rule": dict(one.rule), "scenes": [_scene(scene) for scene in one.scenes]},
            ),
            "report": one.report,
            "mapped_ha": dict(one.mapped_ha),
            "no_data_ha": one.no_data_ha,
            "accuracy": one.accuracy,
        }
        for one in site.maps
    ]
    outlines = [
        {
            "kind": one.kind,
            "tile": one.tile,
            "year": one.year,
            "file": store(
                "-".join(str(part) for part in (one.kind, one.tile, one.year) if part is not None),
                one.features,
            ),
        }
        for one in site.outlines
    ]
    found["site.json"] = _json(
        {
            "format": FORMAT,
            "title": site.title,
            "attribution": site.attribution,
            "licence": site.licence,
            "home": site.home,
            "legend": [
                {
                    "code": c.code,
                    "name": c.name,
                    "title": c.title,
                    "color": c.color,
                    "cloud": c.role == "cloud",
                }
                for c in site.legend.classes
            ],
            "tiles": [tile.to_dict() for tile in site.tiles],
            "maps": maps,
            "outlines": outlines,
        }
    )
    return found


def _scene(scene: SiteScene) -> dict[str, Any]:
    photo = None
    if scene.photo is not None:
        photo = {**scene.photo.file.to_dict(), "extent": list(scene.photo.extent)}
    return {
        "id": scene.scene_id,
        "date": scene.date,
        "datatake": scene.datatake,
        **{name: file.to_dict() for name, file in scene.layers.items()},
        "photo": photo,
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _page(
    site: Site, script: bytes, style: bytes, start: bytes | None, inside: Mapping[str, bytes]
) -> bytes:
    """The HTML; with ``start`` everything is inside it, else it refers to its neighbours."""
    from lulc_assets.core.pages.rendering import template  # Jinja

    packed = {href: base64.b64encode(data).decode() for href, data in sorted(inside.items())}
    text = template("map.html").render(
        title=site.title,
        attribution=site.attribution,
        licence=site.licence,
        home=site.home,
        script_href=f"{_SCRIPT}?{hashlib.sha256(script).hexdigest()[:12]}",
        style_href=f"{_STYLE}?{hashlib.sha256(style).hexdigest()[:12]}",
        script=None if start is None else script.decode(),
        style=None if start is None else style.decode(),
        script_sha256=base64.b64encode(hashlib.sha256(script).digest()).decode(),
        site=None if start is None else _inside_script(start.decode()),
        files=None if start is None else _inside_script(_json(packed).decode()),
    )
    return text.encode()


def _inside_script(text: str) -> str:
    """JSON that an HTML parser cannot leave: names of places may hold ``</script>``."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _place(file: SiteFile, folder: Path, link: bool) -> None:
    target = folder / file.href
    if target.is_file() and target.stat().st_size == file.path.stat().st_size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if link or file.path.is_relative_to(folder):
        target.hardlink_to(file.path)
        return
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(file.path, part)
    part.chmod(_READABLE)
    part.replace(target)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.chmod(_READABLE)
    part.replace(path)


def _sweep(folder: Path, written: set[str]) -> None:
    """Write the manifest, and remove what only the former one names."""
    for href in former_files(folder) - written:
        (folder / href).unlink(missing_ok=True)
    _write(folder / MANIFEST, _json({"format": FORMAT, "files": sorted(written)}))


def former_files(folder: Path) -> set[str]:
    """The addresses that a folder's manifest names; none where it has no manifest."""
    try:
        names = json.loads((folder / MANIFEST).read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {str(name) for name in names if ".." not in Path(str(name)).parts}
