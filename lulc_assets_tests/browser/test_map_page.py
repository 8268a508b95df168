"""The map page as people use it: with a mouse, with a keyboard, on a phone, from disk."""

import re
from pathlib import Path

import numpy as np
import pytest

from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.steps.map_site import build_site
from lulc_assets.steps.pixels import trace_point
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets_tests.browser.looking import SIZES, colors, degrees, looking_at, until
from lulc_assets_tests.commands.test_pages import serving
from lulc_assets_tests.system_programs import need
from lulc_assets_tests.tiny_project import KEY, TILE, YEAR

pytestmark = [pytest.mark.services]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
FIRST_VIEW_BYTES = 3_000_000
PRINTED_PX = 2000
"""Width of a map on A4 at about 300 dots an inch."""


@pytest.fixture(scope="module")
def folder(mapped, tmp_path_factory):
    site = tmp_path_factory.mktemp("map")
    build_site(mapped, site)
    return site


@pytest.fixture(scope="module")
def address(folder):
    with serving(folder) as url:
        yield f"{url}/map.html"


@pytest.fixture(scope="module")
def one_file(mapped, tmp_path_factory):
    site = tmp_path_factory.mktemp("one")
    build_site(mapped, site, single_file_bytes=100_000_000)
    return (site / "map.html").as_uri()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", ["folder", "one file"])
def test_the_page_is_quiet_and_shows_a_map(open_map, address, one_file, form, size):
    page = open_map(address if form == "folder" else one_file, size)

    assert page.complaints == []
    assert page.locator("#map canvas").count() >= 1
    assert page.locator("#status").inner_text() == ""
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_colours_at_known_places_are_those_of_the_legend(open_map, address, mapped):
    classes = read_raster(mapped.open(mapped.read(ANNUAL_MAP, KEY), "class.tif"))
    page = open_map(address + looking_at(mapped, 128, 128, show=f"class:{YEAR}"))
    offsets = [(r, c) for r in range(-60, 61, 12) for c in range(-60, 61, 12)]

    found = colors(page, offsets)

    wanted = [
        mapped.legend.by_code(code).rgb if (code := int(classes[128 + r, 128 + c])) else None
        for r, c in offsets
    ]
    pairs = [(one, other) for one, other in zip(found, wanted, strict=True) if other]
    assert len(set(wanted)) > 2
    assert all(one == other for one, other in pairs)


@pytest.mark.parametrize("form", ["folder", "one file"])
def test_a_thousand_pixels_counted_in_the_page_give_the_map(open_map, address, one_file, form):
    rng = np.random.default_rng(3)
    places = rng.integers(0, 256, (1000, 2)).tolist()
    page = open_map(address if form == "folder" else one_file)

    wrong = page.evaluate(
        """async ([tile, year, places]) => {
            let wrong = 0;
            for (const [row, column] of places) {
                const {stored, decision} = await lulc.trace(tile, year, row, column);
                const same = ['code', 'share', 'observations']
                    .every(name => stored[name] === decision[name]);
                if (!same) wrong++;
            }
            return wrong;
        }""",
        [TILE, YEAR, places],
    )

    assert wrong == 0


def test_a_click_tells_the_same_as_the_command_line(open_map, address, mapped):
    lon, lat = degrees(mapped, 100, 90)
    page = open_map(address + looking_at(mapped, 100, 90))
    box = page.locator("#map").bounding_box()

    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#pixel[data-milliseconds]")

    _, trace = trace_point(mapped, lon, lat, YEAR)
    text = page.locator("#pixel").inner_text()
    assert page.locator(".votes > li").count() == len(trace.votes)
    assert page.locator(".vote:not(.left)").count() == trace.stored.observations
    assert mapped.legend.by_code(trace.stored.code).title in text
    assert "exactly what the map shows" in text
    assert [b.inner_text() for b in page.locator("button.date").all()] == [
        vote.date for vote in trace.votes
    ]
    assert re.search(r"pixel=\d+\.\d+,\d+\.\d+", page.url)


