"""Steps of the pages: an index and one page per report, rendered from committed records.

What belongs here: ``report_pages``: which pages there are, what each is rendered from, and
rendering those that changed. What does not: what a page looks like (``core/pages``), and any
figure: what a page says was estimated and drawn before.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from lulc_assets.core.pages.content import IndexPage, Link, RegionCard
from lulc_assets.core.pages.rendering import render_index
from lulc_assets.core.store.canonical import digest_of, identity_of
from lulc_assets.core.store.keys import RegionYear, TileYear, Whole
from lulc_assets.core.store.records import Record
from lulc_assets.core.whole_files import whole_file
from lulc_assets.steps.change_pages import ChangeRecords, change_page, changes_of
from lulc_assets.steps.operations import operations_page, partition_states
from lulc_assets.steps.page_parts import (
    DataAddress,
    TileRecords,
    label_page,
    map_card,
    page_name,
    tile_page,
)
from lulc_assets.steps.page_records import beside, dropped_labels, tile_records
from lulc_assets.steps.patch_pages import PATCHES_PAGE, patch_page, patches_of
from lulc_assets.steps.products import (
    LABEL_QUALITY,
    REFERENCE_LABELS,
    REFERENCE_SAMPLE,
    REGION_REPORT,
    REPORT_PAGES,
    TRAINING_CHIPS,
)
from lulc_assets.steps.properties import (
    LabelQualityProperties,
    PageRow,
    PagesProperties,
    ReportProperties,
)
from lulc_assets.steps.region_pages import RegionRecords, region_page
from lulc_assets.steps.report import read_report
from lulc_assets.steps.workbench import Made, Step, Workbench

INDEX = "index.html"
OPERATIONS = "operations.html"
_INTRO = (
    "Below each map: its overall accuracy with the half-width of the 95 % interval where a "
    "reference sample allows one, and the classes that cover most. Open a map for its areas, its "
    "confusions and the scenes that it was made from."
)

PagesStep = Step[Whole, PagesProperties]

Told = Mapping[TileYear | RegionYear, Mapping[str, str]]


@dataclass(frozen=True)
class _Page:
    """A page to be: its file, what it is rendered from, and how."""

    file: str
    of: str
    render: Callable[[], str]


@dataclass(frozen=True)
class _Place:
    """Where pages lie: how they reach data, what is told beside the records, neighbours."""

    data_at: DataAddress
    told: Told
    costs: Mapping[TileYear, float]
    beside: Sequence[Link]


def make_report_pages(
    work: Workbench,
    folder: Path,
    tiles: Iterable[TileYear],
    regions: Iterable[RegionYear],
    data_at: DataAddress | None = None,
    told: Told = MappingProxyType({}),
    costs: Mapping[TileYear, float] = MappingProxyType({}),
    beside_them: Sequence[Link] = (),
) -> Record[PagesProperties]:
    """Write ``index.html`` and one page per report into a folder; each file appears whole.

    A page whose records and titles did not change since it was rendered is left as it is.

    Args:
        work: where the products are.
        folder: is made if need be; other files in it are left alone.
        tiles: those without a report, and those that the project lost, are passed over.
        regions: the same.
        data_at: address of a stored file for download; without it, in a local store beside them.
        told: what is not in the records: key → term → sentence, such as what a map cost.
        costs: core-hours per 1,000 km² and year of the maps that somebody saw being made.
        beside_them: further pages of the same folder, which the index links.
    """
    step = work.step(REPORT_PAGES, Whole())
    known = [key for key in sorted(set(tiles)) if key.tile in work.project.tiles]
    named = [key for key in sorted(set(regions)) if key.region in work.project.regions]
    place = _Place(data_at or beside(work, folder), told, costs, beside_them)
    pages = _plan(step, known, named, place)
    rows = tuple(PageRow(page.file, page.of) for page in pages)
    former = {} if step.former is None else {r.file: r.of for r in step.former.properties.pages}
    folder.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages, start=1):
        if former.get(page.file) != page.of or not (folder / page.file).is_file():
            with whole_file(folder / page.file) as part:
                part.write_text(page.render(), encoding="utf-8")
        work.progress(number, len(pages), page.file)
    return step.make(identity_of(rows), lambda _: Made({}, PagesProperties(rows)))


def _plan(
    step: PagesStep,
    tiles: list[TileYear],
    regions: list[RegionYear],
    place: _Place,
) -> list[_Page]:
    """Every page that can be rendered, with all records behind it."""
    work, dropped, told = step.work, dropped_labels(step), place.told
    reported = {
        key: found for key in tiles if (found := tile_records(step, key, dropped)) is not None
    }
    summed = {
        key: record for key in regions if (record := step.find(REGION_REPORT, key)) is not None
    }
    judged = {key: r for key in tiles if (r := step.find(LABEL_QUALITY, key)) is not None}
    changed = changes_of(step, tiles)
    home = Link(f"All maps of {work.project.name}", INDEX)
    pages = []
    for key, records in reported.items():
        near = [
            Link(f"Region {region.region}", page_name(region))
            for region in summed
            if region.year == key.year and key.tile in work.project.regions[region.region].tiles
        ]
        if key in changed:
            near.append(Link("Change since the year before", page_name(key, "change_")))
        links = [home, *near]
        facts = told.get(key, {})
        pages.append(
            _page(work, page_name(key), [*records.all, *map(str, links), *facts.values()],
                  partial(tile_page, work, records, links, place.data_at, facts))
        )  # fmt: skip
    pages += [_change_page(work, one, home, reported) for one in changed.values()]
    for region, report in summed.items():
        years = [one for key, one in summed.items() if key.region == region.region]
        dress = (home, dropped, told.get(region, {}))
        pages.append(_region_page(step, region, report, years, reported, dress))
    pages += [_label_page(step, key, quality, home) for key, quality in judged.items()]
    pages.append(_operations_page(step, reported, place.costs, home))
    links = [*place.beside, Link("State of all tiles", OPERATIONS)]
    if (patches := patches_of(step)) is not None:
        pages.append(_page(work, PATCHES_PAGE, patches.all,
                           partial(patch_page, work, patches, [home])))  # fmt: skip
        links.append(Link("Patch classifier", PATCHES_PAGE))
    others = list(judged), list(changed), links
    pages.append(_index_page(work, reported, summed, others, dropped))
    return pages


def _page(work: Workbench, file: str, parts: Iterable[object], render: Callable[[], str]) -> _Page:
    """A page with the digest of what it says: its records, and what dresses it."""
    cited = [p.digest if isinstance(p, Record) else str(p) for p in parts if p is not None]
    dress = [work.project.name, work.project.attribution, work.project.licence, work.legend.digest]
    places = sorted((tile, section.place) for tile, section in work.project.tiles.items())
    return _Page(file, digest_of([REPORT_PAGES.version, cited, dress, places]), render)


def _label_page(
    step: PagesStep, key: TileYear, quality: Record[LabelQualityProperties], home: Link
) -> _Page:
    work, labels = step.work, step.read(REFERENCE_LABELS, key)
    chips = step.find(TRAINING_CHIPS, key)
    return _page(work, page_name(key, "labels_"), [labels, quality, chips],
                 partial(label_page, work, key, labels, quality, chips, [home]))  # fmt: skip


def _operations_page(
    step: PagesStep, reported: Iterable[TileYear], costs: Mapping[TileYear, float], home: Link
) -> _Page:
    states, work = partition_states(step, reported, costs), step.work
    return _page(work, OPERATIONS, [identity_of(states), work.project.dagster],
                 partial(operations_page, work, states, home))  # fmt: skip


def _change_page(
    work: Workbench, found: ChangeRecords, home: Link, reported: Collection[TileYear]
) -> _Page:
    key = found.key
    back = [Link(f"Map of {key.title}", page_name(key))] if key in reported else []
    return _page(work, page_name(key, "change_"), [found.change, found.alerts],
                 partial(change_page, work, found, [home, *back]))  # fmt: skip


def _region_page(
    step: PagesStep,
    key: RegionYear,
    record: Record[ReportProperties],
    years: Sequence[Record[ReportProperties]],
    reported: Mapping[TileYear, TileRecords],
    dress: tuple[Link, Mapping[str, int], Mapping[str, str]],
) -> _Page:
    work, (home, dropped, told) = step.work, dress
    tiles = [TileYear(tile, key.year) for tile in work.project.regions[key.region].tiles]
    shown = [reported[tile] for tile in tiles if tile in reported]
    records = RegionRecords(key, record, step.find(REFERENCE_SAMPLE, key), years, shown)
    return _page(work, page_name(key), [*records.all, dropped or None, *told.values()],
                 partial(region_page, work, records, home, dropped, told))  # fmt: skip


def _index_page(
    work: Workbench,
    reported: Mapping[TileYear, TileRecords],
    summed: Mapping[RegionYear, Record[ReportProperties]],
    others: tuple[list[TileYear], list[TileYear], list[Link]],
    dropped: Mapping[str, int],
) -> _Page:
    judged, changed, links = others

    def render() -> str:
        return render_index(
            IndexPage(
                title=work.project.name,
                command="",
                cards=[map_card(work, records) for records in reported.values()],
                regions=[
                    RegionCard(
                        key.region,
                        key.year,
                        page_name(key),
                        read_report(work, record).with_dropped(dropped),
                    )
                    for key, record in summed.items()
                ],
                legend=work.legend,
                links=links,
                changes=[
                    Link(f"{key.tile} {key.year - 1}–{key.year}", page_name(key, "change_"))
                    for key in changed
                ],
                labels=[Link(key.title, page_name(key, "labels_")) for key in judged],
                intro=_INTRO if reported else "",
                attribution=work.project.attribution,
            )
        )

    cited: list[object] = [dropped or None]
    cited += [part for records in reported.values() for part in records.all]
    cited += [*summed.values(), *_titles(judged, changed)]
    cited += [str(link) for link in links if link.href != OPERATIONS]  # which every index has
    return _page(work, INDEX, cited, render)


def _titles(judged: list[TileYear], changed: list[TileYear]) -> list[str]:
    """What else the index links, as part of what it is rendered from."""
    return [*(key.title for key in judged), *(f"change {key.title}" for key in changed)]
