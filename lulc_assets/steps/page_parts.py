"""What pages are made of, taken from committed records.

What belongs here: records → the content of one page or card. What does not: which pages there
are (``pages``), markup and wording (``core/pages``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd

from lulc_assets.core.accuracy.report import AccuracyReport
from lulc_assets.core.chips.forecast import forecast_account
from lulc_assets.core.compositing.layers import LAYERS
from lulc_assets.core.errors import NoTrainingChips
from lulc_assets.core.figures.quicklook import class_thumbnail
from lulc_assets.core.figures.votes import describe_votes, votes_figure
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.importing.scene_items import UNMASKED
from lulc_assets.core.labels.account import DeliveredLabels
from lulc_assets.core.pages.account_table import AccountTable
from lulc_assets.core.pages.content import Link, MapCard, PageFigure, TilePage
from lulc_assets.core.pages.label_page import LabelPage, describe_agreement, describe_outliers
from lulc_assets.core.pages.rendering import render_label_page, render_tile_page
from lulc_assets.core.pages.report_views import name_design
from lulc_assets.core.pages.scene_rows import list_scenes
from lulc_assets.core.store.keys import RegionYear, TileYear
from lulc_assets.core.store.records import Record, StoredFile
from lulc_assets.steps.candidates import open_candidates, read_clearest, read_selection
from lulc_assets.steps.label_quality import OUTLIER_TABLE, OUTLIERS, SPECTRA
from lulc_assets.steps.looks import scene_thumbnails, true_color_composite
from lulc_assets.steps.products import SCENE_PREDICTIONS
from lulc_assets.steps.properties import (
    CatalogProperties,
    ChipProperties,
    LabelQualityProperties,
    MapProperties,
    ReportProperties,
    SampleProperties,
    SeasonProperties,
)
from lulc_assets.steps.report import read_report
from lulc_assets.steps.workbench import Workbench

_SPECTRA_CAPTION = (
    "Grey: one polygon each, the median of its clear dates. Coloured: the class's median and the "
    "middle half of its polygons. Classes with like curves are those that a single date confuses."
)


DataAddress = Callable[[StoredFile], str | None]
"""Address of a stored file, relative to the pages; None: no page can reach it."""


@dataclass(frozen=True)
class TileRecords:
    """The records behind the page of a tile × year."""

    key: TileYear
    report: Record[ReportProperties]
    annual_map: Record[MapProperties]
    catalog: Record[CatalogProperties]
    sample: Record[SampleProperties] | None
    seasons: Record[SeasonProperties] | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Class of the label file that leads to no class of the legend → labels."""

    @property
    def all(self) -> tuple[object, ...]:
        """Every record that is there."""
        found = self.report, self.annual_map, self.catalog, self.sample, self.seasons
        return (*found, self.dropped or None)

    def open_report(self, work: Workbench) -> AccuracyReport:
        """The report, with a caution where the legend drops labels."""
        return read_report(work, self.report).with_dropped(self.dropped)


CATALOGUE = "Catalogue"
"""Term of the fact that says which passes the catalogue lacks."""


def page_name(key: TileYear | RegionYear, prefix: str = "") -> str:
    """File name of a page in the set."""
    prefix = "region_" if isinstance(key, RegionYear) else prefix
    return f"{prefix}{'_'.join(key.parts)}.html"


def tile_page(
    work: Workbench,
    records: TileRecords,
    links: Sequence[Link],
    data_at: DataAddress,
    told: Mapping[str, str],
) -> str:
    """The HTML of a tile × year.

    Args:
        work: where the files are.
        records: that it is rendered from.
        links: to other pages.
        data_at: address of a stored file.
        told: more facts: term → sentence; a gap of the catalogue is told with the votes, too.
    """
    key, report = records.key, records.open_report(work)
    looks = {scene.id: scene.look for scene in records.catalog.properties.scenes}
    clearest = [looks[recipe.id] for recipe in read_clearest(work, records.catalog)]
    thumbnails = scene_thumbnails(work, records.catalog)
    page = TilePage(
        tile=key.tile,
        year=key.year,
        place=work.project.tiles[key.tile].place,
        class_map=read_raster(work.open(records.annual_map, "class.tif")),
        true_color=true_color_composite(work, key.tile, clearest),
        grid=work.grid(key.tile),
        report=report,
        scenes=list_scenes(open_candidates(work, records.catalog), thumbnails),
        provenance=_provenance(work, records, report),
        legend=work.legend,
        links=links,
        figures=_map_figures(work, records, told.get(CATALOGUE, "")),
        attribution=work.project.attribution,
        project=work.project.name,
        licence=work.project.licence,
        files=_layer_links(records, data_at),
        told=told,
    )
    return render_tile_page(page)


def _layer_links(records: TileRecords, data_at: DataAddress) -> list[Link]:
    """The layers of the map under plain names, where the page can reach them."""
    stem = "_".join(records.key.parts)
    found = [(f"{name}_{stem}.tif", data_at(records.annual_map.files[f"{name}.tif"]))
             for name in LAYERS]  # fmt: skip
    return [Link(name, href) for name, href in found if href is not None]


def _map_figures(work: Workbench, records: TileRecords, gap: str) -> list[PageFigure]:
    """How the map was decided, and its seasons where there are any.

    Args:
        work: where the files are.
        records: of the map.
        gap: what the catalogue lacks; empty: nothing is known to be missing.
    """
    share, votes = (
        read_raster(work.open(records.annual_map, f"{name}.tif"))
        for name in ("vote_share", "observations")
    )
    votes_say = describe_votes(share, votes) + describe_learned(records.annual_map.properties)
    caption = " ".join(filter(None, (votes_say, gap)))
    figures = [PageFigure("How sure were the votes?", votes_figure(share, votes), caption)]
    if records.seasons is not None:
        figures.append(_season_figure(work, records.seasons))
    return figures


