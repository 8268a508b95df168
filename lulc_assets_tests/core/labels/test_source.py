from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from lulc_assets.core.errors import InvalidGeometry, LabelError, MissingCrs, UnknownClass
from lulc_assets.core.labels.reading import read_labels, with_drawn_roles
from lulc_assets.core.labels.source import LabelSource

BOX = shapely.box(400_000, 5_099_900, 400_050, 5_100_000)
BOW_TIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., LabelSource]:
    def make(
        geometries: list[BaseGeometry | None],
        classes: list[object],
        crs: int | None = 32633,
        suffix: str = "parquet",
        role_column: str | None = None,
        **columns: object,
    ) -> LabelSource:
        path = tmp_path / f"labels.{suffix}"
        frame = gpd.GeoDataFrame({"class_name": classes, **columns}, geometry=geometries, crs=crs)
        frame.to_parquet(path) if suffix == "parquet" else frame.to_file(path)
        return LabelSource(str(path), "class_name", "karra-10", role_column=role_column)

    return make


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet"])
def test_a_source_becomes_codes_roles_and_ids_in_its_own_crs(write, suffix):
    geographic = shapely.box(15, 45, 15.1, 45.1)
    source = write(
        [geographic, geographic],
        ["trees", "water"],
        crs=4326,
        suffix=suffix,
        role_column="part",
        part=["gold", "train"],
        window_id=["w1", "w2"],
        tile=["33TVL", "33TVL"],
        year=[2020, 2021],
    )
    labels = read_labels(source).table
    assert labels["class_code"].tolist() == [2, 1]
    assert labels["class_code"].dtype == "uint8"
    assert labels["role"].tolist() == ["gold", "train"]
    assert labels["label_id"].tolist() == ["labels-000001", "labels-000002"]
    assert labels["window_id"].tolist() == ["w1", "w2"]
    assert labels["year"].tolist() == [2020, 2021]
    assert labels.crs.to_epsg() == 4326


def test_an_unknown_class_is_named_with_its_file(write):
    with pytest.raises(UnknownClass, match=r"labels\.parquet.*'lava'"):
        read_labels(write([BOX], ["lava"]))


@pytest.mark.parametrize(
    ("geometry", "problem"),
    [
        (None, "missing"),
        (shapely.Polygon(), "empty"),
        (BOW_TIE, r"invalid \(Self-intersection"),
        (shapely.Point(1, 1), "Point, not polygonal"),
    ],
)
def test_a_bad_geometry_is_named_with_its_label_and_problem(write, geometry, problem):
    source = write([BOX, geometry], ["trees", "water"], label_id=["fine", "broken"])
    with pytest.raises(InvalidGeometry, match=f"label broken: geometry is .*{problem}"):
        read_labels(source)


def test_a_bad_geometry_is_found_behind_good_ones_of_other_kinds(write):
    multi = shapely.MultiPolygon([BOX])
    with pytest.raises(InvalidGeometry, match="labels-000003"):
        read_labels(write([BOX, multi, None], ["trees"] * 3))


def test_labels_without_crs_are_refused(write):
    with pytest.raises(MissingCrs, match=r"labels\.parquet"):
        read_labels(write([BOX], ["trees"], crs=None))


def test_a_missing_file_is_refused():
    with pytest.raises(LabelError, match="does not exist"):
        read_labels(LabelSource("nowhere.gpkg", "class_name", "karra-10"))


@pytest.mark.parametrize("suffix", ["gpkg", "parquet"])
def test_an_unreadable_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"labels.{suffix}"
    path.write_bytes(b"no vector data")
    with pytest.raises(LabelError, match="cannot be read"):
        read_labels(LabelSource(str(path), "class_name", "karra-10"))


def test_a_missing_column_is_named_with_those_there_are(write):
    source = write([BOX], ["trees"], role_column="part")
    with pytest.raises(LabelError, match="no column 'part'; it has class_name"):
        read_labels(source)


def test_an_unknown_role_is_refused(write):
    with pytest.raises(LabelError, match="testing"):
        read_labels(write([BOX], ["trees"], role_column="part", part=["testing"]))


def test_a_double_id_is_refused(write):
    with pytest.raises(LabelError, match="id of its own"):
        read_labels(write([BOX, BOX], ["trees", "trees"], label_id=["a", "a"]))


def test_an_empty_year_is_refused(write):
    with pytest.raises(LabelError, match="column year is empty on 1 labels"):
        read_labels(write([BOX, BOX], ["trees", "trees"], year=[2020, None]))


def test_real_polygons_map_through_their_crosswalk_and_unlabelled_ones_are_counted(real_data):
    path = real_data / "slovenia_2015" / "lulc_polygons.gpkg"
    read = read_labels(LabelSource(str(path), "LULC_ID", "slovenian-lulc", holdout_share=0.3))
    labels = read.table
    assert len(labels) == 84
    assert (read.report.found, read.report.without_class) == (88, 4)
    assert sorted(labels["class_code"].unique()) == [2, 3, 5, 6, 7]
    by_role = labels.groupby("role")["class_code"].nunique()
    assert by_role["holdout"] == by_role["train"] == 5


