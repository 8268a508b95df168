"""The demos as a user calls them: repeat, stop, two folders, real scenes."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.progress import silent
from lulc_assets.demo.demo import DemoResult, run_demo, run_real_demo
from lulc_assets.running.runs import RunFailed, open_instance
from lulc_assets_tests.tiny_project import SETTINGS, TILE, YEAR, tiny_archive_spec


def quiet(_title: str):
    return nullcontext(silent)


def demo(folder: Path, said: list[str] | None = None) -> DemoResult:
    say = said.append if said is not None else (lambda _line: None)
    spec = tiny_archive_spec()
    return run_demo(folder, spec, quiet, say, SETTINGS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoResult]:
    folder = tmp_path_factory.mktemp("demo")
    return folder, demo(folder)


def test_the_summary_sets_sample_beside_truth(made):
    folder, result = made
    summary = json.loads((folder / "summary.json").read_text())
    assert summary == result.summary
    (row,) = summary["partitions"]
    assert (row["tile"], row["year"]) == (TILE, YEAR)
    assert 0 < row["overall_accuracy_truth"] < 1
    assert row["scenes_used"] + row["scenes_left_out"] == 6
    assert {"scene_catalog", "scene_predictions", "annual_map", "accuracy_area_report"} <= set(
        row["seconds_by_stage"]
    )
    for figures in row["classes"].values():
        assert set(figures) >= {
            "area_ha", "ci95_low", "ci95_high", "true_area_ha", "users", "producers",
        }  # fmt: skip
    assert sum(f["true_area_ha"] for f in row["classes"].values()) > 0


def test_the_pages_are_there_and_linked(made):
    folder, result = made
    assert result.index == folder / "index.html"
    assert f"{TILE}_{YEAR}.html" in result.index.read_text()


def test_a_repeat_runs_nothing(made):
    folder, _ = made
    said: list[str] = []
    assert demo(folder, said).launched == 0
    assert sum("there already" in line for line in said) == 6


def test_a_lost_file_is_made_again_without_training(made):
    folder, first = made
    store = folder / "store" / "annual_map" / TILE / str(YEAR)
    next(store.glob("class-*.tif")).unlink()
    said: list[str] = []
    again = demo(folder, said)
    assert again.launched == 1
    assert any("Train" in line and "there already" in line for line in said)
    assert again.summary["partitions"][0]["map_sha256"] == _hash(first)


def test_two_folders_end_with_the_same_map(made, tmp_path):
    assert _hash(demo(tmp_path)) == _hash(made[1])


def _hash(result: DemoResult) -> str:
    return str(result.summary["partitions"][0]["map_sha256"])


SCRIPT = """
import sys
from pathlib import Path
from lulc_assets_tests.demo.test_demo import demo


class Printed(list):
    def append(self, line):
        print(line, flush=True)


demo(Path(sys.argv[1]), Printed())
"""


@pytest.mark.parametrize("after_line", [2, 3])
def test_killed_and_started_again_it_ends_with_the_same_map(made, tmp_path, after_line):
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(tmp_path)],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    for _ in range(after_line):
        assert process.stdout.readline()
    time.sleep(2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert _hash(demo(tmp_path)) == _hash(made[1])


@pytest.mark.real_data
def test_ctrl_c_says_how_to_go_on(real_data, tmp_path):
    command = [str(Path(sys.executable).parent / "lulc"), "demo-real", "--out", str(tmp_path)]
    # A shell that runs the tests with & makes its children ignore Ctrl-C.
    process = subprocess.Popen(
        ["env", "--default-signal=INT", *command, "--data", str(real_data)],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    while not (line := process.stderr.readline()).startswith("1/6"):
        assert line, "the demo ended early"
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 130, rest
    assert "Call it again to go on" in rest


def test_only_one_process_works_in_a_folder(tmp_path):
    with (
        open_instance(tmp_path / "dagster"),
        pytest.raises(InvalidProject, match="another run"),
        open_instance(tmp_path / "dagster"),
    ):
        pass


def test_a_failed_job_names_its_error(tmp_path):
    settings = "[chips]\nmin_dates = 99\nmax_dates = 99\n"
    with pytest.raises(RunFailed, match="NoTrainingChips"):
        run_demo(tmp_path, tiny_archive_spec(), quiet, lambda _line: None, settings)


def test_a_refused_candidate_ends_the_demo_with_the_reason(tmp_path):
    settings = SETTINGS.replace("min_overall = 0.02", "min_overall = 0.999")
    with pytest.raises(RunFailed, match=r"without model_bundle: .*99\.90%"):
        run_demo(tmp_path, tiny_archive_spec(), quiet, lambda _line: None, settings)


@pytest.mark.real_data
def test_real_scenes_become_a_map_with_plain_agreement(real_data, tmp_path):
    result = run_real_demo(tmp_path, real_data / "slovenia_2015", quiet, lambda _line: None)
    (row,) = result.summary["partitions"]
    assert (row["tile"], row["year"]) == ("33TVL", 2015)
    assert row["verdict"] == "agreement_only"
    assert row["overall_accuracy_ci95"] is None
    assert (row["scenes_used"], row["scenes_left_out"]) == (3, 2)
    assert row["agreement"] > 0.5
    page = (tmp_path / "33TVL_2015.html").read_text()
    assert "no probability sample" in page
    assert "under the 5 % floor" in page


def test_missing_real_data_says_where_to_look(tmp_path):
    with pytest.raises(InvalidProject, match="LULC_REAL_DATA"):
        run_real_demo(tmp_path, tmp_path / "nowhere", quiet, lambda _line: None)
