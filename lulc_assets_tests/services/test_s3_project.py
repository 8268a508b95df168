"""A tile × year whose products are in a bucket equals the one of a laptop byte for byte."""

import json
import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import torch

from benchmarks.killed_store.server import BUCKET, SECRET, S3Server
from lulc_assets.core.store.publish import find_record
from lulc_assets.core.store.s3 import S3Store
from lulc_assets.core.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from lulc_assets.definitions import defs
from lulc_assets.defs.partitions import REGION as REGION_DIMENSION
from lulc_assets.defs.partitions import TILE as TILE_DIMENSION
from lulc_assets.defs.partitions import add_keys
from lulc_assets.project import load_project
from lulc_assets.steps.products import PRODUCTS
from lulc_assets.steps.training import checkpoints_kept
from lulc_assets.steps.workbench import Workbench
from lulc_assets_tests.tiny_project import (
    KEY,
    REGION,
    TILE,
    YEAR,
)

pytestmark = pytest.mark.services

JOBS = (
    ("reference", f"{REGION}|{YEAR}"),
    ("map_tile_year", KEY.partition),
    ("region", f"{REGION}|{YEAR}"),
    ("metrics", None),
)
MADE_BY_JOBS = (
    "reference_sample", "scene_catalog", "scene_predictions", "annual_map",
    "accuracy_area_report", "region_report", "metric_tables", "report_pages",
)  # fmt: skip


def run_all(home: Path) -> dg.DagsterInstance:
    """From a trained model to the pages on an instance of a folder, in this process."""
    home.mkdir()
    instance = dg.DagsterInstance.local_temp(str(home))
    add_keys(instance, TILE_DIMENSION, [TILE])
    add_keys(instance, REGION_DIMENSION, [REGION])
    for job, partition in JOBS:
        found = defs().resolve_job_def(job)
        done = found.execute_in_process(instance=instance, partition_key=partition)
        assert done.success
    return instance


def send_trained(folder: Path, store: S3Store) -> None:
    """What a training left in a folder, to a bucket: a model is not trained twice for a test."""
    for path in (p for p in folder.rglob("*") if p.is_file()):
        key = path.relative_to(folder).as_posix()
        if not key.startswith((*MADE_BY_JOBS, ".", "probe", "project")):
            store.overwrite(key, path)


def records_of(work: Workbench) -> dict[str, bytes]:
    """Product → bytes of its record, which holds the digest of each file."""
    found = {}
    for product in PRODUCTS:
        for parts in ((), KEY.parts, (REGION, str(YEAR))):
            place = "/".join((product.asset, *parts))
            record = find_record(work.store, place, product.properties)[0]
            if record:
                found[place] = record.data
    return found


@pytest.fixture(scope="module")
def both(s3: S3Server, trained_here: Path, tmp_path_factory: pytest.TempPathFactory):
    """The project run on a folder and on a bucket: two project files and the bucket's instance."""
    folder = tmp_path_factory.mktemp("both")
    near = folder / "near" / "project.toml"
    shutil.copytree(trained_here.parent, near.parent)
    far = folder / "far" / "project.toml"
    shutil.copytree(near.parent, far.parent, ignore=shutil.ignore_patterns("store"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LULC_PROJECT", str(near))
        run_all(folder / "home-near").dispose()
        patch.setenv("LULC_PROJECT", str(far))
        patch.setenv("LULC_STORE", f"s3://{BUCKET}/tiny")
        for name, value in s3.environment().items():
            patch.setenv(name, value)
        store = load_project(far).open_store()
        assert isinstance(store, S3Store)
        send_trained(near.parent / "store", store)
        instance = run_all(folder / "home-far")
        yield near, far, instance
        instance.dispose()


def test_every_record_in_the_bucket_is_that_of_the_folder(both, monkeypatch):
    near, far, _ = both
    in_bucket = records_of(Workbench.of(load_project(far)))
    monkeypatch.delenv("LULC_STORE")
    in_folder = records_of(Workbench.of(load_project(near)))
    # Pages say what the maps cost to make, which no two runs share.
    far_pages, near_pages = (json.loads(one.pop("report_pages")) for one in (in_bucket, in_folder))
    assert far_pages["inputs"] == near_pages["inputs"]
    assert in_bucket == in_folder
    assert {place.partition("/")[0] for place in in_bucket} >= {
        "lulc_model", "annual_map", "accuracy_area_report", "region_report", "metric_tables",
    }  # fmt: skip
    assert not (far.parent / "store").exists()


def test_pages_and_metrics_are_in_the_bucket_too(both, tmp_path):
    _, far, _ = both
    project = load_project(far)
    assert {"index.html", f"{TILE}_{YEAR}.html"} <= set(project.copies("pages").bring(tmp_path))
    assert project.copies("metrics").bring(tmp_path) == ["metrics.duckdb"]
    with duckdb.connect(str(tmp_path / "metrics.duckdb"), read_only=True) as database:
        rows = database.sql("select tile, year from accuracy_by_tile").fetchall()
    assert rows == [(TILE, YEAR)]


def test_a_training_goes_on_from_a_checkpoint_of_another_machine(both, tmp_path):
    work = Workbench.of(load_project(both[1]))
    first, second = tmp_path / "a" / "identity", tmp_path / "b" / "identity"
    state = Checkpoint({"weights": torch.ones(3)}, {"epoch": 1})
    with pytest.raises(RuntimeError), checkpoints_kept(work, first) as progress:
        write_checkpoint(first, Checkpoint({"weights": torch.zeros(3)}, {"epoch": 0}), "identity")
        progress(1, 3, "batches")
        write_checkpoint(first, state, "identity")
        progress(2, 3, "batches")
        raise RuntimeError("the machine is gone")
    with checkpoints_kept(work, second):
        found = read_checkpoint(second, "identity")
        assert found is not None
        assert found.state == state.state
        assert len(list(second.glob("state-*"))) == 1
    assert list(load_project(both[1]).copies("work").store.keys("work/training")) == []


def test_no_secret_is_in_anything_that_a_run_leaves(both, s3: S3Server):
    """Event log, metadata, logs, records, pages, project: everything on disk and in the bucket."""
    _, far, instance = both
    places = [far.parent, Path(instance.root_directory)]
    for path in (p for place in places for p in place.rglob("*") if p.is_file()):
        assert SECRET.encode() not in path.read_bytes(), path
    store = load_project(far).open_store()
    keys = list(store.keys("")) if isinstance(store, S3Store) else []
    assert len(keys) > 50
    for key in keys:
        assert SECRET.encode() not in store.read(key).data, key
    for run in instance.get_runs():
        assert SECRET not in json.dumps(
            [dg.serialize_value(e) for e in instance.all_logs(run.run_id)]
        )