def test_roles_can_be_drawn_again_after_a_cut(write):
    boxes = [
        shapely.box(400_000, 5_099_900 + 20 * n, 400_010, 5_099_910 + 20 * n) for n in range(9)
    ]
    source = replace(write([*boxes, BOX], ["trees"] * 10), holdout_share=0.3)
    labels = read_labels(source).table
    cut = with_drawn_roles(labels.iloc[:9], source)
    assert (cut["role"] == "holdout").sum() == 3
    with pytest.raises(LabelError, match="has roles in column part"):
        with_drawn_roles(labels, replace(source, role_column="part"))


def test_geographic_labels_are_drawn_by_area_on_the_ground(write):
    wide, narrow = shapely.box(15, 45, 15.002, 45.001), shapely.box(15, 45.1, 15.001, 45.101)
    source = replace(write([wide, narrow], ["trees"] * 2, crs=4326), holdout_share=0.3)
    assert read_labels(source).table["role"].tolist() == ["train", "holdout"]


def test_bad_geometries_are_mended_on_request_and_named(write):
    line = shapely.Polygon([(0, 0), (5, 5), (10, 10)])
    source = write([BOX, BOW_TIE, line], ["trees"] * 3, label_id=["fine", "tie", "line"])
    read = read_labels(replace(source, repair=True))
    assert read.table["label_id"].tolist() == ["fine", "tie"]
    assert read.table.geometry.iloc[1].area == pytest.approx(50)
    assert read.report.account().repaired == ("tie",)
    assert read.report.account().without_area == ("line",)


def test_relations_that_are_not_accepted_are_left_out_and_counted(write):
    source = write([BOX, BOX], ["311", "412"])
    corine = replace(source, crosswalk="corine", accept=("exact", "narrower"))
    read = read_labels(corine)
    assert read.table["class_code"].tolist() == [2]
    assert read.report.not_accepted == {"broader": 1}
    assert read.report.without_class == 0


def test_whole_windows_are_drawn_where_labels_come_in_windows(write):
    names = [f"w{n // 4}" for n in range(40)]
    source = write([BOX] * 40, ["trees", "water", "grass", "crops"] * 10, window_id=names)
    table = read_labels(replace(source, holdout_share=0.3, gold_share=0.2)).table
    assert (table.groupby("window_id")["role"].nunique() == 1).all()
    windows = table.groupby("role")["window_id"].nunique()
    assert windows.to_dict() == {"gold": 2, "holdout": 3, "train": 5}


def test_the_order_of_the_file_is_kept(write):
    table = read_labels(write([BOX] * 3, ["trees", "trees", "water"])).table
    assert table["source_order"].tolist() == [0, 1, 2]
    assert table["source_order"].dtype == "int64"


@pytest.mark.parametrize("column", ["LULC", "LULC_ID"])
def test_real_polygons_with_no_data_and_bad_geometries_are_read(real_data, column):
    path = real_data / "labels_azerbaijan" / "test_area_lulc.geojson"
    source = LabelSource(str(path), column, "slovenian-lulc")
    with pytest.raises(InvalidGeometry, match=r"5 labels have this problem\); correct it"):
        read_labels(source)
    read = read_labels(replace(source, repair=True))
    assert read.report.found == 1704
    assert read.report.without_class == 346
    assert len(read.table) == 1704 - 346
    assert read.table["class_code"].value_counts().to_dict() == {
        7: 892, 3: 212, 5: 196, 8: 48, 1: 8, 6: 2,
    }  # fmt: skip


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_a_label_without_a_class_is_named(write, empty):
    with pytest.raises(LabelError, match="label labels-000002 has no class in column class_name"):
        read_labels(write([BOX, BOX], ["trees", empty]))


def test_advice_for_a_geometry_is_advice_that_helps(write):
    line = shapely.LineString([(4e5, 5e6), (4e5 + 9, 5e6)])
    source = write([shapely.GeometryCollection([BOX, line])], ["trees"])
    with pytest.raises(InvalidGeometry, match="set repair = true to keep its polygons"):
        read_labels(source)
    read = read_labels(replace(source, repair=True))
    assert read.table.geometry.iloc[0].equals(BOX)
    assert read.report.account().repaired == ("labels-000001",)
    for repair in (False, True):
        with pytest.raises(InvalidGeometry, match="draw a polygon or delete it"):
            read_labels(replace(write([line], ["trees"]), repair=repair))


@pytest.mark.parametrize(
    ("box", "hint"),
    [
        (shapely.box(1_554_990, 5_758_650, 1_555_990, 5_759_650), "they look like metres"),
        (shapely.box(45.8, 113.9, 45.9, 114.0), "exchanged"),
    ],
)
def test_coordinates_that_are_no_place_name_label_and_numbers(write, box, hint):
    with pytest.raises(InvalidGeometry, match=rf"label labels-000001 lies at x .*{hint}"):
        read_labels(write([box], ["trees"], crs=4326, suffix="geojson"))


def test_degrees_in_a_map_of_metres_are_named_as_that(write):
    # Before: "too small for a pixel", since a square of 500 m is 0.005 metres wide there.
    box = shapely.box(13.97, 45.86, 13.98, 45.87)
    with pytest.raises(InvalidGeometry, match=r"label labels-000001 lies at .*look like degrees"):
        read_labels(write([box], ["trees"], crs=32633))
