"""How each provider writes its items: one declarative object per provider.

What belongs here: names of assets and properties, and which rules apply. What does not: what
a dialect is (``dialect``), finding one (``known_dialects``), making recipes (``items``) or the
rules themselves (``offsets``).
To add a provider, write one :class:`Dialect`, and put it into :data:`DIALECTS` or, from a
package of your own, name it as an entry point of the group ``lulc_assets.dialects``
(``docs/imagery.md`` shows one).
"""

from dataclasses import replace
from functools import partial

from lulc_assets.core.catalog.dialect import AssetNames, Dialect
from lulc_assets.core.catalog.offsets import (
    offset_flagged,
    offset_kept,
    offset_none,
    offset_stated,
)
from lulc_assets.core.scene.bands import BANDS, THIRTEEN

_ROLES = ("scl", *THIRTEEN)
_HLS_M = 30.0


def _names(names: str, gsd_m: float | None = None) -> AssetNames:
    """Asset names of the mask and of bands in the order of ``bands.THIRTEEN``, as many as given.

    ``-`` stands for a band that the product does not have; ``gsd_m`` is that of all files,
    where it is not the band's own.
    """
    given = {role: name for role, name in zip(_ROLES, names.split(), strict=False) if name != "-"}
    return {role: (name, gsd_m or _gsd_of(role)) for role, name in given.items()}


def _gsd_of(role: str) -> float:
    return float(BANDS[role].gsd_m) if role in BANDS else 20.0


ESA_NAMES = _names("SCL B04 B03 B02 B08 B11 B12 B05 B06 B07 B8A B01 B09")
L1C_NAMES = _names("SCL B04 B03 B02 B08 B11 B12 B05 B06 B07 B8A B01 B09 B10")

COMMON_NAMES = _names(
    "scl red green blue nir swir16 swir22 rededge1 rededge2 rededge3 nir08 coastal nir09"
)

CDSE_NAMES = _names(
    "SCL_20m B04_10m B03_10m B02_10m B08_10m B11_20m B12_20m B05_20m B06_20m B07_20m B8A_20m "
    "B01_60m B09_60m"
)

# Two assets of HLS S30 are called "nir": B8A is the one that matches Landsat's band.
HLS_COMMON_NAMES = _names("fmask red green blue nir_narrow swir_1 swir_2", _HLS_M)

HLS_S30_NAMES = _names("Fmask B04 B03 B02 B8A B11 B12 B05 B06 B07 - B01", _HLS_M)
HLS_L30_NAMES = _names("Fmask B04 B03 B02 B05 B06 B07 - - - - B01", _HLS_M)

PLANETARY_COMPUTER = Dialect(
    name="planetary_computer",
    collections=("sentinel-2-l2a",),
    marks={"s2:mgrs_tile": None},
    agrees={"s2:product_type": "S2MSI2A"},
    assets=ESA_NAMES,
    tile=("s2:mgrs_tile",),
    level="L2A",
    offset=offset_kept,
    # These items have neither `updated` nor `created`.
    change_stamp=("s2:generation_time",),
    hosts=("*.blob.core.windows.net",),
    signer="planetary_computer",
)

_EARTH_SEARCH_TILE = ("mgrs:utm_zone", "mgrs:latitude_band", "mgrs:grid_square")

_EARTH_SEARCH_HOSTS = (
    "sentinel-cogs.s3.us-west-2.amazonaws.com",
    "e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com",
    "sentinel-cogs",
    "e84-earth-search-sentinel-data",
)

EARTH_SEARCH_V1 = Dialect(
    name="earth_search_v1",
    collections=("sentinel-2-l2a",),
    marks={"earthsearch:payload_id": None},
    agrees={"s2:product_type": "S2MSI2A"},
    id_pattern=r"S2[A-D]_\d{1,2}[A-Z]{3}_\d{8}_\d+_L2A",
    assets=COMMON_NAMES,
    tile=_EARTH_SEARCH_TILE,
    level="L2A",
    offset=partial(offset_flagged, "earthsearch:boa_offset_applied"),
    hosts=_EARTH_SEARCH_HOSTS,
)

EARTH_SEARCH_C1 = Dialect(
    name="earth_search_c1",
    collections=("sentinel-2-c1-l2a",),
    marks={"earthsearch:payload_id": None},
    agrees={"s2:product_type": "S2MSI2A"},
    id_pattern=r"S2[A-D]_T\d{2}[A-Z]{3}_\d{8}T\d{6}_L2A",
    assets=COMMON_NAMES,
    tile=_EARTH_SEARCH_TILE,
    level="L2A",
    offset=offset_stated,
    hosts=_EARTH_SEARCH_HOSTS,
)

