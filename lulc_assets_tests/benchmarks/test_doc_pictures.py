"""Every picture of README and docs is named with what draws it, and is there."""

import importlib.util
import re
from pathlib import Path

import pytest

from benchmarks.doc_pictures.__main__ import ELSEWHERE, PICTURES

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"!\[[^\]]*\]\(([^)]+\.png)\)")


def shown():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    return {page.parent / name for page in pages for name in SHOWN.findall(page.read_text("utf-8"))}


def test_every_picture_is_there_and_named_with_what_draws_it():
    assert [str(path) for path in shown() if not path.is_file()] == []
    assert {path.name for path in shown()} <= set(PICTURES) | set(ELSEWHERE)
    assert set(ELSEWHERE) <= {path.name for path in shown()}


@pytest.mark.parametrize("command", sorted(set(ELSEWHERE.values())))
def test_a_benchmark_that_is_named_exists_and_knows_its_option(command):
    if not command.startswith("python -m"):
        return
    _, _, module, *given = command.split()
    found = importlib.util.find_spec(f"{module}.__main__")
    assert found is not None
    source = Path(found.origin).read_text("utf-8")
    assert all(f'"{option}"' in source for option in given if option.startswith("--"))
