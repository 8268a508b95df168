"""What the templates show: pages turned into plain texts and data URIs.

What belongs here: maps, cards, scenes and links of a page. What does not: what an
accuracy report allows to be shown (``report_views.py``), markup (``templates/``).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.errors import InvalidPage
from lulc_assets.core.figures.embedding import check_href, data_uri
from lulc_assets.core.figures.formats import format_area_ha, format_share
from lulc_assets.core.figures.maps import format_length, scale_bar_m
from lulc_assets.core.figures.quicklook import (
    NO_DATA_RGB,
    encode_class_png,
    encode_jpeg,
    shrink,
    shrink_classes,
)
from lulc_assets.core.figures.scenes import scene_timeline_figure
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import Legend
from lulc_assets.core.pages.about import plain_words, view_about, view_downloads
from lulc_assets.core.pages.captions import describe_ownership, describe_scenes
from lulc_assets.core.pages.content import (
    IndexPage,
    MapCard,
    PageFigure,
    RegionPage,
    SceneRow,
    TilePage,
)
from lulc_assets.core.pages.links import view_links
from lulc_assets.core.pages.report_views import (
    name_largest_classes,
    report_figures,
    view_figure,
    view_headline,
    view_table,
)
from lulc_assets.core.pages.sample_views import view_sample
from lulc_assets.core.pages.zone_views import view_zones, zone_downloads

_MAP_PX = 1024
_SMALL_MAP_PX = 600
"""A map with fewer pixels than this is enlarged without smoothing."""


def view_tile(page: TilePage) -> dict[str, Any]:
    """The template context of a tile page; raises as ``render_tile_page``."""
    shapes = (page.class_map.shape, page.true_color.shape[:2], page.grid.shape)
    if len(set(shapes)) != 1:
        raise InvalidPage(
            f"page {page.tile} {page.year}: class map, composite and grid have shapes {shapes}; "
            "cut or resample them to the same pixels first"
        )
    place = f" · {page.place}" if page.place else ""
    selected = [row.selected for row in page.scenes]
    return {
        "title": f"{page.tile} {page.year}{place}",
        "kind": "Land cover of",
        "links": view_links(page.links),
        "attribution": page.attribution,
        "map_uri": data_uri(encode_class_png(_small_map(page.class_map), page.legend)),
        "photo_uri": data_uri(encode_jpeg(shrink(page.true_color, _MAP_PX))),
        "pixelated": max(page.class_map.shape) < _SMALL_MAP_PX,
        "aspect": f"{page.grid.width} / {page.grid.height}",
        "plain": plain_words(page.report),
        "about": view_about(
            title=f"{page.tile}{place}",
            year=page.year,
            grid=page.grid,
            scenes=page.scenes,
            provenance=page.provenance,
            project=page.project,
            licence=page.licence,
            told=page.told,
        ),
        "downloads": view_downloads(page.report, page.scenes),
        "files": view_links(page.files),
        "ownership": describe_ownership(page.report, page.grid),
        "legend": _legend(page.class_map, page.report, page.legend),
        "scale": _scale(page.grid),
        "headline": view_headline(page.report),
        "warnings": page.report.warnings,
        "figures": report_figures(page.report, page.legend) + _extra_figures(page.figures),
        "table": view_table(page.report),
        "sample": view_sample(page.report),
        "scenes_caption": describe_scenes(selected, [row.reason for row in page.scenes]),
        "timeline_uri": _timeline(page.scenes),
        "scenes_used": [_scene(row) for row in page.scenes if row.selected],
        "scenes_left_out": [_scene(row) for row in page.scenes if not row.selected],
        "provenance": dict(page.provenance),
    }


def view_index(page: IndexPage) -> dict[str, Any]:
    """The template context of the index; raises as ``render_index``."""
    return {
        "title": page.title,
        "kind": "",
        "intro": page.intro,
        "command": page.command,
        "links": view_links(page.links),
        "labels": view_links(page.labels),
        "changes": view_links(page.changes),
        "attribution": page.attribution,
        "cards": [_card(card) for card in page.cards],
        "legend": _whole_legend(page.legend),
        "regions": [
            {
                "title": f"{region.region} {region.year}",
                "href": check_href(region.href),
                "headline": view_headline(region.report),
                "area": format_area_ha(region.report.total_area_ha),
            }
            for region in page.regions
        ],
    }


def view_region(page: RegionPage) -> dict[str, Any]:
    """The template context of a region page; raises as ``render_region_page``."""
    return {
        "title": f"{page.title or page.region} {page.year}",
        "kind": "Land cover of region",
        "links": view_links(page.links),
        "attribution": page.attribution,
        "plain": plain_words(page.report),
        "about": view_about(
            title=page.title or page.region,
            year=page.year,
            grid=None,
            scenes=(),
            provenance=page.provenance,
            project=page.project,
            licence=page.licence,
            told=page.told,
        ),
        "downloads": view_downloads(page.report, ())
        + zone_downloads(page.zones, f"{page.region}_{page.year}"),
        "files": [],
        "zones": view_zones(page.zones),
        "overview": [] if page.overview is None else _extra_figures([page.overview]),
        "cards": [_card(card) for card in page.tiles],
        "legend": _whole_legend(page.legend),
        "headline": view_headline(page.report),
        "warnings": page.report.warnings,
        "figures": report_figures(page.report, page.legend) + _extra_figures(page.figures),
        "table": view_table(page.report),
        "sample": view_sample(page.report),
        "provenance": dict(page.provenance),
    }


def _card(card: MapCard) -> dict[str, Any]:
    scenes = ""
    if card.scenes_used is not None:
        scenes = f"{card.scenes_used} scenes used"
        if card.scenes_left_out is not None:
            scenes += f", {card.scenes_left_out} left out"
    return {
        "title": f"{card.tile} {card.year}",
        "place": card.place,
        "href": check_href(card.href),
        "uri": data_uri(card.thumbnail),
        "headline": view_headline(card.report),
        "largest": name_largest_classes(card.report),
        "scenes": scenes,
    }


def _scene(row: SceneRow) -> dict[str, str]:
    clear = "clear share unknown" if row.clear_pct is None else f"{row.clear_pct:.0f}\u00a0% clear"
    return {
        "id": row.scene_id,
        "date": row.date or "no date",
        "clear_text": clear,
        "reason": row.reason.removeprefix("left out: "),
        "uri": "" if row.thumbnail is None else data_uri(row.thumbnail),
    }


def _timeline(scenes: Sequence[SceneRow]) -> str:
    import pandas as pd

    # Dates come from outside like all of a row: what is not a date is counted as undated.
    dates = pd.to_datetime(
        pd.Series([row.date for row in scenes], dtype=str), format="%Y-%m-%d", errors="coerce"
    )
    if not dates.notna().any():
        return ""
    table = pd.DataFrame(
        {
            "datetime": dates,
            "clear_pct": [np.nan if r.clear_pct is None else r.clear_pct for r in scenes],
            "selected": [row.selected for row in scenes],
            "reason": [row.reason for row in scenes],
        }
    )
    return data_uri(scene_timeline_figure(table))


def _legend(
    class_map: npt.NDArray[np.uint8], report: AccuracyReport, legend: Legend
) -> list[dict[str, str]]:
    """Classes that the picture holds with the share that the table of classes gives them.

    One figure per class on a page: the picture may also show ground that a neighbouring tile
    counts, and its pixels are not all of one size.
    """
    counts = np.bincount(class_map.ravel(), minlength=len(legend.classes) + 1)
    areas = {figures.code: figures.mapped_area_ha for figures in report.classes}
    mapped = report.total_area_ha - report.no_data_area_ha
    rows = []
    for known in legend.classes:
        if counts[known.code] > 0:
            share = areas.get(known.code, 0.0) / mapped if mapped > 0 else 0.0
            rows.append({"title": known.title, "color": known.color, "share": format_share(share)})
    if counts[0] > 0:
        grey = "#{:02x}{:02x}{:02x}".format(*NO_DATA_RGB)
        share = report.no_data_area_ha / report.total_area_ha if report.total_area_ha > 0 else 1.0
        rows.append(
            {"title": "No data", "color": grey, "share": f"{format_share(share)} of the area"}
        )
    return rows


def _whole_legend(legend: Legend) -> list[dict[str, str]]:
    return [{"title": c.title, "color": c.color, "share": ""} for c in legend.land]


def _scale(grid: PixelGrid) -> dict[str, str]:
    """A scale bar: its length in words and its width in per cent of the map."""
    width_m = grid.width * grid.pixel_m
    length_m = scale_bar_m(width_m)
    return {"label": format_length(length_m), "width_pct": f"{100 * length_m / width_m:.2f}"}


def _small_map(class_map: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return shrink_classes(class_map, _MAP_PX)


def _extra_figures(figures: Sequence[PageFigure]) -> list[dict[str, str]]:
    return [view_figure(figure.title, figure.png, figure.caption) for figure in figures]
