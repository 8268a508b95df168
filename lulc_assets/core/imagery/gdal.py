"""The GDAL settings of every raster that this package opens, in one place.

What belongs here: options of GDAL and the environment that carries them. What does not:
opening, which ``source`` and ``cog`` do inside this environment.
"""

import rasterio

GDAL_OPTIONS: dict[str, str | int] = {
    # More than one thread switches GDAL's HTTP retries off (GDAL issues 12426, 12933).
    "GDAL_NUM_THREADS": 1,
    # One request a file, not a listing of its folder; no side-car changes what is read.
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    # 503 and 429 are retried by GDAL; dropped and truncated connections are not.
    "GDAL_HTTP_MAX_RETRY": 4,
    "GDAL_HTTP_RETRY_DELAY": 1,
    "GDAL_HTTP_CONNECTTIMEOUT": 15,
    "GDAL_HTTP_TIMEOUT": 60,
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    # The header of a COG with all its tile offsets in one request.
    "GDAL_INGESTED_BYTES_AT_OPEN": 32768,
    "GDAL_CACHEMAX": 256,
}
"""Options for local and remote reads alike; the cache is in MB."""


def gdal_env() -> rasterio.Env:
    """A fresh environment with :data:`GDAL_OPTIONS`, to enter around each open and read.

    It is entered for single calls and not for the life of a reader, because rasterio
    keeps one stack of environments a thread and readers may overlap.
    """
    return rasterio.Env(**GDAL_OPTIONS)
