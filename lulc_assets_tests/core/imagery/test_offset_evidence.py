import dataclasses

import numpy as np
import pytest

from lulc_assets.core.catalog.selection import SelectionSettings, select_scenes
from lulc_assets.core.errors import OffsetContradicted, OffsetUndecidable
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.checking import check_scene, evidence_of
from lulc_assets.core.imagery.offset_evidence import judge_offset
from lulc_assets.core.imagery.sample import read_sample
from lulc_assets.core.scene.recipe import BAND_ROLES
from lulc_assets_tests.core.imagery.real_scenes import sahara
from lulc_assets_tests.small_scene import GRID, write_scene, write_tif

SIDE = 64
FIELD = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, SIDE, SIDE)


def pixels(value, *, dark=0.0, dark_dn=300, water=0, water_dn=1050):
    """Bands of one DN with a share of dark pixels in red, and water in B12."""
    dn = {role: np.full((SIDE, SIDE), float(value), np.float32) for role in BAND_ROLES}
    scl = np.full((SIDE, SIDE), 4, np.uint8)
    dn["red"].ravel()[: round(dark * SIDE**2)] = dark_dn
    scl.ravel()[:water] = 6
    dn["swir2"].ravel()[:water] = water_dn
    return dn, scl


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        (pixels(2500, dark=0.002), "absent"),
        (pixels(2500, dark=0.0005), "cannot tell"),
        (pixels(2500, dark=0.5, dark_dn=800), "cannot tell"),
        (pixels(2500, dark=0.5, dark_dn=0), "cannot tell"),
        (pixels(1012), "cannot tell"),
        (pixels(2500, water=500, water_dn=1050), "present"),
        (pixels(2500, water=500, water_dn=900), "present"),
        (pixels(2500, water=500, water_dn=1300), "present"),
        (pixels(2500, water=500, water_dn=899), "cannot tell"),
        (pixels(2500, water=500, water_dn=1301), "cannot tell"),
        (pixels(2500, water=499, water_dn=1050), "cannot tell"),
        (pixels(2500, dark=0.002, water=500, water_dn=1050), "cannot tell"),
    ],
)
def test_the_pixels_say_absent_present_or_nothing(made, verdict):
    assert judge_offset(*made).verdict == verdict


def test_black_water_is_evidence_of_absence_of_its_own():
    dn, scl = pixels(2500, water=500, water_dn=30)
    assert judge_offset({"swir2": dn["swir2"]}, scl).verdict == "absent"
    assert "30 DN" in judge_offset(dn, scl).reason


def test_pixels_without_data_are_not_asked():
    dn, scl = pixels(2500, dark=0.5)
    scl[dn["red"] < 800] = 0
    assert judge_offset(dn, scl).verdict == "cannot tell"


def test_an_offset_of_another_size_is_judged_at_its_own_place():
    assert judge_offset(*pixels(8000, water=600, water_dn=7050), -7000).verdict == "present"
    assert judge_offset(*pixels(2500, water=600, water_dn=1050), -7000).verdict == "absent"
    assert judge_offset(*pixels(8000), -7000).verdict == "cannot tell"


def require_offset(recipe, grid):
    return check_scene(recipe, grid).evidence


def read_evidence(recipe, grid):
    return evidence_of(recipe, read_sample(recipe, grid))


