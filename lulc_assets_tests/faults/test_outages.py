"""An image host that is away says nothing about scenes; a broken file says it about one.

Before: every candidate became "refused: UnreadableRaster", the empty table was committed, and a
good map was replaced by no data, run green.
"""

import dataclasses

import numpy as np
import pytest

from lulc_assets.core.catalog.selection import SelectionSettings, select_scenes
from lulc_assets.core.catalog.table import require_judged
from lulc_assets.core.errors import (
    ImageryUnreachable,
    NoReadableScenes,
    ScenesUnreachable,
    UnreadableRaster,
)
from lulc_assets.core.imagery.reader import SceneReader
from lulc_assets.core.scene.recipe import BandAsset
from lulc_assets_tests.faults.conftest import WIDE

pytestmark = pytest.mark.loopback


def several(recipe, count=5, **fields):
    return [
        dataclasses.replace(recipe, id=f"S{n}", acquisition=f"a{n}", **fields) for n in range(count)
    ]


def select(recipes):
    return select_scenes(recipes, WIDE, SelectionSettings())


def states(table):
    return table.set_index("scene_id")["reason"].str.split(":").str[0].str.split().str[0].to_dict()


@pytest.mark.parametrize("fault", ["503", "drop", "500", "403", "truncate", "wrong range"])
def test_an_outage_is_no_finding_about_a_scene(server, remote_scene, fault):
    server.fault = fault
    table = select(several(remote_scene, 2))
    assert set(states(table).values()) == {"unreachable"}
    with pytest.raises(
        ScenesUnreachable, match=r"33TVL 2020: 2 of 2 candidates could not be asked"
    ):
        require_judged(table, "33TVL 2020")


def test_one_file_that_is_away_for_a_moment_is_enough(server, remote_scene, local_scene):
    server.fault, server.only = "503", "scl.tif"
    table = select([*several(local_scene, 2), dataclasses.replace(remote_scene, id="away")])
    assert states(table)["away"] == "unreachable"
    with pytest.raises(ScenesUnreachable, match="1 of 3"):
        require_judged(table, "x")


def test_a_band_that_is_away_is_no_finding_either(server, remote_scene, local_scene):
    server.fault, server.only = "503", "nir.tif"
    table = select([local_scene, dataclasses.replace(remote_scene, id="away", acquisition="b")])
    assert states(table) == {"S2A_TEST": "selected", "away": "unreachable"}


def test_a_dead_host_is_not_asked_for_every_scene(server, remote_scene):
    server.fault = "503"
    table = select(several(remote_scene, 12))
    assert len(table[table["reason"].str.contains("not asked")]) == 9
    assert {path for path, _, _ in server.requests} == {"/scl.tif"}


@pytest.mark.parametrize("fault", ["404", "range ignored"])
def test_what_the_host_says_of_a_file_is_a_finding(server, remote_scene, local_scene, fault):
    server.fault, server.only = fault, "green.tif"
    gone = dataclasses.replace(remote_scene, id="gone", acquisition="b")
    table = select([local_scene, gone])
    assert states(table) == {"S2A_TEST": "selected", "gone": "refused"}
    require_judged(table, "x")
    with pytest.raises(UnreadableRaster) as caught:
        SceneReader(gone, WIDE).check()
    assert not isinstance(caught.value, ImageryUnreachable)


def test_candidates_none_of_which_can_be_read_are_an_error_that_quotes_them(local_scene):
    nowhere = {**local_scene.bands, "scl": BandAsset("/nowhere/scl.tif", 20.0)}
    table = select(several(local_scene, 3, bands=nowhere))
    with pytest.raises(NoReadableScenes, match=r"none of 3.*3 UnreadableRaster.*/nowhere/scl\.tif"):
        require_judged(table, "33TVL 2020")


def test_scenes_that_are_clear_and_all_refused_are_an_error(local_scene):
    recipes = several(local_scene, 2, offset_dn=-1000)
    with pytest.raises(NoReadableScenes, match="2 OffsetContradicted"):
        require_judged(select(recipes), "x")


def test_a_year_of_clouds_beside_a_broken_scene_is_a_finding(local_scene, tmp_path):
    from lulc_assets_tests.small_scene import write_scene

    cloudy = write_scene(tmp_path / "cloudy", grid=WIDE, scl=np.full((128, 128), 9, np.uint8))
    nowhere = {**local_scene.bands, "scl": BandAsset("/nowhere/scl.tif", 20.0)}
    broken = dataclasses.replace(local_scene, id="broken", acquisition="b", bands=nowhere)
    require_judged(select([dataclasses.replace(cloudy, id="cloudy"), broken]), "x")


# --- substitutes -------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["scl", "nir"])
def test_a_newer_processing_that_is_broken_leaves_the_older_one(local_scene, tmp_path, role):
    broken = tmp_path / "broken.tif"
    broken.write_text("no raster")
    bands = {**local_scene.bands, role: BandAsset(str(broken), local_scene.bands[role].gsd_m)}
    newest = dataclasses.replace(local_scene, id="newest", baseline="05.11", bands=bands)
    newer = dataclasses.replace(local_scene, id="newer", baseline="02.14")
    oldest = dataclasses.replace(local_scene, id="oldest", baseline="02.04")
    table = select([oldest, newest, newer]).set_index("scene_id")
    assert table["selected"].to_dict() == {"oldest": False, "newer": True, "newest": False}
    assert table.loc["newest", "reason"].startswith("refused: UnreadableRaster")
    assert table.loc["oldest", "reason"] == "left out: duplicate of newer"


def test_an_older_processing_does_not_stand_in_for_one_that_is_away(
    server, remote_scene, local_scene
):
    server.fault = "503"
    newer = dataclasses.replace(remote_scene, id="newer", baseline="02.14")
    table = select([local_scene, newer])
    assert not table["selected"].any()
