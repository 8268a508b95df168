import geopandas as gpd
import pytest
import shapely

from lulc_assets.core.errors import LabelError, MissingCrs, UnknownClass
from lulc_assets.core.labels.schema import validate_labels
from lulc_assets_tests.core.labels.polygons import label_table


def test_a_table_without_rows_keeps_the_schema():
    assert len(validate_labels(label_table([]), "here")) == 0


def test_a_code_outside_the_legend_is_refused():
    with pytest.raises(UnknownClass, match=r"here: class code 61 is in no legend"):
        validate_labels(label_table([(61, "train", shapely.box(0, 0, 1, 1))]), "here")


def test_a_table_without_crs_is_refused():
    table = label_table([(1, "train", shapely.box(0, 0, 1, 1))])
    with pytest.raises(MissingCrs, match="here"):
        validate_labels(gpd.GeoDataFrame(table).set_crs(None, allow_override=True), "here")


def test_a_foreign_column_is_refused():
    table = label_table([(1, "train", shapely.box(0, 0, 1, 1))]).assign(remark="x")
    with pytest.raises(LabelError, match="remark"):
        validate_labels(table, "here")
