"""STAC items as Earth Search v1 serves ``sentinel-2-l2a``.

What belongs here: its ids, names and flags, made from the other provider's item. What
does not: pixels. Earth Search removes the offset of baseline 04.00 from the pixels and
says so in ``earthsearch:boa_offset_applied``, while ``raster:bands`` still names −0.1.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.grid import PixelGrid
from lulc_assets.simulation.archive import stac
from lulc_assets.simulation.sky.passes import Pass
from lulc_assets.simulation.world.bands import SIX, Band

_EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v1.0.0/schema.json",
    "https://stac-extensions.github.io/grid/v1.0.0/schema.json",
    "https://stac-extensions.github.io/mgrs/v1.0.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.1.0/schema.json",
    "https://stac-extensions.github.io/eo/v1.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
    "https://stac-extensions.github.io/view/v1.0.0/schema.json",
)
_ASSET_NAME = {
    **{name: facts[1] for name, facts in stac.BAND_FACTS.items()},
    **{"B05": "rededge1", "B06": "rededge2", "B07": "rededge3", "B8A": "nir08", "SCL": "scl"},
}
_NOT_THERE = (
    "s2:mgrs_tile",
    "s2:mean_solar_zenith",
    "s2:mean_solar_azimuth",
    "sat:orbit_state",
    "sat:relative_orbit",
    "proj:code",
)


def make_item(
    scene: Pass,
    tile: str,
    grid: PixelGrid,
    scl: npt.NDArray[np.uint8],
    bands: Sequence[Band] = SIX,
) -> dict[str, Any]:
    """The item of one scene, as plain JSON; arguments as in :func:`stac.make_item`."""
    item = stac.make_item(scene, tile, grid, scl, bands)
    again = int(scene.generated - scene.sensed > timedelta(days=365))
    name = f"{scene.satellite}_{tile}_{scene.sensed:%Y%m%d}_{again}_L2A"
    created = f"{scene.generated:%Y-%m-%dT%H:%M:%S}.{scene.sensed.microsecond // 1000:03d}Z"
    properties = {k: v for k, v in item["properties"].items() if k not in _NOT_THERE}
    properties |= {
        "created": created,
        "updated": created,
        "platform": scene.platform.lower(),
        "constellation": "sentinel-2",
        "mgrs:utm_zone": int(tile[:2]),
        "mgrs:latitude_band": tile[2],
        "mgrs:grid_square": tile[3:],
        "grid:code": f"MGRS-{tile}",
        "view:sun_azimuth": round(scene.sun_azimuth_deg, 6),
        "view:sun_elevation": round(90 - scene.sun_zenith_deg, 6),
        "s2:sequence": str(again),
        "earthsearch:payload_id": "simulated/" + hashlib.sha256(name.encode()).hexdigest()[:32],
        "earthsearch:boa_offset_applied": scene.offset_dn > 0,
        "processing:software": {"sentinel2-to-stac": "0.1.0"},
    }
    links = [
        link | ({"href": f"./{name}.json"} if link["rel"] == "self" else {})
        for link in item["links"]
    ]
    return item | {
        "id": name,
        "stac_extensions": list(_EXTENSIONS),
        "properties": properties,
        "assets": {
            _ASSET_NAME[band]: _asset(band, asset, scene) for band, asset in item["assets"].items()
        },
        "links": links,
    }


def _asset(band: str, asset: dict[str, Any], scene: Pass) -> dict[str, Any]:
    """The asset under its name there, with the raster extension's numbers."""
    if band == "SCL":
        return asset | {"raster:bands": [{"nodata": 0, "data_type": "uint8"}]}
    raster = {
        "nodata": 0,
        "data_type": "uint16",
        "bits_per_sample": 15,
        "spatial_resolution": asset["gsd"],
        "scale": 0.0001,
        "offset": -0.1 if scene.offset_dn else 0,
    }
    names = {"name": _ASSET_NAME[band]} | ({"common_name": "nir08"} if band == "B8A" else {})
    own = [band_facts | names for band_facts in asset["eo:bands"]]
    return asset | {"eo:bands": own, "raster:bands": [raster], "roles": ["data", "reflectance"]}
