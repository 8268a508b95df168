"""Change and alerts on the map page: drawn, switched off, asked for, told as a table."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from lulc_assets.core.change.dates import day_of_number
from lulc_assets.core.figures.change import GRADE_COLORS, STEP_COLORS
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.steps.alerts import make_change_alerts
from lulc_assets.steps.change import make_change_map
from lulc_assets.steps.map_site import build_site
from lulc_assets.steps.products import ANNUAL_MAP, CHANGE_ALERTS, CHANGE_MAP
from lulc_assets.steps.regions import make_region_report
from lulc_assets_tests.browser.looking import SIZES, colors, looking_at, until
from lulc_assets_tests.commands.test_pages import serving
from lulc_assets_tests.steps.test_zones import NASTY, REGION, SECTIONS, write_districts
from lulc_assets_tests.steps.two_years import BARE, CLEARED, KEY, TREES, YEAR, two_years
from lulc_assets_tests.system_programs import need

pytestmark = [pytest.mark.services]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
MIDDLE = (CLEARED[0].start + 6, CLEARED[1].start + 7)
"""A pixel of the clearing, and one of the trees in its row."""
TREE_COLUMNS = 12


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    work = two_years(tmp_path_factory.mktemp("changed"), SECTIONS)
    write_districts(work, ["West", NASTY])
    make_region_report(work, REGION)
    make_change_map(work, KEY)
    make_change_alerts(work, KEY)
    return work


@pytest.fixture(scope="module")
def address(changed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build_site(changed, folder)
    with serving(folder) as url:
        yield f"{url}/map.html"


@pytest.fixture(scope="module")
def running_year(changed, tmp_path_factory):
    """The same place before this year has a map."""
    folder = tmp_path_factory.mktemp("running")
    work = two_years(folder / "project")
    make_change_alerts(work, KEY)
    shutil.rmtree(next((folder / "project").rglob(f"annual_map/{KEY.tile}/{KEY.year}")))
    assert work.find(ANNUAL_MAP, KEY) is None
    build_site(work, folder / "site")
    with serving(folder / "site") as url:
        yield f"{url}/map.html"


def rgb(color):
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))


def pale(work, code):
    return tuple(round(v + (255 - v) * 0.72) for v in work.legend.by_code(code).rgb)


def layer(work, product, name):
    return read_raster(work.open(work.read(product, KEY), f"{name}.tif"))


def click_in_the_middle(page):
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#pixel[data-milliseconds]")
    return page.locator("#pixel").inner_text()


@pytest.mark.parametrize(
    ("kind", "product", "name", "wanted"),
    [
        ("change", CHANGE_MAP, "grade", {1: GRADE_COLORS["sustained"], 2: GRADE_COLORS["recent"]}),
        ("alert", CHANGE_ALERTS, "step", STEP_COLORS),
    ],
)
def test_what_changed_has_its_colour_and_the_rest_is_the_pale_map_of_before(
    open_map, address, changed, kind, product, name, wanted
):
    page = open_map(address + looking_at(changed, *MIDDLE, show=f"{kind}:{YEAR}"))
    codes = layer(changed, product, name)
    tree = (0, TREE_COLUMNS)
    assert codes[MIDDLE] in wanted
    assert codes[MIDDLE[0], MIDDLE[1] + TREE_COLUMNS] == 0

    there = [rgb(wanted[int(codes[MIDDLE])]), pale(changed, TREES)]
    until(page, lambda: colors(page, [(0, 0), tree]) == there)
    assert page.complaints == []

    page.locator(f"#{'grade' if kind == 'change' else 'step'}-{codes[MIDDLE]}").press("Space")
    until(page, lambda: colors(page, [(0, 0), tree]) == [pale(changed, TREES)] * 2)
    assert f"{'grades' if kind == 'change' else 'steps'}=" in page.url
    again = open_map(page.url)
    assert colors(again, [(0, 0)]) == [pale(changed, TREES)]


@pytest.mark.parametrize("how", ["mouse", "keyboard"])
def test_asking_for_a_pixel_tells_what_the_layers_say(open_map, address, changed, how):
    page = open_map(address + looking_at(changed, *MIDDLE, show=f"change:{YEAR}"))
    if how == "keyboard":
        page.locator("#map").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#pixel[data-milliseconds]")
        text = page.locator("#pixel").inner_text()
    else:
        text = click_in_the_middle(page)

    pair = [changed.legend.by_code(code).title for code in (TREES, BARE)]
    grade, day = (layer(changed, CHANGE_MAP, name)[MIDDLE] for name in ("grade", "changed_on"))
    step, seen = (layer(changed, CHANGE_ALERTS, name)[MIDDLE] for name in ("step", "first_on"))
    assert (grade, step) == (1, 3)
    assert f"Change from {YEAR - 1} to {YEAR}" in text
    assert f"Sustained: {pair[0]} → {pair[1]}" in text
    assert f"first seen on {day_of_number(int(day))}" in text.lower()
    assert f"Confirmed: {pair[0]} → {pair[1]}" in text
    assert f"first seen on {day_of_number(int(seen))}" in text.lower()
    assert "exactly what the map shows" in text


def test_ground_that_stayed_is_said_to_have_stayed(open_map, address, changed):
    view = looking_at(changed, 20, 30, show=f"change:{YEAR}")
    assert layer(changed, CHANGE_MAP, "grade")[20, 30] == 0
    text = click_in_the_middle(open_map(address + view))
    assert "No change: the maps of both years agree here." in text
    assert "No alert here." in text


def test_a_side_without_change_tells_it_when_the_other_side_shows_it(open_map, address, changed):
    both = {"show": f"class:{YEAR - 1}", "with": f"change:{YEAR}", "split": 90}
    text = click_in_the_middle(open_map(address + looking_at(changed, *MIDDLE, **both)))
    assert "Sustained" in text
    assert changed.legend.by_code(TREES).title in text


def test_outlines_of_alerts_follow_the_steps_that_are_shown(open_map, address, changed):
    view = {"show": f"class:{YEAR}", "lines": "alerts"}
    page = open_map(address + looking_at(changed, *MIDDLE, **view))
    bare = open_map(address + looking_at(changed, *MIDDLE, show=f"class:{YEAR}"))
    edge = [(CLEARED[0].start - MIDDLE[0], 0)]
    around = [(edge[0][0] - 0.5, 0)]
    plain = colors(bare, around)
    until(page, lambda: colors(page, around) != plain)

    page.locator("#step-3").uncheck()
    until(page, lambda: colors(page, around) == plain)


@pytest.mark.parametrize("size", SIZES)
def test_the_tables_say_what_the_layers_show(open_map, address, changed, size):
    both = {"show": f"change:{YEAR}", "with": f"alert:{YEAR}"}
    page = open_map(address + looking_at(changed, *MIDDLE, **both), size, bypass_csp=True)
    hectares = (layer(changed, CHANGE_MAP, "grade") == 1).sum() / 100
    table = page.locator("#numbers section").first.inner_text()
    assert f"{hectares:.1f}" in table
    assert "Report on change" in table
    alerts = changed.read(CHANGE_ALERTS, KEY).properties
    rows = page.locator("#numbers section").nth(1).locator("tbody tr")
    assert rows.nth(2).locator("td").all_inner_texts() == [
        str(alerts.alerts["confirmed"]), f"{alerts.area_ha['confirmed']:.1f}"
    ]  # fmt: skip
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0

    need(AXE.is_file(), "axe-core (npm ci in web/)")
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_districts_are_outlined_and_their_areas_told(open_map, address, changed):
    page = open_map(address + looking_at(changed, *MIDDLE, show=f"class:{YEAR}", lines="zones"))
    found = page.locator("#numbers details")
    until(page, lambda: found.count() == 2)
    assert [one.inner_text().split(" 4.8")[0] for one in found.all()] == ["West", NASTY]

    found.nth(0).locator("summary").press("Enter")
    text = found.nth(0).inner_text()
    assert changed.legend.by_code(BARE).title in text
    assert "ha" in text
    border = (0, 20 - MIDDLE[1] - 0.5)
    bare = open_map(address + looking_at(changed, *MIDDLE, show=f"class:{YEAR}"))
    assert colors(page, [border]) != colors(bare, [border])
    assert page.complaints == []

    page.locator("#line-zones").uncheck()
    until(page, lambda: found.count() == 0)


def test_a_year_without_a_map_has_its_alerts(open_map, running_year, changed):
    page = open_map(running_year + looking_at(changed, *MIDDLE, show=f"alert:{YEAR}"))
    until(page, lambda: colors(page, [(0, 0)]) == [rgb(STEP_COLORS[3])])
    text = click_in_the_middle(page)
    assert "Confirmed" in text
    assert f"{KEY.tile} {YEAR - 1}" in text  # whose votes are shown
    assert "Yearly change" not in page.locator("#first-kind").inner_text()
    assert page.locator("#first-year option").all_inner_texts() == [str(YEAR)]
    assert page.complaints == []


def test_a_place_without_change_does_not_offer_it(open_map, mapped, tmp_path):
    build_site(mapped, tmp_path, single_file_bytes=100_000_000)
    page = open_map((tmp_path / "map.html").as_uri())
    kinds = page.locator("#first-kind option").all_inner_texts()
    assert "Land cover" in kinds
    assert not {"Yearly change", "Alerts"} & set(kinds)
    assert np.all([page.locator(f"#line-{line}").count() == 0 for line in ("alerts", "zones")])
