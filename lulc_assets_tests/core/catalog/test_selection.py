import dataclasses
import json
from datetime import UTC, datetime

import numpy as np
import pytest

from lulc_assets.core.catalog.items import recipe_from_item
from lulc_assets.core.catalog.search import RejectedItem, search_scenes
from lulc_assets.core.catalog.selection import SelectionSettings, select_scenes, selected_recipes
from lulc_assets.core.grid import PixelGrid, Window, tile_grid
from lulc_assets.core.imagery.href import HrefPolicy
from lulc_assets.core.imagery.reader import read_scene
from lulc_assets.core.scene.recipe import BandAsset
from lulc_assets_tests.core.imagery.real_scenes import sahara
from lulc_assets_tests.small_scene import GRID, write_scene


@pytest.fixture
def scene(tmp_path):
    """Makes a scene of a date of which a share of 16 SCL pixels is clear."""

    def make(name, date, clear=16, nodata=0, **fields):
        scl = np.full(16, 9, np.uint8)
        scl[:clear] = 4
        scl[clear : clear + nodata] = 0
        month, day = (int(part) for part in date.split("-"))
        return write_scene(
            tmp_path / name,
            scl=scl.reshape(4, 4),
            id=name,
            datetime=datetime(2020, month, day, 10, tzinfo=UTC),
            acquisition=name,
            **fields,
        )

    return make


def select(recipes, rejected=(), **settings):
    return select_scenes(recipes, GRID, SelectionSettings(**settings), rejected)


def order_of(table):
    chosen = table[table["selected"]].sort_values("order")
    return chosen["scene_id"].tolist()


def reason_of(table, name):
    return table.set_index("scene_id").loc[name, "reason"]


def test_each_round_serves_the_quarter_with_the_fewest_clear_observations(scene):
    table = select([
        scene("jan", "01-10"), scene("feb", "02-10", clear=8),
        scene("may", "05-10", clear=4), scene("jun", "06-10", clear=12),
        scene("sep", "09-10"), scene("dec", "12-10"),
    ])  # fmt: skip
    # q1 jan (16), q2 jun (12), q3 sep (16), q4 dec (16); then q2 has fewest: may; then q1: feb
    assert order_of(table) == ["jan", "jun", "sep", "dec", "may", "feb"]
    assert reason_of(table, "jun") == "selected 2nd: clearest of quarter 2, 75 % clear"
    assert table["scene_id"].tolist() == ["jan", "feb", "may", "jun", "sep", "dec"]


def test_selected_recipes_come_by_date_and_survive_the_table(scene):
    recipes = [scene("b", "06-10"), scene("a", "01-10")]
    assert selected_recipes(select(recipes)) == [recipes[1], recipes[0]]


def test_ties_go_to_the_earlier_date_then_the_smaller_id(scene):
    table = select([scene("z", "01-05"), scene("b", "01-20"), scene("a", "01-20")])
    assert order_of(table) == ["z", "a", "b"]


def test_scenes_below_the_floor_are_left_out_with_their_share(scene):
    table = select([scene("clouded", "05-10", clear=0), scene("clear", "06-10")])
    assert order_of(table) == ["clear"]
    assert reason_of(table, "clouded") == "left out: 0 % clear, under the 5 % floor"
    table = select([scene("bit", "05-10", clear=1)], min_clear_share=0.07)
    assert reason_of(table, "bit") == "left out: 6.2 % clear, under the 7 % floor"


def test_a_year_of_clouds_has_a_table_without_selected_scenes(scene):
    table = select([scene("a", "05-10", clear=0), scene("b", "06-10", clear=0)])
    assert not table["selected"].any()
    assert selected_recipes(table) == []


def test_it_ends_when_the_pixels_have_enough_clear_observations(scene):
    recipes = [scene(f"d{day:02}", f"05-{day:02}") for day in range(1, 6)]
    table = select(recipes, clear_observations=3)
    assert order_of(table) == ["d01", "d02", "d03"]
    assert reason_of(table, "d04") == "left out: enough clear observations"


def test_more_scenes_are_taken_where_it_is_cloudy(scene):
    recipes = [scene(f"d{day:02}", f"05-{day:02}", clear=8) for day in range(1, 6)]
    assert len(order_of(select(recipes, clear_observations=3))) == 5


