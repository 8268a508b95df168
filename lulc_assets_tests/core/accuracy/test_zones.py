import geopandas
import numpy as np
import pytest
from shapely import GeometryCollection, LineString, Point, Polygon, box

from lulc_assets.core.accuracy.zone_files import read_zones
from lulc_assets.core.accuracy.zones import estimate_zone_areas
from lulc_assets.core.errors import InvalidGeometry, InvalidZones, MissingCrs, UnreadableRaster
from lulc_assets.core.grid import Window, owned_mask, pixel_areas_ha, tile_grid
from lulc_assets.core.sampling.map_file import open_map
from lulc_assets_tests.core.sampling.map_files import patchy_map, write_map
from lulc_assets_tests.core.sampling.samples import random_sample, with_errors

CODES = [1, 2, 5, 7]


@pytest.fixture
def world(tmp_path):
    """Path, codes and grid of a map of 2 km × 2 km."""
    return patchy_map(tmp_path / "map.tif", size=200)


def quarters(grid, slant=3.3):
    """Two zones, west and east, whose border runs askew through the pixels."""
    left, bottom, right, top = grid.bounds
    middle = (left + right) / 2
    west = Polygon([(left, bottom), (middle - slant, bottom), (middle + slant, top), (left, top)])
    east = Polygon([(middle - slant, bottom), (right, bottom), (right, top), (middle + slant, top)])
    return {"west": west, "east": east}


@pytest.fixture
def written(tmp_path):
    """Writes zones and returns their path."""

    def write(shapes, epsg=32633, column="name", names=None):
        data = {column: list(shapes) if names is None else names}
        frame = geopandas.GeoDataFrame(data, geometry=list(shapes.values()), crs=epsg)
        frame.to_file(tmp_path / "zones.gpkg", engine="pyogrio")
        return tmp_path / "zones.gpkg"

    return write


def mapped(rows):
    return {
        (row.zone, row.cross, c.name): c.mapped_area_ha for row in rows for c in row.report.classes
    }


def test_zones_that_share_a_border_count_every_pixel_once(world, written):
    path, codes, grid = world

    rows, warnings = estimate_zone_areas(
        [open_map(path)], read_zones(written(quarters(grid))), year=2023
    )

    areas = pixel_areas_ha(grid)
    for code, name in ((1, "water"), (2, "trees"), (5, "crops"), (7, "built_area")):
        both = sum(mapped(rows)[zone, None, name] for zone in ("west", "east"))
        assert both == pytest.approx(areas[codes == code].sum(), rel=1e-8)
    total = sum(row.report.total_area_ha for row in rows)
    assert total == pytest.approx(areas.sum(), rel=1e-8)
    assert not warnings
    assert all(row.report.verdict == "no_sample" for row in rows)


def test_zones_in_degrees_find_the_same_pixels(world, written):
    path, _, grid = world
    zones = geopandas.GeoSeries(quarters(grid), crs=32633)

    first, _ = estimate_zone_areas([open_map(path)], read_zones(written(zones.to_dict())), year=0)
    again = written(zones.segmentize(50).to_crs(4326).to_dict(), epsg=4326)
    second, _ = estimate_zone_areas([open_map(path)], read_zones(again), year=0)

    for key, area in mapped(first).items():
        assert mapped(second)[key] == pytest.approx(area, abs=0.05)


def test_a_zone_over_two_tiles_counts_the_overlap_once(tmp_path, written):
    maps, owned_ha = [], 0.0
    # 33TVL's raster reaches 9.8 km into 33TWL: the two windows show the same 1.5 km.
    for tile, col in (("33TVL", 9950), ("33TWL", 0)):
        grid = tile_grid(tile).cut(Window(500, col, 100, 1000 if tile == "33TVL" else 900))
        codes = np.full(grid.shape, 2, np.uint8)
        write_map(tmp_path / f"{tile}.tif", codes, grid)
        maps.append(open_map(tmp_path / f"{tile}.tif", tile=tile))
        owned_ha += float(pixel_areas_ha(grid)[owned_mask(tile, grid)].sum())
    bounds = [m.grid.bounds for m in maps]
    zone = box(bounds[0][0], bounds[0][1], bounds[1][2], bounds[0][3])

    rows, _ = estimate_zone_areas(maps, read_zones(written({"both": zone})), year=0)

    assert rows[0].report.total_area_ha == pytest.approx(owned_ha, rel=1e-9)


