"""STAC items as the Planetary Computer serves ``sentinel-2-l2a``, and their catalogue.

What belongs here: ids, properties, assets and links. What does not: pixels. Items follow
the provider's recorded items key for key where the simulation has something to say; hrefs
are relative to the item.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from lulc_assets.core.grid import PixelGrid
from lulc_assets.simulation.archive.raster_files import half_grid
from lulc_assets.simulation.sky.passes import Pass
from lulc_assets.simulation.world.bands import SIX, Band

COLLECTION = "sentinel-2-l2a"
STAC_VERSION = "1.0.0"
EXTENSIONS = (
    "https://stac-extensions.github.io/eo/v1.0.0/schema.json",
    "https://stac-extensions.github.io/sat/v1.0.0/schema.json",
    "https://stac-extensions.github.io/projection/v1.0.0/schema.json",
)
BAND_FACTS: dict[str, tuple[str, str, float, float]] = {
    # asset: description, common name, centre and width in µm
    "B02": ("Band 2 - Blue", "blue", 0.49, 0.098),
    "B03": ("Band 3 - Green", "green", 0.56, 0.045),
    "B04": ("Band 4 - Red", "red", 0.665, 0.038),
    "B05": ("Band 5 - Vegetation red edge 1", "rededge", 0.704, 0.019),
    "B06": ("Band 6 - Vegetation red edge 2", "rededge", 0.74, 0.018),
    "B07": ("Band 7 - Vegetation red edge 3", "rededge", 0.783, 0.028),
    "B08": ("Band 8 - NIR", "nir", 0.842, 0.145),
    "B8A": ("Band 8A - Vegetation red edge 4", "rededge", 0.865, 0.033),
    "B11": ("Band 11 - SWIR (1.6)", "swir16", 1.61, 0.143),
    "B12": ("Band 12 - SWIR (2.2)", "swir22", 2.19, 0.242),
}
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_FIRST_ABSOLUTE_ORBIT = 20_000


def item_id(scene: Pass, tile: str) -> str:
    """As the provider writes it: platform, level, sensing time, orbit, tile, processing."""
    return (
        f"{scene.satellite}_MSIL2A_{scene.sensed:%Y%m%dT%H%M%S}_R{scene.orbit:03d}_T{tile}_"
        f"{scene.generated:%Y%m%dT%H%M%S}"
    )


def make_item(
    scene: Pass,
    tile: str,
    grid: PixelGrid,
    scl: npt.NDArray[np.uint8],
    bands: Sequence[Band] = SIX,
) -> dict[str, Any]:
    """The item of one scene, as plain JSON.

    Args:
        scene: the pass.
        tile: MGRS tile.
        grid: the area of interest at 10 m.
        scl: scene classification at 20 m, for percentages and the footprint.
        bands: whose files lie beside the item.
    """
    footprint = _footprint(grid, scl)
    name = item_id(scene, tile)
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": list(EXTENSIONS),
        "id": name,
        "collection": COLLECTION,
        "geometry": shapely.geometry.mapping(footprint),
        "bbox": [round(v, 7) for v in footprint.bounds],
        "properties": {
            **_product_properties(scene, tile),
            **_share_properties(scl),
            "proj:epsg": grid.epsg,
            "proj:code": f"EPSG:{grid.epsg}",
        },
        "assets": _assets(grid, bands),
        "links": [
            {"rel": "root", "href": "../../../catalog.json", "type": "application/json"},
            {"rel": "parent", "href": "../../../catalog.json", "type": "application/json"},
            {"rel": "self", "href": f"./{name}.json", "type": "application/geo+json"},
        ],
    }


def _product_properties(scene: Pass, tile: str) -> dict[str, Any]:
    sensed = f"{scene.sensed:%Y%m%dT%H%M%S}"
    made = f"{scene.generated:%Y%m%dT%H%M%S}"
    orbit = _FIRST_ABSOLUTE_ORBIT + (scene.year - 2015) * 5000 + scene.day_of_year * 14
    version = f"N{scene.baseline}"
    flat = f"N{scene.baseline.replace('.', '')}"
    sat = scene.satellite
    return {
        "datetime": f"{scene.sensed:%Y-%m-%dT%H:%M:%S.%f}Z",
        "platform": scene.platform,
        "constellation": "Sentinel 2",
        "instruments": ["msi"],
        "sat:orbit_state": "descending",
        "sat:relative_orbit": scene.orbit,
        "s2:mgrs_tile": tile,
        "s2:product_type": "S2MSI2A",
        "s2:processing_baseline": scene.baseline,
        "s2:generation_time": f"{scene.generated:%Y-%m-%dT%H:%M:%S.%f}Z",
        "s2:datatake_type": "INS-NOBS",
        "s2:datatake_id": f"G{sat}_{sensed}_{orbit:06d}_{version}",
        "s2:datastrip_id": f"{sat}_OPER_MSI_L2A_DS_SIMU_{made}_S{sensed}_{version}",
        "s2:granule_id": f"{sat}_OPER_MSI_L2A_TL_SIMU_{made}_A{orbit:06d}_T{tile}_{version}",
        "s2:product_uri": f"{sat}_MSIL2A_{sensed}_{flat}_R{scene.orbit:03d}_T{tile}_{made}.SAFE",
        "s2:mean_solar_zenith": round(scene.sun_zenith_deg, 6),
        "s2:mean_solar_azimuth": round(scene.sun_azimuth_deg, 6),
        "s2:reflectance_conversion_factor": round(
            1 + 0.0334 * float(np.cos(2 * np.pi * (scene.day_of_year - 4) / 365.25)), 9
        ),
        "s2:degraded_msi_data_percentage": 0.0,
        "s2:saturated_defective_pixel_percentage": 0.0,
    }


def _share_properties(scl: npt.NDArray[np.uint8]) -> dict[str, float]:
    """Percentages of covered pixels by SCL code, as the product's metadata has them."""
    counts = np.bincount(scl.ravel(), minlength=12).astype(float)
    covered = max(counts[1:].sum(), 1.0)

    def pct(*codes: int) -> float:
        return round(100 * float(counts[list(codes)].sum()) / float(covered), 6)

    return {
        "eo:cloud_cover": pct(8, 9, 10),
        "s2:nodata_pixel_percentage": round(100 * float(counts[0]) / scl.size, 6),
        "s2:dark_features_percentage": pct(2),
        "s2:cloud_shadow_percentage": pct(3),
        "s2:vegetation_percentage": pct(4),
        "s2:not_vegetated_percentage": pct(5),
        "s2:water_percentage": pct(6),
        "s2:unclassified_percentage": pct(7),
        "s2:medium_proba_clouds_percentage": pct(8),
        "s2:high_proba_clouds_percentage": pct(9),
        "s2:thin_cirrus_percentage": pct(10),
        "s2:snow_ice_percentage": pct(11),
    }


