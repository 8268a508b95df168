from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.chips.cut import cut_chips, override_labels
from lulc_assets.core.chips.dates import choose_dates
from lulc_assets.core.chips.room import Room
from lulc_assets.core.chips.settings import ChipSettings
from lulc_assets.core.errors import (
    LabelError,
    LabelLeak,
    NoLabels,
    NotFinite,
    NoTrainingChips,
    UnknownClass,
    UnreadableRaster,
)
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.imagery.scene_block import SceneBlock
from lulc_assets.core.legend import KARRA_10
from lulc_assets_tests.small_scene import make_recipe, write_scene

GRID = PixelGrid(32633, 400_000.0, 5_100_000.0, 96, 96)
SETTINGS = ChipSettings(
    size_px=32,
    overlap_px=0,
    block_px=32,
    min_dates=1,
    max_cloud_share=0.5,
    min_labelled_share=0.05,
    gold_apart="chip",
)
NOTHING = np.zeros(GRID.shape, np.uint8)


def scene(day: int, cloud_pct: float = 0.0, name: str = ""):
    time = datetime(2020, 1, 1, 10, tzinfo=UTC) + timedelta(days=day)
    return make_recipe({}, id=name or f"S{day:03d}", datetime=time, cloud_cover_pct=cloud_pct)


def masks(gold: bool = True) -> tuple[np.ndarray, np.ndarray]:
    train = np.full(GRID.shape, 5, np.uint8)
    train[:, 48:] = 2
    kept_back = NOTHING.copy()
    if gold:
        kept_back[70:90, 70:90] = 7
        train[kept_back > 0] = 0
    return train, kept_back


def scl_of(code: int, rows: slice = slice(None), cols: slice = slice(None)) -> np.ndarray:
    scl = np.full((48, 48), 4, np.uint8)
    scl[rows, cols] = code
    return scl


# --- dates ------------------------------------------------------------------------


def test_all_scenes_are_used_while_they_are_few():
    recipes = [scene(day) for day in (200, 10, 100, 300)]
    assert [r.id for r in choose_dates(recipes, ChipSettings())] == ["S010", "S100", "S200", "S300"]


def test_of_many_scenes_all_seasons_and_a_cloudy_one_are_taken():
    summer = [scene(day) for day in range(150, 240, 5)]
    rest = [scene(10), scene(95), scene(160, 55.0, "cloudy"), scene(330)]
    chosen = choose_dates([*summer, *rest], ChipSettings(max_dates=6))
    assert len(chosen) == 6
    assert {"S010", "S095", "cloudy", "S330"} <= {r.id for r in chosen}


@settings(deadline=None)
@given(st.randoms(), st.integers(4, 10))
def test_the_choice_does_not_depend_on_the_order(random, maximum):
    recipes = [scene(day * 13 % 361, day * 7 % 100) for day in range(25)]
    settings = ChipSettings(max_dates=maximum)
    expected = choose_dates(recipes, settings)
    random.shuffle(recipes)
    assert choose_dates(recipes, settings) == expected
    assert len(expected) == maximum


def test_scenes_above_the_cloud_limit_only_fill_up():
    recipes = [scene(1, 99), scene(90, 95), scene(180, 10), scene(270, 20), scene(300, 30)]
    assert [r.id for r in choose_dates(recipes, ChipSettings())] == ["S090", "S180", "S270", "S300"]


def test_too_few_dates_are_refused():
    recipes = [scene(1), scene(1, name="same day"), scene(90), scene(180)]
    with pytest.raises(NoTrainingChips, match=r"3 date\(s\) of imagery, training needs 4"):
        choose_dates(recipes, ChipSettings())


def test_scenes_that_were_refused_are_quoted_instead_of_a_number_to_lower():
    left_out = {f"S{n}": "refused: offset cannot be decided" for n in range(9)}
    left_out["S9"] = "left out: 2 % clear"
    with pytest.raises(NoTrainingChips) as said:
        choose_dates([], ChipSettings(), left_out)
    text = str(said.value)
    assert "10 scene(s) were not used" in text
    assert "refused: offset cannot be decided (9 scene(s), first S0)" in text
    assert "left out: 2 % clear (1 scene(s), first S9)" in text
    assert "min_dates" not in text
    with pytest.raises(NoTrainingChips, match="or lower min_dates"):
        choose_dates([scene(1)], ChipSettings(), left_out)


