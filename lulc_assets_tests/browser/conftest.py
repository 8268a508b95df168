"""Chromium, and the page set of a tiny project.

The browser is the package ``chromium`` of the system.
"""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from lulc_assets.steps.making import Place
from lulc_assets.steps.page_set import write_page_set
from lulc_assets.steps.regions import make_region_report
from lulc_assets_tests.system_programs import need
from lulc_assets_tests.tiny_project import (
    REGION,
    TILE,
    YEAR,
    make_tiny_project,
    map_tiny_year,
    open_place,
    train_tiny_model,
)


@pytest.fixture(scope="session")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A tiny project with every product made."""
    place = open_place(make_tiny_project(tmp_path_factory.mktemp("pages")))
    train_tiny_model(place)
    map_tiny_year(place)
    make_region_report(place, REGION, YEAR)
    return place


@pytest.fixture(scope="session")
def page_set(mapped: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the index, a tile page and a region page."""
    place = mapped
    pages = tmp_path_factory.mktemp("site")
    write_page_set(place, pages, [(TILE, YEAR)], [(REGION, YEAR)])
    return pages


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
