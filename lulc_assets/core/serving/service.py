"""A running service: its engine, its places, its results, and one request from body to map.

What belongs here: receiving a body within limits, and the work of a request. What does not: routes
(``app``), how a map is made (``predicting``).
"""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from lulc_assets.core.inference.engine import Predictor
from lulc_assets.core.serving.metrics import ServiceMetrics
from lulc_assets.core.serving.places import Places, Results
from lulc_assets.core.serving.predicting import MapMaker, ServedMap, now
from lulc_assets.core.serving.preview import preview
from lulc_assets.core.serving.scene_reference import grid_of_reference, read_reference
from lulc_assets.core.serving.settings import ServiceSettings
from lulc_assets.core.serving.upload import UploadedImage

Make = Callable[[Path, str], ServedMap]


class ItemReference(BaseModel):
    """A STAC item that is to be mapped."""

    model_config = ConfigDict(extra="forbid")

    href: str = Field(max_length=2000, description="URL of the item's JSON.")
    window: tuple[int, int, int, int] | None = Field(
        None, description="Row, column, height and width on the tile's 10 m grid; else all of it."
    )


class Made(BaseModel):
    """A finished map."""

    id: str
    item: dict[str, Any] = Field(description="STAC item; hrefs are relative to `files`.")
    files: str = Field(description="Path below which the files of the item lie.")
    pixels: dict[str, int] = Field(description="Pixels of each class.")


class Service:
    """State of a running service: engine, places, results.

    Args:
        predictor: engine with its bundle.
        settings: limits.
        folder: scratch for bodies and results.
    """

    def __init__(self, predictor: Predictor, settings: ServiceSettings, folder: Path) -> None:
        self.settings, self.bundle = settings, predictor.bundle
        self.maker = MapMaker(predictor, settings)
        self.results = Results(folder / "results", settings.kept)
        self.bodies = folder / "bodies"
        self.bodies.mkdir(parents=True, exist_ok=True)
        self.engine = Places(settings.workers, settings.waiting)
        self.receiving = Places(settings.uploads, 0)
        self.metrics = ServiceMetrics(self.engine)
        self.ready = True

    async def receive(self, request: Request, target: Path) -> None:
        """Write a body to a file.

        Raises:
            HTTPException: 408 or 413.
        """
        most = self.settings.max_upload_mb * 2**20
        stated = request.headers.get("content-length", "0")
        if stated.isdigit() and int(stated) > most:
            raise HTTPException(413, f"a body may have at most {self.settings.max_upload_mb} MB")
        size = 0
        try:
            async with asyncio.timeout(self.settings.upload_limit_s):
                with target.open("wb") as out:
                    async for piece in request.stream():
                        size += len(piece)
                        if size > most:
                            raise HTTPException(
                                413, f"a body may have at most {self.settings.max_upload_mb} MB"
                            )
                        out.write(piece)
        except TimeoutError:
            raise HTTPException(408, "the body came too slowly") from None

    async def make(self, make: Make) -> Made:
        """Run the engine on one image, in a thread, when there is a place.

        Raises:
            Busy: there is none, nor one to wait in.
        """
        async with self.engine.take():
            name, folder = self.results.new()
            started = time.perf_counter()
            try:
                found = await asyncio.to_thread(make, folder, name)
                self.results.keep(name)
            except BaseException:
                self.results.drop(name)
                raise
            self.metrics.seconds.observe(time.perf_counter() - started)
            self.metrics.pixels.inc(sum(found.counts.values()))
        return Made(id=name, item=found.item, files=f"predictions/{name}/", pixels=found.counts)

    def map_upload(self, body: Path, folder: Path, name: str) -> ServedMap:
        """Map a received image."""
        with UploadedImage(body, self.bundle, self.settings) as image:
            made = self.maker.run(image.read, image.grid, folder, item_id=name, when=now())
            self._finish(made, folder, image.grid)
        return made

    def map_item(self, asked: ItemReference, folder: Path, name: str) -> ServedMap:
        """Map a scene that somebody named."""
        from lulc_assets.core.imagery.reader import SceneReader

        recipe = read_reference(asked.href, self.settings.items, self.bundle)
        grid = grid_of_reference(recipe, asked.window, self.settings.max_pixels)
        with SceneReader(recipe, grid) as reader:
            made = self.maker.run(
                reader.read_dn_block, grid, folder, item_id=name, when=recipe.datetime
            )
        self._finish(made, folder, grid)
        return made

    def _finish(self, made: ServedMap, folder: Path, grid: Any) -> None:
        (folder / "item.json").write_text(json.dumps(made.item), encoding="utf-8")
        png, where = preview(made.files["class"], self.bundle.legend, grid)
        (folder / "class.png").write_bytes(png)
        made.item["properties"]["lulc:preview"] = where
