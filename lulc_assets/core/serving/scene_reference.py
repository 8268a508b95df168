"""A STAC item that somebody names: fetched, guarded, read.

What belongs here: which places a request may name. What does not: what an item means
(``core/catalog``), reading its files (``core/imagery``).

The request comes from anybody. So unlike a catalogue of a project, the host that it names is not
trusted because it is named: it must be public when it is connected to, or lie below a place that
whoever started the service allowed.
"""

import json
from pathlib import Path
from typing import Any

from lulc_assets.core.errors import CatalogError, HrefRefused, IncompleteItem
from lulc_assets.core.grid import PixelGrid, Window, tile_grid
from lulc_assets.core.imagery.href import HrefPolicy, check_href, is_remote, local_path, shown
from lulc_assets.core.imagery.session import GuardedSession
from lulc_assets.core.model.bundle import Bundle
from lulc_assets.core.scene.recipe import SceneRecipe

_TIMEOUT_S = 30.0


def read_reference(href: str, allowed: tuple[str, ...], bundle: Bundle) -> SceneRecipe:
    """The reading recipe of an item.

    Args:
        href: of the item's JSON.
        allowed: folders and URLs below which items may lie, beside public http(s).
        bundle: whose bands and level the scene must have.

    Raises:
        HrefRefused: the place, or one that the item names, is not allowed.
        CatalogError: it cannot be had.
        SceneError: it is not an item that can be read, or not for this model.
    """
    from lulc_assets.core.catalog.items import recipe_from_item

    place, trusted = _require_place(href, allowed)
    policy = HrefPolicy(place, allow_private=trusted)
    document = _fetch(place, trusted) if is_remote(place) else _read(local_path(place))
    recipe = recipe_from_item(document, place, policy, roles=bundle.bands)
    bundle.require(recipe)
    return recipe


def grid_of_reference(
    recipe: SceneRecipe, window: tuple[int, int, int, int] | None, most_pixels: int
) -> PixelGrid:
    """The scene's tile, or a window (row, column, height, width) of it.

    Raises:
        IncompleteItem: the window leaves the tile, or is too large.
    """
    whole = tile_grid(recipe.mgrs_tile)
    if window is None:
        return whole
    row, col, height, width = window
    if min(row, col) < 0 or min(height, width) < 1 or height * width > most_pixels:
        raise IncompleteItem(f"window {window} is not a row, column, height, width of a tile")
    if row + height > whole.height or col + width > whole.width:
        raise IncompleteItem(
            f"window {window} reaches beyond the tile's {whole.height} x {whole.width}"
        )
    return whole.cut(Window(row, col, height, width))


def _require_place(href: str, allowed: tuple[str, ...]) -> tuple[str, bool]:
    """The place itself, and whether whoever started the service vouches for it."""
    check_href(href)
    for root in allowed:
        if is_remote(root):
            if href.startswith(root.rstrip("/") + "/") and "/../" not in href:
                return href, True
        elif not is_remote(href):
            path = local_path(href).resolve()
            if path.is_relative_to(Path(root).resolve()):
                return str(path), False
    if not href.lower().startswith(("https://", "http://")):
        raise HrefRefused(f"{shown(href)!r}: items are named by a public http(s) URL")
    if HrefPolicy(href).is_private(href):
        raise HrefRefused(f"{shown(href)!r} points to a private address")
    return href, False


def _fetch(url: str, trusted: bool) -> Any:
    import requests

    try:
        with GuardedSession(allow_private=trusted) as session:
            answer = session.get(url, timeout=_TIMEOUT_S)
            answer.raise_for_status()
            return answer.json()
    except (requests.RequestException, ValueError) as error:
        raise CatalogError(
            f"item {shown(url)!r} cannot be fetched: {type(error).__name__}"
        ) from error


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CatalogError(f"item {path.name} cannot be read: {type(error).__name__}") from error
