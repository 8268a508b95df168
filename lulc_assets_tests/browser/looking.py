"""Looking at the map page: addresses of views, colours of the screen, waiting."""

import io

from PIL import Image
from pyproj import Transformer

from lulc_assets_tests.tiny_project import TILE

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
SCREEN_M = 2.0
"""Metres of a screen pixel in these tests: a map pixel is five of them."""


def degrees(place, row, col):
    grid = place.grid(TILE)
    x, y = grid.x0 + (col + 0.5) * grid.pixel_m, grid.y0 - (row + 0.5) * grid.pixel_m
    return Transformer.from_crs(grid.epsg, 4326, always_xy=True).transform(x, y)


def looking_at(place, row, col, **more):
    lon, lat = degrees(place, row, col)
    parts = {"at": f"{lat:.7f},{lon:.7f},{SCREEN_M}", "lines": "", **more}
    return "#" + "&".join(f"{name}={value}" for name, value in parts.items())


def colors(page, offsets):
    """Colours of the screen at pixels of the map beside the one in the middle of the view."""
    box = page.locator("#map").bounding_box()
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    step = 10 / SCREEN_M
    left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    return [picture.getpixel((int(left + c * step), int(top + r * step))) for r, c in offsets]


def until(page, check):
    """Wait until something holds; what the page does takes its time on a busy machine."""
    for _ in range(100):
        if check():
            return
        page.wait_for_timeout(100)
    assert check()
