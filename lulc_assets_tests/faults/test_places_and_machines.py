"""Stores that are none, disks that are closed, and what killed runs leave behind."""

import errno
import os
import tempfile
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import dagster as dg
import pytest

from lulc_assets.core.errors import InvalidProject, ProductNotFound, StoreError
from lulc_assets.core.scratch import OLD_S, sweep_scratch
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.store.publish import require_writable
from lulc_assets.defs.failures import named_failures
from lulc_assets.project import load_project
from lulc_assets_tests.steps.predicted_year import PROJECT


def load(folder, text):
    (folder / "project.toml").write_text(text)
    return load_project(folder / "project.toml")


@pytest.mark.parametrize(
    "place",
    [
        "",
        " ",
        "S3://b/x",
        "gs://b/x",
        "http://h/x",
        "file:///x",
        "file:/x",
        "s3://",
        "s3:/b",
        "az://c",
        "~/store",
        "C:\\\\store",
    ],
)
def test_a_store_that_is_neither_folder_nor_bucket_is_refused(tmp_path, place):
    with pytest.raises(InvalidProject, match="store"):
        load(tmp_path, f'store = "{place}"\n{PROJECT}')


@pytest.mark.parametrize(
    "place", ["store", "/data/store", "../x", "s3://bucket", "s3://bucket/a/b"]
)
def test_folders_and_buckets_are_stores(tmp_path, place):
    assert load(tmp_path, f'store = "{place}"\n{PROJECT}').store == place


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("[promotion]\nmin_overall = nan", r"promotion\.min_overall is nan"),
        ("[recipe]\nlearning_rate = inf", r"recipe\.learning_rate is inf"),
        ('[regions.a]\ntiles = ["33TVM\\u0000"]', r"regions\.a\.tiles\[0\] holds a zero byte"),
    ],
)
def test_values_that_are_no_numbers_or_names_are_refused_by_their_key(tmp_path, section, key):
    with pytest.raises(InvalidProject, match=key):
        load(tmp_path, f"{PROJECT}\n{section}\n")


def test_a_store_in_the_place_of_a_file_is_told_before_the_work(tmp_path):
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written to"):
        require_writable(LocalStore(tmp_path / "store"))


def test_a_store_that_can_be_written_to_may_be_asked_often(tmp_path):
    store = LocalStore(tmp_path / "store")
    for _ in range(3):
        require_writable(store)


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_closed_or_full_disk_is_not_tried_again(code):
    with pytest.raises(dg.Failure, match="/store/x") as caught, named_failures():
        raise OSError(code, os.strerror(code), "/store/x")
    assert not caught.value.allow_retries


def of_the_machine():
    import torch
    from obstore.exceptions import GenericError
    from sqlalchemy.exc import OperationalError

    return [
        MemoryError(),
        OSError(errno.EIO, "x"),
        TimeoutError("read timed out"),
        ConnectionError(),
        BrokenProcessPool("a worker was killed"),
        torch.OutOfMemoryError("CUDA out of memory"),
        torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        GenericError("error sending request"),
        OperationalError("select", {}, Exception("database is locked")),
    ]


def test_what_may_pass_is_left_to_the_retries():
    for error in of_the_machine():
        with pytest.raises(type(error)), named_failures():
            raise error


@pytest.mark.parametrize(
    "error",
    [
        AttributeError("'NoneType' object has no attribute 'epoch'"),
        KeyError("water"),
        ValueError("bad shapes"),
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        OSError(errno.ENAMETOOLONG, "File name too long"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_fault_of_the_program_ends_a_step_at_once_with_its_name(error):
    tries: dict[str, int] = {"program": 0, "machine": 0}

    @dg.op(retry_policy=dg.RetryPolicy(max_retries=2))
    def program():
        tries["program"] += 1
        with named_failures():
            raise error

    @dg.op(retry_policy=dg.RetryPolicy(max_retries=2))
    def machine():
        tries["machine"] += 1
        with named_failures():
            if tries["machine"] < 3:
                raise ConnectionResetError("reset by peer")

    @dg.job
    def both():
        program()
        machine()

    result = both.execute_in_process(raise_on_error=False)
    assert tries == {"program": 1, "machine": 3}
    failed = result.failure_data_for_node("program")
    assert type(error).__name__ in failed.user_failure_data.description
    assert result.is_node_success("machine")


def test_errors_of_the_domain_are_not_tried_again():
    with pytest.raises(dg.Failure, match="ProductNotFound: x") as caught, named_failures():
        raise ProductNotFound("x")
    assert not caught.value.allow_retries


def test_every_asset_is_tried_again_where_the_machine_failed():
    from lulc_assets.definitions import defs

    found = {
        asset.key.to_user_string(): asset.op.retry_policy
        for asset in defs().assets or ()
        if isinstance(asset, dg.AssetsDefinition)
        and isinstance(asset.node_def, dg.OpDefinition)
        and len(asset.keys) == 1
    }
    assert {"annual_map", "lulc_model", "scene_catalog", "metric_tables"} <= set(found)
    assert all(found.values())


def test_scratch_of_killed_runs_is_swept_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, fresh, others = (tmp_path / name for name in ("lulc-a", "lulc-b", "else"))
    for folder in (old, fresh, others):
        folder.mkdir()
        (folder / "chips").write_text("x")
    now = fresh.stat().st_mtime + OLD_S + 60
    os.utime(fresh / "chips", (now, now))
    linked = tmp_path / "lulc-link"
    linked.symlink_to(others)
    assert sweep_scratch(now) == [old]
    assert sorted(p.name for p in Path(tmp_path).iterdir()) == ["else", "lulc-b", "lulc-link"]
