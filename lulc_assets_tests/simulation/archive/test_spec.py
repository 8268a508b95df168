import dataclasses

import pytest

from lulc_assets.core.errors import InvalidProject, InvalidTileKey, InvalidYear
from lulc_assets.core.grid import PixelGrid, owned_mask, tile_grid
from lulc_assets.simulation.archive.areas import SimulatedTile
from lulc_assets.simulation.archive.spec import build_spec, demo_spec
from lulc_assets.simulation.sky.profiles import STRESS
from lulc_assets_tests.simulation.tiny_archive import tiny_spec


def test_the_demo_areas_lie_on_both_tile_grids_and_overlap_by_222_pixels():
    west, east = demo_spec().tiles
    assert (west.tile, east.tile) == ("33TVM", "33TWM")
    assert west.grid.bounds[0] == 491_960 and west.grid.bounds[2] == 502_200
    assert east.grid.bounds[0] == 499_980 and east.grid.bounds[2] == 510_220
    assert (west.grid.bounds[2] - east.grid.bounds[0]) / 10 == 222
    for area in (west, east):
        window = tile_grid(area.tile).window_of(area.grid)
        assert window.row % 2 == window.col % 2 == 0


def test_each_pixel_of_the_demo_region_is_owned_once():
    west, east = demo_spec().tiles
    owned = sum(int(owned_mask(t.tile, t.grid).sum()) for t in (west, east))
    assert owned == 1024 * (1024 * 2 - 222)


def test_the_digest_depends_on_every_field_and_on_nothing_else():
    spec = tiny_spec()
    assert spec.digest == tiny_spec().digest
    changed = [
        dataclasses.replace(spec, seed=2),
        dataclasses.replace(spec, name="other"),
        dataclasses.replace(spec, years=(2023,)),
        dataclasses.replace(spec, sample_size=201),
        dataclasses.replace(spec, profile=STRESS),
        tiny_spec(size_px=98),
    ]
    assert len({s.digest for s in [spec, *changed]}) == len(changed) + 1


def test_any_tile_can_be_simulated_on_its_own_grid():
    spec = build_spec("south", ["21HUB", "36MYE"], [2020, 2019], size_px=128, sample_size=50)
    assert spec.years == (2019, 2020)
    assert [t.grid.epsg for t in spec.tiles] == [32721, 32736]


def test_bad_tiles_and_years_are_named():
    with pytest.raises(InvalidTileKey, match="etc"):
        build_spec("x", ["../../etc"], [2022])
    with pytest.raises(InvalidYear, match="2014"):
        build_spec("x", ["33TVM"], [2014])


def test_an_area_off_the_tile_grid_or_odd_in_size_is_refused():
    spec = tiny_spec()
    grid = spec.tiles[0].grid
    odd = PixelGrid(grid.epsg, grid.x0, grid.y0, grid.height, grid.width - 1)
    off = PixelGrid(grid.epsg, grid.x0 + 3, grid.y0, grid.height, grid.width)
    for bad in (odd, off):
        with pytest.raises(InvalidProject, match="33TVM"):
            dataclasses.replace(spec, tiles=(SimulatedTile("33TVM", bad),))


def test_a_sample_larger_than_the_population_is_refused():
    with pytest.raises(InvalidProject, match="sample_size"):
        dataclasses.replace(tiny_spec(), sample_size=96 * 96 + 1)


def test_six_bands_keep_the_digest_that_they_had_before_there_were_ten():
    """An archive on disk is found again by this digest."""
    assert tiny_spec().digest == "82314696e2d92d7c3adb7d89cc4572e278e6b43bb4d9e79c8d3270ed652a39b7"
    assert dataclasses.replace(tiny_spec(), bands=10).digest != tiny_spec().digest


def test_a_number_of_bands_that_no_sensor_has_is_refused():
    with pytest.raises(InvalidProject, match="bands 7 is unknown; use 6 or 10"):
        dataclasses.replace(tiny_spec(), bands=7)
