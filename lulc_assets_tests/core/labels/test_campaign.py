import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from lulc_assets.core.errors import LabelError
from lulc_assets.core.grid import PixelGrid, Window, owned_mask, tile_grid
from lulc_assets.core.labels.campaign import (
    CampaignArea,
    CampaignSettings,
    design_campaign,
    write_campaign,
)
from lulc_assets.core.sampling.map_file import open_map
from lulc_assets_tests.small_scene import write_tif

GRID = PixelGrid(32633, 400_000.0, 5_100_000.0, 96, 128)
SETTINGS = CampaignSettings(12, window_m=160.0, gold_share=0.25, seed=3)


def area_with_map(tmp_path: Path) -> CampaignArea:
    """Trees, with crops in a quarter, water in two windows, and a column without data."""
    codes = np.full(GRID.shape, 2, np.uint8)
    codes[:48, :64] = 5
    codes[80:86, 64:80] = 1
    codes[64:70, 96:104] = 1
    codes[:, 112:] = 0
    return CampaignArea("", GRID, open_map(write_tif(tmp_path / "map.tif", codes)))


def test_rare_classes_get_as_many_windows_as_common_ones(tmp_path: Path):
    drawn = design_campaign([area_with_map(tmp_path)], SETTINGS)
    assert drawn["stratum"].value_counts().to_dict() == {"crops": 5, "trees": 5, "water": 2}
    water = drawn.loc[drawn["stratum"] == "water"]
    assert (water["inclusion_probability"] == 1).all()
    trees = drawn.loc[drawn["stratum"] == "trees"]
    assert (trees["inclusion_probability"] == 5 / trees["stratum_windows"]).all()
    assert not drawn.geometry.intersects(shapely.box(401_120, 0, 402_000, 1e7).buffer(-1)).any()
    assert drawn["window_id"].is_unique
    assert drawn.area.tolist() == [160.0**2] * 12


def test_gold_windows_spread_and_have_several_annotators(tmp_path: Path):
    drawn = design_campaign([area_with_map(tmp_path)], SETTINGS)
    gold = drawn["role"] == "gold"
    assert gold.sum() == 3
    assert drawn.loc[gold, "annotators"].tolist() == [3] * 3
    assert set(drawn.loc[~gold, "annotators"]) == {1}
    assert drawn.loc[gold, "stratum"].nunique() >= 2


def test_zones_share_the_windows_and_ground_outside_them_is_left_out(tmp_path: Path):
    west = shapely.box(400_000, 5_099_040, 400_320, 5_100_000)
    middle = shapely.box(400_320, 5_099_040, 400_960, 5_100_000)
    zones = gpd.GeoDataFrame({"zone": ["west", "middle"]}, geometry=[west, middle], crs=32633)
    drawn = design_campaign([CampaignArea("", GRID)], SETTINGS, zones.to_crs(4326))
    assert drawn["zone"].value_counts().to_dict() == {"west": 6, "middle": 6}
    assert drawn.geometry.within(shapely.union_all([west, middle]).buffer(1)).all()


def test_the_draw_repeats_with_its_seed_only(tmp_path: Path):
    area = CampaignArea("", GRID)
    first, again = (design_campaign([area], SETTINGS) for _ in range(2))
    assert first.equals(again)
    other = design_campaign([area], CampaignSettings(12, window_m=160.0, seed=4))
    assert set(other["window_id"]) != set(first["window_id"])


def test_windows_of_overlapping_tiles_lie_on_owned_ground():
    tile = tile_grid("33TVM")
    grid = tile.cut(Window(0, 9800, 160, 400))
    drawn = design_campaign([CampaignArea("33TVM", grid)], CampaignSettings(6, window_m=640.0))
    owned = owned_mask("33TVM", grid)
    for box in drawn.geometry:
        left, _, _, top = box.bounds
        rows, cols = grid.cells([left], [top - 0.1])
        assert owned[rows[0] : rows[0] + 64, cols[0] : cols[0] + 64].all()


def test_too_few_candidates_are_an_error():
    with pytest.raises(LabelError, match="49 windows of 160 m are wanted, 48 fit"):
        design_campaign([CampaignArea("", GRID)], CampaignSettings(49, window_m=160.0))


def test_the_files_are_for_annotators_and_record_the_design(tmp_path: Path):
    drawn = design_campaign([area_with_map(tmp_path)], SETTINGS)
    path, record = write_campaign(tmp_path / "c.gpkg", drawn, SETTINGS, {"map": "map.tif"})
    layers = dict(pyogrio.list_layers(path))
    assert layers == {"windows": "Polygon", "drawings": "Polygon", "classes": None}
    drawings = gpd.read_file(path, layer="drawings")
    assert len(drawings) == 0
    assert drawings.crs.to_epsg() == GRID.epsg
    assert {"window_id", "class_name", "role", "annotator"} <= set(drawings.columns)
    assert len(pyogrio.read_dataframe(path, layer="classes")) == 9
    design = json.loads(record.read_text())
    assert design["seed"] == 3
    assert sum(s["drawn"] for s in design["strata"]) == 12
    with pytest.raises(LabelError, match="orphan"):
        write_campaign(path, drawn, SETTINGS, {})
