"""Chromium, and the page set of a tiny project.

The browser is the package ``chromium`` of the system.
"""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from lulc_assets.steps.regions import make_region_report
from lulc_assets.steps.workbench import Workbench
from lulc_assets_tests.browser.every_page import pages_of_maps
from lulc_assets_tests.browser.looking import SIZES
from lulc_assets_tests.system_programs import need
from lulc_assets_tests.tiny_project import (
    REGION_KEY,
    make_tiny_project,
    map_tiny_year,
    open_work,
    train_tiny_model,
)


@pytest.fixture(scope="session")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A tiny project with every product made."""
    work = open_work(make_tiny_project(tmp_path_factory.mktemp("pages")))
    train_tiny_model(work)
    map_tiny_year(work)
    make_region_report(work, REGION_KEY)
    return work


@pytest.fixture(scope="session")
def page_set(mapped: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the index, operations, and the pages of a tile, its labels and a region."""
    return pages_of_maps(mapped, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A headless Chromium; playwright only drives it."""
    need(find_spec("playwright"), "the package playwright (extra: services)")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    need(program, "Chromium")
    from playwright.sync_api import sync_playwright  # an extra

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_map(browser):
    """Opens a page at a size and waits for its first map."""
    opened = []

    def open_at(url, size="desktop", **options):
        width, height = SIZES[size]
        page = browser.new_page(viewport={"width": width, "height": height}, **options)
        opened.append(page)
        page.complaints, page.moved = [], 0
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("requestfailed", lambda request: page.complaints.append(request.url))
        page.goto(url)
        page.wait_for_selector("html[data-ready]", timeout=60_000)
        return page

    yield open_at
    for page in opened:
        page.close()
