"""Reading the same block of many predictions, quickly.

What belongs here: open files kept by thread, checks of what is read, the merging of
datastrips. What does not: votes.
"""

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from lulc_assets.core.compositing.datatakes import Datatake
from lulc_assets.core.errors import InvalidProduct, UnreadableRaster
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.legend import Legend

OPEN_FILES = 600
"""Files that all threads together keep open; most systems allow a process 1,024. Further
ones are opened for each block, which costs about a millisecond."""

U8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Stack:
    """A block of some observations: class, probability and mask, each (n, h, w) uint8."""

    classes: U8
    probabilities: U8
    masks: U8


class BlockReader:
    """Reads blocks of predictions; a context manager, usable from several threads.

    Args:
        grid: that every prediction must lie on.
        threads: that will read.
        takes: all that will be read; their files are fetched now, side by side.
        legend: whose codes the predictions hold.
    """

    def __init__(
        self, grid: PixelGrid, threads: int, takes: Iterable[Datatake], legend: Legend
    ) -> None:
        self._grid = grid
        self._legend = legend
        scenes = [scene for take in takes for scene in take.scenes]
        with ThreadPoolExecutor(threads) as pool:
            layers = list(pool.map(lambda scene: scene.fetch(), scenes))
        # By content too: an update may retract a scene and add it as predicted again.
        self._layers = {
            (scene.scene_id, scene.content): paths
            for scene, paths in zip(scenes, layers, strict=True)
        }
        self._share = OPEN_FILES // threads
        self._local = threading.local()
        self._opened: list[rasterio.DatasetReader] = []
        self._checked: set[Path] = set()

    def __enter__(self) -> "BlockReader":
        return self

    def __exit__(self, *exc: object) -> None:
        for dataset in self._opened:
            dataset.close()

    def read(self, takes: Sequence[Datatake], window: Window) -> Stack:
        """The observations of some passes, one per pass.

        Raises:
            InvalidProduct: a file is on another grid, is not uint8, or holds a code that is
                not in the legend.
            UnreadableRaster: a file is missing or damaged.
        """
        from lulc_assets.core.compositing.kernel import merge_datastrips  # numba

        shape = (len(takes), window.height, window.width)
        layers = [np.empty(shape, np.uint8) for _ in range(3)]
        for number, take in enumerate(takes):
            if len(take.scenes) == 1:
                self._read_scene(take, 0, window, [layer[number] for layer in layers])
                continue
            strips = [np.empty((len(take.scenes), *shape[1:]), np.uint8) for _ in range(3)]
            for strip in range(len(take.scenes)):
                self._read_scene(take, strip, window, [layer[strip] for layer in strips])
            merge_datastrips(strips[0], strips[1], strips[2], len(self._legend.land))
            for layer, merged in zip(layers, strips, strict=True):
                layer[number] = merged[0]
        return Stack(*layers)

    def _read_scene(self, take: Datatake, strip: int, window: Window, out: list[U8]) -> None:
        scene = take.scenes[strip]
        paths = self._layers[scene.scene_id, scene.content]
        for path, target in zip(paths, out, strict=True):
            self._read(path, window, target)
        largest = int(out[0].max())
        if largest > len(self._legend.classes):
            raise InvalidProduct(
                f"{paths[0]} holds code {largest}, which is not in legend {self._legend.name}"
            )

    def _read(self, path: Path, window: Window, out: U8) -> None:
        part = RasterWindow(window.col, window.row, window.width, window.height)
        kept: dict[Path, rasterio.DatasetReader] = self._local.__dict__.setdefault("kept", {})
        try:
            with gdal_env():
                source = kept.get(path)
                if source is not None:
                    source.read(1, window=part, out=out)
                elif len(kept) < self._share:
                    kept[path] = self._open(path)
                    self._opened.append(kept[path])
                    kept[path].read(1, window=part, out=out)
                else:
                    with self._open(path) as passing:
                        passing.read(1, window=part, out=out)
        except (RasterioError, OSError) as error:
            raise UnreadableRaster(
                f"cannot read prediction {path}: {error.__cause__ or error}; the file is missing "
                "or damaged"
            ) from error

    def _open(self, path: Path) -> rasterio.DatasetReader:
        source = rasterio.open(path, driver="GTiff")
        if path not in self._checked:
            _require_grid(source, path, self._grid)
            self._checked.add(path)
        return source


def _require_grid(source: rasterio.DatasetReader, path: Path, grid: PixelGrid) -> None:
    epsg = source.crs.to_epsg() if source.crs else None
    found = (source.shape, epsg, tuple(source.transform)[:6], source.dtypes[0])
    wanted = (grid.shape, grid.epsg, tuple(grid.transform)[:6], "uint8")
    if found != wanted:
        source.close()
        raise InvalidProduct(
            f"prediction {path} has (shape, EPSG, transform, dtype) {found}; the map needs "
            f"{wanted}. Predict the scene on the map's grid"
        )
