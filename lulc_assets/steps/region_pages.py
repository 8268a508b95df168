"""The page of a region × year, taken from committed records.

What belongs here: records → the content of the page. What does not: which pages there are
(``pages``), markup and wording (``core/pages``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lulc_assets.core.figures.maps import map_figure
from lulc_assets.core.figures.overview import join_maps
from lulc_assets.core.figures.trends import area_trend_figure, describe_trend
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.pages.content import Link, PageFigure, PageZones, RegionPage
from lulc_assets.core.pages.rendering import render_region_page
from lulc_assets.core.pages.report_views import name_design
from lulc_assets.core.store.keys import RegionYear
from lulc_assets.core.store.records import Record
from lulc_assets.steps.page_parts import TileRecords, map_card
from lulc_assets.steps.properties import ReportProperties, SampleProperties
from lulc_assets.steps.report import read_report
from lulc_assets.steps.workbench import Workbench
from lulc_assets.steps.zones import read_zone_shapes, read_zone_table


@dataclass(frozen=True)
class RegionRecords:
    """The records behind a region's page.

    Attributes:
        key: region and year.
        report: of both.
        sample: None without one.
        years: the region's reports of all years.
        tiles: that have a report.
    """

    key: RegionYear
    report: Record[ReportProperties]
    sample: Record[SampleProperties] | None
    years: Sequence[Record[ReportProperties]]
    tiles: Sequence[TileRecords]

    @property
    def all(self) -> list[object]:
        """Everything that the page is made from."""
        parts: list[object] = [part for records in self.tiles for part in records.all]
        return [self.report, self.sample, *self.years, *parts]


def region_page(
    work: Workbench,
    records: RegionRecords,
    home: Link,
    dropped: Mapping[str, int],
    told: Mapping[str, str],
) -> str:
    """The HTML of a region × year.

    Args:
        work: where the products are.
        records: what is shown.
        home: link to the index.
        dropped: class name → labels that were dropped, see ``page_records``.
        told: term → sentence, more facts about the map.
    """
    key, sample = records.key, records.sample
    report = read_report(work, records.report).with_dropped(dropped)
    return render_region_page(
        RegionPage(
            region=key.region,
            year=key.year,
            title=key.region,
            report=report,
            tiles=[map_card(work, one) for one in records.tiles],
            provenance={
                **{f"Map of {r.key.tile}": r.annual_map.digest for r in records.tiles},
                "Reference sample": "none" if sample is None else sample.digest,
                "Sampling design": name_design(report),
            },
            legend=work.legend,
            links=[home],
            figures=_trend(work, records.years),
            attribution=work.project.attribution,
            project=work.project.name,
            licence=work.project.licence,
            overview=_overview(work, records),
            zones=_zones(work, records.report),
            told=told,
        )
    )


def _zones(work: Workbench, record: Record[ReportProperties]) -> PageZones | None:
    table = read_zone_table(work, record)
    return None if table is None else PageZones(table, read_zone_shapes(work, record))


def _overview(work: Workbench, records: RegionRecords) -> PageFigure | None:
    """The tiles of a region as one map."""
    maps = [(work.grid(r.key.tile), read_raster(work.open(r.annual_map, "class.tif")))
            for r in records.tiles]  # fmt: skip
    joined = join_maps(maps)
    if joined is None:
        return None
    grid, classes = joined
    names, key = [one.key.tile for one in records.tiles], records.key
    told = f"{'Tile' if len(names) == 1 else 'Tiles'} {', '.join(names)}, shrunk for the page."
    picture = map_figure(classes, grid, work.legend, f"{key.region} {key.year}")
    return PageFigure("The region as one map", picture, told)


def _trend(work: Workbench, years: Sequence[Record[ReportProperties]]) -> list[PageFigure]:
    if len(years) < 2:
        return []
    reports = [read_report(work, record) for record in years]
    title = "What changed over the years?"
    return [PageFigure(title, area_trend_figure(reports), describe_trend(reports))]
