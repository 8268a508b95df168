"""A scene killed at ten points: the old product stays whole, the rerun gives the same bytes."""

import multiprocessing
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from lulc_assets.core.store.keys import SceneOfYear
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.records import Record
from lulc_assets.steps import predicted_scenes, workbench
from lulc_assets.steps.products import PREDICTED_SCENE
from lulc_assets_tests.tiny_project import (
    KEY,
    TILE,
    YEAR,
    make_tiny_project,
    open_work,
    train_tiny_model,
)

POINTS = (
    "bundle",
    "read",
    "infer 0",
    "infer 2",
    "write 0",
    "valid",
    "publish",
    "put 1",
    "put 3",
    "commit",
)
"""Where the process dies: just before a call, and before which one. ``put`` stores a file,
``commit`` writes the record."""

HEAVY = [
    "lulc_assets.core.inference.openvino_engine",
    "lulc_assets.core.inference.scene",
    "lulc_assets.core.figures.scenes",
    "lulc_assets_tests.tiny_project",
]
"""Loaded once for all processes that are to die."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project with a bundle and no prediction."""
    folder = tmp_path_factory.mktemp("killed")
    file = make_tiny_project(folder)
    text = file.read_text() + "\n[windows]\nblock_px = 96\nhalo_px = 32\n"
    file.write_text(text)
    train_tiny_model(open_work(file))
    return folder


def predict_first(folder: Path) -> None:
    work = open_work(folder / "project.toml")
    batch = predicted_scenes.plan_batches(work, KEY)[0]
    only = replace(batch, scenes=batch.scenes[:1])
    (outcome,) = predicted_scenes.predict_batch(work, only).outcomes
    assert not outcome.error


def products(folder: Path) -> dict[str, bytes]:
    root = folder / "store" / "predicted_scene"
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def die_in_a_process(folder: Path, point: str) -> None:
    """Predict in a fresh process and see it die at the point."""
    fresh = multiprocessing.get_context("forkserver")
    fresh.set_forkserver_preload(HEAVY)
    process = fresh.Process(target=run_and_die, args=(folder, point))
    process.start()
    process.join(300)
    assert process.exitcode == -signal.SIGKILL, point


def run_and_die(folder: Path, point: str) -> None:
    """Predict the first scene and kill this process at the point."""
    from lulc_assets.core.imagery.growing import GrowingLayer
    from lulc_assets.core.inference import blocks, openvino_engine

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    what, _, number = point.partition(" ")
    calls = iter(range(1000))

    def before(holder: object, name: str) -> None:
        original = getattr(holder, name)

        def dying(*args: object, **options: object) -> object:
            if next(calls) == int(number or 0):
                die()
            return original(*args, **options)

        setattr(holder, name, dying)

    holder, name = {
        "bundle": (predicted_scenes, "open_bundle"),
        "read": (blocks.SceneReader, "read_dn_block"),
        "infer": (openvino_engine.OpenVinoPredictor, "predict"),
        "write": (GrowingLayer, "finish"),
        "valid": (predicted_scenes, "validate_layer"),
        "put": (LocalStore, "put_file"),
        "publish": (workbench, "publish"),
        "commit": (LocalStore, "replace"),
    }[what]
    before(holder, name)
    predict_first(folder)


def test_a_kill_at_any_point_changes_nothing_but_the_time(trained, tmp_path):
    whole = shutil.copytree(trained, tmp_path / "whole")
    predict_first(whole)
    expected = products(whole)
    assert expected
    for point in POINTS:
        folder = shutil.copytree(trained, tmp_path / point)
        die_in_a_process(folder, point)
        records = [name for name in products(folder) if name.endswith("record.json")]
        assert not records, f"{point}: a killed scene left a record"
        predict_first(folder)
        assert products(folder) == expected, point


def verified_record(folder: Path) -> tuple[Record, dict[str, bytes]]:
    """The first scene's record, and its files as their checksums allow."""
    work = open_work(folder / "project.toml")
    scene = predicted_scenes.plan_batches(work, KEY)[0].scenes[0]
    record = work.read(PREDICTED_SCENE, SceneOfYear(TILE, YEAR, scene))
    return record, {name: work.open(record, name).read_bytes() for name in record.files}


@pytest.mark.parametrize("point", ["put 1", "commit"])
def test_a_kill_while_a_prediction_is_replaced_leaves_the_old_one_whole(trained, tmp_path, point):
    folder = shutil.copytree(trained, tmp_path / "project")
    predict_first(folder)
    old, content = verified_record(folder)
    file = folder / "project.toml"
    file.write_text(file.read_text().replace("block_px = 96", "block_px = 192"))
    die_in_a_process(folder, point)
    assert verified_record(folder) == (old, content)
    predict_first(folder)
    new, _ = verified_record(folder)
    assert new.digest != old.digest
