from pathlib import Path

import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.simulation.archive.spec import archive_spec

TINY = ["--size", "192", "--scenes", "3", "--sample", "100", "--years", "2022"]


def test_simulate_writes_an_archive_and_says_where(tmp_path: Path):
    done = CliRunner().invoke(app, ["simulate", "--out", str(tmp_path / "a"), *TINY])
    assert done.exit_code == 0, done.output
    for name in ("catalog/catalog.json", "labels.gpkg", "samples/reference_sample_2022.gpkg"):
        assert (tmp_path / "a" / name).exists()
        assert name in done.output.replace("\n", "")


def test_the_same_words_give_the_same_digest(tmp_path: Path):
    words = ["simulate", "--tiles", "31UFS", *TINY[:-2], "--years", "2021-2022", "--seed", "7"]
    first, second = (
        CliRunner().invoke(app, [*words, "--out", str(tmp_path / name)]).output.splitlines()[-1]
        for name in ("a", "b")
    )
    spec = archive_spec(
        ["31UFS"], [2021, 2022], size_px=192, seed=7, scenes_per_year=3, sample_size=100
    )
    assert first == second
    assert spec.digest in first


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--profile", "hard"], "normal or stress"),
        (["--dialect", "google"], "google"),
        (["--years", "soon"], "2021-2023"),
        (["--tiles", "../etc"], "../etc"),
        (["--size", "193"], "even"),
        (["--size", "0"], "32 or more"),
        (["--bands", "7"], "6 or 10"),
    ],
)
def test_a_wrong_word_is_named_and_nothing_is_written(tmp_path: Path, words: list[str], told: str):
    done = CliRunner().invoke(app, ["simulate", "--out", str(tmp_path / "a"), *TINY, *words])
    assert done.exit_code != 0
    assert told in done.output
    assert not (tmp_path / "a").exists()
