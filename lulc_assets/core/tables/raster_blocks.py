"""How much of a raster is unpacked at once, whoever delivered it.

What belongs here: the bound, for scenes, label rasters, class maps and crossing layers alike. What
does not: whether a raster fits where it is used (``core/imagery/fit``, ``core/sampling/map_file``).
"""

import numpy as np
import rasterio

from lulc_assets.core.errors import LulcError

MAX_BLOCK_BYTES = 64 * 2**20
"""Largest block, unpacked: GDAL unpacks whole blocks, whatever window is read, and the seven files
of a scene are read side by side. COGs have 0.5–2 MB, a JPEG 2000 tile of 1024 px 2 MB."""


def require_small_blocks(data: rasterio.DatasetReader, name: str, error: type[LulcError]) -> None:
    """Refuse a file that unpacks to much more than is asked for (a decompression bomb).

    Args:
        data: the open raster.
        name: of the file, for the message.
        error: raised where a block has more than :data:`MAX_BLOCK_BYTES`.
    """
    for (height, width), dtype in zip(data.block_shapes, data.dtypes, strict=True):
        size = height * width * np.dtype(dtype).itemsize
        if size > MAX_BLOCK_BYTES:
            raise error(
                f"{name} is packed in blocks of {height} × {width} pixels, {size / 2**20:.0f} MB "
                f"each; more than {MAX_BLOCK_BYTES / 2**20:.0f} MB is not read: write it as a COG"
            )
