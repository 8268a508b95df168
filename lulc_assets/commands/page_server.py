"""What ``lulc pages serve`` answers with: the files of a built site and nothing else.

What belongs here: which files are served and how. What does not: building them.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lulc_assets.core.errors import InvalidPage
from lulc_assets.core.pages.map_site import MANIFEST, MAP_PAGE, former_files

_HASHED = "data/"
"""Names there contain the hash of their content, so that a browser may keep them."""
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK = {"Cache-Control": "no-cache"}
_TEXT = {".html", ".json", ".js", ".css", ".svg"}
_SMALLEST_GZIP = 1024


class TextGzip:
    """Compresses text only: a range of a compressed layer would be of other bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain, self._packed = app, GZipMiddleware(app, _SMALLEST_GZIP)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by the name of the file."""
        text = Path(scope.get("path", "")).suffix in _TEXT
        await (self._packed if text else self._plain)(scope, receive, send)


def page_app(folder: Path) -> ASGIApp:
    """A web application for a folder that ``lulc pages build`` wrote.

    Raises:
        InvalidPage: it did not.
    """
    if not (folder / MANIFEST).is_file():
        raise InvalidPage(f"{folder} has no {MANIFEST}; build the pages first: lulc pages build")
    return TextGzip(Starlette(routes=[Route("/{path:path}", _answer(folder), methods=["GET"])]))


class _Built:
    """The files that the manifest names; read again when a build has written another."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._stamp, self._names = folder, -1, frozenset[str]()

    def __contains__(self, path: str) -> bool:
        stamp = (self._folder / MANIFEST).stat().st_mtime_ns
        if stamp != self._stamp:
            self._stamp, self._names = stamp, frozenset(former_files(self._folder))
        return path in self._names


def _answer(folder: Path) -> Callable[[Request], Awaitable[Response]]:
    built = _Built(folder)

    async def answer(request: Request) -> Response:
        path = str(request.path_params["path"]) or _first(folder)
        file = folder / path
        if not (path in built or _is_page(path)) or not file.is_file():
            return PlainTextResponse("There is no such page.", status_code=404)
        return FileResponse(file, headers=_KEEP if path.startswith(_HASHED) else _ASK)

    return answer


def _is_page(path: str) -> bool:
    """Report pages and the index: HTML files of the folder itself."""
    return path.endswith(".html") and "/" not in path and not path.startswith(".")


def _first(folder: Path) -> str:
    return "index.html" if (folder / "index.html").is_file() else MAP_PAGE
