import math
import shutil
import sqlite3
import struct
import unicodedata
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from lulc_assets.core.errors import LabelError
from lulc_assets.core.tables.vector_file import read_attributes, read_vector

BOX = shapely.box(400_000, 5_099_900, 400_050, 5_100_000)
VRT = """<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer>
</OGRVRTDataSource>"""


def frame(names=("Wälder", "Äcker"), crs=32633):
    return gpd.GeoDataFrame({"klasse": list(names)}, geometry=[BOX] * len(names), crs=crs)


def written(path, table=None, **options):
    table = frame() if table is None else table
    if path.suffix in (".parquet", ".geoparquet", ".pq"):
        table.to_parquet(path)
    else:
        table.to_file(path, **options)
    return path


@pytest.mark.parametrize(
    "suffix", ["gpkg", "shp", "geojson", "json", "fgb", "gdb", "parquet", "geoparquet", "pq"]
)
def test_every_format_gives_the_same_features(tmp_path, suffix):
    driver = {"gdb": {"driver": "OpenFileGDB"}, "json": {"driver": "GeoJSON"}}.get(suffix, {})
    path = written(tmp_path / f"labels.{suffix}", **driver)

    read = read_vector(path, None, LabelError)

    assert read["klasse"].tolist() == ["Wälder", "Äcker"]
    assert read.crs.to_epsg() == 32633
    assert read.geometry.iloc[0].equals(BOX)


def test_geoparquet_is_known_by_its_content(tmp_path):
    path = shutil.copy(written(tmp_path / "a.parquet"), tmp_path / "zones.bin")

    assert len(read_vector(path, None, LabelError)) == 2


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "fgb", "vrt", "xml"])
def test_a_file_that_points_elsewhere_is_refused(tmp_path, suffix):
    secret = written(tmp_path / "secret.gpkg")
    path = tmp_path / f"labels.{suffix}"
    path.write_text(VRT.format(secret))

    with pytest.raises(LabelError, match=r"labels\..*points to data elsewhere"):
        read_vector(path, None, LabelError)


def test_a_vrt_in_the_dress_of_json_is_refused(tmp_path):
    path = tmp_path / "labels.geojson"
    path.write_text('{"a": "' + VRT.format("/vsicurl/http://127.0.0.1/x.gpkg") + '"}')

    with pytest.raises(LabelError, match="points to data elsewhere"):
        read_vector(path, None, LabelError)


@pytest.mark.parametrize(
    "place", ["/vsicurl/http://127.0.0.1/a.gpkg", "http://127.0.0.1/a.gpkg", "/vsizip/a.zip/a.shp"]
)
def test_addresses_are_no_files(place):
    with pytest.raises(LabelError):
        read_vector(Path(place), None, LabelError)


def test_archives_empty_files_and_companions_say_what_to_do(tmp_path):
    with zipfile.ZipFile(tmp_path / "labels.zip", "w") as archive:
        archive.writestr("labels.shp", "x")
    (tmp_path / "empty.gpkg").touch()
    written(tmp_path / "labels.shp")
    for name, said in (
        ("labels.zip", "unpack it"),
        ("empty.gpkg", "it is empty"),
        ("labels.dbf", "name the .shp"),
    ):
        with pytest.raises(LabelError, match=rf"{name}.*{said}"):
            read_vector(tmp_path / name, None, LabelError)


def test_a_name_that_promises_another_format_is_refused(tmp_path):
    path = shutil.copy(written(tmp_path / "a.fgb"), tmp_path / "labels.gpkg")

    with pytest.raises(LabelError, match="named like a GeoPackage and holds a FlatGeobuf"):
        read_vector(path, None, LabelError)


def test_several_spatial_layers_are_listed_and_one_must_be_named(tmp_path):
    path = written(tmp_path / "labels.gpkg", layer="draft")
    written(path, frame(["Wälder"]), layer="final")

    with pytest.raises(LabelError, match="several layers, 'draft', 'final'"):
        read_vector(path, None, LabelError)
    assert len(read_vector(path, "final", LabelError)) == 1
    with pytest.raises(LabelError, match="no layer 'last'; it has 'draft', 'final'"):
        read_vector(path, "last", LabelError)


def test_tables_without_places_are_no_layers_to_choose_from(tmp_path):
    path = written(tmp_path / "labels.gpkg", layer="labels")
    for table in ("layer_styles", "classes"):
        plain = pd.DataFrame({"name": ["a"]})
        pyogrio.write_dataframe(plain, path, layer=table, driver="GPKG", append=True)

    assert len(read_vector(path, None, LabelError)) == 2


