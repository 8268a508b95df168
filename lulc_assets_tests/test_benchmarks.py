"""Benchmarks run for minutes; here they must at least load and know their options."""

import importlib
import pkgutil

import pytest

import benchmarks

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