def describe_learned(properties: MapProperties) -> str:
    """What a learned vote did to the map; empty where none decided."""
    used = properties.learned
    if used is None:
        return ""
    mapped = sum(n for name, n in properties.class_pixels.items() if name != "no_data")
    changed, left = (
        100 * pixels / max(mapped, 1) for pixels in (used.changed_pixels, used.left_to_plain_pixels)
    )
    return (
        f" A learned vote decided: {changed:.1f}\u00a0% of the pixels have another class than the "
        f"plain count of votes gives them, and {left:.1f}\u00a0% were left to that count. A class "
        "that won against it has a small share."
    )


def _season_figure(work: Workbench, seasons: Record[SeasonProperties]) -> PageFigure:
    found = seasons.properties.seasons
    blind = max(found, key=lambda name: found[name].no_data_pct)
    caption = (
        f"Each season by its own votes. {blind} has most ground without a vote "
        f"({found[blind].no_data_pct:.0f}\u00a0%)."
    )
    title = "How does it change over the year?"
    return PageFigure(title, work.open(seasons, "seasons.png").read_bytes(), caption)


def _provenance(work: Workbench, records: TileRecords, report: AccuracyReport) -> dict[str, str]:
    """What a map was made from, as its own record says, and what judged it."""
    grid, annual_map = work.grid(report.key), records.annual_map
    found = {
        "Annual map": annual_map.digest,
        "Scene predictions": annual_map.inputs[SCENE_PREDICTIONS.at(records.key)],
        "Model bundle": annual_map.properties.bundle,
        "Scene catalogue": records.catalog.digest,
        "Reference sample": "none" if records.sample is None else records.sample.digest,
        "Sampling design": name_design(report),
        "Grid": f"EPSG:{grid.epsg}, {grid.pixel_m:g} m",
        "Legend": f"{work.legend.name} {work.legend.digest}",
    }
    unmasked = sum(
        recipe.collection == UNMASKED for recipe in read_selection(work, records.catalog)
    )
    if unmasked:
        found["Cloud mask"] = (
            f"none for {unmasked} scene(s): only the network's own cloud class keeps clouds out"
        )
    failed = annual_map.properties.failed_scenes
    if failed:
        found["Scenes that could not be read"] = "; ".join(
            f"{scene}: {error}" for scene, error in sorted(failed.items())
        )
    return found


def map_card(work: Workbench, records: TileRecords) -> MapCard:
    """The card of a tile × year on an index or region page."""
    key, used = records.key, len(records.annual_map.properties.predictions)
    classes = read_raster(work.open(records.annual_map, "class.tif"))
    return MapCard(
        tile=key.tile,
        year=key.year,
        place=work.project.tiles[key.tile].place,
        href=page_name(key),
        thumbnail=class_thumbnail(classes, work.legend),
        report=records.open_report(work),
        scenes_used=used,
        scenes_left_out=records.catalog.properties.candidates - used,
    )


def label_page(
    work: Workbench,
    key: TileYear,
    labels: Record[DeliveredLabels],
    quality: Record[LabelQualityProperties],
    chips: Record[ChipProperties] | None,
    links: Sequence[Link],
) -> str:
    """The HTML of the labels of a tile × year.

    Args:
        work: where the files are.
        key: of the labels.
        labels: delivered.
        quality: of them.
        chips: cut from them, or from former ones; None where there are none.
        links: to other pages.
    """
    page = LabelPage(
        tile=key.tile,
        year=key.year,
        place=work.project.tiles[key.tile].place,
        labels=labels.properties,
        figures=_label_figures(work, labels, quality),
        outliers=gpd.read_parquet(work.open(quality, OUTLIER_TABLE)),
        legend=work.legend,
        provenance={"Labels": labels.digest, **dict(quality.inputs)},
        links=links,
        attribution=work.project.attribution,
        account=_label_account(work, key, labels, chips),
    )
    return render_label_page(page)


def _label_account(
    work: Workbench,
    key: TileYear,
    labels: Record[DeliveredLabels],
    chips: Record[ChipProperties] | None,
) -> AccountTable | None:
    """What became of the labelled pixels in the chips of these labels, or what is planned."""
    cut = None if chips is None or chips.inputs.get(labels.product) != labels.digest else chips
    if cut is not None and cut.properties.account and cut.properties.layout:
        return AccountTable(cut.properties.account, cut.properties.layout, planned=False)
    train, gold = (read_raster(work.open(labels, name)) for name in ("train.tif", "gold.tif"))
    grid, settings = work.grid(key.tile), work.project.chips
    try:
        account, layout = forecast_account(grid, train, gold, settings, work.legend)
    except NoTrainingChips:
        return None
    return AccountTable(account, layout, planned=True)


def _label_figures(
    work: Workbench, labels: Record[DeliveredLabels], quality: Record[LabelQualityProperties]
) -> list[PageFigure]:
    def stored(name: str) -> bytes:
        return work.open(labels if name in labels.files else quality, name).read_bytes()

    shown = [PageFigure("Where the labels are", stored("labels.png"), "Training and gold.")]
    if "annotators.png" in labels.files:
        caption = describe_agreement(labels.properties.gold_standard, work.legend)
        shown.append(PageFigure("Annotators", stored("annotators.png"), caption))
    outliers = describe_outliers(len(quality.properties.outliers))
    return [
        *shown,
        PageFigure("Spectra", stored(SPECTRA), _SPECTRA_CAPTION),
        PageFigure("Outliers", stored(OUTLIERS), outliers),
        PageFigure("How much", stored("label_areas.png"), "Training and gold labels together."),
    ]
