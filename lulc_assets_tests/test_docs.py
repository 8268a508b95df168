"""README and docs: what they show exists: commands with options, settings, links."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from lulc_assets.cli import app
from lulc_assets.project import Project

REPOSITORY = Path(__file__).resolve().parents[1]
PAGES = [
    *sorted(REPOSITORY.glob("*.md")),
    *sorted((REPOSITORY / ".github").rglob("*.md")),
    *sorted((REPOSITORY / "docs").rglob("*.md")),
]
DECISIONS = sorted((REPOSITORY / "docs" / "adr").glob("[0-9]*.md"))
MINIMAL = """
name = "docs"
[catalog]
location = "catalog.json"
[tiles.33TVM]
[labels]
path = "labels.gpkg"
class_column = "class"
[training]
tiles = ["33TVM"]
years = [2024]
"""
COMMAND = re.compile(r"(?:^|`|\s)lulc ([a-z][^`\n]*)")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
BENCHMARK = re.compile(r"python -m benchmarks\.(\w+)([^`\n|]*)")
BLOCK = re.compile(r"^ *```(?:sh|bash|console)?\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
FOLDERS_THAT_MUST_EXIST = {"imagery"}
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


def shown_commands() -> list[tuple[str, str]]:
    """(page, words after ``lulc``) of every command line in the pages."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8").replace("\\\n", " ")
        found += [(page.name, match.group(1)) for match in COMMAND.finditer(text)]
    return found


@pytest.mark.parametrize(("page", "line"), shown_commands())
def test_a_command_that_is_shown_exists_with_its_options(page: str, line: str):
    spoken = line.split("  #", maxsplit=1)[0].replace("'", "")
    command, words = get_command(app), shlex.split(spoken)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    wanted = words[:1] if hasattr(command, "commands") else []
    assert not [word for word in wanted if word.isalpha()], f"{page}: lulc {line}"
    known = {name for one in command.params for name in one.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known, f"{page}: lulc {line}"


def commands_in_blocks() -> list[tuple[str, str]]:
    """(page, line) of every line of a code block that calls ``lulc``."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8").replace("\\\n", " ")
        for block in BLOCK.findall(text):
            lines = [line.strip() for line in block.splitlines()]
            found += [(page.name, line) for line in lines if line.startswith("lulc ")]
    return found


@pytest.mark.parametrize(("page", "line"), commands_in_blocks())
def test_a_command_in_a_block_is_understood_as_a_whole(page: str, line: str, tmp_path: Path):
    """Nothing that it needs is left out, and each value is of the kind that its option takes."""
    command, words = get_command(app), shlex.split(line, comments=True)[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        for folder in FOLDERS_THAT_MUST_EXIST & set(words):
            (tmp_path / folder).mkdir()
        context = command.make_context("lulc", words)
    assert context.command is command, f"{page}: {line}"


def shown_settings() -> list[tuple[str, str]]:
    """(page, text) of every TOML block of the docs that is part of a project file."""
    found = []
    for page in PAGES:
        blocks = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        found += [(page.name, block) for block in blocks if "entry-points" not in block]
    return found


def completed(block: str) -> dict[str, object]:
    """A project file of a block: what it leaves out is filled in, keys alone are of [labels]."""
    shown = tomllib.loads(block)
    sections = {name for name, value in shown.items() if isinstance(value, dict)}
    if not sections:
        shown = {"labels": shown}
    whole = tomllib.loads(MINIMAL)
    for name, value in shown.items():
        former = whole.get(name)
        both = isinstance(former, dict) and isinstance(value, dict)
        whole[name] = {**former, **value} if both else value
    return whole


@pytest.mark.parametrize(("page", "block"), shown_settings())
def test_settings_that_are_shown_make_a_project(page: str, block: str, tmp_path: Path):
    project = Project(**completed(block), folder=tmp_path)
    assert project.tiles, page


def test_pages_show_settings_at_all():
    assert len(shown_settings()) > 10


def test_pages_show_commands_at_all():
    assert len(shown_commands()) > 25
    assert len(commands_in_blocks()) > 35


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_exist(page: Path):
    for href in LINK.findall(page.read_text("utf-8")):
        assert "://" in href or (page.parent / href).exists(), href


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_benchmarks_that_are_named_exist_with_their_options(page: Path):
    for name, rest in BENCHMARK.findall(page.read_text("utf-8")):
        called = [REPOSITORY / "benchmarks" / name / "__main__.py"]
        called += [REPOSITORY / "benchmarks" / f"{name}.py"]
        scripts = [path for path in called if path.is_file()]
        assert scripts, name
        source = scripts[0].read_text("utf-8")
        for shared in ("measuring", "truth_known"):  # options that several have
            if f"benchmarks.{shared} import" in source:
                source += (REPOSITORY / "benchmarks" / f"{shared}.py").read_text("utf-8")
        for option in OPTION.findall(rest):
            assert f'"{option}"' in source or "add_arguments" in source, f"{name} {option}"


def test_targets_of_make_that_are_named_exist():
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    for page in PAGES:
        for target in re.findall(r"`make ([a-z-]+)", page.read_text("utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name}: make {target}"


def test_every_decision_stands_in_the_index_with_its_title_and_status():
    index = (REPOSITORY / "docs" / "adr" / "README.md").read_text("utf-8")
    for page in DECISIONS:
        text = page.read_text("utf-8")
        number, title = re.fullmatch(r"# (\d+)\. (.+)", text.splitlines()[0]).groups()
        assert int(page.name[:4]) == int(number), page.name
        by = re.search(r"^Superseded by (\[\d+\]\(\S+\))", text, re.MULTILINE)
        status = f"superseded by {by.group(1)}" if by else "accepted"
        assert f"| [{number}]({page.name}) | {title} | {status} |" in index, page.name
    assert index.count("\n| [") == len(DECISIONS)
