import subprocess
import sys
import textwrap

import pytest

WORKER = """
import sys

import lulc_assets


class Rows:
    def __len__(self):
        return 2

    def __getitem__(self, item):
        import torchvision

        return float(callable(torchvision.ops.nms))
"""

LOADER = """
import sys
sys.path.insert(0, sys.argv[1])
from rows_for_workers import Rows

if __name__ == "__main__":
    import torch
    from torch.utils.data import DataLoader

    loader = DataLoader(Rows(), batch_size=1, num_workers=1, multiprocessing_context=sys.argv[2])
    assert [float(row) for row in loader] == [1.0, 1.0]
    print("loaded")
"""


def run(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_torchvision_and_what_needs_it_can_be_imported():
    out = run("import lulc_assets, torchvision, segmentation_models_pytorch; print('imported')")
    assert out == "imported\n"


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_torchvision_can_be_imported_in_the_workers_of_a_loader(method, tmp_path):
    (tmp_path / "rows_for_workers.py").write_text(WORKER)
    script = tmp_path / "load.py"
    script.write_text(LOADER)
    done = subprocess.run(
        [sys.executable, script, tmp_path, method],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "loaded\n"


def test_importing_the_package_imports_no_torch():
    run(
        """
        import sys, lulc_assets
        assert not {"torch", "torchvision", "lightning"} & set(sys.modules)
        """
    )


def test_the_hook_is_registered_once_and_steps_aside():
    run(
        """
        import sys
        from lulc_assets.torchvision_operators import _TorchvisionFinder, install
        install()
        hooks = lambda: sum(isinstance(f, _TorchvisionFinder) for f in sys.meta_path)
        assert hooks() == 1
        import torchvision
        assert hooks() == 0
        install()
        assert hooks() == 0
        """
    )
