"""Threads of OpenMP wait without spinning: others may need the cores."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(("asked", "found"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_torch_loads_with_passive_waiting_unless_somebody_asks_for_another(asked, found):
    names = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    names |= {"OMP_DISPLAY_ENV": "TRUE"} | ({"OMP_WAIT_POLICY": asked} if asked else {})
    done = subprocess.run(
        [sys.executable, "-c", "import lulc_assets, torch"],
        env=names,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert f"OMP_WAIT_POLICY = '{found}'" in done.stderr
