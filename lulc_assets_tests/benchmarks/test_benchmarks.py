"""Benchmarks run for minutes; here they must at least load and know their options."""

import importlib
import json
import re
import resource
from pathlib import Path

import pytest
import torch

import benchmarks
from benchmarks.measuring import HEADLINE, peak_mb, print_figures

EXTRAS = {"sklearn", "odc", "odc.stac", "dask", "xarray", "torchgeo", "nncf"}
"""What the extra ``benchmarks`` brings: peers, not installed for tests."""

FOLDER = Path(benchmarks.__file__).parent
MODULES = [
    "benchmarks." + ".".join(path.relative_to(FOLDER).with_suffix("").parts)
    for path in sorted(FOLDER.rglob("*.py"))
    if path.name != "__init__.py"
]
CALLED = [name for name in MODULES if name.endswith(".__main__")]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_of_a_benchmark_loads(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name in EXTRAS:
            pytest.skip(f"{error.name} is not installed")
        raise
    assert module.__doc__


def test_every_benchmark_that_can_be_called_says_how(capsys, monkeypatch):
    assert len(CALLED) >= 15
    for name in CALLED:
        module = importlib.import_module(name)
        monkeypatch.setattr("sys.argv", [name, "--help"])
        with pytest.raises(SystemExit) as stopped:
            module.main()
        assert stopped.value.code == 0, name
        assert len(capsys.readouterr().out) > 100, name


@pytest.mark.parametrize("name", CALLED)
def test_what_runs_in_a_fresh_process_can_be_imported_there(name):
    """A fresh process does not import ``__main__`` of a package, so nothing is sent from it."""
    source = (FOLDER.parent / Path(*name.split("."))).with_suffix(".py").read_text("utf-8")
    here = set(re.findall(r"^def (\w+)", source, re.MULTILINE))
    assert not here & set(re.findall(r"\balone\(\s*(\w+)", source))


def test_figures_are_one_object_on_one_line_and_none_may_be_missing(capsys):
    found = dict.fromkeys(HEADLINE, 1.5)
    print_figures(found, str, as_json=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == found
    print_figures(found, lambda figures: f"{len(figures)} figures", as_json=False)
    assert capsys.readouterr().out == "4 figures\n"
    del found["peak_mb"]
    with pytest.raises(ValueError, match="peak_mb"):
        print_figures(found, str, as_json=True)


def test_peak_memory_counts_what_is_held_in_millions_of_bytes():
    held = b"x" * 100_000_000
    assert len(held) / 1e6 <= peak_mb()
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    assert peak_mb() <= 1.01 * highest


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_its_row_says_so(monkeypatch):
    module = importlib.import_module("benchmarks.scene_inference.__main__")
    monkeypatch.setattr("sys.argv", ["scene_inference", "--device", "cuda"])
    with pytest.raises(SystemExit, match="no CUDA device"):
        module.main()
