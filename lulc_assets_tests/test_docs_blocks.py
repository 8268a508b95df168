"""Every code block of README, CONTRIBUTING and docs: run, or named here with the reason why not.

What belongs here: which blocks there are and running their commands in a small world. That commands
and settings parse is tested in ``test_docs``.
"""

import json
import re
import shlex
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.sampling.response import ResponseDesign
from lulc_assets.simulation.archive.own_case import AREA, LABELS
from lulc_assets.steps.alerts import make_change_alerts
from lulc_assets.steps.change import make_change_map
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.workbench import Workbench
from lulc_assets_tests.core.importing.test_folder import stack
from lulc_assets_tests.steps.test_pixels import point_of
from lulc_assets_tests.steps.two_years import KEY, two_years
from lulc_assets_tests.test_docs import REPOSITORY, completed

PAGES = [
    REPOSITORY / "README.md",
    REPOSITORY / "CONTRIBUTING.md",
    *sorted((REPOSITORY / "docs").glob("*.md")),
    *sorted((REPOSITORY / "docs" / "how-to").glob("*.md")),
]
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)

ANOTHER_MACHINE = "needs a cluster, a registry, a cloud account or the system's services"
NOT_OURS = {
    "make ": "targets are checked in test_docs",
    "pre-commit ": "a program of its own",
    "pip ": "a package registry",
    "docker ": ANOTHER_MACHINE,
    "kubectl ": ANOTHER_MACHINE,
    "helm ": ANOTHER_MACHINE,
    "terraform ": ANOTHER_MACHINE,
    "aws ": ANOTHER_MACHINE,
    "cd deploy/aws": ANOTHER_MACHINE,
    "printf ": ANOTHER_MACHINE,
    "cp ": ANOTHER_MACHINE,
    "export ": "variables of the reader's shell",
    "mkdir ": "Dagster's home of the reader",
    "dg ": "Dagster's own command; jobs and partitions are tested in defs",
}
"""First words of lines that are not ``lulc`` → why they are not run."""

A_MODEL = "needs a trained model"
DEARER = {
    "lulc run": "minutes: integration/test_three_commands",
    "lulc open": "after lulc run: integration/test_three_commands",
    "lulc map": f"{A_MODEL}: steps/test_map_area",
    "lulc model export": f"{A_MODEL}: commands/test_model",
    "lulc model promote": f"{A_MODEL}: commands/test_model",
    "lulc model rollback": f"{A_MODEL}: commands/test_model",
    "lulc serve": "a server: core/serving",
    "lulc pages serve": "a server: browser/test_map_page",
    "lulc patches": "needs thousands of patches: core/patches",
    "lulc metrics": "needs the job metrics: commands/test_metrics",
    "lulc tiles remove": "the small world's only tile: commands/test_tiles",
    "lulc quote": "needs runs of a Dagster instance: running",
    "lulc scenes audit": "needs the items of a whole tile and its neighbours: core/catalog",
    "lulc instance bootstrap": "needs PostgreSQL: services",
    "lulc alerts deliver": "needs receivers: commands/test_change",
    "lulc sample draw --for change": "needs doubtful change: commands/test_change_sample",
    "lulc sample strata": "needs maps of two years of a country: commands/test_accuracy_change",
    "lulc sample design --strata": "needs those strata: commands/test_sample",
    "lulc accuracy emissions": "needs labels of such a sample: core/accuracy",
    "lulc change accuracy": "needs labels of that sample: commands/test_accuracy_change",
    "lulc simulate --out a": "another tile, three years: commands/test_simulate",
    "lulc simulate --out s": "as above",
    "lulc simulate --out t": "as above",
    "lulc init tal": "the same case as valley, with the archive's own names",
}
"""First words of ``lulc`` lines that are only parsed (``test_docs``) → why."""

INSTEAD = {
    "2023": "2022",  # the small world's last year
    "2023-2024": "2023",  # the archive's only one
    "earth-search": "archive/catalog",  # no test asks a catalogue of the internet
    "valley/project.toml": "project.toml",  # that has maps
    "44": "6",  # units on 24 × 40 pixels
}
"""Words of a command → those that the small world has."""
CHEAPER = {"lulc simulate": ["--size", "192", "--scenes", "3", "--sample", "300"]}
"""Beginnings of commands → what is added to them."""

