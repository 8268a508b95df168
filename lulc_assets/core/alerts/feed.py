"""Feeds of alerts for other programs: GeoJSON and STAC.

What belongs here: a table of alerts as documents. What does not: notices to addressees.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pystac
import shapely

from lulc_assets.core.alerts.notices import plain_value
from lulc_assets.core.store.canonical import canonical_json

_DEGREE_DIGITS = 7
"""About a centimetre."""


def write_geojson(alerts: gpd.GeoDataFrame, path: Path, about: dict[str, Any]) -> Path:
    """Write all alerts as a feature collection in EPSG:4326 (RFC 7946), by id.

    Args:
        alerts: see ``polygons.alert_polygons``.
        path: target.
        about: plain JSON members of the collection: tile, year, scenes, what was judged again.
    """
    features = [
        {
            "type": "Feature",
            "id": properties["alert_id"],
            "geometry": _geometry(geometry),
            "properties": properties,
        }
        for properties, geometry in _rows(alerts)
    ]
    document = {"type": "FeatureCollection", **about, "features": features}
    path.write_bytes(canonical_json(document))
    return path


def write_stac(
    alerts: gpd.GeoDataFrame, path: Path, about: dict[str, Any], assets: dict[str, str]
) -> Path:
    """Write an item collection with an item for each alert.

    An item lasts from the first date that shows the change to the last date of its steps;
    without any date it is left out.

    Args:
        alerts: see ``polygons.alert_polygons``.
        path: target.
        about: plain JSON properties that all items share, prefixed ``lulc:``.
        assets: name → href of the layers and tables that all items come from.
    """
    items = []
    for properties, geometry in _rows(alerts):
        dates = sorted(d for name, d in properties.items() if name.endswith("_on") and d)
        if not dates:
            continue
        first, last = (datetime.fromisoformat(d).replace(tzinfo=UTC) for d in (dates[0], dates[-1]))
        shape = _geometry(geometry)
        item = pystac.Item(
            id=str(properties["alert_id"]),
            geometry=shape,
            bbox=list(shapely.geometry.shape(shape).bounds),
            datetime=first,
            start_datetime=first,
            end_datetime=last,
            properties={
                **{f"lulc:{name}": v for name, v in properties.items() if name != "alert_id"},
                **about,
            },
        )
        for name, href in sorted(assets.items()):
            item.add_asset(name, pystac.Asset(href))
        items.append(item)
    document = pystac.ItemCollection(items).to_dict()
    path.write_bytes(canonical_json(document))
    return path


def _rows(alerts: gpd.GeoDataFrame) -> list[tuple[dict[str, Any], shapely.Geometry]]:
    table = alerts.to_crs(4326)
    return [
        ({name: plain_value(value) for name, value in row.items() if name != "geometry"}, geometry)
        for row, geometry in zip(table.to_dict("records"), table.geometry, strict=True)
    ]


def _geometry(geometry: shapely.Geometry) -> dict[str, Any]:
    return _rounded(shapely.geometry.mapping(geometry))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DEGREE_DIGITS)
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return value
