import numpy as np
import pandas as pd

from lulc_assets.core.pages.scene_rows import list_scenes
from lulc_assets_tests.core.pages.sample_data import make_candidates


def test_the_candidates_table_becomes_the_scenes_of_a_page():
    table = make_candidates(5)
    rows = list_scenes(table, {table["scene_id"][0]: b"\x89PNG\r\n"})
    assert [row.scene_id for row in rows] == list(table["scene_id"])
    assert rows[0].date == "2023-01-08"
    assert rows[0].clear_pct == 100.0
    assert rows[0].thumbnail is not None
    assert rows[1].thumbnail is None
    assert rows[3].clear_pct is None
    assert not rows[3].selected


def test_a_rejected_item_without_date_is_kept():
    table = pd.DataFrame(
        {
            "scene_id": ["x"],
            "datetime": pd.to_datetime([None], utc=True),
            "clear_pct": [np.nan],
            "selected": pd.array([False], dtype="boolean"),
            "reason": ["item without geometry"],
        }
    )
    assert list_scenes(table, {})[0].date == ""
