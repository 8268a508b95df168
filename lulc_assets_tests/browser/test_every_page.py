"""Every kind of page can be read by everybody: contrast, names for readers, both widths."""

from pathlib import Path

import pytest

from lulc_assets_tests.browser.every_page import (
    page_of_certificate,
    page_of_patches,
    pages_of_change,
    pages_of_maps,
)
from lulc_assets_tests.browser.looking import SIZES
from lulc_assets_tests.system_programs import need

pytestmark = [pytest.mark.services]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "index.html", "33TVM_2022.html", "region_tiny_2022.html", "region_here_2022.html",
    "operations.html", "labels_33TVM_2022.html", "change_33TVM_2022.html", "certificate.html",
    "patches.html",
)  # fmt: skip
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"
CUT_OFF = """() => [...document.querySelectorAll('body *')].filter((one) => {
    const {overflowX, textOverflow, clipPath} = getComputedStyle(one);
    if (clipPath === 'inset(50%)') return false; // for screen readers only
    return one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
        && (textOverflow === 'ellipsis' || overflowX === 'hidden') && one.textContent.trim();
}).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def pages(mapped, tmp_path_factory):
    """Name → file; where two sets have a page of a name, that of the maps."""
    folders = [
        page_of_patches(tmp_path_factory.mktemp("patches")),
        page_of_certificate(tmp_path_factory.mktemp("certificate")),
        pages_of_change(tmp_path_factory.mktemp("change")),
        pages_of_maps(mapped, tmp_path_factory.mktemp("maps")),
    ]
    return {path.name: path for folder in folders for path in folder.glob("*.html")}


def test_every_kind_of_page_is_looked_at(pages):
    assert set(pages) == set(PAGES)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_barrier_and_nothing_is_cut_off(browser, pages, name, size):
    need(AXE.is_file(), "axe-core (npm ci in web/)")
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, bypass_csp=True)
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(pages[name].as_uri(), wait_until="load")
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
    overflow, cut_off = page.evaluate(OVERFLOW), page.evaluate(CUT_OFF)
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    page.close()

    assert said == []
    assert overflow <= 0
    assert cut_off == []
    bad = [
        (one["id"], [node["html"][:160] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert bad == []
