"""What commands print on terminals that lack our signs, and to readers that leave early."""

import json
import os
import re
import subprocess
import sys

import pytest

LULC = [sys.executable, "-c", "from lulc_assets.cli import app; app()"]
COUNTS = "map,dämage,intact\ndämage,48,2\nintact,1,149\n"


def run(*arguments, encoding="ascii", **options):
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run(
        [*LULC, *map(str, arguments)], capture_output=True, env=environment, check=False, **options
    )


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "counts.csv").write_text(COUNTS, encoding="utf-8")
    (tmp_path / "areas.csv").write_text("dämage,500\nintact,9000\n", encoding="utf-8")
    return ["accuracy", "estimate", "--counts", tmp_path / "counts.csv", "--areas",
            tmp_path / "areas.csv"]  # fmt: skip


def test_a_terminal_of_ascii_gets_plain_signs_and_not_an_error(tables):
    done = run(*tables)

    assert done.returncode == 0, done.stderr
    assert re.search(rb"Overall accuracy 0\.\d{3} \[0\.\d{3}-\d\.\d{3}\]", done.stdout)
    assert b"Traceback" not in done.stderr


def test_json_keeps_every_letter_on_a_terminal_of_ascii(tables):
    done = run(*tables, "--format", "json")

    assert "dämage" in json.loads(done.stdout)["classes"]


def test_a_reader_that_leaves_early_ends_the_program_quietly():
    pipe = subprocess.Popen(
        [*LULC, "labels", "vocabularies", "corine"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    pipe.stdout.close()
    said = pipe.stderr.read()
    pipe.stderr.close()

    assert pipe.wait() in (141, 1)
    assert said == b""
