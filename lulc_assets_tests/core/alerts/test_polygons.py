"""Alerts as polygons: ids that stay, steps, areas, feeds."""

import json

import geopandas as gpd
import numpy as np
import pystac
import pytest
from shapely.geometry import box

from lulc_assets.core.alerts.feed import write_geojson, write_stac
from lulc_assets.core.alerts.pixels import read_alert_pixels
from lulc_assets.core.alerts.polygons import COLUMNS, alert_polygons, write_alerts
from lulc_assets.core.alerts.update import judge_year
from lulc_assets.core.grid import Window
from lulc_assets_tests.core.alerts.cases import BARE, TREES, make_judge, views
from lulc_assets_tests.core.compositing.scenes import GRID

DAYS = [f"2022-05-{day:02d}" for day in range(1, 32, 5)]
LATER = [f"2022-07-{day:02d}" for day in range(1, 32, 5)]
QUIET = {f"2022-0{month}-10": TREES for month in (1, 2, 3)}


def patch(*places):
    seen = np.full(GRID.shape, TREES)
    for place in places:
        seen[place] = BARE
    return seen


@pytest.fixture
def alerts_of(tmp_path):
    judge = make_judge(tmp_path, TREES)

    def make(seen_on):
        name = str(abs(hash(tuple((k, np.asarray(v).tobytes()) for k, v in seen_on.items()))))
        judged = judge_year(judge, views(tmp_path / name, seen_on), tmp_path / name)
        pixels = read_alert_pixels(judged.states["latest"], judge.baseline, GRID, judge.settings)
        return alert_polygons(pixels, GRID, "33TVM-2022", judge.settings)

    return make


def test_an_alert_has_a_place_a_step_dates_and_an_area(alerts_of):
    found = alerts_of({**QUIET, **dict.fromkeys(DAYS, patch(np.s_[3:11, 10:19]))})
    (alert,) = found.to_dict("records")
    assert set(found.columns) == {*COLUMNS, "geometry"}
    assert alert["step"] == "confirmed" and 42 <= alert["pixels"] <= 72
    assert (alert["from_class"], alert["to_class"]) == ("trees", "bare_ground")
    assert alert["area_ha"] == pytest.approx(alert["pixels"] / 100, rel=0.002)
    assert 0.42 <= alert["confirmed_ha"] <= alert["area_ha"]
    assert alert["first_on"] == DAYS[0]
    assert DAYS[0] <= alert["possible_on"] <= alert["likely_on"] <= alert["confirmed_on"]
    outline = box(*GRID.cut(Window(3, 10, 8, 9)).bounds)
    assert alert["geometry"].area == 100 * alert["pixels"] and outline.covers(alert["geometry"])
    assert found.crs.to_epsg() == GRID.epsg


def test_the_id_stays_while_an_alert_grows_and_is_rejected(alerts_of):
    small, grown = patch(np.s_[5:11, 10:16]), patch(np.s_[3:11, 8:18])
    first = {**QUIET, **dict.fromkeys(DAYS[:4], small)}
    second = {**first, **dict.fromkeys(DAYS[4:], grown)}
    gone = {**second, **dict.fromkeys(LATER, TREES)}
    ids = [set(alerts_of(seen)["alert_id"]) for seen in (first, second, gone)]
    assert ids[0] == ids[1] == ids[2] and len(ids[0]) == 1
    (last,) = alerts_of(gone).to_dict("records")
    assert last["step"] == "rejected" and last["confirmed_on"] and last["rejected_on"] in LATER


def test_alerts_that_grow_together_keep_the_older_id(alerts_of):
    old, young = np.s_[5:9, 4:9], np.s_[5:9, 12:17]
    first = {**QUIET, **dict.fromkeys(DAYS[:3], patch(old))}
    both = {**first, **dict.fromkeys(DAYS[3:], patch(old, young))}
    apart = sorted(alerts_of(both)["alert_id"])
    joined = {**both, **dict.fromkeys(LATER, patch(np.s_[5:9, 4:17]))}
    assert len(apart) == 2
    assert list(alerts_of(joined)["alert_id"]) == apart[:1]


def test_strips_and_specks_are_no_alerts(alerts_of):
    """An edge that moved is two pixels wide, however long."""
    seen = patch(np.s_[2:4, :], np.s_[10:13, 10:13], np.s_[20, 20])
    assert alerts_of({**QUIET, **dict.fromkeys(DAYS, seen)}).empty


def test_a_small_patch_is_likely_and_a_larger_one_confirmed(alerts_of):
    small, large = np.s_[3:8, 4:8], np.s_[3:10, 20:28]
    found = alerts_of({**QUIET, **dict.fromkeys(DAYS, patch(small, large))})
    by_size = found.sort_values("pixels")
    assert list(by_size["step"]) == ["likely", "confirmed"]
    assert by_size["pixels"].iloc[0] < 20 <= by_size["pixels"].iloc[1]
    assert by_size["confirmed_on"].iloc[0] is None


def test_no_alert_is_an_empty_table_that_can_be_written(alerts_of, tmp_path):
    found = alerts_of(QUIET)
    path = write_alerts(found, tmp_path / "alerts.parquet")
    again = gpd.read_parquet(path)
    assert again.empty and set(COLUMNS) <= set(again.columns)
    about = {"tile": "33TVM"}
    assert (
        json.loads(write_geojson(found, tmp_path / "a.json", about).read_text())["features"] == []
    )


def test_feeds_are_valid_and_the_same_each_time(alerts_of, tmp_path):
    found = alerts_of({**QUIET, **dict.fromkeys(DAYS, patch(np.s_[3:8, 10:16]))})
    about = {"lulc:tile": "33TVM", "lulc:year": 2022}
    paths = [write_stac(found, tmp_path / f"{n}.json", about, {"step": "step.tif"}) for n in (1, 2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    (item,) = pystac.ItemCollection.from_file(str(paths[0]))
    assert item.id == found["alert_id"][0] and item.properties["lulc:step"] == "confirmed"
    assert item.assets["step"].href == "step.tif"
    west, south, east, north = item.bbox
    assert 13.5 < west < east < 13.8 and 46.0 < south < north < 46.1
    feed = json.loads(write_geojson(found, tmp_path / "feed.json", about).read_text())
    assert feed["features"][0]["id"] == item.id and feed["lulc:tile"] == "33TVM"
