"""GeoPackages with reproducible bytes.

What belongs here: the time that GDAL writes into them. What does not: what is written.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pyogrio

_FIXED_TIME = "2000-01-01T00:00:00Z"


@contextmanager
def reproducible_geopackage() -> Iterator[None]:
    """While it lasts, GeoPackages get the same bytes whenever they are written.

    A GeoPackage keeps the time of its last change, which GDAL takes from a setting.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FIXED_TIME})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