def test_estimates_stand_where_the_sample_allows_them(world, written, tmp_path):
    _, truth, grid = world
    shown = with_errors(truth, 0.2, CODES)
    shown[truth == 0] = 0
    path = write_map(tmp_path / "shown.tif", shown, grid)
    left, _, _, top = grid.bounds
    whole = quarters(grid)
    sample = random_sample(grid, truth, 500)

    rows, _ = estimate_zone_areas(
        [open_map(path)], read_zones(written(whole)), year=2023, sample=sample
    )

    areas = pixel_areas_ha(grid)
    half = np.arange(200)[None, :] < 100
    for row, where in zip(rows, (half, ~half), strict=True):
        assert row.report.verdict == "estimated"
        assert sum(c.area_ha.value for c in row.report.classes) == pytest.approx(
            row.report.total_area_ha - row.report.no_data_area_ha
        )
        for figures in row.report.classes:
            true_ha = areas[(truth == figures.code) & where].sum()
            assert figures.area_ha.value == pytest.approx(
                true_ha, abs=4.5 * figures.area_ha.se + 1.0
            )
    small = box(left, top - 400, left + 400, top)
    rows, _ = estimate_zone_areas(
        [open_map(path)], read_zones(written({"small": small})), year=2023, sample=sample
    )
    assert rows[0].report.verdict == "insufficient"
    assert not any("unusable" in w and "outside" in w for w in rows[0].report.warnings)


def test_a_crossing_layer_splits_the_zones_on_its_own_grid(world, written, tmp_path):
    path, codes, grid = world
    flood = np.zeros((20, 20), np.uint8)
    flood[5:9, :] = 1
    hundred = type(grid)(grid.epsg, grid.x0, grid.y0, 20, 20, 100.0)
    layer = write_map(tmp_path / "flood.tif", flood, hundred)

    rows, _ = estimate_zone_areas(
        [open_map(path)], read_zones(written(quarters(grid))), year=0, cross=layer
    )

    wet = np.kron(flood, np.ones((10, 10), np.uint8)) == 1
    expected = pixel_areas_ha(grid)[wet & (codes == 5)].sum()
    flooded_crops = sum(mapped(rows)[zone, 1, "crops"] for zone in ("west", "east"))
    assert flooded_crops == pytest.approx(expected)
    assert sum(row.report.total_area_ha for row in rows) == pytest.approx(
        pixel_areas_ha(grid).sum()
    )


def test_a_zone_that_sticks_out_is_said(world, written):
    path, _, grid = world
    left, bottom, right, top = grid.bounds

    _, warnings = estimate_zone_areas(
        [open_map(path)],
        read_zones(written({"wide": box(left, bottom, right + 2000, top)})),
        year=0,
    )

    assert warnings == ["Only 50.0% of zone wide lies on the maps."]


def test_a_zone_outside_the_map_is_warned_of_and_the_others_are_given(world, written):
    path, _, grid = world
    far = box(grid.bounds[2] + 5000, grid.bounds[1], grid.bounds[2] + 6000, grid.bounds[3])

    zones = read_zones(written({**quarters(grid), "far": far}))
    rows, warnings = estimate_zone_areas([open_map(path)], zones, year=0)

    assert {row.zone for row in rows} == {"west", "east"}
    assert any("Zone far lies outside every map" in warning for warning in warnings)


def test_zones_that_all_lie_outside_the_map_are_refused(world, written):
    path, _, grid = world
    far = box(grid.bounds[2] + 5000, grid.bounds[1], grid.bounds[2] + 6000, grid.bounds[3])

    with pytest.raises(InvalidZones, match=r"zones\.gpkg: all 1 zones lie outside every map"):
        estimate_zone_areas([open_map(path)], read_zones(written({"far": far})), year=0)


