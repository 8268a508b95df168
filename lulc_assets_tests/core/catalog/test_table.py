from datetime import UTC, datetime

import pandera.errors
import pytest

from lulc_assets.core.catalog.search import RejectedItem
from lulc_assets.core.catalog.selection import SelectionSettings, select_scenes
from lulc_assets.core.catalog.table import read_candidate_columns, read_candidates, write_candidates
from lulc_assets.core.errors import ProductCorrupt
from lulc_assets_tests.small_scene import GRID, write_scene


@pytest.fixture
def table(tmp_path):
    rejected = [RejectedItem("bad", "MissingBand", datetime(2020, 1, 1, tzinfo=UTC))]
    return select_scenes([write_scene(tmp_path)], GRID, SelectionSettings(), rejected)


def test_the_table_comes_back_as_it_was(tmp_path, table):
    back = read_candidates(write_candidates(tmp_path / "new" / "c.parquet", table))
    assert back.equals(table)
    assert back.crs == table.crs
    assert (back.dtypes == table.dtypes).all()


def test_the_same_table_gives_the_same_bytes(tmp_path, table):
    one = write_candidates(tmp_path / "a.parquet", table)
    two = write_candidates(tmp_path / "b.parquet", read_candidates(one))
    assert one.read_bytes() == two.read_bytes()


def test_a_table_without_any_geometry_or_selection_comes_back(tmp_path):
    empty = select_scenes([], GRID, SelectionSettings(), [RejectedItem("bad", "x")])
    assert read_candidates(write_candidates(tmp_path / "c.parquet", empty)).equals(empty)


def test_a_table_that_breaks_its_schema_is_not_written(tmp_path, table):
    with pytest.raises(pandera.errors.SchemaError):
        write_candidates(tmp_path / "c.parquet", table.assign(reason=""))
    with pytest.raises(pandera.errors.SchemaError):
        write_candidates(tmp_path / "c.parquet", table.assign(selected=False))
    assert not (tmp_path / "c.parquet").exists()


@pytest.mark.parametrize("content", [b"", b"PAR1 half a file"])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "c.parquet"
    path.write_bytes(content)
    with pytest.raises(ProductCorrupt, match=r"c\.parquet"):
        read_candidates(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ProductCorrupt, match="gone"):
        read_candidates(tmp_path / "gone.parquet")


def test_columns_are_read_without_the_rest(tmp_path, table):
    path = write_candidates(tmp_path / "c.parquet", table)
    names = ["reason", "scene_id", "datetime"]
    found = read_candidate_columns(path, names)
    assert list(found.columns) == names
    assert found["scene_id"].tolist() == table["scene_id"].tolist()
    assert found["datetime"].equals(table["datetime"])


def test_a_column_that_former_tables_lack_is_empty_and_any_other_is_missed(tmp_path, table):
    path = tmp_path / "c.parquet"
    table.drop(columns=["offset"]).to_parquet(path, index=False)
    assert set(read_candidate_columns(path, ["scene_id", "offset"])["offset"]) == {""}
    with pytest.raises(ProductCorrupt, match=r"c\.parquet .* has no level"):
        table.drop(columns=["level"]).to_parquet(path, index=False)
        read_candidate_columns(path, ["scene_id", "level"])
