"""What nobody refers to goes; what anybody does stays."""

import os
import time
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.errors import CommitConflict, StoreError
from lulc_assets.core.store.collect import plan_sweep, sweep
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.publish import commit, find_record, kept_record, publish
from lulc_assets.core.store.records import Basis
from lulc_assets_tests.steps.predicted_year import open_project

NOW = 2e9
OLD = NOW - 100 * 86400


@dataclass(frozen=True)
class Properties:
    number: int
    cites: str = ""


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "store")


def put(store, tmp_path, product, number, *, inputs=None, cites="", at=OLD):
    file = tmp_path / "layer.bin"
    file.write_bytes(f"{product} {number}".encode())
    before = set(store.root.rglob("*"))
    _, version = find_record(store, product, Properties)
    record = publish(
        store, product, Basis(1, inputs or {}, number), {"layer.bin": file},
        Properties(number, cites), replaces=version,
    )  # fmt: skip
    for path in store.root.rglob("*"):
        if path.is_file() and path not in before:
            os.utime(path, (at + number, at + number))
    return record


def plan(store, versions=1, days=14.0):
    return plan_sweep(store, versions=versions, days=days, now=NOW)


def test_old_versions_go_and_the_last_and_the_standing_one_stay(store, tmp_path):
    records = [put(store, tmp_path, "map", n) for n in range(5)]
    found = plan(store, versions=1)
    assert len(found.keys) == 3 * 3  # file, record, note that it stood
    assert sweep(store, found, days=14.0, now=NOW) == 9
    for record in records[-2:]:
        assert kept_record(store, record.digest, Properties) == record
        assert store.size(record.files["layer.bin"].key)
    assert plan(store, versions=1).keys == ()


def test_a_record_that_lost_a_race_takes_no_place_of_one_that_stood(store, tmp_path):
    stood = put(store, tmp_path, "map", 0, at=1e9)
    put(store, tmp_path, "map", 1, at=1e9)
    (tmp_path / "lost.bin").write_bytes(b"lost")
    for number in (2, 3, 4):
        with pytest.raises(CommitConflict):
            publish(
                store, "map", Basis(1, {}, number), {"lost.bin": tmp_path / "lost.bin"},
                Properties(number), replaces="stale",
            )  # fmt: skip
    later = time.time() + 100 * 86400
    sweep(store, plan_sweep(store, versions=1, days=14.0, now=later), days=14.0, now=later)
    assert kept_record(store, stood.digest, Properties) == stood
    assert len(list((store.root / "records").glob("??/*.json"))) == 2
    assert not list((store.root / "map").glob("lost-*.bin"))


def test_what_stands_again_keeps_its_record_however_old(store, tmp_path):
    first = put(store, tmp_path, "map", 0, at=1e9)
    for number in (1, 2, 3):
        put(store, tmp_path, "map", number, at=1e9)
    _, version = find_record(store, "map", Properties)
    commit(store, first, replaces=version)
    later = time.time() + 100 * 86400
    sweep(store, plan_sweep(store, versions=1, days=14.0, now=later), days=14.0, now=later)
    assert kept_record(store, first.digest, Properties) == first


def test_what_a_report_or_a_decision_refers_to_stays_however_old(store, tmp_path):
    scene = put(store, tmp_path, "scene", 0)
    former = put(store, tmp_path, "map", 0, inputs={"scene": scene.digest})
    put(store, tmp_path, "report", 0, inputs={"map": former.digest})
    model = put(store, tmp_path, "model", 0)
    put(store, tmp_path, "history", 0, cites=model.digest)
    for number in range(1, 5):
        for product in ("scene", "map", "model"):
            put(store, tmp_path, product, number)
    gone = set(plan(store, versions=1).keys)
    for record in (scene, former, model):
        assert record.files["layer.bin"].key not in gone
    assert len(gone) == 3 * 2 * 3


def test_what_is_young_stays_since_a_run_puts_files_before_the_record(store, tmp_path):
    put(store, tmp_path, "map", 0)
    orphan = store.root / "map" / "layer-0123.bin"
    orphan.write_bytes(b"x")
    os.utime(orphan, (NOW - 3600, NOW - 3600))
    assert plan(store).keys == ()
    os.utime(orphan, (OLD, OLD))
    found = plan(store)
    assert found.keys == ("map/layer-0123.bin",) and found.size == 1
    os.utime(orphan, (NOW, NOW))  # a run put it again between the look and now
    assert sweep(store, found, days=14.0, now=NOW) == 0 and orphan.exists()


@pytest.mark.parametrize("rule", [{"versions": 0}, {"days": 0.5}])
def test_a_rule_that_could_harm_a_run_is_refused(store, rule):
    with pytest.raises(StoreError, match="could remove what a run needs"):
        plan(store, **rule)


def test_a_record_that_does_not_parse_stops_everything(store, tmp_path):
    put(store, tmp_path, "map", 0)
    next((store.root / "records").rglob("*.json")).write_text("{")
    with pytest.raises(StoreError, match="nothing is removed"):
        plan(store)


def test_the_command_says_first_and_takes_only_when_told(tmp_path, monkeypatch):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    work = open_project(tmp_path)
    orphan = work.store.root / "annual_map" / "x-1.tif"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"123")
    os.utime(orphan, (1e9, 1e9))
    call = ["store", "gc", "--project", str(work.project.folder / "project.toml")]
    said = CliRunner().invoke(app, call)
    assert said.exit_code == 0 and "annual_map/x-1.tif" in said.output and orphan.exists()
    assert "1 objects, 0.0 MB would go" in said.output
    done = CliRunner().invoke(app, [*call, "--delete"])
    assert "1 of 1 objects" in done.output and not orphan.exists()
