"""The sizes and the words that the package keeps: what CONTRIBUTING asks for, measured."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "lulc_assets"
MODULES = sorted(PACKAGE.rglob("*.py"))
PAGES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((REPOSITORY / "docs").glob("*.md")),
    *sorted((REPOSITORY / "docs" / "how-to").glob("*.md")),
    *sorted(PACKAGE.rglob("*.html")),
]
MOST_LINES = 300
MOST_LINES_OF_A_MEDIAN_MODULE = 130
MOST_BODY_LINES_OF_A_STEP = 40

TRIPPING = re.compile(
    r"(?<!there )\b(?:is|are|was|were) no (?!data\b|longer\b|more\b|less\b|worse\b|\w+er\b)\w+"
    r"|\bone (?:row|file|record|page|layer|run|module|scene|kind) an? (?!time)\w+"
    r"|\bbytes an? \w+"
    r"|\bForget it\b",
    re.IGNORECASE,
)
"""“X is no Y” for “X is not a Y”, “one row a class” for “one row per class”."""


def definitions(path: Path) -> Iterator[tuple[str, ast.AST, bool]]:
    """Functions and classes of a module: name, node, whether it is public."""

    def walk(node: ast.AST, prefix: str, public: bool) -> Iterator[tuple[str, ast.AST, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                seen = public and not child.name.startswith("_")
                name = f"{prefix}{child.name}"
                yield name, child, seen
                inner = seen and isinstance(child, ast.ClassDef)
                yield from walk(child, f"{name}.", inner)
            else:
                yield from walk(child, prefix, public)

    yield from walk(ast.parse(path.read_text()), "", True)


def place(path: Path, name: str = "") -> str:
    return f"{path.relative_to(REPOSITORY)}{name and '::'}{name}"


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_no_module_is_longer_than_300_lines():
    long = {place(path): lines_of(path) for path in MODULES if lines_of(path) > MOST_LINES}
    assert not long, "split them by responsibility"


def test_half_of_the_modules_have_at_most_130_lines():
    # A package's face says what the package is, in a line or two: it is no measure of a module.
    sizes = [lines_of(path) for path in MODULES if path.name != "__init__.py"]
    assert statistics.median(sizes) <= MOST_LINES_OF_A_MEDIAN_MODULE


def test_the_longest_function_of_the_steps_has_at_most_40_lines_of_body():
    long = {
        place(path, name): body_lines(node)
        for path in MODULES
        if path.is_relative_to(PACKAGE / "steps")
        for name, node, _ in definitions(path)
        if isinstance(node, ast.FunctionDef) and body_lines(node) > MOST_BODY_LINES_OF_A_STEP
    }
    assert not long


def test_everything_public_has_a_docstring_and_types():
    bare = []
    for path in MODULES:
        if ast.get_docstring(ast.parse(path.read_text())) is None:
            bare.append(place(path))
        for name, node, public in definitions(path):
            if public and ast.get_docstring(node) is None:
                bare.append(place(path, name))
            if public and not isinstance(node, ast.ClassDef):
                bare += [place(path, f"{name}({lacking})") for lacking in untyped(node)]
    assert not bare


def untyped(node: ast.FunctionDef) -> Iterator[str]:
    given = node.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    yield from (
        each.arg
        for each in named
        if each is not None and each.annotation is None and each.arg not in ("self", "cls")
    )
    if node.returns is None:
        yield "return"


def test_a_module_opens_with_what_belongs_there_and_what_does_not():
    lacking = []
    for path in MODULES:
        charter = ast.get_docstring(ast.parse(path.read_text())) or ""
        if path.name != "__init__.py" and "belongs here" not in charter and lines_of(path) > 100:
            lacking.append(place(path))
    assert not lacking


def test_no_phrase_trips_a_native_reader():
    found = []
    for path in [*MODULES, *PAGES]:
        text = re.sub(r"\s+", " ", path.read_text("utf-8"))
        found += [f"{place(path)}: {match.group()}" for match in TRIPPING.finditer(text)]
    assert not found