def test_slivers_of_borders_digitised_twice_are_accepted_and_told(world, written):
    path, codes, grid = world
    left, bottom, right, top = grid.bounds
    middle = (left + right) / 2
    west = Polygon([(left, bottom), (middle, bottom), (middle + 0.8, (bottom + top) / 2),
                    (middle, top), (left, top)])  # fmt: skip
    zones = read_zones(written({"west": west, "east": box(middle, bottom, right, top)}))

    rows, warnings = estimate_zone_areas([open_map(path)], zones, year=0)

    assert "Zones overlap in 1 sliver " in warnings[0]
    total = sum(c.mapped_area_ha for row in rows for c in row.report.classes)
    assert total == pytest.approx(pixel_areas_ha(grid)[codes > 0].sum())


@pytest.mark.parametrize(("width", "refused"), [(2.0, False), (12.0, True)])
def test_an_overlap_is_judged_by_its_width_not_by_its_area(world, written, width, refused):
    _, _, grid = world
    left, bottom, right, top = grid.bounds
    middle = (left + right) / 2
    path = written({"west": box(left, bottom, middle + width, top),
                    "east": box(middle, bottom, right, top)})  # fmt: skip
    if refused:
        with pytest.raises(InvalidZones, match="'west' and 'east' overlap"):
            read_zones(path)
    else:
        assert len(read_zones(path).notes) == 1


def test_the_polygons_of_a_collection_are_the_zone(world, written):
    _, _, grid = world
    shape = quarters(grid)["west"]
    clip = GeometryCollection([shape, LineString(list(shape.exterior.coords)[:2])])

    zones = read_zones(written({"west": clip}))

    assert zones.frame.geometry.iloc[0].area == pytest.approx(shape.area)
    assert "lines and points left out" in zones.notes[0]


def test_zones_that_overlap_are_named_with_the_area(world, written):
    _, _, grid = world
    shapes = quarters(grid)
    shapes["east"] = shapes["east"].buffer(10)

    with pytest.raises(InvalidZones, match=r"'west' and 'east' overlap by [12]\..* ha"):
        read_zones(written(shapes))


@pytest.mark.parametrize(
    ("shape", "message"),
    [(Point(0, 0), "not a polygon"), (Polygon(), "not a polygon"),
     (Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "Self-intersection")],
)  # fmt: skip
def test_what_is_no_polygon_names_the_zone(written, shape, message):
    with pytest.raises(InvalidGeometry, match=f"zone 'odd': .*{message}"):
        read_zones(written({"odd": shape}))


def test_names_are_needed_once_each(world, written):
    shapes = quarters(world[2])

    with pytest.raises(InvalidZones, match="no column name; it has district"):
        read_zones(written(shapes, column="district"))
    with pytest.raises(InvalidZones, match="no column town; it has name"):
        read_zones(written(shapes), column="town")
    with pytest.raises(InvalidZones, match="'same' occurs more than once"):
        read_zones(written(shapes, names=["same", "same"]))
    assert set(read_zones(written(shapes, column="district"), column="district").frame["zone"]) == {
        "west",
        "east",
    }


def test_unreadable_zones_and_layers_are_named(world, written, tmp_path):
    with pytest.raises(InvalidZones, match=r"absent\.gpkg"):
        read_zones(tmp_path / "absent.gpkg")
    frame = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[box(0, 0, 1, 1)])
    frame.to_parquet(tmp_path / "nowhere.parquet")
    with pytest.raises(MissingCrs, match=r"nowhere\.parquet"):
        read_zones(tmp_path / "nowhere.parquet")
    zones = read_zones(written(quarters(world[2])))
    with pytest.raises(UnreadableRaster, match=r"flood\.tif"):
        estimate_zone_areas([open_map(world[0])], zones, year=0, cross=tmp_path / "flood.tif")
    shares = write_map(tmp_path / "share.tif", np.ones((200, 200), np.float32), world[2])
    with pytest.raises(InvalidZones, match="whole numbers"):
        estimate_zone_areas([open_map(world[0])], zones, year=0, cross=shares)
