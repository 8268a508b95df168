"""Districts of the demo cover its ground once, in the form in which a team would give them."""

import pytest
import shapely

from lulc_assets.core.accuracy.zone_files import read_zones
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import PixelGrid
from lulc_assets.demo.districts import write_districts

WEST = PixelGrid(32633, 490_000.0, 5_100_000.0, 900, 1000)
EAST = PixelGrid(32633, 500_000.0, 5_101_000.0, 1000, 800)


def test_districts_cover_the_ground_once_and_cross_the_seam(tmp_path):
    zones = read_zones(write_districts(tmp_path / "d.gpkg", [WEST, EAST]), column="district")

    ground = shapely.union_all([shapely.box(*grid.bounds) for grid in (WEST, EAST)])
    parts = zones.frame.geometry
    assert list(zones.frame["zone"]) == ["North-west", "North-east", "South-west", "South-east"]
    assert zones.notes == ()
    assert sum(part.area for part in parts) == pytest.approx(ground.area)
    assert shapely.union_all(list(parts)).symmetric_difference(ground).area < 1
    both = [
        part for part in parts if all(part.intersects(shapely.box(*g.bounds)) for g in (WEST, EAST))
    ]
    assert both


def test_the_same_grids_give_the_same_bytes(tmp_path):
    one, two = (
        write_districts(tmp_path / name, [WEST]).read_bytes() for name in ("a.gpkg", "b.gpkg")
    )
    assert one == two


def test_tiles_of_two_zones_are_refused(tmp_path):
    with pytest.raises(InvalidProject, match="the tiles are in 2"):
        write_districts(tmp_path / "d.gpkg", [WEST, PixelGrid(32634, 0.0, 0.0, 10, 10)])
