"""What a page must be for its readers: whole, quiet in the console, readable anywhere."""

from pathlib import Path

import pytest

from lulc_assets.steps.page_parts import page_name
from lulc_assets.steps.pages import OPERATIONS
from lulc_assets_tests.tiny_project import KEY, REGION_KEY

pytestmark = [pytest.mark.services]

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
TILE_PAGE = page_name(KEY)
PAGES = ("index.html", TILE_PAGE, page_name(REGION_KEY), OPERATIONS)
OTHERS = ("labels_33TVM_2022.html",)
"""Looked at in ``test_every_page``."""

BROKEN_IMAGES = """() => [...document.images]
    .filter(image => !(image.complete && image.naturalWidth > 0)).map(image => image.alt)"""
NAMELESS_IMAGES = """() => [...document.images]
    .filter(image => !image.alt.trim()).map(image => image.outerHTML.slice(0, 80))"""
SMALL_TEXT = """() => [...document.querySelectorAll('body *')]
    .filter(one => one.children.length === 0 && one.textContent.trim() && one.offsetParent
            && parseFloat(getComputedStyle(one).fontSize) < 11)
    .map(one => one.className + ': ' + one.textContent.trim().slice(0, 40))"""
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture
def open_page(browser, page_set):
    """Opens a page at a size; what it says in the console is kept."""
    opened = []

    def open_at(name: str, size: str):
        width, height = SIZES[size]
        page = browser.new_page(viewport={"width": width, "height": height})
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("requestfailed", lambda request: page.complaints.append(request.url))
        page.goto((page_set / name).as_uri(), wait_until="load")
        opened.append(page)
        return page

    yield open_at
    for page in opened:
        page.close()


def test_the_page_set_is_the_one_that_is_looked_at(page_set: Path):
    assert sorted(path.name for path in page_set.glob("*.html")) == sorted(PAGES + OTHERS)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_says_nothing_in_the_console(open_page, name, size):
    page = open_page(name, size)
    assert page.complaints == []
    assert page.evaluate(BROKEN_IMAGES) == []
    assert page.evaluate(NAMELESS_IMAGES) == []
    assert page.title()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_not_scroll_sideways_and_has_no_tiny_text(open_page, name, size):
    page = open_page(name, size)
    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate(SMALL_TEXT) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_the_map_is_the_first_thing_that_one_sees(open_page, name, size):
    page = open_page(name, size)
    box = page.locator("main img, main svg").first.bounding_box()
    assert box["y"] < SIZES[size][1] / 2
    assert box["width"] > 200


def test_every_link_of_the_index_leads_to_a_page(open_page, page_set):
    page = open_page("index.html", "desktop")
    links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))")
    own = [link for link in links if "://" not in link]
    assert own
    assert all((page_set / link.split("#")[0]).is_file() for link in own)


@pytest.mark.parametrize("size", SIZES)
def test_the_map_can_be_swiped_against_the_image(open_page, size):
    page = open_page(TILE_PAGE, size)
    compare = page.locator("#compare")
    if size == "desktop":
        page.locator("#mode").click()
    assert "swipe" in compare.get_attribute("class")
    page.locator("#cut").fill("20")
    assert compare.evaluate("one => one.style.getPropertyValue('--cut')") == "20%"


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_controls_are_gone_and_nothing_is_cut_off(open_page, name, tmp_path):
    page = open_page(name, "desktop")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1000})  # A4 within margins of 14 mm
    assert page.evaluate(OVERFLOW) <= 0
    assert not any(one.is_visible() for one in page.locator(".tools, nav").all())
    paper = tmp_path / "page.pdf"
    page.pdf(path=paper, format="A4", print_background=False)
    assert paper.read_bytes().startswith(b"%PDF")
