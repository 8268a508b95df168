"""A layer that is written window by window and becomes a COG when it is whole.

What belongs here: layers too large to be held in memory. What does not: layers that are
(``cog``).

GDAL's COG driver copies a finished raster. So windows go into a plain tiled GeoTIFF first, of
which GDAL holds no more than its cache (``gdal.GDAL_OPTIONS``), and that is copied. The bytes are
those of ``cog.write_cog`` with the same pixels.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio.windows import Window as RasterWindow

from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.imagery.cog import (
    BLOCK_PX,
    Colormap,
    LayerKind,
    cog_options,
    dress_band,
    layer_profile,
)
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.imagery.written import require_whole, told_by_name
from lulc_assets.core.whole_files import name_part, put_in_place


class GrowingLayer:
    """A uint8 layer on its way to a COG; a context manager that leaves no scratch behind.

    What is not put is no data, or 0 where the layer declares none. Of one layer, ``put`` and
    ``finish`` are called by one thread at a time; of different layers by any.

    Args:
        path: of the COG; its folder is made if need be.
        grid: where the pixels lie.
        kind: see ``cog.write_cog``, as for the rest.
        nodata: value that the file declares as no data.
        colormap: colours of codes.
        description: name of the band.
    """

    def __init__(
        self,
        path: Path,
        grid: PixelGrid,
        *,
        kind: LayerKind,
        nodata: int | None = None,
        colormap: Colormap | None = None,
        description: str = "",
    ) -> None:
        self.path = path
        self._bytes = grid.height * grid.width
        self._kind = kind
        path.parent.mkdir(parents=True, exist_ok=True)
        self._plain = name_part(path)
        self._part = name_part(path)
        profile = layer_profile(grid, np.uint8, nodata)
        tiles = {"tiled": True, "blockxsize": BLOCK_PX, "blockysize": BLOCK_PX}
        with gdal_env():
            self._target = rasterio.open(self._plain, "w", driver="GTiff", **profile, **tiles)
            dress_band(self._target, colormap, description)

    def __enter__(self) -> "GrowingLayer":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what is not finished."""
        self._target.close()
        for scratch in (self._plain, self._part):
            scratch.unlink(missing_ok=True)

    def put(self, window: Window, pixels: npt.NDArray[np.uint8]) -> None:
        """Lay down a window, uint8 (h, w).

        Raises:
            OSError: the disk did not take it.
        """
        part = RasterWindow(window.col, window.row, window.width, window.height)
        with told_by_name(self.path, self._bytes), gdal_env():
            self._target.write(pixels, 1, window=part)

    def finish(self) -> Path:
        """Make the COG of what was put; nothing can be put any more.

        Raises:
            OSError: it did not reach the disk whole (``written``).
        """
        with told_by_name(self.path, self._bytes):
            with gdal_env():
                self._target.close()
                options = cog_options(self._kind, np.uint8)
                rasterio.shutil.copy(self._plain, self._part, driver="COG", **options)
            require_whole(self._part)
        put_in_place(self._part, self.path, durable=False)
        return self.path
