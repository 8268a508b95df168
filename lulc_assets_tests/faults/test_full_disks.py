"""Disks that take no more, for the programs that write to them: a limit on the size of files.

Before, an error in the last bytes of a COG was printed by GDAL and lost: the call succeeded, and
the file could not be read. Checkpoints and pages were replaced without their bytes on the disk.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster, write_cog

GRID = PixelGrid(32633, 500_000.0, 5_100_000.0, 600, 600)
NOISE = np.random.default_rng(0).integers(0, 255, GRID.shape, dtype=np.uint8)

START = """
import json, resource, sys
from pathlib import Path

folder, limit = Path(sys.argv[1]), int(sys.argv[2])


def told(write):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        write()
    except OSError as error:
        return {"errno": error.errno, "file": str(error.filename), "said": str(error)}
    return None

"""
"""A Python process ignores the signal for files that grow too large: writes fail as on a full
disk, with EFBIG instead of ENOSPC."""

LAYERS = """
import numpy as np
from lulc_assets.core.grid import Window
from lulc_assets.core.imagery.cog import write_cog
from lulc_assets.core.imagery.growing import GrowingLayer
from lulc_assets_tests.faults.test_full_disks import GRID, NOISE


def grow():
    with GrowingLayer(folder / "grown.tif", GRID, kind="class") as layer:
        layer.put(Window(0, 0, *GRID.shape), NOISE)
        layer.finish()


print(json.dumps({
    "whole": told(lambda: write_cog(folder / "whole.tif", NOISE, GRID, kind="class")),
    "grown": told(grow),
}))
"""

OTHERS = """
import torch
from lulc_assets.core.store.local import LocalStore
from lulc_assets.core.training.checkpoint import Checkpoint, write_checkpoint
from lulc_assets.core.whole_files import whole_file


def page():
    with whole_file(folder / "index.html") as part:
        part.write_text("new" * 10_000)


store = LocalStore(folder / "store")
version = store.read("note/record.json").version
newer = Checkpoint({"weights": torch.ones(9_000)}, {"epoch": 2})
print(json.dumps({
    "page": told(page),
    "record": told(lambda: store.replace("note/record.json", b"n" * 9_000, expected=version)),
    "checkpoint": told(lambda: write_checkpoint(folder / "checkpoint", newer, "same")),
}))
"""


def run_limited(program: str, folder: Path, limit: int) -> dict[str, dict[str, str] | None]:
    """What each writer of a program said under a limit in bytes; its output is a pipe."""
    command = [sys.executable, "-c", START + program, str(folder), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def enough(tmp_path_factory):
    """Bytes that the layer needs."""
    path = tmp_path_factory.mktemp("layer") / "class.tif"
    return write_cog(path, NOISE, GRID, kind="class").stat().st_size


@pytest.mark.parametrize("lacking", ["all", "half", "the last byte"])
def test_a_layer_that_a_full_disk_cut_short_is_an_error_and_leaves_the_old_one(
    tmp_path, enough, lacking
):
    old = np.zeros(GRID.shape, np.uint8)
    for name in ("whole.tif", "grown.tif"):
        write_cog(tmp_path / name, old, GRID, kind="class")
    limit = {"all": 0, "half": enough // 2, "the last byte": enough - 1}[lacking]
    for name, said in run_limited(LAYERS, tmp_path, limit).items():
        assert said is not None, name
        assert said["file"] == str(tmp_path / f"{name}.tif")
        assert "MB left" in said["said"]
        assert (read_raster(said["file"]) == old).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grown.tif", "whole.tif"]


def test_a_layer_that_just_fits_is_written(tmp_path, enough):
    # A growing layer is written plainly first, which takes more.
    assert run_limited(LAYERS, tmp_path, enough)["whole"] is None
    assert (read_raster(tmp_path / "whole.tif") == NOISE).all()


def test_a_page_a_record_and_a_checkpoint_stay_whole_on_a_full_disk(tmp_path):
    import torch

    from lulc_assets.core.store.local import LocalStore
    from lulc_assets.core.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint

    (tmp_path / "index.html").write_text("old")
    store = LocalStore(tmp_path / "store")
    store.replace("note/record.json", b"old", expected=None)
    older = Checkpoint({"weights": torch.zeros(9_000)}, {"epoch": 1})
    write_checkpoint(tmp_path / "checkpoint", older, "same")
    found = run_limited(OTHERS, tmp_path, 2_000)
    assert all(said is not None for said in found.values()), found
    assert (tmp_path / "index.html").read_text() == "old"
    assert store.read("note/record.json").data == b"old"
    kept = read_checkpoint(tmp_path / "checkpoint", "same")
    assert kept is not None and kept.state == {"epoch": 1}
    assert not list(tmp_path.rglob("*.part*"))