EARTH_SEARCH_V0 = Dialect(
    name="earth_search_v0",
    collections=("sentinel-s2-l2a-cogs",),
    marks={"sentinel:product_id": None},
    assets=ESA_NAMES,
    tile=("sentinel:utm_zone", "sentinel:latitude_band", "sentinel:grid_square"),
    level="L2A",
    offset=partial(offset_flagged, "sentinel:boa_offset_applied"),
    baseline="sentinel:processing_baseline",
    product=("sentinel:product_id",),
    coverage="data_coverage",
    hosts=_EARTH_SEARCH_HOSTS,
)

CDSE = Dialect(
    name="cdse",
    collections=("sentinel-2-l2a",),
    marks={"processing:version": None, "grid:code": None},
    agrees={"product:type": "S2MSI2A"},
    id_pattern=r"S2[A-D]_MSIL2A_",
    assets=CDSE_NAMES,
    tile=("grid:code",),
    level="L2A",
    offset=offset_stated,
    baseline="processing:version",
    product=(),
    datatake="eopf:datatake_id",
    datastrip="eopf:datastrip_id",
    generation="processing:datetime",
    nodata="statistics.nodata",
    shadow="statistics.cloud_shadow",
    change_stamp=("updated", "created", "processing:datetime"),
    drivers=("JP2OpenJPEG",),
    hosts=("eodata", "eodata.dataspace.copernicus.eu"),
    s3_endpoint="https://eodata.dataspace.copernicus.eu",
)

STACTOOLS = Dialect(
    name="stactools_sentinel2",
    collections=(),
    marks={"s2:product_type": "S2MSI2A", "mgrs:grid_square": None},
    assets=COMMON_NAMES,
    tile=("grid:code",),
    level="L2A",
    offset=offset_stated,
    # `created` is when the item was written, which says nothing about the product.
    change_stamp=("updated", "s2:generation_time", "created"),
    drivers=("JP2OpenJPEG", "GTiff"),
)

HLS = Dialect(
    name="hls",
    collections=("hls",),
    marks={"hls:product": None},
    id_pattern=r"HLS\.[SL]30\.",
    assets=HLS_COMMON_NAMES,
    tile=_EARTH_SEARCH_TILE,
    level="L2A",
    offset=offset_none,
    product=(),
    nodata_dn=-9999,
    mask="fmask",
    trusts_gsd=False,
)
"""Items that stactools-hls writes, S30 and L30 alike."""

HLS_S30 = replace(
    HLS,
    name="hls_s30",
    collections=("HLSS30.v2.0", "HLSS30_2.0", "HLSS30.002"),
    marks={},
    id_pattern=r"HLS\.S30\.",
    assets=HLS_S30_NAMES,
    hosts=("data.lpdaac.earthdatacloud.nasa.gov", "lp-prod-protected"),
)

HLS_L30 = replace(
    HLS_S30,
    name="hls_l30",
    collections=("HLSL30.v2.0", "HLSL30_2.0", "HLSL30.002"),
    id_pattern=r"HLS\.L30\.",
    assets=HLS_L30_NAMES,
)

HLS2_S30 = replace(
    HLS_S30,
    name="hls2_s30",
    collections=("hls2-s30",),
    hosts=PLANETARY_COMPUTER.hosts,
    signer=PLANETARY_COMPUTER.signer,
)
"""The copy of HLS at Planetary Computer."""

HLS2_L30 = replace(
    HLS2_S30,
    name="hls2_l30",
    collections=("hls2-l30",),
    id_pattern=HLS_L30.id_pattern,
    assets=HLS_L30_NAMES,
)

PLAIN_L1C = Dialect(
    name="plain_l1c",
    collections=(),
    marks={"s2:mgrs_tile": None, "s2:product_type": "S2MSI1C"},
    assets=L1C_NAMES,
    tile=("s2:mgrs_tile",),
    level="L1C",
    offset=offset_kept,
)

FILES_L2A = Dialect(
    name="files_l2a",
    collections=("files", "files-unmasked"),
    marks={"lulc:imported": "L2A"},
    assets=ESA_NAMES,
    tile=("s2:mgrs_tile",),
    level="L2A",
    offset=offset_kept,
    drivers=("GTiff", "JP2OpenJPEG"),
)
"""What ``lulc scenes import`` writes."""

FILES_L1C = replace(
    FILES_L2A, name="files_l1c", marks={"lulc:imported": "L1C"}, assets=L1C_NAMES, level="L1C"
)

DIALECTS: tuple[Dialect, ...] = (
    EARTH_SEARCH_C1,
    EARTH_SEARCH_V1,
    EARTH_SEARCH_V0,
    PLANETARY_COMPUTER,
    CDSE,
    HLS,
    HLS_S30,
    HLS_L30,
    HLS2_S30,
    HLS2_L30,
    STACTOOLS,
    PLAIN_L1C,
    FILES_L2A,
    FILES_L1C,
)
"""In the order in which they are tried, after those of other packages."""
