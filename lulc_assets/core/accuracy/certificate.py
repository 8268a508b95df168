"""A certificate of a report: everything that its figures follow from, to be derived again.

What belongs here: writing one from maps and a sample, and verifying it on the same or other
maps and sample, with the name of what differs. What does not: the report (``build.py``) and pages.

A certificate holds no time and no place: same maps, sample and settings, same bytes. Figures have
nine significant digits, so that the last bit of another processor does not matter.
"""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from lulc_assets.core.accuracy.build import build_region_report
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.estimation.settings import AccuracySettings
from lulc_assets.core.sampling.fingerprint import MapMarks, differing_pixels, mark_map
from lulc_assets.core.sampling.map_file import MapFile
from lulc_assets.core.sampling.sample import ReferenceSample

FORMAT = 2
_DIGITS = 9
_UNIT_COLUMNS = {
    "unit_id": "id",
    "x": "x",
    "y": "y",
    "class_code": "class",
    "stratum": "stratum",
    "inclusion_probability": "inclusion probability",
    "primary_unit": "primary unit",
    "driver": "driver",
}
"""Columns of the sample that a certificate holds, and what they are called in messages."""
_PACKAGES = ("lulc-assets", "numpy", "scipy")
DEFINITIONS = {
    "design_effect": "variance of overall accuracy over that of as many independent units",
    "n_effective": "units of a simple random sample with this variance: R(1 - R) / SE^2",
}


@dataclass(frozen=True)
class Verification:
    """What came out of verifying a certificate.

    Attributes:
        differences: one sentence each, none where everything was derived again.
        notes: what is worth knowing without being a difference, such as other versions.
    """

    differences: tuple[str, ...]
    notes: tuple[str, ...]


def certify(
    maps: Sequence[MapFile],
    sample: ReferenceSample,
    *,
    year: int,
    settings: AccuracySettings | None = None,
    labelled_by: Sequence[str] = (),
) -> dict[str, Any]:
    """The certificate of the report on maps and a sample.

    Args:
        maps: of one legend.
        sample: with its design.
        year: of the maps.
        settings: None for the defaults.
        labelled_by: who interpreted.

    Raises:
        InvalidSample: the sample allows no estimate; the message is the report's reason.
    """
    chosen = settings or AccuracySettings()
    content = {
        "certificate": FORMAT,
        "year": year,
        "maps": [mark_map(one).to_dict() for one in maps],
        "legend": maps[0].legend.digest,
        "design": sample.design.to_dict(),
        "labelled_by": list(labelled_by),
        "settings": {**asdict(chosen), "merge_strata": [list(g) for g in chosen.merge_strata]},
        "units": _units(sample),
        "definitions": DEFINITIONS,
        "figures": _figures(maps, sample, year, chosen),
        "versions": _versions(),
    }
    return {**content, "digest": _digest(content)}


def verify(
    certificate: Mapping[str, Any], maps: Sequence[MapFile], sample: ReferenceSample
) -> Verification:
    """Derive a certificate again and say what differs.

    Args:
        certificate: as :func:`read_certificate` gives it.
        maps: that it should be of.
        sample: that it should be of.

    Raises:
        InvalidSample: the maps are others altogether (names or grids), so that nothing can be
            compared, or the sample allows no estimate.
    """
    content = {key: value for key, value in certificate.items() if key != "digest"}
    found = [] if _digest(content) == certificate["digest"] else [
        "The certificate itself was changed after it was made: its digest is another one."
    ]  # fmt: skip
    found += _map_differences(certificate["maps"], maps)
    if maps[0].legend.digest != certificate["legend"]:
        found.append("The legend of the maps is another one.")
    found += _sample_differences(certificate, sample)
    settings = _settings_of(certificate["settings"])
    figures = _figures(maps, sample, int(certificate["year"]), settings)
    found += _figure_differences(certificate["figures"], figures)
    notes = [
        f"{name} is {_versions()[name]} here and was {was}."
        for name, was in certificate["versions"].items()
        if _versions().get(name) not in (None, was)
    ]
    return Verification(tuple(found), tuple(notes))


