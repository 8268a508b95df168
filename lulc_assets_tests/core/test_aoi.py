"""Areas of interest: which tiles own them, and which are refused."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer

from lulc_assets.core.aoi import cover_area, read_area
from lulc_assets.core.errors import InvalidGeometry
from lulc_assets.core.grid import owned_mask, tile_grid


def in_degrees(epsg: int, *bounds: float) -> shapely.Geometry:
    box = shapely.segmentize(shapely.box(*bounds), 500.0)
    move = Transformer.from_crs(epsg, 4326, always_xy=True).transform
    return shapely.transform(box, move, interleaved=False)


def saved(folder: Path, *shapes: shapely.Geometry, crs: int = 4326) -> Path:
    path = folder / "area.gpkg"
    gpd.GeoDataFrame(geometry=list(shapes), crs=crs).to_file(path)
    return path


def owners(area: shapely.Geometry, count: int = 400) -> tuple[np.ndarray, list[str]]:
    """How many tiles of the cover own each of some points in the area, inside their window."""
    cover = cover_area(area)
    rng = np.random.default_rng(3)
    left, bottom, right, top = area.bounds
    lons, lats = rng.uniform(left, right, count), rng.uniform(bottom, top, count)
    inside = shapely.contains_xy(area, lons, lats)
    lons, lats = lons[inside], lats[inside]
    owned = np.zeros(len(lons), int)
    for part in cover:
        grid = tile_grid(part.tile).cut(part.window)
        mask = owned_mask(part.tile, grid)
        xs, ys = Transformer.from_crs(4326, grid.epsg, always_xy=True).transform(lons, lats)
        rows, cols = grid.cells(xs, ys)
        here = (rows >= 0) & (rows < grid.height) & (cols >= 0) & (cols < grid.width)
        owned[here] += mask[rows[here], cols[here]]
    return owned, [part.tile for part in cover]


@pytest.mark.parametrize(
    ("area", "tiles"),
    [
        (in_degrees(32633, 495_000, 5_140_000, 505_000, 5_145_000), ["33TVM", "33TWM"]),
        (in_degrees(32633, 410_000, 5_140_000, 420_000, 5_145_000), ["33TVM"]),
        (shapely.box(11.95, 46.0, 12.05, 46.05), None),
        (shapely.box(2.97, 60.0, 3.03, 60.03), None),
        (shapely.box(33.0, -0.05, 33.1, 0.05), None),
        (shapely.box(20.9, 77.0, 21.1, 77.05), None),
    ],
)
def test_each_place_of_an_area_is_owned_once(area, tiles):
    owned, found = owners(area)
    assert len(owned) > 50
    assert (owned == 1).all(), (found, np.bincount(owned))
    assert tiles is None or found == tiles


def test_the_other_crs_of_a_file_makes_no_difference(tmp_path):
    bounds = (495_000, 5_140_000, 505_000, 5_145_000)
    area = read_area(saved(tmp_path, shapely.box(*bounds), crs=32633))
    assert [p.tile for p in cover_area(area)] == ["33TVM", "33TWM"]


def test_many_vertices_are_borne(tmp_path):
    ring = shapely.segmentize(shapely.Point(15.0, 46.4).buffer(0.1), 5e-6)
    assert shapely.get_num_coordinates(ring) > 100_000
    area = read_area(saved(tmp_path, ring))
    assert len(cover_area(area)) == 2


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (shapely.Polygon([(15, 46), (15.1, 46.1), (15.1, 46), (15, 46.1)]), "Self-intersection"),
        (shapely.Point(15, 46), "is a Point"),
        (shapely.Polygon([(15, 46), (15.1, 46), (15.2, 46)]), "feature 1"),
        (shapely.box(-179, 60, 179, 61), "antimeridian"),
        (shapely.box(179, 60, 181, 61), "antimeridian"),
        (shapely.box(15, 84.5, 16, 85), "latitude"),
    ],
)
def test_areas_that_cannot_be_mapped_are_refused_by_name(tmp_path, shape, said):
    with pytest.raises(InvalidGeometry, match=said) as error:
        read_area(saved(tmp_path, shape))
    assert "area.gpkg" in str(error.value)


def test_an_area_without_features_is_refused(tmp_path):
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    with pytest.raises(InvalidGeometry, match=r"area\.geojson"):
        read_area(path)
