"""The JSON of a site, as the script of the map page reads it.

What belongs here: addresses and fields of each document. What does not: what a site is (``site``),
writing files (``map_site``), the reader (``web/``).
"""

import hashlib
import json
from typing import Any

from lulc_assets.core.alerts.ladder import Step
from lulc_assets.core.change.grades import Grade
from lulc_assets.core.figures.change import GRADE_COLORS, STEP_COLORS
from lulc_assets.core.pages.site import Site, SiteChange, SiteScene
from lulc_assets.core.pages.vote_blocks import BLOCK_PX, lengths_bytes

FORMAT = 3


def documents_of(site: Site) -> dict[str, bytes]:
    """The JSON files of a site by address; ``site.json`` is what the page begins with."""
    found: dict[str, bytes] = {}

    def store(name: str, value: Any) -> dict[str, Any]:
        data = as_json(value)
        href = f"data/{name}-{hashlib.sha256(data).hexdigest()[:16]}.json"
        found[href] = data
        return {"href": href, "bytes": len(data)}

    grids = {tile.tile: tile.grid for tile in site.tiles}
    maps = [
        {
            "tile": one.tile,
            "year": one.year,
            **{name: file.to_dict() for name, file in one.layers.items()},
            "details": store(
                f"scenes-{one.tile}-{one.year}",
                {
                    "rule": dict(one.rule),
                    "scenes": [_scene(scene) for scene in one.scenes],
                    "votes": {
                        **one.votes.to_dict(),
                        "block_px": BLOCK_PX,
                        "lengths_bytes": lengths_bytes(grids[one.tile]),
                    },
                },
            ),
            "report": one.report,
            "mapped_ha": dict(one.mapped_ha),
            "no_data_ha": one.no_data_ha,
            "accuracy": one.accuracy,
        }
        for one in site.maps
    ]
    outlines = [
        {
            "kind": one.kind,
            "tile": one.tile,
            "year": one.year,
            "file": store(
                "-".join(str(part) for part in (one.kind, one.tile, one.year) if part is not None),
                one.features,
            ),
        }
        for one in site.outlines
    ]
    found["site.json"] = as_json(
        {
            "format": FORMAT,
            "title": site.title,
            "attribution": site.attribution,
            "licence": site.licence,
            "home": site.home,
            "legend": [
                {
                    "code": c.code,
                    "name": c.name,
                    "title": c.title,
                    "color": c.color,
                    "cloud": c.role == "cloud",
                }
                for c in site.legend.classes
            ],
            "tiles": [tile.to_dict() for tile in site.tiles],
            "maps": maps,
            "changes": [_change(one) for one in site.changes],
            "grades": [
                {"code": grade.value, "name": grade.name.lower(), "color": color}
                for grade in Grade
                if (color := GRADE_COLORS.get(grade.name.lower()))
            ],
            "steps": [
                {"code": code, "name": Step(code).name.lower(), "color": color}
                for code, color in STEP_COLORS.items()
            ],
            "outlines": outlines,
        }
    )
    return found


def _scene(scene: SiteScene) -> dict[str, Any]:
    photo = None
    if scene.photo is not None:
        photo = {**scene.photo.file.to_dict(), "extent": list(scene.photo.extent)}
    return {
        "id": scene.scene_id,
        "date": scene.date,
        "datatake": scene.datatake,
        **{name: file.to_dict() for name, file in scene.layers.items()},
        "photo": photo,
    }


def _change(change: SiteChange) -> dict[str, Any]:
    yearly, alerts = change.yearly, change.alerts
    return {
        "tile": change.tile,
        "year": change.year,
        "report": change.report,
        "yearly": yearly
        and {
            **{name: file.to_dict() for name, file in yearly.layers.items()},
            "transitions": [
                {"from": t.from_class, "to": t.to_class, "ha": dict(t.ha)}
                for t in yearly.transitions
            ],
        },
        "alerts": alerts
        and {
            **{name: file.to_dict() for name, file in alerts.layers.items()},
            "scenes_until": alerts.scenes_until,
            "number": dict(alerts.alerts),
            "area_ha": dict(alerts.area_ha),
        },
    }


def as_json(value: Any) -> bytes:
    """Compact JSON in UTF-8; NaN and infinity are refused."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
