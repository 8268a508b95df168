"""The web application: routes, who may ask, how much at once.

What belongs here: HTTP. What does not: the work (``service``), images (``upload``), scenes
(``scene_reference``), the network (``predicting``), the page's text (``page``).

A body is received to disk before it takes a place at the engine, and an answer is a file that is
sent after the place is free again: a slow or hanging client holds neither.
"""

import asyncio
import hmac
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse
from pydantic import BaseModel

from lulc_assets.core.errors import HrefRefused, LulcError, NotFinite
from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.serving.page import upload_page
from lulc_assets.core.serving.places import RESULT_ID, Busy
from lulc_assets.core.serving.service import ItemReference, Made, Service
from lulc_assets.core.serving.settings import ServiceSettings

RETRY_AFTER_S = 5
_TIFF = "image/tiff; application=geotiff; profile=cloud-optimized"
_FILE = {"class.tif": _TIFF, "probability.tif": _TIFF, "item.json": "application/geo+json",
         "class.png": "image/png"}  # fmt: skip


class Refusal(BaseModel):
    """Why a request was not served."""

    detail: str


_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": text}
    for status, text in {
        400: "The request cannot be read.", 401: "The key is missing or wrong.",
        403: "The place may not be read.", 408: "The body came too slowly.",
        413: "The body is too large.", 415: "The body is not a TIFF.",
        422: "The image or item does not fit the model.", 429: "Too much at once; try later.",
        500: "The network failed.", 503: "The service is starting or stopping.",
    }.items()
}  # fmt: skip


def make_app(
    load: Callable[[], Predictor], settings: ServiceSettings, folder: Path | None = None
) -> FastAPI:
    """The application.

    Args:
        load: gives the engine, when the application starts; a bundle that is refused ends it.
        settings: limits.
        folder: scratch; a temporary folder without it.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with tempfile.TemporaryDirectory(prefix="lulc-serve-", dir=folder) as scratch:
            app.state.service = await asyncio.to_thread(
                lambda: Service(load(), settings, Path(scratch))
            )
            yield
            app.state.service.ready = False

    app = FastAPI(
        title="Land cover of Sentinel-2 images",
        description="A GeoTIFF or a STAC item in; classes, probability and a STAC item out.",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    _handle_errors(app)
    _add_open_routes(app)
    _add_guarded_routes(app, settings)
    return app


def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


_Service = Annotated[Service, Depends(_service)]


def _handle_errors(app: FastAPI) -> None:
    async def refuse(request: Request, error: Exception) -> Response:
        status = 403 if isinstance(error, HrefRefused) else 422
        status = 500 if isinstance(error, NotFinite) else status
        _service(request).metrics.refused.labels(str(status)).inc()
        return JSONResponse({"detail": str(error)}, status)

    async def busy(request: Request, _: Exception) -> Response:
        _service(request).metrics.refused.labels("429").inc()
        return JSONResponse(
            {"detail": "too many requests at once; try again"},
            429,
            {"Retry-After": str(RETRY_AFTER_S)},
        )

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return JSONResponse({"detail": said[:1000]}, 422)

    async def failed(_: Request, __: Exception) -> Response:
        # What it was goes to the log, and to nobody else.
        return JSONResponse({"detail": "the service failed; its log says why"}, 500)

    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, failed)
    app.add_exception_handler(LulcError, refuse)
    app.add_exception_handler(Busy, busy)

    @app.middleware("http")
    async def headers(
        request: Request, answer: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        found = await answer(request)
        found.headers["X-Content-Type-Options"] = "nosniff"
        found.headers["Referrer-Policy"] = "no-referrer"
        return found


def _add_open_routes(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page(service: _Service) -> Response:
        html, policy = upload_page(service.bundle)
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    @app.get("/health", response_class=PlainTextResponse)
    async def health() -> str:
        """Whether the process answers."""
        return "ok"

    @app.get("/ready", response_class=PlainTextResponse, responses={503: _REFUSALS[503]})
    async def ready(service: _Service) -> str:
        """Whether it serves: the model is loaded, and it does not stop."""
        if not service.ready:
            raise HTTPException(503, "stopping")
        return "ready"

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics(service: _Service) -> Response:
        """Figures for Prometheus."""
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")


def _add_guarded_routes(app: FastAPI, settings: ServiceSettings) -> None:
    async def require_key(x_api_key: Annotated[str, Header()] = "") -> None:
        if settings.api_key and not hmac.compare_digest(
            x_api_key.encode(), settings.api_key.encode()
        ):
            raise HTTPException(401, "the header X-API-Key is missing or wrong")

    guard = [Depends(require_key)]
    body = {"requestBody": {"required": True, "content": {"image/tiff": {
        "schema": {"type": "string", "format": "binary"}}}}}  # fmt: skip

    @app.get("/model", dependencies=guard, responses=_only(401))
    async def model(service: _Service) -> dict[str, Any]:
        """What the model is: classes, bands, level, sampling, digest."""
        bundle = service.bundle
        return {
            "bundle": bundle.digest,
            "bands": list(bundle.bands),
            "levels": list(bundle.levels),
            "gsd_m": bundle.gsd_m,
            "classes": [{"code": c.code, "name": c.name, "title": c.title, "color": c.color}
                        for c in bundle.legend.classes],
        }  # fmt: skip

    @app.post(
        "/predictions", dependencies=guard, openapi_extra=body,
        responses=_only(400, 401, 408, 413, 415, 422, 429, 500),
    )  # fmt: skip
    async def predict(request: Request, service: _Service) -> Made:
        """Map a GeoTIFF: the model's bands in order, in UTM, reflectance x 10000 or 0-1."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ("image/tiff", "application/octet-stream"):
            raise HTTPException(415, "send a GeoTIFF as image/tiff")
        with tempfile.NamedTemporaryFile(dir=service.bodies, suffix=".tif") as file:
            received = Path(file.name)
            async with service.receiving.take():
                await service.receive(request, received)
            return await service.make(lambda out, name: service.map_upload(received, out, name))

    @app.post("/predictions/stac", dependencies=guard, responses=_only(401, 403, 422, 429, 500))
    async def predict_item(asked: ItemReference, service: _Service) -> Made:
        """Map a scene by its STAC item, or a window of it."""
        return await service.make(lambda out, name: service.map_item(asked, out, name))

    @app.get(
        "/predictions/{name}/{file}", dependencies=guard, response_class=FileResponse,
        responses={404: {"model": Refusal}, **_only(401)},
    )  # fmt: skip
    async def result(name: str, file: str, service: _Service) -> Response:
        """A file of a result: class.tif, probability.tif, item.json, class.png."""
        found = service.results.find(name, file) if RESULT_ID.fullmatch(name) else None
        if found is None:
            raise HTTPException(404, "there is no such result, or it is no longer kept")
        return FileResponse(found, media_type=_FILE[file], filename=f"{name[:8]}-{file}")


def _only(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: _REFUSALS[status] for status in statuses}