def test_the_limit_of_scenes_holds(scene):
    recipes = [scene(f"d{day:02}", f"05-{day:02}", clear=8) for day in range(1, 5)]
    table = select(recipes, max_scenes=2)
    assert len(order_of(table)) == 2
    assert reason_of(table, "d04") == "left out: the limit of 2 scenes was reached"


def test_no_data_counts_as_not_clear_and_is_shown(scene):
    table = select([scene("edge", "05-10", clear=4, nodata=12)])
    row = table.iloc[0]
    assert (row["clear_pct"], row["nodata_pct"], row["quarter"]) == (25.0, 75.0, 2)


def test_a_duplicate_stays_in_the_table_with_its_winner_named(scene):
    old = scene("old", "05-10", baseline="02.12")
    new = dataclasses.replace(scene("new", "05-10", baseline="05.00"), acquisition=old.acquisition)
    table = select([old, new])
    assert order_of(table) == ["new"]
    assert reason_of(table, "old") == "left out: duplicate of new"


def test_a_scene_whose_classification_cannot_be_read_is_refused_and_the_rest_goes_on(scene):
    broken = scene("broken", "05-10")
    gone = {**broken.bands, "scl": BandAsset("/nowhere/scl.tif", 20.0)}
    table = select([dataclasses.replace(broken, bands=gone), scene("good", "06-10")])
    assert order_of(table) == ["good"]
    assert reason_of(table, "broken").startswith("refused: UnreadableRaster: scene broken")


def test_a_scene_whose_band_lies_on_a_wrong_grid_is_refused_and_another_takes_its_place(
    scene, tmp_path
):
    other_zone = PixelGrid(32634, GRID.x0, GRID.y0, 8, 8)
    wrong = scene("wrong", "05-10")
    elsewhere = write_scene(tmp_path / "zone34", grid=other_zone)
    wrong = dataclasses.replace(wrong, bands={**wrong.bands, "nir": elsewhere.bands["nir"]})
    table = select([wrong, scene("right", "05-20")], clear_observations=1)
    assert order_of(table) == ["right"]
    assert reason_of(table, "wrong").startswith("refused: SceneGridMismatch")


def test_rejected_items_have_a_row_without_a_recipe(scene):
    moment = datetime(2020, 4, 1, tzinfo=UTC)
    rejected = [RejectedItem("bad", "MissingBand: no B11", moment), RejectedItem("worse", "x")]
    table = select([scene("good", "06-10")], rejected)
    assert table["scene_id"].tolist() == ["bad", "good", "worse"]
    row = table.set_index("scene_id").loc["bad"]
    assert row["reason"] == "refused: MissingBand: no B11"
    assert (row["recipe_json"], row["selected"]) == ("", False)
    assert json.loads(table.set_index("scene_id").loc["good", "recipe_json"])["id"] == "good"


def test_no_candidates_give_an_empty_table():
    assert len(select([])) == 0


def test_the_order_of_the_input_does_not_matter(scene):
    recipes = [scene(f"m{month:02}", f"{month:02}-10", clear=month) for month in range(1, 9)]
    one, two = select(recipes), select(recipes[::-1])
    assert one.equals(two)


