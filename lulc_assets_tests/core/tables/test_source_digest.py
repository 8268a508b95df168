import sqlite3

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from lulc_assets.core.tables.source_digest import digest_of_source

BOXES = [shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)]


def write(path, names=("water", "crops"), **options):
    data = {"class_name": list(names), "year": np.array([2021, 2022], np.int32)}
    frame = gpd.GeoDataFrame(data, geometry=BOXES, crs=32633)
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_file(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "fgb", "parquet", "gdb"])
def test_the_digest_follows_the_content_of_every_format(tmp_path, suffix):
    options = {"driver": "OpenFileGDB"} if suffix == "gdb" else {}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = write(tmp_path / "a" / f"labels.{suffix}", **options)
    same = write(tmp_path / "b" / f"labels.{suffix}", **options)
    other = write(tmp_path / f"labels.{suffix}", ("water", "trees"), **options)

    assert digest_of_source(first) == digest_of_source(same) != digest_of_source(other)


def test_an_edit_of_the_dbf_alone_counts(tmp_path):
    path = write(tmp_path / "labels.shp")
    before = digest_of_source(path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"crops", b"trees"))

    assert digest_of_source(path) != before


def test_an_edit_that_still_stands_in_the_log_of_an_open_geopackage_counts(tmp_path):
    path = write(tmp_path / "labels.gpkg")
    before = digest_of_source(path)
    with sqlite3.connect(path) as opened:
        opened.execute("PRAGMA journal_mode=wal")
        for (name,) in opened.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            opened.execute(f'DROP TRIGGER "{name}"')
        opened.execute("UPDATE labels SET class_name = 'trees' WHERE class_name = 'crops'")
        opened.commit()

        assert path.with_name("labels.gpkg-wal").stat().st_size > 0
        assert digest_of_source(path) != before


def test_looking_at_a_geopackage_changes_bytes_and_no_digest(tmp_path):
    path = write(tmp_path / "labels.gpkg")
    before, data = digest_of_source(path), path.read_bytes()
    with sqlite3.connect(path) as opened:
        opened.execute("UPDATE gpkg_contents SET last_change = '2031-01-01T00:00:00.000Z'")

    assert path.read_bytes() != data
    assert digest_of_source(path) == before


def test_pixels_and_what_is_no_data_are_the_content_of_a_raster(tmp_path):
    def raster(name, value=2, nodata=0, **options):
        with rasterio.open(
            tmp_path / name, "w", driver="GTiff", height=64, width=64, count=1, dtype="uint8",
            crs=32633, transform=Affine(10, 0, 0, 0, -10, 0), nodata=nodata, **options,
        ) as file:  # fmt: skip
            file.write(np.full((1, 64, 64), value, np.uint8))
        return digest_of_source(tmp_path / name)

    assert raster("a.tif") == raster("b.tif", compress="deflate")
    assert len({raster("a.tif"), raster("c.tif", 3), raster("d.tif", nodata=2)}) == 3


def test_other_files_count_by_their_bytes_and_missing_ones_not(tmp_path):
    (tmp_path / "design.json").write_text('{"design": "none"}')

    assert len(digest_of_source(tmp_path / "design.json")) == 64
    assert digest_of_source(tmp_path / "absent.gpkg") == ""
    assert digest_of_source("") == ""
    assert digest_of_source(tmp_path) == ""