def scene(folder, value, *, scl=None, **fields):
    dn = {}
    for role in BAND_ROLES:
        size = SIDE // 2 if role.startswith("swir") else SIDE
        dn[role] = np.full((size, size), value, np.uint16)
    codes = np.full((SIDE // 2, SIDE // 2), 4, np.uint8) if scl is None else scl
    return write_scene(folder, grid=FIELD, dn=dn, scl=codes, **fields)


def test_metadata_with_an_offset_that_the_pixels_lack_block_the_scene(tmp_path):
    recipe = scene(tmp_path, 300, offset_dn=-1000, offset_reason="baseline 05.09 says so")
    with pytest.raises(OffsetContradicted) as caught:
        require_offset(recipe, FIELD)
    for part in ("S2A_TEST", "baseline 05.09 says so", "absent", "% of red lie below 800 DN"):
        assert part in str(caught.value)


def test_metadata_without_an_offset_that_the_pixels_hold_block_the_scene(tmp_path):
    water = np.full((SIDE // 2, SIDE // 2), 6, np.uint8)
    recipe = scene(tmp_path, 1040, scl=water, offset_dn=0)
    with pytest.raises(OffsetContradicted, match="present"):
        require_offset(recipe, FIELD)


def test_agreement_and_silence_leave_the_metadata_standing(tmp_path):
    assert require_offset(scene(tmp_path / "a", 300), FIELD).verdict == "absent"
    assert require_offset(scene(tmp_path / "b", 3000), FIELD).verdict == "cannot tell"
    silent = scene(tmp_path / "c", 3000, offset_dn=-1000)
    assert require_offset(silent, FIELD).verdict == "cannot tell"


def test_an_offset_in_need_of_proof_is_refused_without_and_taken_with_it(tmp_path):
    fields = {"offset_dn": -7000, "offset_needs_proof": True, "offset_reason": "stated"}
    with pytest.raises(OffsetUndecidable, match="stated; they cannot tell"):
        require_offset(scene(tmp_path / "a", 9000, **fields), FIELD)
    with pytest.raises(OffsetContradicted):
        require_offset(scene(tmp_path / "b", 2000, **fields), FIELD)
    water = np.full((SIDE // 2, SIDE // 2), 6, np.uint8)
    proven = scene(tmp_path / "c", 7040, scl=water, **fields)
    assert require_offset(proven, FIELD).verdict == "present"


def test_no_data_beside_a_pixel_does_not_count_as_darkness(tmp_path):
    """An average overview mixes 0 into the pixels at the edge of the swath."""
    scl = np.full((SIDE // 2, SIDE // 2), 4, np.uint8)
    scl[:, : SIDE // 4] = 0
    recipe = scene(tmp_path, 3000, scl=scl, offset_dn=-1000)
    path = tmp_path / "mixed.tif"

    red = np.full((SIDE, SIDE), 3000, np.uint16)
    red[:, : SIDE // 2 - 1], red[:, SIDE // 2] = 0, 500
    bands = {
        **recipe.bands,
        "red": dataclasses.replace(recipe.bands["red"], href=str(write_tif(path, red))),
    }
    assert read_evidence(dataclasses.replace(recipe, bands=bands), FIELD).verdict == "cannot tell"


def test_large_files_without_overviews_are_judged_by_a_piece_in_the_middle(tmp_path):
    grid = PixelGrid(GRID.epsg, GRID.x0, GRID.y0, 4096, 4096)
    dn = {}
    for role in BAND_ROLES:
        size = 2048 if role.startswith("swir") else 4096
        dn[role] = np.full((size, size), 3000, np.uint16)
        dn[role][:100] = 200  # far from the middle
    scl = np.full((2048, 2048), 4, np.uint8)
    recipe = write_scene(tmp_path, grid=grid, dn=dn, scl=scl)
    assert read_evidence(recipe, grid).verdict == "cannot tell"


def test_a_contradicted_scene_is_a_row_with_both_pieces_of_evidence(tmp_path):
    wrong = scene(tmp_path / "a", 300, id="wrong", offset_dn=-1000, acquisition="a")
    right = scene(tmp_path / "b", 3000, id="right", acquisition="b")
    table = select_scenes([wrong, right], FIELD, SelectionSettings())
    rows = table.set_index("scene_id")
    assert rows["selected"].to_dict() == {"wrong": False, "right": True}
    reason = rows.loc["wrong", "reason"]
    assert reason.startswith("refused: OffsetContradicted")
    assert "below 800 DN" in reason


@pytest.mark.real_data
def test_the_desert_without_offset_or_water_is_no_contradiction(real_data):
    """B02 of the Sahara has its first percentile at 1012 DN with an offset of 0."""

    recipe, grid = sahara(real_data)
    evidence = require_offset(recipe, grid)
    assert evidence.verdict != "present"
