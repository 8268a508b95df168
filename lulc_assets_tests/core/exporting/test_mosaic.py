"""Mosaics: each place from its owner, no gap, no overlap, nothing outside the area."""

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer

from lulc_assets.core.aoi import cover_area
from lulc_assets.core.area_pixels import inside_mask
from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.exporting.category_names import write_category_names
from lulc_assets.core.exporting.mosaic import (
    MosaicLayer,
    MosaicTile,
    mosaic_grid,
    palette_of,
    write_mosaic,
)
from lulc_assets.core.grid import SHIFT_M, tile_grid
from lulc_assets.core.imagery.cog import read_raster, write_cog
from lulc_assets.core.legend import KARRA_10

ACROSS_TILES = shapely.box(14.98, 46.45, 15.02, 46.47)
"""33TVM and 33TWM."""
ACROSS_ZONES = shapely.box(11.98, 46.45, 12.03, 46.47)
"""Zones 32 and 33."""


def tiles_of(area, folder):
    """A map per tile of the area, all of one value: the tile's number."""
    found = []
    for number, part in enumerate(cover_area(area), start=1):
        grid = tile_grid(part.tile).cut(part.window)
        path = folder / f"{part.tile}.tif"
        write_cog(path, np.full(grid.shape, number, np.uint8), grid, kind="class", nodata=0)
        found.append(MosaicTile(part.tile, grid, path))
    return found


@pytest.mark.parametrize("area", [ACROSS_TILES, ACROSS_ZONES], ids=["tiles", "zones"])
@pytest.mark.parametrize("crs", ["", "EPSG:3035", "EPSG:4326"])
def test_every_place_comes_from_its_owner_and_there_is_no_gap(tmp_path, area, crs):
    tiles = tiles_of(area, tmp_path)
    assert len(tiles) >= 2
    grid = mosaic_grid([tile.grid for tile in tiles], area, crs)
    path = write_mosaic(tmp_path / "m.tif", grid, tiles, area, MosaicLayer("class", 0))
    values = read_raster(path)
    inside = inside_mask(grid, area)
    assert inside.sum() > 1000
    assert (values[inside] == 0).sum() == 0
    assert (values[~inside] == 0).all()
    assert set(np.unique(values[inside])) == set(range(1, len(tiles) + 1))
    # The limit of two zones is a meridian; the seam of two tiles lies in the eastern one's square.
    epsg, border = (32633, 500_000.0 + SHIFT_M) if area is ACROSS_TILES else (4326, 12.0)
    west_first = Transformer.from_crs(grid.epsg, epsg, always_xy=True)
    rows, cols = np.nonzero(inside)
    along, _ = west_first.transform(
        grid.x0 + (cols + 0.5) * grid.pixel_m, grid.y0 - (rows + 0.5) * grid.pixel_m
    )
    of_west = {n for n, t in enumerate(tiles, 1) if t.tile in ("33TVM", "32TQS")}
    off = np.isin(values[rows, cols], list(of_west)) != (along < border)
    assert np.abs(along[off] - border).max(initial=0) < 1e-6


def test_one_zone_keeps_the_tiles_pixels(tmp_path):
    tiles = tiles_of(ACROSS_TILES, tmp_path)
    grid = mosaic_grid([tile.grid for tile in tiles], ACROSS_TILES)
    assert (grid.x0 - tiles[0].grid.x0) % 10 == 0
    assert (grid.y0 - tiles[0].grid.y0) % 10 == 0
    assert grid.epsg == 32633


@pytest.mark.parametrize("crs", ["EPSG:2225", "nonsense", "+proj=laea"])
def test_a_crs_that_cannot_be_used_is_named(tmp_path, crs):
    tiles = tiles_of(ACROSS_TILES, tmp_path)
    with pytest.raises(InvalidProject, match="--crs"):
        mosaic_grid([tiles[0].grid], ACROSS_TILES, crs)


def test_gdal_reads_palette_and_names_of_classes(tmp_path):
    tiles = tiles_of(ACROSS_TILES, tmp_path)
    grid = mosaic_grid([tile.grid for tile in tiles], ACROSS_TILES)
    colors = {c.code: c.rgb for c in KARRA_10.classes}
    layer = MosaicLayer("class", 0, palette_of(colors), "Land cover")
    path = write_mosaic(tmp_path / "m.tif", grid, tiles, ACROSS_TILES, layer)
    sidecar = write_category_names(path, KARRA_10).read_text("utf-8")
    with rasterio.open(path) as source:
        assert source.colormap(1)[2][:3] == KARRA_10.by_code(2).rgb
        assert source.files == [str(path), f"{path}.aux.xml"]
    assert sidecar.index("No data") < sidecar.index("Water") < sidecar.index("Trees")
