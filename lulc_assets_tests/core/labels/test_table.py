from pathlib import Path

import pytest
import shapely

from lulc_assets.core.errors import InvalidGeometry, LabelError
from lulc_assets.core.labels.table import (
    labels_of,
    read_label_table,
    summarise_labels,
    write_labels,
)
from lulc_assets_tests.core.labels.polygons import GRID, label_table, pixels


def test_only_rows_of_the_tile_and_year_are_taken():
    table = label_table([(1, "train", pixels(0, 0, 2, 2))] * 3)
    table["tile"] = ["33TVL", "33TVM", "33TVL"]
    table["year"] = [2020, 2020, 2021]
    assert labels_of(table, "33TVL", 2020, GRID)["label_id"].tolist() == ["a"]


def test_a_table_without_tile_and_year_holds_everywhere_and_is_cut_to_the_grid():
    inside, across, outside = pixels(1, 1, 2, 2), pixels(10, 14, 8, 8), pixels(50, 50, 2, 2)
    beside = pixels(0, -2, 2, 2)
    table = label_table([(1, "train", p) for p in (inside, across, outside, beside)])
    cut = labels_of(table, "33TVL", 2020, GRID)
    assert cut["label_id"].tolist() == ["a", "b"]
    assert cut.area.tolist() == [400.0, 400.0]


def test_a_cut_that_leaves_lines_beside_polygons_keeps_the_polygons():
    comb = shapely.union_all([pixels(12, 0, 2, 9), pixels(4, 0, 8, 2)])
    touching = shapely.union_all([comb, pixels(12, 2, 3, 3)])
    cut = labels_of(label_table([(1, "train", touching)]), "33TVL", 2020, GRID)
    assert cut.area.sum() == pytest.approx(1600.0)


def test_labels_of_another_crs_come_into_the_grid_s():
    table = label_table([(1, "train", pixels(2, 2, 4, 4))]).to_crs(4326)
    cut = labels_of(table, "33TVL", 2020, GRID)
    assert cut.crs.to_epsg() == GRID.epsg
    assert cut.area.sum() == pytest.approx(1600.0, rel=1e-6)


def test_coordinates_that_the_grid_s_crs_cannot_express_are_refused():
    table = label_table([(1, "train", shapely.box(400_000, 5e6, 400_010, 5_000_010))], epsg=4326)
    with pytest.raises(InvalidGeometry, match="label a"):
        labels_of(table, "33TVL", 2020, GRID)


def test_a_written_table_reads_back_and_equal_tables_give_equal_bytes(tmp_path: Path):
    table = label_table([(2, "gold", pixels(0, 0, 2, 2)), (1, "train", pixels(3, 3, 2, 2))])
    table.attrs["dropped_unlabelled"] = 3
    one = write_labels(tmp_path / "one" / "labels.parquet", table)
    two = write_labels(tmp_path / "two.parquet", table.iloc[::-1])
    assert one.read_bytes() == two.read_bytes()
    assert table.attrs == {"dropped_unlabelled": 3}
    again = read_label_table(one)
    assert again.equals(table)
    assert again.crs == table.crs


def test_a_damaged_table_is_refused(tmp_path: Path):
    path = tmp_path / "labels.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(LabelError, match="cannot be read"):
        read_label_table(path)


def test_a_summary_counts_polygons_and_hectares_by_class_and_role():
    table = label_table(
        [
            (2, "train", pixels(0, 0, 10, 10)),
            (2, "train", pixels(0, 10, 10, 5)),
            (2, "gold", pixels(0, 0, 1, 1)),
            (1, "train", pixels(0, 0, 2, 1)),
        ]
    )
    rows = summarise_labels(table).to_dict("records")
    assert [(r["class_name"], r["role"], r["polygons"], r["area_ha"]) for r in rows] == [
        ("water", "train", 1, 0.02),
        ("trees", "gold", 1, 0.01),
        ("trees", "train", 2, 1.5),
    ]


def test_a_summary_of_no_labels_has_no_rows():
    assert len(summarise_labels(label_table([]))) == 0