def test_a_year_without_scenes_is_refused():
    with pytest.raises(NoTrainingChips, match="0 date"):
        choose_dates([], ChipSettings())


# --- labels on a date -------------------------------------------------------------


def test_the_scene_classification_overrides_labels_only_where_there_are_labels():
    labels = np.array([[5, 5, 5, 5, 5, 5, 0, 0, 5]], np.uint8)
    scl = np.array([[4, 8, 9, 10, 3, 11, 9, 11, 4]], np.uint8)
    valid = np.array([[1, 1, 1, 1, 1, 1, 1, 1, 0]], bool)
    block = SceneBlock(np.zeros((6, 1, 9), np.float32), valid, scl)
    found = override_labels(labels, block, ChipSettings().scl_table(KARRA_10))
    assert found.tolist() == [[5, 10, 10, 10, 0, 9, 0, 0, 0]]
    assert found.dtype == np.uint8
    kept = override_labels(labels, block, ChipSettings(scl_to_class={8: 0}).scl_table(KARRA_10))
    assert kept.tolist() == [[5, 0, 5, 5, 5, 5, 0, 0, 0]]


# --- chips ------------------------------------------------------------------------


def test_chips_hold_reflectance_labels_and_an_index_of_what_they_are(tmp_path: Path):
    red = np.arange(96 * 96, dtype=np.uint16).reshape(96, 96) + 100
    recipe = write_scene(tmp_path, grid=GRID, dn={"red": red}, id="A")
    train, gold = masks()
    chips = cut_chips([recipe], GRID, train, gold, SETTINGS)
    assert chips.images.dtype == np.uint16
    assert chips.masks.dtype == np.uint8
    assert chips.images.shape == (len(chips.index), 6, 32, 32)
    assert chips.masks.shape == (len(chips.index), 32, 32)
    assert chips.index["chip_id"].is_unique
    assert chips.index.crs.to_epsg() == GRID.epsg
    for n, row in enumerate(chips.index.itertuples()):
        window = slice(row.row, row.row + 32), slice(row.col, row.col + 32)
        assert (chips.images[n, 0] == red[window]).all()
        assert (chips.images[n, 1:] == 2000).all()
        source = gold if row.split == "gold" else train
        labelled = chips.masks[n] > 0
        assert (chips.masks[n][labelled] == source[window][labelled]).all()
        assert row.labelled_share == pytest.approx(labelled.mean())
        assert row.share_trees == pytest.approx((chips.masks[n] == 2).mean())
        left, bottom, right, top = row.geometry.bounds
        assert (left, top) == (GRID.x0 + 10 * row.col, GRID.y0 - 10 * row.row)
        assert (right - left, top - bottom) == (320, 320)
    assert chips.index.loc[chips.index["split"] == "gold", ["row", "col"]].values.tolist() == [
        [64, 64]
    ]
    assert sum(chips.count(split) for split in ("train", "val", "gold")) == len(chips.index)


def test_a_place_is_in_one_fold_on_all_dates(tmp_path: Path):
    recipes = [write_scene(tmp_path / n, grid=GRID, id=n) for n in "ABC"]
    chips = cut_chips(recipes, GRID, *masks(), SETTINGS)
    folds = chips.index.groupby(["row", "col"])["split"].nunique()
    assert (folds == 1).all()
    assert chips.index["scene_id"].value_counts().tolist() == [9, 9, 9]


def test_clouds_become_a_class_and_too_many_drop_the_chip(tmp_path: Path):
    scl = scl_of(9, slice(0, 16))
    scl[16:22] = 8
    recipe = write_scene(tmp_path, grid=GRID, scl=scl)
    chips = cut_chips([recipe], GRID, *masks(gold=False), SETTINGS)
    assert chips.dropped == {"clouds": 3}
    middle = chips.index["row"] == 32
    assert (chips.index.loc[middle, "cloud_share"] == 12 / 32).all()
    trained = (middle & (chips.index["split"] == "train")).to_numpy()
    assert trained.any()
    assert (chips.masks[trained][:, :12] == 10).all()
    assert not (chips.masks[trained][:, 12:] == 10).any()


