"""The learned vote as a product: learnt from maps, judged, used by maps, never from gold ground."""

from dataclasses import replace

import geopandas
import numpy as np
import pytest
from shapely import box

from lulc_assets.core.compositing.vote_head import VoteHead
from lulc_assets.core.errors import InvalidProduct, LabelLeak, NoLabels
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.store.keys import TileYear, Whole
from lulc_assets.core.store.local import LocalStore
from lulc_assets.steps.labels import make_reference_labels
from lulc_assets.steps.learned_vote import make_learned_vote
from lulc_assets.steps.maps import make_annual_map, predicted_scenes
from lulc_assets.steps.page_parts import describe_learned
from lulc_assets.steps.pixels import open_pixels
from lulc_assets.steps.products import LEARNED_VOTE, SCENE_PREDICTIONS
from lulc_assets_tests.core.compositing.scenes import write_prediction
from lulc_assets_tests.steps.predicted_year import KEY, TILE, YEAR, commit_scenes, open_project

SECTIONS = '\n[composite]\nseasons = "quarters"\n[vote]\nlearned = true\nmin_class_pixels = 50\n'


def make_world(folder, sections=SECTIONS, *, leak=False):
    """Stripes of grass and crops; in spring both look like crops, and bare ground tells crops.

    A row of windows of 5 × 5 pixels trains, a row judges. With ``leak``, training polygons of the
    wrong class lie on the gold windows too.
    """
    work = open_project(folder, sections)
    grid, rng = work.grid(TILE), np.random.default_rng(1)
    truth = np.where(np.arange(40) % 10 < 5, 3, 5) * np.ones((24, 1), int)
    scenes = []
    for month in (2, 4, 5, 6, 7, 11):
        seen = np.full(grid.shape, 5)
        if month == 7:
            seen = np.where(truth == 5, 8, 3)
        noise = rng.random(grid.shape) < 0.1
        scenes.append(
            write_prediction(
                folder / "scenes", f"s{month}", np.where(noise, 2, seen),
                rng.integers(150, 250, grid.shape), grid=grid, date=f"{YEAR}-{month:02d}-01",
            )
        )  # fmt: skip
    rows = []
    for number in range(32):
        row, col = 5 * (number // 8), 5 * (number % 8)
        left, top = grid.x0 + 10 * col, grid.y0 - 10 * row
        name = "grass" if truth[row, col] == 3 else "crops"
        gold = number // 8 % 2
        square = {"window_id": f"w{number}", "geometry": box(left, top - 50, left + 50, top)}
        rows.append({"class": name, "role": "gold" if gold else "train", **square})
        if gold and leak:
            other = "crops" if name == "grass" else "grass"
            rows.append({"class": other, "role": "train", **square, "window_id": f"t{number}"})
    geopandas.GeoDataFrame(rows, crs=f"EPSG:{grid.epsg}").to_file(
        folder / "labels.gpkg", engine="pyogrio"
    )
    commit_scenes(work, scenes)
    make_reference_labels(work, KEY)
    return work, truth


def classes_of(work, record):
    return read_raster(work.open(record, "class.tif"))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A project with a plain map, the learned vote and the map that it decided."""
    work, truth = make_world(tmp_path_factory.mktemp("learned"))
    plain = make_annual_map(work, KEY)
    vote = make_learned_vote(work)
    return work, truth, plain, vote, make_annual_map(work, KEY)


def test_a_promoted_vote_makes_a_better_map(world):
    work, truth, plain, vote, record = world
    assert vote.properties.verdict.promote, vote.properties.verdict.reason
    before, after = (classes_of(work, one) for one in (plain, record))
    assert (after == truth).mean() > (before == truth).mean() + 0.2
    used = record.properties.learned
    assert used.changed_pixels == (after != before).sum() > 0
    assert used.vote == vote.files["learned_vote.json"].sha256
    assert record.properties.rule.learned == used.vote
    assert record.files["learned_vote.json"].sha256 == used.vote
    assert plain.properties.learned is None
    assert "learned_vote.json" not in plain.files
    assert vote.properties.pixels == 400


def test_the_map_reads_no_scene_for_it_and_stands_when_the_vote_is_learnt_again(world, monkeypatch):
    work, _, _, vote, record = world

    def refuse(self, key, sha256):
        assert not key.startswith("predicted_scene/"), key
        return fetch(self, key, sha256)

    fetch = LocalStore.fetch
    monkeypatch.setattr(LocalStore, "fetch", refuse)
    again = make_learned_vote(work)
    assert again.files["learned_vote.json"] == vote.files["learned_vote.json"]
    assert make_annual_map(work, KEY) == record


def test_a_traced_pixel_counts_again_to_what_the_map_says(world):
    work, _, plain, _, record = world
    changed = np.argwhere(classes_of(work, plain) != classes_of(work, record))
    with open_pixels(work, KEY) as reader:
        for row, col in changed[::97]:
            assert reader.trace(int(row), int(col)).agrees


def test_the_figure_of_the_gain_is_there_and_pages_say_what_the_vote_did(world):
    work, truth, plain, vote, record = world
    assert work.open(vote, "gains.png").read_bytes().startswith(b"\x89PNG")
    share = 100 * record.properties.learned.changed_pixels / truth.size
    assert f"{share:.1f}\u00a0% of the pixels have another class" in describe_learned(
        record.properties
    )
    assert describe_learned(plain.properties) == ""


def test_without_a_vote_or_with_one_of_another_model_the_plain_vote_decides_and_it_is_said(
    tmp_path,
):
    work, _ = make_world(tmp_path)
    said = []
    work = replace(work, warn=said.append)
    assert make_annual_map(work, KEY).properties.learned is None
    assert "there is none yet; run the job learn_vote" in said.pop()
    make_learned_vote(work)
    scenes = predicted_scenes(work, work.read(SCENE_PREDICTIONS, KEY).properties.scenes)
    commit_scenes(work, scenes, bundle="another model")
    assert make_annual_map(work, KEY).properties.learned is None
    assert "learnt from the votes of another model" in said.pop()


def test_a_refused_vote_is_kept_for_the_eye_and_not_used(tmp_path):
    work, _ = make_world(tmp_path, SECTIONS + "margin = 0.0\nclass_margin = 0.0\n")
    plain = make_annual_map(work, KEY)
    scenes = predicted_scenes(work, work.read(SCENE_PREDICTIONS, KEY).properties.scenes)
    commit_scenes(work, [one for one in scenes if one.scene_id != "s7"])
    plain = make_annual_map(work, KEY)  # without the date that tells the classes apart
    said = []
    work = replace(work, warn=said.append)
    vote = make_learned_vote(work)
    assert not vote.properties.verdict.promote
    assert "is refused, maps stay with the plain vote" in said[0]
    assert make_annual_map(work, KEY) == plain
    assert "it is refused: on 400 gold pixels" in said[-1]


def test_gold_ground_teaches_nothing_training_polygons_on_it_are_refused(tmp_path):
    with pytest.raises(LabelLeak, match="400 training pixels lie under gold"):
        make_world(tmp_path, leak=True)


def test_maps_of_two_models_are_refused(tmp_path):
    work, _ = make_world(tmp_path, SECTIONS)
    training = work.project.training.model_copy(update={"years": (2021, YEAR)})
    work = replace(work, project=work.project.model_copy(update={"training": training}))
    scenes = predicted_scenes(work, work.read(SCENE_PREDICTIONS, KEY).properties.scenes)
    make_annual_map(work, KEY)
    other = TileYear(TILE, 2021)
    commit_scenes(work, [replace(s, date="2021-07-01") for s in scenes], 2021, "another")
    make_annual_map(work, other)
    make_reference_labels(work, other)
    with pytest.raises(InvalidProduct, match=r"are of 2 models \(33TVM 2021: another"):
        make_learned_vote(work)


def test_no_map_and_sums_of_another_layout_are_refused(tmp_path):
    work, _ = make_world(tmp_path)
    with pytest.raises(NoLabels, match="no training partition has an annual map"):
        make_learned_vote(work)
    whole = open_project(tmp_path, "\n[vote]\nlearned = true\n")
    make_annual_map(whole, KEY)
    with pytest.raises(InvalidProduct, match="keeps sums of 0101, the project has 0101, 0401"):
        make_learned_vote(work)


def test_a_damaged_vote_is_named(world, tmp_path):
    path = tmp_path / "learned_vote.json"
    path.write_bytes(b'{"format": 1}')
    with pytest.raises(InvalidProduct, match=r"learned_vote\.json is not a learned vote"):
        VoteHead.from_json(path.read_bytes(), str(path))
    assert world[0].read(LEARNED_VOTE, Whole()) is not None
