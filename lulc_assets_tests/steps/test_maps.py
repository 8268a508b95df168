"""The annual map and the seasons, from predictions made by hand."""

import functools
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pystac
import pytest

from lulc_assets.core.compositing import compose as composing
from lulc_assets.core.errors import InvalidProduct, InvalidProject
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.local import LocalStore
from lulc_assets.steps import maps
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.seasons import make_seasonal_maps
from lulc_assets_tests.core.compositing.scenes import random_year, write_prediction
from lulc_assets_tests.steps.predicted_year import KEY, TILE, commit_scenes, open_project

QUARTERS = '\n[composite]\nseasons = "quarters"\n'
WET = '\n[composite.seasons]\nwet = ["11-01", "04-30"]\n'


@pytest.fixture
def work(tmp_path):
    return open_project(tmp_path / "project")


@pytest.fixture
def scenes(tmp_path, work):
    grid = work.grid(TILE)
    return random_year(tmp_path / "scenes", 6, grid)


@pytest.fixture
def passes_read(monkeypatch):
    """How many passes each map read."""
    read = []

    def compose(*args, **kwargs):
        read.append(composing.compose_year(*args, **kwargs))
        return read[-1]

    monkeypatch.setattr(maps, "compose_year", compose)
    return lambda: [found.passes_read for found in read]


def read_no_scene(monkeypatch):
    """From here on a scene that is read is an error."""
    fetch = LocalStore.fetch

    def only_others(self, key, sha256):
        assert not key.startswith("predicted_scene/"), key
        return fetch(self, key, sha256)

    monkeypatch.setattr(LocalStore, "fetch", only_others)


def made_anew(tmp_path, scenes, sections=""):
    other = open_project(tmp_path / "other", sections)
    commit_scenes(other, scenes)
    return make_annual_map(other, KEY)


@pytest.mark.parametrize("sections", ["", QUARTERS])
def test_a_new_scene_is_read_alone_and_gives_the_record_of_reading_all(
    tmp_path, scenes, passes_read, sections
):
    work = open_project(tmp_path / "project", sections)
    commit_scenes(work, scenes[:5])
    make_annual_map(work, KEY)
    commit_scenes(work, scenes)
    record = make_annual_map(work, KEY)
    assert passes_read() == [5, 1]
    assert record == made_anew(tmp_path, scenes, sections)


def test_a_scene_that_is_gone_or_predicted_anew_is_retracted(tmp_path, work, scenes, passes_read):
    commit_scenes(work, scenes)
    make_annual_map(work, KEY)
    (anew,) = random_year(tmp_path / "anew", 1, work.grid(TILE), seed=5)
    changed = [replace(anew, scene_id="s0", datatake="s0"), *scenes[1:5]]
    commit_scenes(work, changed)
    record = make_annual_map(work, KEY)
    assert passes_read() == [6, 3]
    assert record == made_anew(tmp_path, changed)


def test_other_weights_are_applied_without_reading_a_scene(
    tmp_path, work, scenes, passes_read, monkeypatch
):
    commit_scenes(work, scenes)
    first = make_annual_map(work, KEY)
    heavy = open_project(tmp_path / "project", "\n[composite.weights_256]\nwater = 4096\n")
    read_no_scene(monkeypatch)
    second = make_annual_map(heavy, KEY)
    assert passes_read() == [6, 0]
    assert second.properties.class_pixels["water"] > first.properties.class_pixels["water"]


def test_without_the_old_prediction_of_a_changed_scene_all_are_read(
    tmp_path, work, scenes, passes_read
):
    commit_scenes(work, scenes)
    old = make_annual_map(work, KEY)
    changed = [*scenes[:5], write_prediction(tmp_path, "s5", 3, grid=work.grid(TILE))]
    commit_scenes(work, changed)
    lost = next(r.class_.key for r in old.properties.predictions if r.scene_id == "s5")
    (work.store.root / lost).unlink()
    assert make_annual_map(work, KEY) == made_anew(tmp_path, changed)


def test_damaged_sums_are_not_used(tmp_path, work, scenes, passes_read):
    commit_scenes(work, scenes[:5])
    record = make_annual_map(work, KEY)
    work.open(record, "sums_0101.zip").write_bytes(b"damaged")
    commit_scenes(work, scenes)
    assert make_annual_map(work, KEY) == made_anew(tmp_path, scenes)
    assert passes_read()[:2] == [5, 6]


def test_sums_of_another_grid_are_not_used(tmp_path, work, scenes, passes_read):
    commit_scenes(work, scenes[:5])
    make_annual_map(work, KEY)
    moved = open_project(tmp_path / "project")
    section = moved.project.tiles[TILE].model_copy(update={"window": (1000, 2004, 24, 40)})
    project = moved.project.model_copy(update={"tiles": {TILE: section}})
    moved = replace(moved, project=project)
    there = random_year(tmp_path / "there", 6, moved.grid(TILE), seed=9)
    commit_scenes(moved, there)
    make_annual_map(moved, KEY)
    assert passes_read() == [5, 6]