TEXTS = {
    "accuracy.md": {"stratum,map,reference,n": "a table that goes on"},
    "architecture.md": {"labels ─►": "a drawing"},
    "README.md": {"labels ─►": "a drawing"},
    "inference.md": {"seven files ─►": "a drawing"},
    "patches.md": {"EuroSATallBands/Forest": "a list of files"},
    "deploy-server.md": {"location /": "settings of nginx: services/test_nginx"},
    "pages.md": {"import odc.stac": "a program of its own reads our catalogue"},
}
"""Page → first words of a block that is neither commands nor settings → what it is."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    kind: str
    text: str

    @property
    def lines(self) -> list[str]:
        """Commands, a continued one as one line, without comments."""
        joined = self.text.replace("\\\n", " ").splitlines()
        return [line.strip() for line in joined if line.strip() and not line.startswith("#")]


BLOCKS = [Block(page, *found) for page in PAGES for found in FENCE.findall(page.read_text("utf-8"))]
COMMANDS = [
    b for b in BLOCKS if b.kind in ("sh", "bash", "console") or b.text.strip().startswith("lulc ")
]


def begins(line: str, known: dict[str, str]) -> list[str]:
    """Those of some beginnings that a line has."""
    return [start for start in known if line.startswith(start)]


def runs(line: str) -> bool:
    """Whether a line is run here."""
    return line.startswith("lulc ") and not begins(line, DEARER)


def named(block: Block) -> bool:
    """Whether a block is a text that is named."""
    return bool(begins(block.text.strip(), TEXTS.get(block.page.name, {})))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda b: f"{b.page.name}: {b.text[:30]}")
def test_a_block_is_run_or_named_with_a_reason(block: Block):
    if block in COMMANDS:
        others = [line for line in block.lines if not line.startswith("lulc ")]
        assert [line for line in others if not begins(line, NOT_OURS)] == []
    elif block.kind == "toml":
        shown = tomllib.loads(block.text)
        assert "project" in shown or completed(block.text)  # read as a project: test_docs
    elif block.kind == "python" and not named(block):
        exec(compile(block.text, str(block.page), "exec"), {})
    elif block.kind == "json":
        ResponseDesign.from_dict(json.loads(block.text), str(block.page))
    else:
        assert named(block) or block.text.startswith("map,"), f"{block.page}: {block.text}"


def test_no_reason_is_left_over():
    lines = [line for block in COMMANDS for line in block.lines]
    for start in (*NOT_OURS, *DEARER):
        assert any(line.startswith(start) for line in lines), start
    for page, texts in TEXTS.items():
        for start in texts:
            assert any(b.page.name == page and b.text.startswith(start) for b in BLOCKS), start


@pytest.fixture(scope="module")
def small_world(tmp_path_factory) -> tuple[Path, Workbench]:
    """A project of two years with change, files as the pages call them, and an archive."""
    folder = tmp_path_factory.mktemp("world")
    work = two_years(folder)
    make_change_map(work, KEY)
    make_change_alerts(work, KEY)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        called("lulc simulate --out archive --years 2023 --own --size 256 --scenes 3 --sample 300")
    frame = gpd.GeoDataFrame(geometry=[shapely.box(*work.grid(KEY.tile).bounds)], crs=32633)
    for name in ("aoi", "world"):
        frame.to_crs(4326).to_file(folder / f"{name}.geojson", driver="GeoJSON")
    shutil.copy(folder / "archive" / AREA, folder / "area.geojson")
    labels = gpd.read_file(folder / "archive" / LABELS).rename(columns={"klasse": "class"})
    labels.to_file(folder / "labels.gpkg")
    shutil.copy(work.open(work.read(ANNUAL_MAP, KEY), "class.tif"), folder / "map.tif")
    stack(folder / "imagery" / "stack_01072023.tif", ("B02", "B03", "B04", "B08", "SCL"))
    return folder, work


def called(line: str) -> str:
    """The output of a command, which must succeed."""
    done = CliRunner().invoke(app, shlex.split(line, comments=True)[1:])
    assert done.exit_code == 0, f"{line}\n{done.output}\n{done.exception!r}"
    return done.output


def as_here(line: str, work: Workbench) -> str:
    """A command with the words of the small world."""
    lon, lat = point_of(work, 8, 10)
    known = {**INSTEAD, "14.51,46.05": f"{lon},{lat}"}
    words = [known.get(word, word) for word in shlex.split(line, comments=True)]
    words += [w for start, more in CHEAPER.items() if line.startswith(start) for w in more]
    return shlex.join(words)


@pytest.mark.parametrize(
    "page", [p for p in PAGES if any(b.page == p and any(map(runs, b.lines)) for b in COMMANDS)],
    ids=lambda page: page.name,
)  # fmt: skip
def test_the_commands_of_a_page_run_one_after_the_other(page, small_world, monkeypatch, tmp_path):
    folder, work = small_world
    monkeypatch.chdir(folder)
    for name in ("DAGSTER_HOME", "LULC_PROJECT"):  # a command may set them for its own process
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for block in (b for b in BLOCKS if b.page == page):
        if block.text.startswith("map,"):
            write_tables(block.text, folder)
        for line in block.lines if block in COMMANDS else ():
            if runs(line):
                called(as_here(line, work))


def write_tables(text: str, folder: Path) -> None:
    """Write the two tables that ``accuracy.md`` shows side by side."""
    rows = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    for number, name in enumerate(("counts", "areas")):
        cells = [row[number] for row in rows if len(row) > number]
        (folder / f"{name}.csv").write_text("\n".join(cells) + "\n", "utf-8")