def read_certificate(path: Path) -> dict[str, Any]:
    """Read a certificate.

    Raises:
        InvalidSample: missing, or no certificate of this format.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidSample(f"{path}: cannot be read as a certificate: {error}") from error
    needed = {"maps", "design", "settings", "units", "figures", "versions", "digest", "legend"}
    if not isinstance(data, dict) or data.get("certificate") != FORMAT or needed - data.keys():
        raise InvalidSample(
            f"{path}: is not a certificate of format {FORMAT}; `lulc accuracy certify` writes them"
        )
    return data


def as_text(certificate: Mapping[str, Any]) -> str:
    """The bytes of the file, as text."""
    return json.dumps(certificate, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _figures(
    maps: Sequence[MapFile], sample: ReferenceSample, year: int, settings: AccuracySettings
) -> dict[str, Any]:
    report = build_region_report(
        (one.part() for one in maps),
        sample,
        key=sample.design.region or "map",
        year=year,
        legend=maps[0].legend,
        settings=settings,
    )
    if report.verdict != "estimated":
        raise InvalidSample(f"there is nothing to certify: {report.verdict_reason}")
    figures: dict[str, Any] = _rounded(report.to_dict())
    return figures


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(f"{float(value):.{_DIGITS}g}")
    return value


def _units(sample: ReferenceSample) -> list[list[Any]]:
    """Of each unit the values of :data:`_UNIT_COLUMNS`; None of a column that is not there."""
    units = sample.units.reindex(columns=list(_UNIT_COLUMNS)).astype(object)
    rows = units.where(units.notna(), None).itertuples(index=False)
    return [_rounded(list(row)) for row in rows]


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def _settings_of(data: Mapping[str, Any]) -> AccuracySettings:
    merged = tuple(tuple(group) for group in data["merge_strata"])
    return AccuracySettings(**{**data, "merge_strata": merged})


def _map_differences(marks: Sequence[Mapping[str, Any]], maps: Sequence[MapFile]) -> list[str]:
    kept = [MapMarks.from_dict(one) for one in marks]
    if len(kept) != len(maps):
        raise InvalidSample(f"the certificate is of {len(kept)} maps, {len(maps)} are given")
    found = []
    for was, one in zip(kept, maps, strict=True):
        now = mark_map(one)
        if was.grid != now.grid:
            raise InvalidSample(
                f"{one.path}: lies on another grid than the certified map {was.name!r}; this is "
                "the certificate of another map"
            )
        if was.digest != now.digest:
            found.append(f"{one.path}: {differing_pixels(was, now)}")
    return found


def _sample_differences(certificate: Mapping[str, Any], sample: ReferenceSample) -> list[str]:
    found = []
    if _rounded(sample.design.to_dict()) != _rounded(certificate["design"]):
        old, new = certificate["design"], sample.design.to_dict()
        keys = sorted(k for k in {*old, *new} if old.get(k) != new.get(k))
        found.append(f"The design differs in {', '.join(keys)}.")
    was_units = {row[0]: row for row in certificate["units"]}
    now_units = {row[0]: row for row in _units(sample)}
    for unit in sorted({*was_units, *now_units}):
        was, now = was_units.get(unit), now_units.get(unit)
        if was is None or now is None:
            found.append(f"Unit {unit} is {'new' if was is None else 'gone'}.")
        elif was != now:
            both = zip(_UNIT_COLUMNS.values(), was, now, strict=True)
            what = "; ".join(f"{title} {a} is now {b}" for title, a, b in both if a != b)
            found.append(f"Unit {unit}: {what}.")
    return found


def _figure_differences(was: Any, now: Any, path: str = "") -> list[str]:
    if isinstance(was, dict) and isinstance(now, dict):
        keys = sorted({*was, *now})
        pairs = [(was.get(k), now.get(k), f"{path}.{k}" if path else k) for k in keys]
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        names = [one.get("name", i) if isinstance(one, dict) else i for i, one in enumerate(was)]
        pairs = [(a, b, f"{path}.{n}") for a, b, n in zip(was, now, names, strict=True)]
    else:
        same = json.dumps(was) == json.dumps(now)
        return [] if same else [f"Figure {path}: {was} was certified, {now} comes out."]
    return [line for a, b, where in pairs for line in _figure_differences(a, b, where)]
