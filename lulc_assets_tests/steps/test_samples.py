"""Reference samples that a team delivers in its own words."""

from pathlib import Path

import pytest

from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.store.records import Record
from lulc_assets.steps.samples import make_reference_sample
from lulc_assets_tests.tiny_project import REGION, REGION_KEY, YEAR, make_tiny_project, open_work

LINE = f"[regions.{REGION}.samples.{YEAR}]\n"


@pytest.fixture(scope="module")
def project_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny project whose sample is read by a vocabulary beside the project file."""
    file = make_tiny_project(tmp_path_factory.mktemp("sampled"))
    text = file.read_text("utf-8")
    assert text.count(LINE) == 1
    file.write_text(text.replace(LINE, LINE + 'crosswalk = "own.csv"\n'), "utf-8")
    return file


def sample_with(project_file: Path, **changed: str) -> Record:
    """The sample as a vocabulary reads it that sends some classes elsewhere."""
    lines = ["source,title,target,relation"]
    lines += [f"{c.name},{c.title},{changed.get(c.name, c.name)},exact" for c in KARRA_10.land]
    (project_file.parent / "own.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return make_reference_sample(open_work(project_file), REGION_KEY)


def test_a_vocabulary_beside_the_project_file_is_found_from_anywhere(
    project_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert sample_with(project_file).files["sample.parquet"].size > 0


def test_another_vocabulary_in_the_same_file_gives_another_sample(project_file: Path):
    before = sample_with(project_file)
    assert sample_with(project_file).digest == before.digest
    changed = sample_with(project_file, crops="grass")
    assert changed.basis.settings["crosswalk_sha256"] != before.basis.settings["crosswalk_sha256"]
    assert changed.files["sample.parquet"].sha256 != before.files["sample.parquet"].sha256
