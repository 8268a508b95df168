"""The page of a certificate: what it is of, its figures, and the digests to compare.

What belongs here: wording and table. What does not: making and verifying certificates
(``core/accuracy/certificate.py``).
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from lulc_assets.core.estimation.estimate import interval_keys
from lulc_assets.core.pages.rendering import template
from lulc_assets.core.sampling.response import ResponseDesign

_COLUMNS = ("title", "users", "producers", "area")
_NO_SCRIPT = base64.b64encode(hashlib.sha256(b"").digest()).decode()


def render_certificate(certificate: Mapping[str, Any]) -> str:
    """The HTML of a certificate; all text in it is escaped."""
    figures, design = certificate["figures"], certificate["design"]
    ends = interval_keys(float(certificate["settings"]["level"]))
    region = design.get("region") or "map"
    return template("certificate.html").render(
        title=f"{region} {certificate['year']}",
        kind="Certificate of accuracy",
        links=[],
        attribution="",
        script="",
        script_sha256=_NO_SCRIPT,
        headline={
            "verdict": "estimated",
            "value": _figure(figures["overall"], ends, "{:.3f}"),
            "label": "overall accuracy",
            "detail": _design(certificate),
        },
        about=_about(certificate),
        digests=_digests(certificate),
        level=f"{100 * float(certificate['settings']['level']):g} %",
        heads=("Class", "User's accuracy", "Producer's accuracy", "Area, ha"),
        keys=_COLUMNS,
        rows=[_row(one, ends) for one in figures["classes"] if _is_seen(one)],
        warnings=figures.get("warnings", []),
        definitions=sorted(certificate["definitions"].items()),
    )


def _design(certificate: Mapping[str, Any]) -> str:
    design = certificate["design"]
    units = design.get("sample_size") or certificate["figures"]["n_units"]
    return f"Design: {design['design'].replace('_', ' ')}, {units} units."


def _about(certificate: Mapping[str, Any]) -> list[tuple[str, str]]:
    design, effect = certificate["design"], certificate["figures"].get("design_effect")
    versions = ", ".join(f"{name} {number}" for name, number in certificate["versions"].items())
    return [
        ("Seed", str(design.get("seed", "not recorded"))),
        *(ResponseDesign.from_dict(asked).sentences() if (asked := design.get("response")) else []),
        ("Interpreted by", ", ".join(certificate["labelled_by"]) or "not recorded"),
        ("Design effect", "–" if effect is None else f"{effect:.2f}"),
        ("Versions", versions),
    ]


def _digests(certificate: Mapping[str, Any]) -> dict[str, str]:
    maps = {f"Map {one['name']}": one["digest"] for one in certificate["maps"]}
    frame = str(certificate["design"].get("frame_digest", "not recorded"))
    return {"Certificate": certificate["digest"], **maps, "Frame": frame}


def _is_seen(one: Mapping[str, Any]) -> bool:
    area = one.get("area_ha")
    return one["mapped_area_ha"] > 0 or bool(area and area["value"])


def _row(one: Mapping[str, Any], ends: tuple[str, str]) -> dict[str, str]:
    shares = [_figure(one.get(key), ends, "{:.3f}") for key in ("users", "producers")]
    values = one["title"], *shares, _figure(one.get("area_ha"), ends, "{:,.0f}")
    return dict(zip(_COLUMNS, values, strict=True))


def _figure(figure: Mapping[str, Any] | None, ends: tuple[str, str], pattern: str) -> str:
    if figure is None or figure["value"] is None:
        return "–"
    value, low, high = (pattern.format(figure[key]) for key in ("value", *ends))
    return f"{value} [{low}–{high}]"
