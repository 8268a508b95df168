"""The GDAL settings of every raster that this package opens, in one place.

What belongs here: options of GDAL and the environment that carries them. What does not:
opening, which ``source`` and ``cog`` do inside this environment; HTTP, which ``ranges`` does.
"""

import rasterio

GDAL_OPTIONS: dict[str, str | int] = {
    # Files are read side by side by our own threads, one dataset per thread.
    "GDAL_NUM_THREADS": 1,
    # One request per file, not a listing of its folder; no side-car changes what is read.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    # rasterio passes this one on in bytes, whatever GDAL's documentation says of megabytes: a
    # cache of 256 bytes decodes a block again for every window that touches it.
    "GDAL_CACHEMAX": 256 * 2**20,
}
"""Options for local and remote reads alike."""


def gdal_env() -> rasterio.Env:
    """A fresh environment with :data:`GDAL_OPTIONS`, to enter around each open and read.

    It is entered for single calls and not for the life of a reader, because rasterio
    keeps one stack of environments a thread and readers may overlap.
    """
    return rasterio.Env(**GDAL_OPTIONS)