def test_a_click_takes_one_request_when_the_page_has_rested(open_map, address, mapped):
    page = open_map(address + looking_at(mapped, 100, 90))
    page.wait_for_selector("html[data-opened]")
    box, asked = page.locator("#map").bounding_box(), []
    page.on("request", lambda request: asked.append(request.url))
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#pixel[data-milliseconds]")
    layers = [url for url in asked if not url.endswith(".jpg")]
    assert len(layers) == 1
    assert "/votes/" in layers[0]


def test_the_keyboard_moves_the_map_and_asks_for_a_pixel(open_map, address, mapped):
    page = open_map(address + looking_at(mapped, 100, 90))
    before = page.url
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    until(page, lambda: page.url != before)

    page.keyboard.press("Enter")
    page.wait_for_selector("#pixel[data-milliseconds]")
    assert "counted" in page.locator("#pixel").inner_text()


def test_classes_can_be_switched_off(open_map, address, mapped):
    classes = read_raster(mapped.open(mapped.read(ANNUAL_MAP, KEY), "class.tif"))
    code = int(np.bincount(classes[classes > 0].ravel()).argmax())
    row, col = (int(v[len(v) // 2]) for v in np.nonzero(classes == code))
    page = open_map(address + looking_at(mapped, row, col))
    assert colors(page, [(0, 0)]) == [mapped.legend.by_code(code).rgb]

    page.locator(f"#class-{code}").press("Space")
    until(page, lambda: colors(page, [(0, 0)]) != [mapped.legend.by_code(code).rgb])
    assert f"hide={code}" in page.url


@pytest.mark.parametrize("how", ["mouse", "keyboard"])
def test_the_divider_shows_one_map_left_and_the_other_right(open_map, address, mapped, how):
    both = {"show": f"class:{YEAR}", "with": f"observations:{YEAR}", "split": 50}
    page = open_map(address + looking_at(mapped, 128, 128, **both))
    alone = open_map(address + looking_at(mapped, 128, 128, show=f"class:{YEAR}"))
    places = [(0, -30), (0, 30)]
    whole = colors(alone, places)
    assert [a == b for a, b in zip(colors(page, places), whole, strict=True)] == [True, False]

    if how == "keyboard":
        page.locator("#split").focus()
        page.keyboard.press("End")
    else:
        box, handle = (page.locator(name).bounding_box() for name in ("#map", "#divider"))
        page.mouse.move(handle["x"] + handle["width"] / 2, box["y"] + 200)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 200, steps=5)
        page.mouse.up()
    until(page, lambda: colors(page, places) == whole)


def test_the_slider_goes_through_the_dates(open_map, address, mapped):
    dates = sorted({row.date for row in mapped.read(ANNUAL_MAP, KEY).properties.predictions})
    page = open_map(address + looking_at(mapped, 128, 128, show=f"photo:{YEAR}"))
    assert dates[0] in page.url

    page.locator("#first-date").press("ArrowRight")
    until(page, lambda: dates[1] in page.url)
    assert page.locator("output[for=first-date]").inner_text() == dates[1]
    page.locator("#first-date").press("End")
    until(page, lambda: dates[-1] in page.url)
    assert page.complaints == []


@pytest.mark.parametrize("kind", ["share", "observations", "photo", "prediction", "probability"])
def test_every_layer_is_drawn(open_map, address, mapped, kind):
    page = open_map(address + looking_at(mapped, 128, 128, show=f"{kind}:{YEAR}"))
    places = [(r, c) for r in range(-50, 51, 10) for c in range(-50, 51, 10)]
    until(page, lambda: len(set(colors(page, places))) > 1)
    assert page.locator("#status").inner_text() == ""


def test_outlines_are_drawn_over_the_map(open_map, address, mapped):
    view = {"show": f"class:{YEAR}"}
    bare = open_map(address + looking_at(mapped, 128, 128, **view)).screenshot()
    page = open_map(address + looking_at(mapped, 128, 128, **{**view, "lines": "units,labels"}))
    assert page.locator("#line-units").is_checked()
    assert page.screenshot() != bare


def test_a_link_opens_the_same_view(open_map, address, mapped):
    state = looking_at(mapped, 77, 88, show=f"share:{YEAR}", hide="3,5", opacity=60)
    page = open_map(address + state)
    again = open_map(page.url)
    assert again.url == page.url
    assert again.locator("#opacity").input_value() == "60"
    assert again.locator("#first-kind").input_value() == "share"


def test_a_place_without_a_map_is_said_to_be_one(open_map, address, mapped):
    page = open_map(address + looking_at(mapped, 128, 128))
    for _ in range(6):
        page.locator("#map").press("ArrowUp")
        page.wait_for_timeout(250)
    page.locator("#map").press("Enter")
    assert "no map at this place" in page.locator("#status").inner_text()


def test_nothing_needs_webgl(browser, open_map, address):
    context = browser.new_context()
    context.add_init_script(
        """const own = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            return kind.startsWith('webgl') ? null : own.call(this, kind, ...rest);
        };"""
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    assert page.locator("#status").inner_text() == ""
    context.close()


def test_the_first_view_moves_few_bytes(browser, address):
    page = browser.new_page()
    moved = []
    page.on("requestfinished", lambda request: moved.append(request.sizes()["responseBodySize"]))
    page.goto(address)
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    assert 0 < sum(moved) <= FIRST_VIEW_BYTES
    page.close()


@pytest.mark.parametrize("size", SIZES)
def test_no_barrier_is_serious(open_map, address, mapped, size):
    need(AXE.is_file(), "axe-core (npm ci in web/)")
    lon, lat = degrees(mapped, 100, 90)
    state = f"#pixel={lat},{lon}&with=photo:{YEAR}"
    page = open_map(address + state, size, bypass_csp=True)
    page.wait_for_selector(".votes")
    page.add_script_tag(path=AXE)

    found = page.evaluate("async () => (await axe.run()).violations")

    bad = [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert bad == []
    assert page.locator("#numbers table tbody tr").count() > 1


def test_words_can_be_german(open_map, address):
    page = open_map(address, locale="de-AT")
    assert page.evaluate("document.documentElement.lang") == "de"
    assert "Landbedeckung" in page.locator("#controls").inner_text()
    page.locator("#language").select_option("en")
    assert "Land cover" in page.locator("#controls").inner_text()


def image_widths(pdf):
    return [
        int(width) for width in re.findall(rb"/Subtype /Image\s.*?/Width (\d+)", pdf, re.DOTALL)
    ]


@pytest.mark.parametrize("size", SIZES)
def test_the_map_is_printed_whole_and_at_the_resolution_of_paper(open_map, address, mapped, size):
    classes = read_raster(mapped.open(mapped.read(ANNUAL_MAP, KEY), "class.tif"))
    code = int(np.bincount(classes[classes > 0].ravel()).argmax())
    row, col = (int(v[len(v) // 2]) for v in np.nonzero(classes == code))
    page = open_map(address + looking_at(mapped, row, col, show=f"class:{YEAR}"), size)

    page.evaluate("lulc.onPaper()")
    middle = page.evaluate(
        """() => {
            const canvas = document.querySelector('.paper canvas');
            const at = [canvas.width / 2, canvas.height / 2].map(Math.floor);
            return [...canvas.getContext('2d').getImageData(...at, 1, 1).data].slice(0, 3);
        }"""
    )
    pdf = page.pdf(format="A4")

    assert tuple(middle) == mapped.legend.by_code(code).rgb
    assert max(image_widths(pdf)) >= PRINTED_PX
    assert page.complaints == []


def test_the_browser_s_own_print_takes_what_is_on_the_screen_and_leaves_nothing(
    open_map, address, mapped
):
    page = open_map(address + looking_at(mapped, 128, 128, show=f"class:{YEAR}"))
    box = page.locator("#map").bounding_box()
    assert max(image_widths(page.pdf(format="A4"))) == box["width"]
    until(page, lambda: page.locator(".paper").count() == 0)
    assert page.locator("#map canvas").first.is_visible()