def test_chips_with_missing_pixels_are_dropped_and_few_missing_pixels_unlabelled(tmp_path: Path):
    blank = np.full((96, 96), 2000, np.uint16)
    half = np.full((48, 48), 2000, np.uint16)
    blank[:, :40], half[:, :20] = 0, 0
    blank[0, 95] = 0
    dn = dict.fromkeys(("red", "green", "blue", "nir"), blank) | dict.fromkeys(
        ("swir1", "swir2"), half
    )
    scl = scl_of(0, cols=slice(0, 20))
    scl[0, 47] = 0
    recipe = write_scene(tmp_path, grid=GRID, dn=dn, scl=scl)
    chips = cut_chips([recipe], GRID, *masks(gold=False), SETTINGS)
    assert chips.dropped == {"no data": 6}
    assert set(chips.index["col"]) == {64}
    corner = chips.masks[(chips.index["row"] == 0).to_numpy()]
    assert (corner[:, :2, 30:] == 0).all()


def test_nan_pixels_of_a_float_scene_never_reach_a_chip(tmp_path: Path):
    red = np.full((96, 96), 2000, np.float32)
    red[5, 90] = np.nan
    recipe = write_scene(tmp_path, grid=GRID, dn={"red": red})
    chips = cut_chips([recipe], GRID, *masks(gold=False), SETTINGS)
    at = np.flatnonzero((chips.index["row"] == 0) & (chips.index["col"] == 64))
    assert (chips.images[at, :, 5, 26] == 2000).all()  # the nearest pixel with data
    assert (chips.masks[at, 5, 26] == 0).all()


def test_a_reader_that_returns_nan_is_caught(tmp_path: Path, monkeypatch):
    def read(self, window):
        shape = (window.height, window.width)
        values = np.full((6, *shape), np.nan, np.float32)
        return SceneBlock(values, np.ones(shape, bool), np.full(shape, 4, np.uint8))

    monkeypatch.setattr(SceneReader, "read", read)
    with pytest.raises(NotFinite, match="scene A"):
        cut_chips([write_scene(tmp_path, grid=GRID, id="A")], GRID, *masks(), SETTINGS)


def test_a_year_of_clouds_is_refused_with_the_reason(tmp_path: Path):
    recipe = write_scene(tmp_path, grid=GRID, scl=9)
    with pytest.raises(NoTrainingChips, match=r"train and val; kept: \{\}; dropped: 9 for clouds"):
        cut_chips([recipe], GRID, *masks(), SETTINGS)


def test_gold_labels_alone_give_gold_chips(tmp_path: Path):
    recipe = write_scene(tmp_path, grid=GRID)
    chips = cut_chips([recipe], GRID, NOTHING, masks()[1], SETTINGS)
    assert chips.index["split"].tolist() == ["gold"]


def test_chips_that_do_not_fit_into_memory_are_the_same(tmp_path: Path):
    recipe = write_scene(tmp_path, grid=GRID)
    whole = cut_chips([recipe], GRID, *masks(), SETTINGS)
    filed = cut_chips([recipe], GRID, *masks(), SETTINGS, room=Room(tmp_path, 0))
    assert (whole.images == filed.images).all()
    assert (whole.masks == filed.masks).all()


def test_strips_of_a_large_area_give_the_same_chips(tmp_path: Path, monkeypatch):
    red = np.random.default_rng(0).integers(1, 9999, (96, 96)).astype(np.uint16)
    recipe = write_scene(tmp_path, grid=GRID, dn={"red": red})
    whole = cut_chips([recipe], GRID, *masks(), SETTINGS)
    monkeypatch.setattr("lulc_assets.core.chips.strips.READ_PIXELS", 32 * 96)
    strips = cut_chips([recipe], GRID, *masks(), SETTINGS)
    assert (whole.images[:, 0] == strips.images[:, 0]).all()
    assert (whole.masks == strips.masks).all()


def test_an_unreadable_scene_ends_the_cut(tmp_path: Path):
    recipes = [write_scene(tmp_path / n, grid=GRID, id=n) for n in "AB"]
    Path(recipes[1].bands["nir"].href).write_bytes(b"II*\0 cut off")
    with pytest.raises(UnreadableRaster, match="B"):
        cut_chips(recipes, GRID, *masks(), SETTINGS)


@pytest.mark.parametrize("wrong", [np.zeros((96, 95), np.uint8), np.zeros((96, 96), np.int64)])
def test_a_mask_that_does_not_fit_is_refused(wrong):
    with pytest.raises(LabelError, match="burn the labels on the tile's own grid"):
        cut_chips([], GRID, wrong, NOTHING, SETTINGS)


