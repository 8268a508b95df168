"""How-to pages and the page of the architecture name files and functions that exist."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PAGES = [
    *sorted((REPOSITORY / "docs" / "how-to").glob("*.md")),
    REPOSITORY / "docs" / "architecture.md",
    REPOSITORY / "CONTRIBUTING.md",
]
NAMED = re.compile(r"`((?:lulc_assets|lulc_assets_tests|benchmarks|dbt_metrics|deploy)/[^`\s]*)`")
PLACEHOLDER = re.compile(r"[A-Z]{4}")
"""``NAME_engine.py`` is a file that the reader will write."""


def named_by(page: Path) -> list[str]:
    """``file`` and ``file::name`` in code spans of a page."""
    found = NAMED.findall(page.read_text("utf-8"))
    return [name for name in found if not PLACEHOLDER.search(Path(name.split("::")[0]).name)]


def defined_in(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Name → statement of functions, classes and constants of a module or class."""
    found: dict[str, ast.stmt] = {}
    for one in body:
        if isinstance(one, ast.FunctionDef | ast.ClassDef):
            found[one.name] = one
        elif isinstance(one, ast.Assign):
            found |= {t.id: one for t in one.targets if isinstance(t, ast.Name)}
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            found[one.target.id] = one
    return found


def missing(name: str) -> str:
    """What of ``file::Class.method`` does not exist; empty if all does."""
    file, _, dotted = name.partition("::")
    path = REPOSITORY / file
    if not path.exists():
        return file
    body = ast.parse(path.read_text("utf-8")).body if dotted else []
    for part in dotted.split(".") if dotted else []:
        known = defined_in(body)
        if part not in known:
            return f"{file}::{part}"
        body = getattr(known[part], "body", [])
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_exists(page):
    assert [gone for name in named_by(page) if (gone := missing(name))] == []


def test_each_how_to_names_where_to_go_and_stands_in_the_index():
    index = (REPOSITORY / "docs" / "how-to" / "README.md").read_text("utf-8")
    for page in sorted((REPOSITORY / "docs" / "how-to").glob("*.md")):
        if page.name != "README.md":
            assert f"({page.name})" in index
            assert len(named_by(page)) >= 5, page.name
            assert any(name.startswith("lulc_assets_tests/") for name in named_by(page)), page.name


def test_a_name_that_is_gone_is_found():
    assert missing("lulc_assets/core/legend.py::Legend.by_code") == ""
    assert missing("lulc_assets/core/legend.py::Legend.gone") == "lulc_assets/core/legend.py::gone"
    assert missing("lulc_assets/core/gone.py") == "lulc_assets/core/gone.py"
