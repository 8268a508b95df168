"""Items and catalogues as plain JSON, in the dialect of Planetary Computer, for tests."""

import json
from pathlib import Path
from typing import Any

from lulc_assets.core.catalog.dialects import ESA_NAMES

OUTLINE = {
    "type": "Polygon",
    "coordinates": [[[14, 45], [15, 45], [15, 46], [14, 46], [14, 45]]],
}


def make_item(
    day: str = "20200701",
    *,
    tile: str = "33TVL",
    baseline: str = "02.12",
    stamp: str = "20200702T000000",
    href: str = "./{name}.tif",
    **properties: Any,
) -> dict[str, Any]:
    digits = baseline.replace(".", "")
    identifier = f"S2A_MSIL2A_{day}T100031_R122_T{tile}_{stamp}"
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": identifier,
        "collection": "sentinel-2-l2a",
        "geometry": OUTLINE,
        "bbox": [14, 45, 15, 46],
        "properties": {
            "datetime": f"{day[:4]}-{day[4:6]}-{day[6:]}T10:00:31.024000Z",
            "platform": "Sentinel-2A",
            "proj:epsg": 32633,
            "eo:cloud_cover": 12.5,
            "sat:relative_orbit": 122,
            "s2:mgrs_tile": tile,
            "s2:product_type": "S2MSI2A",
            "s2:processing_baseline": baseline,
            "s2:product_uri": f"S2A_MSIL2A_{day}T100031_N{digits}_R122_T{tile}_{stamp}.SAFE",
            "s2:generation_time": f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T00:00:00Z",
            "s2:datastrip_id": f"S2A_OPER_MSI_L2A_DS_ESRI_{stamp}_S{day}T100500_N{baseline}",
            **properties,
        },
        "assets": {
            name: {"href": href.format(name=name), "gsd": gsd_m}
            for name, gsd_m in ESA_NAMES.values()
        },
        "links": [],
    }


def write_catalog(folder: Path, items: list[Any]) -> str:
    """A static catalogue with one file an item; returns the path of its root."""
    folder.mkdir(parents=True, exist_ok=True)
    links = []
    for number, item in enumerate(items):
        path = folder / f"item{number}" / "item.json"
        path.parent.mkdir(parents=True)
        path.write_text(item if isinstance(item, str) else json.dumps(item))
        links.append({"rel": "item", "href": f"./item{number}/item.json"})
    root = {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "test",
        "description": "test",
        "links": links,
    }
    (folder / "catalog.json").write_text(json.dumps(root))
    return str(folder / "catalog.json")
