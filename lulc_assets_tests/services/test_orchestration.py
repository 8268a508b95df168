"""The benchmark of Dagster's own cost runs on a small instance and gives every figure."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.orchestration import database
from benchmarks.orchestration.overhead import covered
from lulc_assets_tests.system_programs import need

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).resolve().parents[2]


def test_all_figures_of_a_small_instance():
    need(sorted(database._PROGRAMS.glob("*/bin")), "PostgreSQL")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.orchestration", "--keys", "240", "--submit-s", "3",
         "--json"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, cwd=REPOSITORY, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["load_s"] > 0
    assert found["load_cpu_s"] > 0
    assert set(found["240"]) == {
        "register_s", "page_first_s", "page_s", "page_cpu_s", "create_s", "submitted", "runs_per_s",
        "batched_per_s",
    }  # fmt: skip
    assert all(figure > 0 for name, figure in found["240"].items() if name != "submitted")


def test_steps_side_by_side_count_once():
    assert covered([]) == 0
    assert covered([(0.0, 2.0), (1.0, 3.0), (5.0, 6.0), (5.5, 5.8)]) == 4.0
