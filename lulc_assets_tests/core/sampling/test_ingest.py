import json
import warnings

import geopandas
import pytest
from shapely import MultiPoint, Point, Polygon

from lulc_assets.core.errors import InvalidGeometry, InvalidSample, MissingCrs, UnknownClass
from lulc_assets.core.sampling.ingest import ingest_sample

COLUMNS = {
    "unit_id": ["b", "a", "c"],
    "tile": ["33TVL", "33TVL", "33TWL"],
    "reference_class": ["water", "trees", "built_area"],
    "inclusion_probability": [0.01, 0.01, 0.01],
}
POINTS = [Point(14.0, 46.0), Point(14.1, 46.0), Point(14.2, 46.1)]
DESIGN = {"design": "simple_random", "region": "alps", "year": 2023, "sample_size": 3}


@pytest.fixture
def files(tmp_path):
    """Writes points and design; returns their paths."""

    def write(design=DESIGN, geometry=POINTS, crs=4326, drop=(), **columns):
        data = {k: v for k, v in {**COLUMNS, **columns}.items() if k not in drop}
        frame = geopandas.GeoDataFrame(data, geometry=geometry, crs=crs)
        frame.to_parquet(tmp_path / "points.parquet")
        design_path = tmp_path / "points.json"
        design_path.unlink(missing_ok=True)
        if design is not None:
            design_path.write_text(json.dumps(design))
        return tmp_path / "points.parquet", design_path

    return write


def test_points_become_sorted_units_with_legend_codes(files):
    sample = ingest_sample(*files())

    assert sample.units["unit_id"].tolist() == ["a", "b", "c"]
    assert sample.units["class_code"].tolist() == [2, 1, 7]
    assert sample.units["x"].tolist() == [14.1, 14.0, 14.2]
    assert sample.design.region == "alps"


def test_a_geopackage_layer_is_read(tmp_path, files):
    points, design = files()
    package = tmp_path / "points.gpkg"
    geopandas.read_parquet(points).to_file(package, layer="units", engine="pyogrio")

    sample = ingest_sample(package, design, layer="units")

    assert len(sample.units) == 3
    with pytest.raises(InvalidSample, match=r"points\.gpkg"):
        ingest_sample(package, design, layer="absent")


def test_other_vocabularies_go_through_their_crosswalk(files):
    paths = files(reference_class=[2.0, 1.0, 0.0])

    sample = ingest_sample(*paths, crosswalk="slovenian-lulc")

    assert sample.units["class_code"].tolist() == [5, 2, 0]


def test_a_unit_nobody_could_interpret_stays_without_a_class(files):
    sample = ingest_sample(*files(reference_class=["water", None, "trees"]))

    assert sample.units["class_code"].tolist() == [0, 1, 2]


def test_an_unknown_class_names_file_unit_and_value(files):
    with pytest.raises(UnknownClass, match=r"points\.parquet, unit 'a': .*'lava'"):
        ingest_sample(*files(reference_class=["water", "lava", "trees"]))


def test_a_missing_design_file_says_what_to_write(files):
    with pytest.raises(InvalidSample, match=r'at least \{"design": "none"\}'):
        ingest_sample(*files(design=None))


@pytest.mark.parametrize("design", [{"region": "alps"}, {"design": "convenience"}, ["none"]])
def test_a_file_without_a_known_design_is_refused(files, design):
    with pytest.raises(InvalidSample, match=r"points\.json"):
        ingest_sample(*files(design=design))


@pytest.mark.parametrize("column", ["unit_id", "reference_class", "inclusion_probability"])
def test_missing_columns_are_named(files, column):
    with pytest.raises(InvalidSample, match=f"no column {column}"):
        ingest_sample(*files(drop=[column]))


def test_a_stratified_sample_needs_its_strata(files):
    with pytest.raises(InvalidSample, match="no column stratum"):
        ingest_sample(*files(design={"design": "stratified"}))


def test_points_without_design_need_no_chance_to_be_drawn(files):
    sample = ingest_sample(*files(design={"design": "none"}, drop=["inclusion_probability"]))

    assert sample.units["inclusion_probability"].isna().all()


@pytest.mark.parametrize("chance", [0.0, -0.1, 1.5, None, "often"])
def test_a_chance_outside_0_to_1_names_the_unit(files, chance):
    column = [0.01, chance, 0.01]
    if isinstance(chance, str):
        column = ["0.01", chance, "0.01"]

    with pytest.raises(InvalidSample, match="unit 'a': inclusion_probability is"):
        ingest_sample(*files(inclusion_probability=column))


def test_repeated_unit_ids_are_refused(files):
    with pytest.raises(InvalidSample, match="'a' occurs more than once"):
        ingest_sample(*files(unit_id=["a", "a", "c"]))


def test_repeated_points_are_refused(files):
    with pytest.raises(InvalidSample, match=r"one point .* 'b' and 'c'"):
        ingest_sample(*files(geometry=[POINTS[0], POINTS[1], POINTS[0]]))


def test_a_missing_crs_is_refused(files):
    with pytest.raises(MissingCrs, match=r"points\.parquet"):
        ingest_sample(*files(crs=None))


@pytest.mark.parametrize("bad", [None, Point(), Polygon([(0, 0), (1, 0), (1, 1)])])
def test_what_is_no_point_names_the_unit(files, bad):
    with pytest.raises(InvalidGeometry, match="unit 'a'"):
        ingest_sample(*files(geometry=[POINTS[0], bad, POINTS[2]]))


def test_an_empty_file_is_refused(files):
    empty = {name: [] for name in COLUMNS}

    with pytest.raises(InvalidSample, match="no units"):
        ingest_sample(*files(geometry=[], **empty))


def test_unreadable_points_are_refused(tmp_path, files):
    _, design = files()
    broken = tmp_path / "broken.gpkg"
    broken.write_text("nothing")

    with pytest.raises(InvalidSample, match=r"broken\.gpkg"):
        ingest_sample(broken, design)


def test_a_shapefile_s_cut_names_reals_and_single_multipoints_are_read(tmp_path, files):
    points, design = files({"design": "stratified", "stratum_pixels": {"1": 200, "2": 100}},
                           stratum=[1.0, 2.0, 1.0])  # fmt: skip
    frame = geopandas.read_parquet(points)
    frame["geometry"] = [MultiPoint([point]) for point in frame.geometry]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the driver says that it cuts names
        frame.to_file(tmp_path / "points.shp")

    sample = ingest_sample(tmp_path / "points.shp", design)

    assert sample.units["stratum"].tolist() == ["2", "1", "1"]
    assert sample.units["class_code"].tolist() == [2, 1, 7]


def test_a_design_with_a_byte_order_mark_is_read_and_utf_16_refused(files):
    points, design = files()
    text = design.read_text()
    design.write_bytes(text.encode("utf-8-sig"))
    assert ingest_sample(points, design).design.region == "alps"
    design.write_bytes(text.encode("utf-16"))
    with pytest.raises(InvalidSample, match=r"points\.json is in UTF-16.*save it as UTF-8"):
        ingest_sample(points, design)
