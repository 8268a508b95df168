"""The page that judges labels: what there is, how annotators differ, what to look at first.

What belongs here: the content of the page and its sentences. What does not: figures
(``label_figures``), the numbers (``core/labels``), markup (``templates/labels.html``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lulc_assets.core.figures.formats import format_count, format_share
from lulc_assets.core.labels.account import DeliveredLabels, GoldStandard
from lulc_assets.core.legend import Legend
from lulc_assets.core.pages.account_table import AccountTable, view_account
from lulc_assets.core.pages.content import Link, PageFigure
from lulc_assets.core.pages.links import view_links
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
        labels: what became of what was delivered.
        figures: in the order to be shown.
        outliers: as ``find_outliers`` returns them.
        legend: of the codes.
        provenance: name → digest or value.
        links: to the pages around it.
        attribution: printed at the end.
        account: labelled pixels from label to chip; None where chips cannot be planned.
    """

    tile: str
    year: int
    place: str
    labels: DeliveredLabels
    figures: Sequence[PageFigure]
    outliers: "gpd.GeoDataFrame"
    legend: Legend
    provenance: Mapping[str, str]
    links: Sequence[Link] = ()
    attribution: str = ""
    account: AccountTable | None = None


def view_labels(page: LabelPage) -> dict[str, Any]:
    """The template context of a label page."""
    place = f" · {page.place}" if page.place else ""
    account = view_account(page.account, page.legend) if page.account else None
    return {
        "title": f"{page.tile} {page.year}{place}",
        "kind": "Labels of",
        "links": view_links(page.links),
        "attribution": page.attribution,
        "headline": _headline(page.labels),
        "warnings": [*list_warnings(page.labels), *(account["findings"] if account else [])],
        "figures": [view_figure(f.title, f.png, f.caption) for f in page.figures],
        "rows": _class_rows(page),
        "outliers": _outlier_rows(page),
        "account": account,
        "provenance": dict(page.provenance),
    }


def _headline(labels: DeliveredLabels) -> dict[str, str]:
    gold = labels.gold_standard
    if gold is None or not gold.pairwise:
        return {
            "verdict": "agreement_only",
            "value": f"{labels.polygons:,}",
            "label": "labelled polygons, each drawn once",
            "detail": "Nobody knows how far two annotators would agree here. Let several of them "
            "draw the gold windows and name the column that says who drew what.",
        }
    agreed = [p.agreement for p in gold.pairwise if p.agreement is not None]
    kappas = [p.kappa for p in gold.pairwise if p.kappa is not None]
    value = format_share(sum(agreed) / len(agreed)) if agreed else "–"
    detail = f"Kappa by pair {min(kappas):.2f}–{max(kappas):.2f}. " if kappas else ""
    return {
        "verdict": "estimated",
        "value": value,
        "label": f"agreement of {len(gold.annotators)} annotators, two by two, on "
        f"{gold.windows} gold windows",
        "detail": f"{detail}Only pixels on which all agree judge a model: what it reaches there is "
        "agreement on unambiguous pixels, not the accuracy of the map.",
    }


def list_warnings(labels: DeliveredLabels) -> list[str]:
    """What a user should know before training on these labels."""
    found = [] if labels.gold_standard is None else _gold_warnings(labels.gold_standard)
    reading = labels.reading
    if reading.repaired:
        found.append(f"{len(reading.repaired)} invalid geometries were repaired.")
    if reading.without_area:
        found.append(f"{len(reading.without_area)} labels have no area and are left out.")
    for relation, number in reading.not_accepted.items():
        found.append(f"{number:,} labels of {relation} classes are left out, as the project asks.")
    for role, burnt in (("train", labels.train), ("gold", labels.gold)):
        if burnt.polygons_vanished:
            named = format_count(burnt.polygons_vanished, f"{role} polygon")
            found.append(f"{named} without a pixel centre: too small or too thin to burn.")
        if burnt.pixels_in_conflict:
            conflicts = f"{burnt.pixels_in_conflict:,} {role} pixels"
            found.append(f"{conflicts} are claimed by polygons of two classes.")
    if labels.train.pixels_cleared_as_leak:
        leaked = f"{labels.train.pixels_cleared_as_leak:,} training pixels"
        found.append(f"{leaked} lay on ground kept back for judging and are unlabelled.")
    return found


def _gold_warnings(gold: GoldStandard) -> list[str]:
    found = []
    if gold.windows_with_too_few_annotators:
        named = format_count(len(gold.windows_with_too_few_annotators), "gold window")
        found.append(f"{named} left out: too few annotators.")
    found += [
        f"{p.first} and {p.second} hardly agree (kappa {p.kappa:.2f}): settle the "
        "definitions before more is drawn."
        for p in gold.pairwise
        if p.kappa is not None and p.kappa < _SLIGHT
    ]
    return found


def describe_agreement(gold: GoldStandard | None, legend: Legend) -> str:
    """Which class annotators argue about most."""
    dropped = {} if gold is None else gold.dropped_share_by_class
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
    labels = page.labels
    dropped = {} if labels.gold_standard is None else labels.gold_standard.dropped_share_by_class
    rows = []
    for known in page.legend.classes:
        train, gold = (burnt.pixels.get(known.name, 0) for burnt in (labels.train, labels.gold))
        polygons = sum(r.polygons for r in labels.summary if r.class_code == known.code)
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
