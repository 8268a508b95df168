"""The page that judges labels: what there is, how annotators differ, what to look at first.

What belongs here: the content of the page and its sentences. What does not: figures
(``label_figures``), the numbers (``core/labels``), markup (``templates/labels.html``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lulc_assets.core.figures.formats import format_count, format_share
from lulc_assets.core.legend import Legend
from lulc_assets.core.pages.account_table import AccountTable, view_account
from lulc_assets.core.pages.content import PageFigure
from lulc_assets.core.pages.report_views import view_figure

if TYPE_CHECKING:
    import geopandas as gpd

_SLIGHT, _SUBSTANTIAL = 0.4, 0.8
"""Kappas between which agreement is called moderate to substantial (Landis and Koch 1977)."""


@dataclass(frozen=True)
class LabelPage:
    """Everything on the page of the labels of one tile × year.

    Attributes:
        tile: MGRS key.
        year: of the labels.
        place: a name for people, may be empty.
        properties: of the committed labels, see ``steps/labels.py``.
        figures: in the order to be shown.
        outliers: as ``find_outliers`` returns them.
        legend: of the codes.
        provenance: name → digest or value.
        attribution: printed at the end.
        account: labelled pixels from label to chip; None where chips cannot be planned.
    """

    tile: str
    year: int
    place: str
    properties: Mapping[str, Any]
    figures: Sequence[PageFigure]
    outliers: "gpd.GeoDataFrame"
    legend: Legend
    provenance: Mapping[str, str]
    attribution: str = ""
    account: AccountTable | None = None


def view_labels(page: LabelPage) -> dict[str, Any]:
    """The template context of a label page."""
    place = f" · {page.place}" if page.place else ""
    account = view_account(page.account, page.legend) if page.account else None
    return {
        "title": f"{page.tile} {page.year}{place}",
        "kind": "Labels of",
        "links": [],
        "attribution": page.attribution,
        "headline": _headline(page.properties),
        "warnings": [*list_warnings(page.properties), *(account["findings"] if account else [])],
        "figures": [view_figure(f.title, f.png, f.caption) for f in page.figures],
        "rows": _class_rows(page),
        "outliers": _outlier_rows(page),
        "account": account,
        "provenance": dict(page.provenance),
    }


def _headline(properties: Mapping[str, Any]) -> dict[str, str]:
    gold = properties.get("gold_standard")
    if not gold or not gold["pairwise"]:
        return {
            "verdict": "agreement_only",
            "value": f"{properties['polygons']:,}",
            "label": "labelled polygons, each drawn once",
            "detail": "Nobody knows how far two annotators would agree here. Let several of them "
            "draw the gold windows and name the column that says who drew what.",
        }
    agreed = [p["agreement"] for p in gold["pairwise"] if p["agreement"] is not None]
    kappas = [p["kappa"] for p in gold["pairwise"] if p["kappa"] is not None]
    value = format_share(sum(agreed) / len(agreed)) if agreed else "–"
    detail = f"Kappa by pair {min(kappas):.2f}–{max(kappas):.2f}. " if kappas else ""
    return {
        "verdict": "estimated",
        "value": value,
        "label": f"agreement of {len(gold['annotators'])} annotators, two by two, on "
        f"{gold['windows']} gold windows",
        "detail": f"{detail}Only pixels on which all agree judge a model: what it reaches there is "
        "agreement on unambiguous pixels, no accuracy of the map.",
    }


def list_warnings(properties: Mapping[str, Any]) -> list[str]:
    """What a user should know before training on these labels."""
    said = []
    gold = properties.get("gold_standard") or {}
    thin = gold.get("windows_with_too_few_annotators", [])
    if thin:
        named = format_count(len(thin), "gold window")
        said.append(f"{named} left out: too few annotators.")
    weak = [p for p in gold.get("pairwise", []) if (p["kappa"] or 1.0) < _SLIGHT]
    said += [
        f"{p['first']} and {p['second']} hardly agree (kappa {p['kappa']:.2f}): settle the "
        "definitions before more is drawn."
        for p in weak
    ]
    reading = properties["reading"]
    if reading["repaired"]:
        said.append(f"{len(reading['repaired'])} invalid geometries were repaired.")
    if reading["without_area"]:
        said.append(f"{len(reading['without_area'])} labels have no area and are left out.")
    for relation, number in reading["not_accepted"].items():
        said.append(f"{number:,} labels of {relation} classes are left out, as the project asks.")
    for role in ("train", "gold"):
        vanished, conflicts = (
            properties[f"{role}_{name}"] for name in ("polygons_vanished", "pixels_in_conflict")
        )
        if vanished:
            named = format_count(vanished, f"{role} polygon")
            said.append(f"{named} without a pixel centre: too small or too thin to burn.")
        if conflicts:
            said.append(f"{conflicts:,} {role} pixels are claimed by polygons of two classes.")
    leaked = properties["train_pixels_cleared_as_leak"]
    if leaked:
        said.append(f"{leaked:,} training pixels lay on kept-back ground and are unlabelled.")
    return said


def describe_agreement(properties: Mapping[str, Any], legend: Legend) -> str:
    """Which class annotators argue about most."""
    gold = properties.get("gold_standard")
    dropped = (gold or {}).get("dropped_share_by_class", {})
    if not dropped:
        return "No gold window was drawn by several annotators."
    worst = max(dropped, key=lambda name: dropped[name])
    title = legend.by_code(legend.code_of(worst)).title
    return (
        f"Annotators differ most on {title.lower()}: {format_share(dropped[worst])} of the pixels "
        "that one of them calls so are dropped from the gold standard."
    )


def describe_outliers(count: int) -> str:
    """What to do with the polygons that lie far from their class."""
    if count == 0:
        return "No polygon lies far from its class."
    return (
        f"{format_count(count, 'polygon')} far from the spectra of the class. Look there first: a "
        "wrong class, a line that slipped, a change since, or a rare kind of the class."
    )


def _class_rows(page: LabelPage) -> list[dict[str, str]]:
    dropped = (page.properties.get("gold_standard") or {}).get("dropped_share_by_class", {})
    rows = []
    for known in page.legend.classes:
        train, gold = (page.properties[f"{r}_pixels"].get(known.name, 0) for r in ("train", "gold"))
        polygons = sum(
            r["polygons"] for r in page.properties["summary"] if r["class_code"] == known.code
        )
        if train or gold or polygons:
            share = format_share(dropped[known.name]) if known.name in dropped else ""
            rows.append(
                {"title": known.title, "color": known.color, "polygons": f"{polygons:,}",
                 "train": f"{train:,}", "gold": f"{gold:,}", "dropped": share}
            )  # fmt: skip
    return rows


def _outlier_rows(page: LabelPage) -> list[dict[str, str]]:
    return [
        {
            "number": str(number),
            "label_id": str(row.label_id),
            "title": page.legend.by_code(int(row.class_code)).title,
            "looks_like": page.legend.by_code(int(row.looks_like)).title,
            "distance": f"{row.distance:.1f}",
            "pixels": f"{row.pixels:,}",
            "place": f"{row.geometry.centroid.x:.0f}, {row.geometry.centroid.y:.0f}",
        }
        for number, row in enumerate(page.outliers.itertuples(), start=1)
    ]