def test_two_datastrips_of_one_datatake_vote_once(tmp_path, work):
    grid = work.grid(TILE)
    strips = [write_prediction(tmp_path, name, 5, grid=grid, datatake="t") for name in ("a", "b")]
    commit_scenes(work, strips)
    record = make_annual_map(work, KEY)
    assert record.properties.datatakes == 1
    assert record.properties.scenes == ("a", "b")
    assert (read_raster(work.open(record, "observations.tif")) == 1).all()


def test_of_two_runs_at_once_one_commits_and_the_other_leaves_cleanly(work, scenes, monkeypatch):
    commit_scenes(work, scenes[:4])
    real, inner = composing.compose_year, []

    def compose(*args, **kwargs):
        found = real(*args, **kwargs)
        if not inner:
            inner.append(None)
            commit_scenes(work, scenes)
            inner.append(make_annual_map(work, KEY))
        return found

    monkeypatch.setattr(maps, "compose_year", compose)
    assert make_annual_map(work, KEY) == inner[1]
    assert work.read(ANNUAL_MAP, KEY) == inner[1]
    assert make_annual_map(work, KEY) == inner[1]


KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from lulc_assets.core.store.local import LocalStore
from lulc_assets.steps.maps import make_annual_map
from lulc_assets_tests.steps.predicted_year import KEY
from lulc_assets_tests.tiny_project import open_work

left = int(sys.argv[2])

def dying(write):
    def wrapped(*args, **kwargs):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return write(*args, **kwargs)
    return wrapped

LocalStore.put_file, LocalStore.replace = dying(LocalStore.put_file), dying(LocalStore.replace)
make_annual_map(open_work(Path(sys.argv[1])), KEY)
"""


@pytest.mark.parametrize("writes", [0, 1, 4, 7])
def test_a_run_killed_between_its_writes_leaves_the_old_map_whole(tmp_path, work, scenes, writes):
    commit_scenes(work, scenes[:5])
    old = make_annual_map(work, KEY)
    commit_scenes(work, scenes)
    project_file = tmp_path / "project" / "project.toml"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED_RUN, str(project_file), str(writes)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert work.read(ANNUAL_MAP, KEY) == old
    for name in old.files:
        work.open(old, name)
    assert make_annual_map(work, KEY) == made_anew(tmp_path, scenes)


def test_seasons_are_made_from_the_maps_sums_alone(tmp_path, scenes, monkeypatch):
    work = open_project(tmp_path / "project", QUARTERS)
    commit_scenes(work, scenes)
    make_annual_map(work, KEY)
    read_no_scene(monkeypatch)
    record = make_seasonal_maps(work, KEY)
    assert record.properties.incomplete == ()
    assert sum(s.datatakes for s in record.properties.seasons.values()) == 6
    assert "seasons.png" in record.files
    for name in ("q1", "q2", "q3", "q4"):
        item = pystac.Item.from_file(str(work.open(record, f"item_{name}.json")))
        assert set(item.assets) == {"class", "vote_share", "observations"}
        for layer, asset in item.assets.items():
            sha256 = record.files[f"{layer}_{name}.tif"].sha256
            assert asset.extra_fields["file:checksum"] == f"1220{sha256}"
    assert item.properties["start_datetime"] == "2022-10-01T00:00:00Z"
    assert make_seasonal_maps(work, KEY) == record


def test_a_season_over_new_year_waits_for_the_former_year_and_then_changes(tmp_path):
    work = open_project(tmp_path / "project", WET)
    write = functools.partial(write_prediction, tmp_path, grid=work.grid(TILE))
    commit_scenes(work, [write("b", 5, 90, date="2022-02-01")])
    make_annual_map(work, KEY)
    alone = make_seasonal_maps(work, KEY)
    assert alone.properties.incomplete == ("wet",)
    commit_scenes(work, [write("a", 2, 250, date="2021-12-01")], year=2021)
    make_annual_map(work, TileYear(TILE, 2021))
    both = make_seasonal_maps(work, KEY)
    assert both.properties.incomplete == ()
    assert both.properties.seasons["wet"].class_pixels["trees"] == 24 * 40
    item = json.loads(work.open(both, "item_wet.json").read_text())
    assert item["properties"]["start_datetime"] == "2021-11-01T00:00:00Z"
    assert item["properties"]["end_datetime"] == "2022-04-30T23:59:59Z"


def test_seasons_that_the_map_does_not_keep_are_refused(tmp_path, work, scenes):
    commit_scenes(work, scenes)
    make_annual_map(work, KEY)
    with pytest.raises(InvalidProject, match="no seasons"):
        make_seasonal_maps(work, KEY)
    with pytest.raises(InvalidProduct, match="materialize annual_map again"):
        make_seasonal_maps(open_project(tmp_path / "project", QUARTERS), KEY)


def test_a_strategy_without_sums_makes_no_seasons(tmp_path, scenes):
    work = open_project(tmp_path / "project", QUARTERS + 'strategy = "latest"\n')
    commit_scenes(work, scenes)
    record = make_annual_map(work, KEY)
    assert not maps.kept_parts(record)
    with pytest.raises(InvalidProject, match="keeps no sums"):
        make_seasonal_maps(work, KEY)
