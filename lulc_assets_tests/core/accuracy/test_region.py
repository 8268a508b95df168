"""A region of twenty tiles: every place is counted once, to the pixel."""

import mgrs
import numpy as np
import pytest
from pyproj import Geod, Transformer

from lulc_assets.core.accuracy.build import build_region_report
from lulc_assets.core.grid import PixelGrid, Window, owned_mask, pixel_areas_ha, tile_grid
from lulc_assets.core.sampling.population import TilePart

SQUARE = 100_000
EAST, NORTH = 300_000, 5_000_000
COLUMNS, ROWS = 4, 5
PIXEL = 60
"""Tile grids start at multiples of 60 m: at this size all tiles lie on one lattice."""


def tile_key(zone, easting, northing):
    place = mgrs.MGRS().UTMToMGRS(zone, "N", easting + 50_000, northing + 50_000, 0)
    return place


def coarse_grid(tile):
    grid = tile_grid(tile)
    size = grid.height * 10 // PIXEL
    return PixelGrid(grid.epsg, grid.x0, grid.y0, size, size, PIXEL)


def classes_at(xs, ys):
    """Simulated land cover of a place: the same whichever tile looks at it."""
    cols, rows = np.floor(xs / PIXEL).astype(int), np.floor(ys / PIXEL).astype(int)
    return ((rows[:, None] // 37 * 5 + cols[None, :] // 53 * 3) % 10).astype(np.uint8)


def centres(start, size, sign=1):
    return start + sign * PIXEL * (np.arange(size) + 0.5)


def tile_maps():
    """Key, grid, classes and owned pixels of each tile."""
    for i in range(COLUMNS):
        for j in range(ROWS):
            tile = tile_key(33, EAST + i * SQUARE, NORTH + j * SQUARE)
            grid = coarse_grid(tile)
            codes = classes_at(centres(grid.x0, grid.width), centres(grid.y0, grid.height, sign=-1))
            yield tile, grid, codes, owned_mask(tile, grid)


def tile_parts():
    for tile, grid, codes, owned in tile_maps():
        yield TilePart(tile, codes, owned, pixel_areas_ha(grid), grid)


@pytest.fixture(scope="module")
def report():
    return build_region_report(tile_parts(), None, key="alps", year=2023)


def region_lattice():
    """Centres of the pixels of the lattice that lie in the region."""
    x = centres(EAST // PIXEL * PIXEL, (COLUMNS * SQUARE) // PIXEL + 2)
    y = centres(NORTH // PIXEL * PIXEL, (ROWS * SQUARE) // PIXEL + 2)
    return (
        x[(x >= EAST) & (x < EAST + COLUMNS * SQUARE)],
        y[(y >= NORTH) & (y < NORTH + ROWS * SQUARE)],
    )


def test_twenty_tiles_own_every_pixel_of_their_region_once():
    xs, ys = region_lattice()
    owned = np.zeros(10, np.int64)
    tiles = set()
    for tile, _, codes, of_tile in tile_maps():
        owned += np.bincount(codes[of_tile], minlength=10)
        tiles.add(tile)

    assert len(tiles) == 20
    assert owned.sum() == xs.size * ys.size
    whole = sum(
        np.bincount(classes_at(xs, some).ravel(), minlength=10) for some in np.array_split(ys, 20)
    )
    assert owned.tolist() == whole.tolist()


def test_the_areas_of_the_report_sum_to_the_regions_area(report):
    xs, ys = region_lattice()
    counted = sum(c.mapped_area_ha for c in report.classes) + report.no_data_area_ha

    # The ground area of the region's outline, from the ellipsoid instead of pixels.
    edges = (xs[0] - 30, xs[-1] + 30, ys[0] - 30, ys[-1] + 30)
    steps = np.linspace(0, 1, 401)[:-1]
    west, east, south, north = edges
    ring_x = np.concatenate([west + (east - west) * steps, np.full(400, east),
                             east + (west - east) * steps, np.full(400, west)])  # fmt: skip
    ring_y = np.concatenate([np.full(400, south), south + (north - south) * steps,
                             np.full(400, north), north + (south - north) * steps])  # fmt: skip
    lon, lat = Transformer.from_crs(32633, 4326, always_xy=True).transform(ring_x, ring_y)
    outline_ha = abs(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0]) / 1e4

    assert counted == pytest.approx(report.total_area_ha, rel=1e-12)
    assert report.total_area_ha == pytest.approx(outline_ha, rel=1e-6)
    # Counting UTM pixels without their scale would err by more than that.
    assert abs(xs.size * ys.size * PIXEL**2 / 1e4 / outline_ha - 1) > 1e-4


def test_strips_at_10_m_hand_over_from_tile_to_tile_without_gap_or_overlap():
    seen = []
    for i in range(COLUMNS):
        tile = tile_key(33, EAST + i * SQUARE, NORTH)
        strip = tile_grid(tile).cut(Window(6000, 0, 1, 10_980))
        owned = owned_mask(tile, strip)[0]
        seen.append((strip.x0 + 10 * np.arange(strip.width) + 5)[owned])

    assert np.array_equal(np.concatenate(seen), np.arange(EAST + 5, EAST + COLUMNS * SQUARE, 10.0))


@pytest.mark.parametrize(
    ("west", "east", "south", "north"),
    [
        (11.0, 13.0, 45.0, 48.0),
        (5.2, 7.0, -31.0, -29.0),
        (2.0, 4.0, 58.0, 60.0),
        (8.0, 10.0, 77.0, 78.0),
    ],
    ids=["zones 32 and 33", "south", "Norway", "Svalbard"],
)
def test_places_at_the_border_of_two_zones_belong_to_one_tile(west, east, south, north):
    rng = np.random.default_rng(4)
    lons, lats = rng.uniform(west, east, 300), rng.uniform(south, north, 300)
    to_key = mgrs.MGRS()
    keys = {to_key.toMGRS(lat, lon, MGRSPrecision=0) for lon, lat in zip(lons, lats, strict=True)}
    owners = np.zeros(300, int)
    for tile in sorted(keys):
        grid = tile_grid(tile)
        to_grid = Transformer.from_crs(4326, grid.epsg, always_xy=True)
        rows, cols = grid.cells(*to_grid.transform(lons, lats))
        inside = (rows >= 0) & (rows < 10_980) & (cols >= 0) & (cols < 10_980)
        for i in np.flatnonzero(inside):
            pixel = grid.cut(Window(int(rows[i]), int(cols[i]), 1, 1))
            if owned_mask(tile, pixel)[0, 0]:
                owners[i] += 1
                named = to_key.toMGRS(lats[i], lons[i], MGRSPrecision=0)
                assert named[3:] == tile[3:]
                assert named[:2] == tile[:2]

    # A square that a latitude band cuts has two keys but one set of letters and one raster.
    letters = {}
    for i in range(300):
        named = to_key.toMGRS(lats[i], lons[i], MGRSPrecision=0)
        letters[named[:2] + named[3:]] = letters.get(named[:2] + named[3:], set()) | {named}
    for i in range(300):
        named = to_key.toMGRS(lats[i], lons[i], MGRSPrecision=0)
        assert owners[i] == len(letters[named[:2] + named[3:]])


def test_a_square_in_the_middle_of_a_zone_is_owned_whole():
    grid = tile_grid("33TVL").cut(Window(500, 4000, 50, 60))

    assert owned_mask("33TVL", grid).all()
