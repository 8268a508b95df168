"""A short soak: maps are made once each while runs, daemon, code server and PostgreSQL are killed.

LULC_SOAK=10 makes as many tile × years, with a kill to five of them and two at least. It takes
minutes and is asked for by that variable until it has passed often enough to stand in every run.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.orchestration import database
from lulc_assets_tests.system_programs import need

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).resolve().parents[2]
TILE_YEARS = int(os.environ.get("LULC_SOAK", "0"))
KILLS = max(2, TILE_YEARS // 5)


@pytest.mark.skipif(not TILE_YEARS, reason="LULC_SOAK says how many tile × years")
def test_maps_are_made_once_each_whatever_is_killed():
    need(sorted(database._PROGRAMS.glob("*/bin")), "PostgreSQL")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--tile-years", str(TILE_YEARS),
         "--kills", str(KILLS), "--json"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, cwd=REPOSITORY, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["passed"], found
    assert sum(found["killed"].values()) > 0
