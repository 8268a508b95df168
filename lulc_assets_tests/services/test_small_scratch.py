"""Scratch on a disk of half a megabyte, a real one: what does not fit is told and published never.

It needs the right to mount (root of this machine, or of a container that has it).
"""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lulc_assets.steps.products import SCENE_PREDICTIONS
from lulc_assets_tests.system_programs import need
from lulc_assets_tests.tiny_project import KEY, open_work, predict_year

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).resolve().parents[2]
MOUNTED = """
mkdir -p "$1" && mount -t tmpfs -o size="$2" none "$1" && export TMPDIR="$1" && shift 2 && exec "$@"
"""
"""In a namespace of its own: the disk goes with the process."""

PREDICT = """
import json, os, sys, tempfile
from pathlib import Path
from lulc_assets.defs.failures import is_of_the_machine
from lulc_assets_tests.tiny_project import open_work, predict_year

found = {"scratch": tempfile.gettempdir(), "errno": 0}
try:
    predict_year(open_work(Path(sys.argv[1])))
except OSError as error:
    found |= {"errno": error.errno, "file": str(error.filename), "said": str(error),
              "again": is_of_the_machine(error), "left": os.listdir(tempfile.gettempdir())}
print(json.dumps(found))
"""


def on_a_disk(size: str, place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", MOUNTED, "sh", place, size, *command],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_scratch_that_is_full_is_told_and_the_prediction_made_with_room(trained_project, tmp_path):
    need(on_a_disk("1m", tmp_path / "probe", "true").returncode == 0, "the right to mount")
    done = on_a_disk("256k", tmp_path / "small", sys.executable, "-c", PREDICT,
                     str(trained_project))  # fmt: skip
    found = json.loads(done.stdout or done.stderr)
    assert found["errno"] == errno.ENOSPC, found
    assert found["file"].startswith(str(tmp_path / "small"))
    assert "No space left on device" in found["said"]
    assert found["again"] is False  # it would be full again
    assert found["left"] == []
    work = open_work(trained_project)
    assert work.find(SCENE_PREDICTIONS, KEY) is None
    predict_year(work)
    assert work.find(SCENE_PREDICTIONS, KEY)
