"""Whether a raster reached the disk whole.

What belongs here: GDAL's errors while it writes, and those that it keeps to itself. What does not:
what is written (``cog``, ``growing``).

GDAL writes the end of a file when it closes it. An error there is printed and lost: a disk that
fills with the last bytes leaves a file that nobody can read, and a call that succeeded.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio
from rasterio._err import CPLE_BaseError  # what rasterio lets through where it has no name for it
from rasterio.errors import RasterioError

from lulc_assets.core.imagery.gdal import gdal_env


@contextmanager
def told_by_name(path: Path, n_bytes: int) -> Iterator[None]:
    """Errors of GDAL while it writes become an ``OSError`` with the file and the room left.

    Args:
        path: what shall be written; its folder exists.
        n_bytes: of the layer without compression. Where the disk has less room, the error is
            ENOSPC, which is not tried again, else EIO.
    """
    try:
        yield
    except (RasterioError, CPLE_BaseError) as error:
        free = shutil.disk_usage(path.parent).free
        code = errno.ENOSPC if free < n_bytes else errno.EIO
        said = str(error.__cause__ or error)
        raise OSError(
            code,
            f"{os.strerror(code)}: the raster could not be written ({said}); the disk has "
            f"{free / 2**20:,.0f} MB left, quotas and limits may leave less",
            str(path),
        ) from error


def require_whole(path: Path) -> None:
    """Read the last block of a COG: what the end of the file lacks, it lacks.

    Raises:
        RasterioError: it cannot be read.
    """
    with gdal_env(), rasterio.open(path, driver="GTiff") as source:
        *_, (_, window) = source.block_windows(1)
        source.read(1, window=window)