@pytest.mark.parametrize(
    "wrong", [{"clear_observations": 0}, {"min_clear_share": 1.5}, {"covered_share": 0}]
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        SelectionSettings(**wrong)


def slovenian_grid():
    """The largest window of the tile's grid inside the raster of 101 × 100 pixels."""
    tile = tile_grid("33TVL")
    left, top = 465181.0522318204, 5080254.63349641
    right, bottom = left + 100 * 9.99479222007154, top - 101 * 9.997448467363668
    col, row = -int(-(left - tile.x0) // 10), -int(-(tile.y0 - top) // 10)
    width, height = int((right - tile.x0) // 10) - col, int((tile.y0 - bottom) // 10) - row
    return tile.cut(Window(row, col, height, width))


@pytest.mark.real_data
def test_the_clouded_dates_of_slovenia_are_left_out_and_the_clear_ones_read(real_data):
    grid = slovenian_grid()
    assert grid.shape == (100, 99)
    found = search_scenes(str(real_data / "slovenia_2015"), "33TVL", 2015, grid)
    table = select_scenes(found.recipes, grid, SelectionSettings(), found.rejected)
    assert len(table) == 5
    left_out = table[~table["selected"]]
    assert left_out["datetime"].dt.strftime("%m-%d").tolist() == ["07-31", "08-20"]
    assert (left_out["reason"] == "left out: 0 % clear, under the 5 % floor").all()
    for recipe in selected_recipes(table):
        assert (recipe.level, recipe.offset_dn) == ("L1C", 0)
        block = read_scene(recipe, grid)
        assert block.valid.all()
        assert (block.scl == 4).all()
        red, _, blue, nir = block.reflectance[:4].mean(axis=(1, 2))
        assert 0.02 < red < 0.08
        assert 0.05 < blue < 0.12  # level 1C: the haze is still in
        assert 0.15 < nir < 0.4


@pytest.mark.real_data
def test_the_decimated_sahara_is_refused_as_10_m_data(real_data):
    recipe, _ = sahara(real_data)
    grid = tile_grid("29RKH").cut(Window(0, 0, 500, 500))
    table = select_scenes([recipe], grid, SelectionSettings())
    assert table.loc[0, "reason"].startswith("refused: SceneGridMismatch")
    assert "can only be read as an overview" in table.loc[0, "reason"]


def test_planning_by_fields_counts_no_data_cloud_and_shadow_and_opens_nothing(scene):
    def planned(name, month, **fields):
        recipe = dataclasses.replace(scene(name, f"{month:02}-10"), **fields)
        gone = {role: BandAsset("/nowhere", band.gsd_m) for role, band in recipe.bands.items()}
        return dataclasses.replace(recipe, bands=gone)

    recipes = [
        planned("cloudy", 4, cloud_cover_pct=60.0, shadow_pct=20.0, nodata_pct=50.0),
        planned("clear", 5, cloud_cover_pct=0.0),
        planned("overcast", 6, cloud_cover_pct=99.0, shadow_pct=5.0),
    ]
    table = select(recipes, clear_from="fields")
    assert order_of(table) == ["clear", "cloudy"]
    row = table.set_index("scene_id").loc["cloudy"]
    assert row["clear_pct"] == pytest.approx(10)  # half of it is there, a fifth of that clear
    assert row["nodata_pct"] == 50
    assert row["reason"] == "selected 2nd: clearest of quarter 2, 10 % clear by the item's fields"
    assert reason_of(table, "overcast") == "left out: 0 % clear, under the 5 % floor"


@pytest.mark.real_data
def test_a_recorded_search_goes_through_duplicates_and_selection(real_data):
    """The order by hand: clear share of each scene, quarters 2 and 3 by turns as they lag.

    2020-06-16 99.96 (Q2 99.96), 07-31 99.98 (Q3 99.98), 06-06 99.01 (Q2 198.98),
    07-21 99.94 (Q3 199.93), 06-21 98.96 (Q2 297.93), 07-26 99.92 (Q3 299.85),
    06-11 98.61 (Q2 396.54), 07-16 99.89 (Q3 399.74), 06-26 93.67 (Q2 490.21),
    07-06 99.24 (Q3 498.98): 989 in all; 06-01 93.52: 1083, ten clear observations.
    """
    path = real_data / "stac_items" / "planetary_computer" / "search_35MNM_2020_jun_jul.json"
    answer = json.loads(path.read_text())
    older = json.loads(json.dumps(answer["features"][0]))  # the same acquisition once more
    older["id"] = older["id"].replace("20200818T062751", "20200801T000000")
    older["properties"]["s2:generation_time"] = "2020-08-01T00:00:00Z"
    grid = tile_grid("35MNM")
    found = search_scenes(str(path), "35MNM", 2020, grid)
    again = recipe_from_item(older, str(path), HrefPolicy(str(path)))
    settings = SelectionSettings(clear_from="fields")
    table = select_scenes([*found.recipes, again], grid, settings, found.rejected)
    days = table[table["selected"]].sort_values("order")["datetime"].dt.strftime("%m-%d")
    assert days.tolist() == [
        "06-16", "07-31", "06-06", "07-21", "06-21", "07-26",
        "06-11", "07-16", "06-26", "07-06", "06-01",
    ]  # fmt: skip
    left_out = table[~table["selected"]].set_index("scene_id")["reason"]
    assert left_out[older["id"]] == f"left out: duplicate of {answer['features'][0]['id']}"
    assert left_out.drop(older["id"]).tolist() == ["left out: enough clear observations"] * 2