def _assets(grid: PixelGrid, bands: Sequence[Band]) -> dict[str, Any]:
    assets: dict[str, Any] = {}
    for band in bands:
        name, gsd = band.name, band.gsd_m
        description, common, centre, width = BAND_FACTS[name]
        title = f"{description} - {gsd:g}m"
        assets[name] = {
            **_raster_asset(name, grid if gsd == 10.0 else half_grid(grid), gsd, title),
            "eo:bands": [
                {
                    "name": name,
                    "common_name": common,
                    "description": description,
                    "center_wavelength": centre,
                    "full_width_half_max": width,
                }
            ],
        }
    title = "Scene classfication map (SCL)"  # spelt as the provider spells it
    assets["SCL"] = _raster_asset("SCL", half_grid(grid), 20.0, title)
    return assets


def _raster_asset(name: str, grid: PixelGrid, gsd: float, title: str) -> dict[str, Any]:
    return {
        "href": f"./{name}.tif",
        "type": _COG,
        "title": title,
        "roles": ["data"],
        "gsd": gsd,
        "proj:bbox": list(grid.bounds),
        "proj:shape": list(grid.shape),
        "proj:transform": list(grid.transform)[:6],
    }


def _footprint(grid: PixelGrid, scl: npt.NDArray[np.uint8]) -> shapely.Polygon:
    """Convex hull of the covered pixels in longitude and latitude, seven decimals."""
    covered = scl > 0
    rows = np.flatnonzero(covered.any(axis=1))
    first = covered.argmax(axis=1)[rows]
    last = covered.shape[1] - covered[:, ::-1].argmax(axis=1)[rows]
    size = grid.pixel_m * 2
    xs = np.concatenate([first, last, first, last]) * size + grid.x0
    ys = grid.y0 - np.concatenate([rows, rows, rows + 1, rows + 1]) * size
    hull = shapely.convex_hull(shapely.multipoints(np.stack([xs, ys], axis=1)))
    ring = np.asarray(hull.simplify(size).exterior.coords)
    to_degrees = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    lon, lat = to_degrees.transform(ring[:, 0], ring[:, 1])
    return shapely.Polygon(np.round(np.stack([lon, lat], axis=1), 7))


def write_catalog(path: Path, name: str, item_paths: Iterable[str]) -> None:
    """Write the root ``catalog.json`` with relative links to items, in order of path."""
    links = [{"rel": "root", "href": "./catalog.json", "type": "application/json"}]
    links += [
        {"rel": "item", "href": f"./{item}", "type": "application/geo+json"}
        for item in sorted(item_paths)
    ]
    catalog = {
        "type": "Catalog",
        "stac_version": STAC_VERSION,
        "id": f"simulated-{name}",
        "title": f"Simulated Sentinel-2 L2A archive {name}",
        "description": "Scenes of a simulated landscape; not observations of the Earth.",
        "links": links,
    }
    write_json(path, catalog)


def write_json(path: Path, content: object) -> None:
    """Write JSON with sorted keys, so that equal content gives equal bytes."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
