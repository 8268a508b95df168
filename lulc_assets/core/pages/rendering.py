"""The report pages: one self-contained HTML file per tile × year, per region × year, an index.

What belongs here: the rendering of a page. What does not: what it is made of
(``page_content.py``), the drawing of figures (``*_figures.py``), the wording of numbers and
verdicts (``formats.py``, ``captions.py``, ``page_views.py``), reading products.

A page opens from disk without any network: style, script and pictures are inside it,
and its content policy forbids everything else. All text is escaped, since scene ids and
reasons come from outside. Same inputs, same bytes: a page holds no date of its making.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lulc_assets.core.pages import views as page_views
from lulc_assets.core.pages.change_page import ChangePage, view_change
from lulc_assets.core.pages.content import IndexPage, RegionPage, TilePage
from lulc_assets.core.pages.label_page import LabelPage, view_labels
from lulc_assets.core.pages.operations import OperationsPage, view_operations
from lulc_assets.core.pages.patch_page import PatchPage, view_patches

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def render_tile_page(page: TilePage) -> str:
    """The HTML of a tile × year.

    Raises:
        InvalidPage: map, composite and grid differ in shape, a link is neither relative
            nor http(s), or a picture is neither PNG nor JPEG.
    """
    return _render("tile.html", page_views.view_tile(page))


def render_index(page: IndexPage) -> str:
    """The HTML of the index; raises as :func:`render_tile_page`."""
    return _render("index.html", page_views.view_index(page))


def render_region_page(page: RegionPage) -> str:
    """The HTML of a region × year; raises as :func:`render_tile_page`."""
    return _render("region.html", page_views.view_region(page))


def render_label_page(page: LabelPage) -> str:
    """The HTML of the labels of a tile × year; raises as :func:`render_tile_page`."""
    return _render("labels.html", view_labels(page))


def render_operations_page(page: OperationsPage) -> str:
    """The HTML of the operator's page; raises as :func:`render_tile_page`."""
    return _render("operations.html", view_operations(page))


def render_change_page(page: ChangePage) -> str:
    """The HTML of the change of a tile × year; raises as :func:`render_tile_page`."""
    return _render("change.html", view_change(page))


def render_patch_page(page: PatchPage) -> str:
    """The HTML about a patch classifier or its answers; raises as :func:`render_tile_page`."""
    return _render("patches.html", view_patches(page))


def template(name: str) -> "Template":
    """A template of this room."""
    return _environment().get_template(name)


def _render(template: str, view: Mapping[str, Any]) -> str:
    environment = _environment()
    script = environment.get_template("script.html").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(**view, script=script, script_sha256=digest)


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("lulc_assets.core.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
