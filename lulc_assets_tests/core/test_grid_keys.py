"""Which squares are tiles of Sentinel-2, and where they lie."""

import mgrs
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Proj

from lulc_assets.core.errors import InvalidProduct, InvalidTileKey, InvalidYear
from lulc_assets.core.grid import owned_mask, tile_grid
from lulc_assets.core.sampling.map_file import open_map
from lulc_assets.core.tile_keys import owns_ground, validate_tile, validate_year
from lulc_assets_tests.core.sampling.map_files import write_map


@settings(deadline=None)
@given(st.floats(-79.9, 83.9), st.floats(-180, 179.99))
def test_the_square_of_every_place_is_a_tile_where_mgrs_puts_it(lat, lon):
    assume(abs(lat) > 1e-6)  # the oracle falls on the wrong side of the equator
    tile = mgrs.MGRS().toMGRS(lat, lon, MGRSPrecision=0)
    utm = Proj(proj="utm", zone=int(tile[:2]), south=lat < 0, ellps="WGS84")
    easting, northing = utm(lon, lat)

    grid = tile_grid(tile)

    assert grid.x0 <= easting + 1 <= grid.x0 + 100_060 + 1
    assert grid.y0 - 100_060 - 1 <= northing <= grid.y0 + 1


@pytest.mark.parametrize(
    ("tile", "epsg", "left", "top"),
    [
        ("01CEH", 32701, 499980, 800020),  # south of 80° S
        ("01CEJ", 32701, 499980, 900040),
        ("01GEM", 32701, 499980, 5200000),
        ("01KAA", 32701, 99960, 8100040),  # at the date line
    ],
)
def test_tiles_at_the_edges_of_the_world_have_the_grid_of_the_tiling_kml(tile, epsg, left, top):
    grid = tile_grid(tile)

    assert (grid.epsg, grid.bounds[0], grid.bounds[3]) == (epsg, left, top)


@pytest.mark.parametrize("tile", ["33TIM", "33TVW", "33IVM", "61TVM", "00TVM", "33TVA", "33TAM"])
def test_squares_that_are_in_no_zone_or_band_are_refused(tile):
    with pytest.raises(InvalidTileKey, match=tile):
        validate_tile(tile)


def test_a_square_beyond_a_widened_zone_owns_nothing_and_a_map_of_it_says_so(tmp_path):
    assert not owns_ground("31VFL")
    assert all(owns_ground(tile) for tile in ("33TVL", "01CEH", "32VKR", "01KAA"))
    whole = tile_grid("31VFL")
    path = write_map(tmp_path / "map.tif", np.ones((4, 4), np.uint8), whole)

    assert not owned_mask("31VFL", whole).any()
    with pytest.raises(InvalidProduct, match=r"map\.tif: tile 31VFL owns no ground"):
        open_map(path, tile="31VFL")


@pytest.mark.parametrize("key", ["3٣TVM", "٣٣TVM"])
def test_digits_of_other_scripts_are_no_keys(key):
    with pytest.raises(InvalidTileKey):
        validate_tile(key)
    with pytest.raises(InvalidYear):
        validate_year("٢٠٢١")
