"""Benchmarks run for minutes; here they must at least load and know their options."""

import importlib
import json
import pkgutil
import resource

import pytest
import torch

import benchmarks
from benchmarks.measuring import HEADLINE, peak_mb, print_figures

EXTRAS = {"sklearn", "odc", "odc.stac", "dask", "xarray", "torchgeo", "nncf"}
"""What the extra ``benchmarks`` brings: peers, not installed for tests."""

NAMES = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_loads_as_a_module(name):
    try:
        module = importlib.import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        if error.name in EXTRAS:
            pytest.skip(f"{error.name} is not installed")
        raise
    assert module.__doc__


def test_every_benchmark_that_can_be_called_says_how(capsys, monkeypatch):
    for name in NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "main"):
            continue
        monkeypatch.setattr("sys.argv", [name, "--help"])
        with pytest.raises(SystemExit) as stopped:
            module.main()
        assert stopped.value.code == 0, name
        assert len(capsys.readouterr().out) > 100, name


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
    module = importlib.import_module("benchmarks.scene_inference")
    monkeypatch.setattr("sys.argv", ["scene_inference", "--device", "cuda"])
    with pytest.raises(SystemExit, match="no CUDA device"):
        module.main()
