"""The set of pages that a team opens in a browser: an index and every committed page.

What belongs here: copying pages out of the store with links between them.
"""

from collections.abc import Iterable
from pathlib import Path

from lulc_assets.core.pages.content import IndexPage, Link, RegionCard
from lulc_assets.core.pages.rendering import add_links, render_index
from lulc_assets.core.store.records import Record
from lulc_assets.steps.making import Place, write_whole
from lulc_assets.steps.regions import map_card, page_name
from lulc_assets.steps.report import read_report

INDEX = "index.html"
_INTRO = (
    "Below each map: its overall accuracy with the half-width of the 95 % interval where a "
    "reference sample allows one, and the classes that cover most. Open a map for its areas, its "
    "confusions and the scenes that it was made from."
)


def write_page_set(
    place: Place,
    folder: Path,
    tiles: Iterable[tuple[str, int]],
    regions: Iterable[tuple[str, int]],
) -> Path:
    """Write ``index.html`` and one page a report into a folder; each file appears whole.

    Args:
        place: where the products are.
        folder: is made if need be; other files in it are left alone.
        tiles: (tile, year) pairs; those without a report are passed over.
        regions: the same of (region, year).

    Returns:
        The index.
    """
    folder.mkdir(parents=True, exist_ok=True)
    project = place.project
    home = Link(f"All maps of {project.name}", INDEX)
    cards, region_cards = [], []
    for tile, year in sorted(set(tiles)):
        record = place.find("accuracy_area_report", tile, year)
        if record is None:
            continue
        near = [
            Link(f"Region {name}", page_name("region_report", name, year))
            for name in project.regions_of(tile)
            if place.find("region_report", name, year) is not None
        ]
        name = page_name("accuracy_area_report", tile, year)
        write_whole(folder / name, _linked(place, record, [home, *near]))
        cards.append(map_card(place, tile, year))
    for region, year in sorted(set(regions)):
        record = place.find("region_report", region, year)
        if record is None:
            continue
        name = page_name("region_report", region, year)
        write_whole(folder / name, _linked(place, record, [home]))
        region_cards.append(RegionCard(region, year, name, read_report(place, record)))
    label_links = []
    for tile, year in sorted(set(tiles)):
        record = place.find("label_quality", tile, year)
        if record is not None:
            name = page_name("label_quality", tile, year)
            write_whole(folder / name, _linked(place, record, [home]))
            label_links.append(Link(f"{tile} {year}", name))
    page = IndexPage(
        title=project.name,
        command="",
        cards=cards,
        regions=region_cards,
        legend=place.legend,
        labels=label_links,
        intro=_INTRO if cards else "",
        attribution=project.attribution,
    )
    write_whole(folder / INDEX, render_index(page))
    return folder / INDEX


def _linked(place: Place, record: Record, links: list[Link]) -> str:
    return add_links(place.open(record, "page.html").read_text(), links)