def test_a_mask_with_a_foreign_code_is_refused():
    with pytest.raises(UnknownClass, match="code 11"):
        cut_chips([], GRID, NOTHING + np.uint8(11), NOTHING, SETTINGS)


def test_an_area_without_labels_is_refused():
    with pytest.raises(NoLabels):
        cut_chips([], GRID, NOTHING, NOTHING, SETTINGS)


def test_a_chip_may_be_clouded_by_15_per_cent(tmp_path: Path):
    scl = scl_of(9, slice(0, 2))
    scl[16:20] = 9
    chips = cut_chips(
        [write_scene(tmp_path, grid=GRID, scl=scl)],
        GRID,
        *masks(gold=False),
        ChipSettings(size_px=32, overlap_px=0, block_px=32, min_dates=1),
    )
    assert chips.dropped == {"clouds": 3}
    assert set(chips.index["cloud_share"]) == {4 / 32, 0.0}


def test_a_pixel_with_a_training_and_a_gold_label_is_refused():
    train, gold = masks()
    train[75, 75] = 5
    with pytest.raises(LabelLeak, match=r"1 pixels.*row 75, column 75"):
        cut_chips([], GRID, train, gold, SETTINGS)


def test_a_temporal_split_holds_out_whole_dates(tmp_path: Path):
    recipes = [
        write_scene(tmp_path / str(n), grid=GRID, id=f"S{n}", datetime=scene(30 * n).datetime)
        for n in range(6)
    ]
    chips = cut_chips(recipes, GRID, *masks(), replace(SETTINGS, split="temporal"))
    rest = chips.index.loc[chips.index["split"] != "gold"]
    folds = rest.groupby("date")["split"].agg(["nunique", "first"])
    assert (folds["nunique"] == 1).all()
    assert (folds["first"] == "val").sum() == 1
    places = rest.groupby(["row", "col"])["split"].nunique()
    assert (places == 2).all()
    assert chips.split_by == "temporal"


def test_a_random_split_mixes_places_and_dates(tmp_path: Path):
    recipes = [write_scene(tmp_path / str(n), grid=GRID, id=f"S{n}") for n in range(8)]
    settings = replace(SETTINGS, split="random", validation_share=0.4)
    index = cut_chips(recipes, GRID, *masks(), settings).index
    rest = index.loc[index["split"] != "gold"]
    assert (rest.groupby(["row", "col"])["split"].nunique() == 2).any()
    assert (rest.groupby("scene_id")["split"].nunique() == 2).any()
    assert not rest.duplicated(["scene_id", "row", "col"]).any()
    assert (rest["split"] == "val").mean() == pytest.approx(0.4, abs=0.15)


def test_the_surplus_of_common_groups_is_dropped_and_counted(tmp_path: Path):
    recipes = [write_scene(tmp_path / n, grid=GRID, id=n) for n in "ABCD"]
    train = np.full(GRID.shape, 5, np.uint8)
    train[:, 64:] = 2
    settings = replace(SETTINGS, balance="class", balance_ratio=1.0, seed=3)
    plain = cut_chips(recipes, GRID, train, NOTHING, replace(settings, balance="none"))
    chips = cut_chips(recipes, GRID, train, NOTHING, settings)
    lost = len(plain.index) - len(chips.index)
    assert lost > 0
    assert chips.dropped["balance"] == lost
    assert chips.count("val") == plain.count("val")
    assert len(chips.images) == len(chips.masks) == len(chips.index)
    for n, row in enumerate(chips.index.itertuples()):
        assert (chips.masks[n] == 2).mean() == row.share_trees


def test_chips_know_their_zone_and_zones_can_be_balanced(tmp_path: Path):
    recipes = [write_scene(tmp_path / n, grid=GRID, id=n) for n in "AB"]
    west = shapely.box(GRID.x0, GRID.y0 - 960, GRID.x0 + 320, GRID.y0)
    zones = gpd.GeoDataFrame({"zone": ["west"]}, geometry=[west], crs=GRID.epsg).to_crs(4326)
    settings = replace(SETTINGS, balance="class_and_zone", balance_ratio=1.0, zones="zones.gpkg")
    train = masks(gold=False)[0]
    chips = cut_chips(recipes, GRID, train, NOTHING, settings, zones=zones)
    assert set(chips.index["zone"]) == {"west", ""}
    assert ((chips.index["zone"] == "west") == (chips.index["col"] == 0)).all()
