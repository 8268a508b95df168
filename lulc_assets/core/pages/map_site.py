"""The map page and its data as plain files: for a bucket, a file server, or one file alone.

What belongs here: the page and the folder of a site. What does not: what a site is (``site``),
its JSON (``site_documents``), where the products come from (``steps``), the script that draws
them (``web/``), serving (``commands``).

A site refers to layers by the names that they have in the store, which contain their hashes: a
browser may keep them for ever, and building again copies only what is new. A site of a small
area is one HTML file with everything inside, which opens from disk.
"""

import base64
import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from lulc_assets.core.errors import InvalidPage
from lulc_assets.core.pages.site import Site, SiteFile, files_of
from lulc_assets.core.pages.site_documents import FORMAT, as_json, documents_of

MAP_PAGE = "map.html"
MANIFEST = "manifest.json"
STATIC = Path(__file__).with_name("static")
_SCRIPT, _STYLE = "map.js", "map.css"
_READABLE = 0o644


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
    documents = documents_of(site)
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
        files=None if start is None else _inside_script(as_json(packed).decode()),
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
    _write(folder / MANIFEST, as_json({"format": FORMAT, "files": sorted(written)}))


def former_files(folder: Path) -> set[str]:
    """The addresses that a folder's manifest names; none where it has no manifest."""
    try:
        names = json.loads((folder / MANIFEST).read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {str(name) for name in names if ".." not in Path(str(name)).parts}
