"""Whatever way a set of scenes is reached, files are those of counting it anew."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.seasonal import compose_seasons
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.compositing.update import KeptYear
from lulc_assets.core.errors import InvalidProduct, ProductCorrupt
from lulc_assets.core.legends import propose_legend
from lulc_assets_tests.core.compositing.scenes import GRID, LARGE, random_year, write_prediction

PLAIN = CompositeSettings()
QUARTERS = CompositeSettings(seasons="quarters")


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """Ten scenes: eight passes, one of two datastrips, one scene in two baselines.

    They are masked often, so that many pixels are flagged with some of them and not with
    others.
    """
    folder = tmp_path_factory.mktemp("pool")
    scenes = random_year(folder, 8)
    twin = random_year(folder, 1, seed=7)[0]
    strip = random_year(folder, 1, seed=8)[0]
    return [*scenes, replace(twin, scene_id="s3", datatake="s3", date=scenes[3].date),
            replace(strip, scene_id="s5b", datatake="s5", date=scenes[5].date)]  # fmt: skip


def sets_of(pool):
    """Any subset, with at most one of the two baselines of a scene."""
    chosen = st.lists(st.sampled_from(range(len(pool))), unique=True)
    return chosen.map(lambda ids: list({pool[k].scene_id: pool[k] for k in ids}.values()))


def same_files(one, other):
    return all(
        one_files[name].read_bytes() == other_files[name].read_bytes()
        for one_files, other_files in ((one.files, other.files), (one.sums, other.sums))
        for name in one_files
    )


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
@pytest.mark.parametrize(
    "composite",
    [
        CompositeSettings(),
        CompositeSettings(seasons="quarters", strategy="plain_mode"),
        CompositeSettings(
            seasons={"wet": ("11-01", "04-30")}, season_weights_256={"wet": {"grass": 700}}
        ),
    ],
)
def test_any_way_to_a_set_of_scenes_gives_the_files_of_counting_it_anew(pool, composite, data):
    with tempfile.TemporaryDirectory() as name:
        folder, kept, last = Path(name), None, None
        for step in range(data.draw(st.integers(2, 4))):
            scenes = data.draw(sets_of(pool))
            last = compose_year(scenes, GRID, composite, folder / str(step), kept=kept)
            kept = KeptYear(last.sums, scenes)
        anew = compose_year(scenes, GRID, composite, folder / "anew")
        assert same_files(last, anew)
        assert replace(last, files={}, sums={}, passes_read=0) == replace(
            anew, files={}, sums={}, passes_read=0
        )


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
@pytest.mark.parametrize("classes", [2, 14, 60])
def test_sums_of_any_number_of_classes_equal_counting_anew(tmp_path_factory, classes, data):
    legend = propose_legend("many", [f"class {n}" for n in range(classes)])
    pool = random_year(tmp_path_factory.mktemp("pool"), 6, codes=classes + 1)
    with tempfile.TemporaryDirectory() as name:
        folder, kept = Path(name), None
        for step in range(3):
            scenes = data.draw(st.lists(st.sampled_from(pool), unique_by=lambda s: s.scene_id))
            out = folder / str(step)
            last = compose_year(scenes, GRID, QUARTERS, out, legend=legend, kept=kept)
            kept = KeptYear(last.sums, scenes)
        anew = compose_year(scenes, GRID, QUARTERS, folder / "anew", legend=legend)
        assert same_files(last, anew)
        assert set(last.class_counts) == set(range(classes + 1))


def test_sums_of_another_legend_are_not_used(tmp_path):
    scenes = random_year(tmp_path, 4, codes=3)
    one = compose_year(scenes, GRID, PLAIN, tmp_path / "one")
    two_classes = propose_legend("two", ["a", "b"])
    kept = KeptYear(one.sums, scenes)
    two = compose_year(scenes, GRID, PLAIN, tmp_path / "two", legend=two_classes, kept=kept)
    assert two.passes_read == 4
    with pytest.raises(ProductCorrupt, match="of 2 classes, legend karra-10 has 9"):
        compose_seasons(two.sums, None, GRID, QUARTERS, tmp_path / "seasons")


def test_a_code_beyond_the_legend_is_refused(tmp_path):
    scene = write_prediction(tmp_path, "a", 3)
    with pytest.raises(InvalidProduct, match="holds code 3, which is not in legend two"):
        compose_year(
            [scene], GRID, PLAIN, tmp_path / "out", legend=propose_legend("two", ["a", "b"])
        )


def test_a_new_scene_is_all_that_is_read(tmp_path):
    scenes = random_year(tmp_path, 6, LARGE)
    before = compose_year(scenes[:5], LARGE, PLAIN, tmp_path / "before")
    for scene in scenes[:5]:
        for path in scene.fetch():
            path.unlink()
    after = compose_year(
        scenes, LARGE, PLAIN, tmp_path / "after", kept=KeptYear(before.sums, scenes[:5])
    )
    assert after.passes_read == 1


def test_adding_twice_changes_nothing_and_reads_nothing(tmp_path):
    scenes = random_year(tmp_path, 3)
    one = compose_year(scenes, GRID, PLAIN, tmp_path / "one")
    kept = KeptYear(one.sums, scenes)
    two = compose_year([*scenes, *scenes], GRID, PLAIN, tmp_path / "two", kept=kept)
    assert two.passes_read == 0
    assert same_files(one, two)


def test_a_scene_predicted_anew_is_retracted_and_added(tmp_path):
    scenes = random_year(tmp_path, 5)
    one = compose_year(scenes, GRID, PLAIN, tmp_path / "one")
    new = [*scenes[:4], write_prediction(tmp_path, "s4", 7, 99, date=scenes[4].date)]
    kept = KeptYear(one.sums, scenes)
    two = compose_year(new, GRID, PLAIN, tmp_path / "two", kept=kept)
    assert two.passes_read == 2
    assert same_files(two, compose_year(new, GRID, PLAIN, tmp_path / "anew"))


def test_where_most_scenes_changed_all_are_counted_anew(tmp_path):
    old, new = random_year(tmp_path, 3), random_year(tmp_path, 3, seed=1)
    one = compose_year(old, GRID, PLAIN, tmp_path / "one")
    two = compose_year(new, GRID, PLAIN, tmp_path / "two", kept=KeptYear(one.sums, old))
    assert two.passes_read == 3


def test_other_weights_read_no_scene(tmp_path):
    scenes = random_year(tmp_path, 4)
    one = compose_year(scenes, GRID, PLAIN, tmp_path / "one")
    heavy = CompositeSettings(weights_256={"water": 4096})
    two = compose_year(scenes, GRID, heavy, tmp_path / "two", kept=KeptYear(one.sums, scenes))
    assert two.passes_read == 0
    assert two.class_counts[1] > one.class_counts[1]
    assert same_files(two, compose_year(scenes, GRID, heavy, tmp_path / "anew"))


@pytest.mark.parametrize("other", [CompositeSettings(seasons="quarters"),
                                   CompositeSettings(strategy="plain_mode")])  # fmt: skip
def test_sums_of_other_seasons_or_votes_are_not_used(tmp_path, other):
    scenes = random_year(tmp_path, 4)
    one = compose_year(scenes, GRID, PLAIN, tmp_path / "one")
    two = compose_year(scenes, GRID, other, tmp_path / "two", kept=KeptYear(one.sums, scenes))
    assert two.passes_read == 4


def test_sums_that_are_not_those_of_their_scenes_are_refused(tmp_path):
    scenes = random_year(tmp_path, 4)
    one = compose_year(scenes, GRID, PLAIN, tmp_path / "one")
    with pytest.raises(ProductCorrupt, match="not those of their map's scenes"):
        compose_year(scenes, GRID, PLAIN, tmp_path / "two", kept=KeptYear(one.sums, scenes[:3]))


def test_damaged_sums_are_refused(tmp_path):
    scenes = random_year(tmp_path, 4)
    one = compose_year(scenes[:3], GRID, PLAIN, tmp_path / "one")
    data = bytearray(one.sums["0101"].read_bytes())
    data[len(data) // 2] ^= 1
    one.sums["0101"].write_bytes(data)
    with pytest.raises(ProductCorrupt, match="kept sums"):
        compose_year(scenes, GRID, PLAIN, tmp_path / "two", kept=KeptYear(one.sums, scenes[:3]))
    one.sums["0101"].write_bytes(b"nothing")
    with pytest.raises(ProductCorrupt, match="kept sums"):
        compose_year(scenes, GRID, PLAIN, tmp_path / "two", kept=KeptYear(one.sums, scenes[:3]))


def test_ground_that_no_scene_saw_takes_no_room(tmp_path):
    seen = np.zeros(LARGE.shape)
    seen[:10, :10] = 1
    scene = write_prediction(tmp_path, "a", seen, grid=LARGE)
    one = compose_year([scene], LARGE, PLAIN, tmp_path / "one")
    assert one.sums["0101"].stat().st_size < 20_000