def test_attributes_come_from_the_layer_that_has_the_column(tmp_path):
    path = written(tmp_path / "points.gpkg", layer="points")
    written(path, frame().drop(columns="klasse"), layer="pixels")

    assert read_attributes(path, ["KLASSE"], LabelError)["klasse"].tolist() == ["Wälder", "Äcker"]
    with pytest.raises(LabelError, match="none of the layers 'points', 'pixels'"):
        read_attributes(path, ["cover"], LabelError)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_table_that_names_no_encoding_is_read_as_what_it_is(tmp_path, encoding):
    path = written(tmp_path / "labels.shp", encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)

    assert read_vector(path, None, LabelError)["klasse"].tolist() == ["Wälder", "Äcker"]


@pytest.mark.parametrize(
    ("encoding", "names"), [("gbk", ["水体", "森林"]), ("cp1251", ["лес", "вода"])]
)
def test_other_encodings_need_a_name_and_are_read_with_it(tmp_path, encoding, names):
    path = written(tmp_path / "labels.shp", frame(names), encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)

    with pytest.raises(LabelError, match=r"labels\.shp: text .* add labels\.cpg with its name"):
        read_vector(path, None, LabelError)
    path.with_suffix(".cpg").write_text(encoding)
    assert read_vector(path, None, LabelError)["klasse"].tolist() == names


@pytest.mark.parametrize("lost", [".dbf", ".shx"])
def test_a_shapefile_without_a_companion_names_it(tmp_path, lost):
    path = written(tmp_path / "labels.shp")
    path.with_suffix(lost).unlink()

    with pytest.raises(LabelError, match=rf"labels\{lost} is missing"):
        read_vector(path, None, LabelError)


def test_names_are_composed_and_without_blanks(tmp_path):
    loose = [unicodedata.normalize("NFD", f" {name}\u00a0") for name in ("Wälder", "Äcker")]
    path = written(tmp_path / "labels.gpkg", frame(loose))

    assert read_vector(path, None, LabelError)["klasse"].tolist() == ["Wälder", "Äcker"]


@pytest.mark.parametrize("suffix", ["gpkg", "fgb", "geojson", "shp", "parquet"])
def test_a_torn_file_is_one_clear_error(tmp_path, suffix):
    path = written(tmp_path / f"labels.{suffix}", frame(["a"] * 500))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3])

    with pytest.raises(LabelError, match=rf"labels\.{suffix}"):
        read_vector(path, None, LabelError)


def test_arcs_become_polygons(tmp_path):
    # As CAD programs and official parcels have them: a disc of five points is not a diamond.
    path, radius = written(tmp_path / "arcs.gpkg"), 200.0
    x, y = 400_000.0, 5_100_000.0
    ring = [(-1, 0), (0, 1), (1, 0), (0, -1), (-1, 0)]
    points = b"".join(struct.pack("<dd", x + radius * i, y + radius * j) for i, j in ring)
    arc = struct.pack("<BII", 1, 8, len(ring)) + points
    blob = b"GP" + struct.pack("<BBi", 0, 1, 32633) + struct.pack("<BII", 1, 10, 1) + arc
    with closing(sqlite3.connect(path)) as file, file:
        triggers = "select name from sqlite_master where type = 'trigger'"
        for (name,) in file.execute(triggers).fetchall():
            file.execute(f'drop trigger "{name}"')
        file.execute("update arcs set geom = ? where fid = 1", (blob,))
        file.execute("update gpkg_geometry_columns set geometry_type_name = 'GEOMETRY'")

    read = read_vector(path, None, LabelError)

    assert read.geometry.iloc[0].geom_type == "Polygon"
    assert read.geometry.iloc[0].area == pytest.approx(math.pi * radius**2, rel=0.01)


def test_geojson_with_a_byte_order_mark_is_read_and_utf_16_is_named(tmp_path):
    text = written(tmp_path / "a.geojson").read_bytes()
    (tmp_path / "bom.geojson").write_bytes(b"\xef\xbb\xbf" + text)
    assert len(read_vector(tmp_path / "bom.geojson", None, LabelError)) == 2
    (tmp_path / "wide.geojson").write_bytes(text.decode().encode("utf-16"))
    with pytest.raises(LabelError, match=r"wide\.geojson: .*UTF-16; save it as UTF-8"):
        read_vector(tmp_path / "wide.geojson", None, LabelError)
