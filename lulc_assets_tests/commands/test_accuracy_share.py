"""``lulc accuracy share`` and tables of units with weights, clusters and shares of a plot."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.accuracy.unit_files import read_units
from lulc_assets.core.accuracy.weighting import weigh
from lulc_assets.core.estimation.estimators import estimate_ratio
from lulc_assets.core.estimation.replicates import jackknife_weights
from lulc_assets_tests.published import load_published


@pytest.fixture
def share(tmp_path):
    """Runs the command on a table of units; gives the result and its parsed JSON."""

    def run(units, *options, areas=""):
        (tmp_path / "units.csv").write_text(units, encoding="utf-8")
        (tmp_path / "areas.csv").write_text(areas, encoding="utf-8")
        files = ["--units", str(tmp_path / "units.csv")]
        files += ["--areas", str(tmp_path / "areas.csv")] if areas else []
        command = ["accuracy", "share", *files, "--format", "json", *options]
        result = CliRunner().invoke(app, command)
        return result, json.loads(result.stdout) if result.exit_code == 0 else None

    return run


def test_the_ratio_of_the_manual_of_survey_comes_out_as_printed(share):
    example = load_published("survey_apistrat")
    rows = [
        f"{stratum},{tested},{enrolled}"
        for stratum, pairs in example["enroll_and_tested"].items()
        for enrolled, tested in pairs
    ]
    areas = "\n".join(f"{name},{size}" for name, size in example["stratum_sizes"].items())

    _, found = share(
        "stratum,y,x\n" + "\n".join(rows) + "\n",
        *("--unit-ha", "1", "--intervals", "printed"),
        areas=areas,
    )

    assert found["n"] == 200
    assert found["share"]["estimate"] == pytest.approx(example["printed"]["ratio"], abs=5e-8)
    assert found["share"]["se"] == pytest.approx(example["printed"]["se"], abs=5e-10)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_clusters_with_weights_come_out_as_printed_for_nhanes(share):
    # Stata's manual of survey data: svy: mean zinc (31 strata, 62 primary units).
    samplics = pytest.importorskip("samplics.datasets")
    data = samplics.load_nhanes2()["data"][["stratid", "psuid", "finalwgt", "zinc"]].dropna()
    table = data.rename(
        columns={"stratid": "stratum", "psuid": "primary_unit", "finalwgt": "weight", "zinc": "y"}
    )

    _, found = share(table.to_csv(index=False), "--intervals", "printed")

    assert (found["n"], found["strata"], found["primary_units"]) == (9189, 31, 62)
    assert found["degrees_of_freedom"] == 31
    assert found["share"]["estimate"] == pytest.approx(87.18207, abs=5e-6)
    assert found["share"]["se"] == pytest.approx(0.4944827, abs=5e-8)
    assert found["share"]["ci95_low"] == pytest.approx(86.17356, abs=5e-6)
    assert found["share"]["ci95_high"] == pytest.approx(88.19057, abs=5e-6)


def test_the_youth_survey_of_samplics_comes_out_as_printed(share):
    example = load_published("survey_yrbs")
    rows = [f"{h},{unit},{w},{yes / w}" for h, unit, w, yes in example["primary_units"]]
    table = "stratum,primary_unit,weight,y\n" + "\n".join(rows) + "\n"

    _, printed = share(table, "--intervals", "printed")
    _, guarded = share(table)

    found, expected = printed["share"], example["printed"]
    assert (printed["strata"], printed["primary_units"]) == (13, 52)
    assert printed["degrees_of_freedom"] == 39
    assert found["estimate"] == pytest.approx(expected["mean"], abs=5e-8)
    assert found["se"] == pytest.approx(expected["se"], abs=5e-8)
    ends = [found["ci95_low"], found["ci95_high"]]
    assert ends == pytest.approx(expected["ci95"], abs=5e-8)
    # Guarded: a share near 1 has more room below than above.
    low, high = guarded["share"]["ci95_low"], guarded["share"]["ci95_high"]
    assert low < ends[0] and found["estimate"] < high < 1.0


def test_shares_of_plots_give_the_area_with_an_interval_inside_its_bounds(share):
    plots = "stratum,y\n" + "".join(f"wood,{y}\n" for y in (1, 0.5, 0.75, 1, 1, 0.25) * 5)
    plots += "".join(f"rest,{y}\n" for y in (0, 0, 0, 0.2, 0, 0) * 5)

    _, found = share(plots, areas="wood,100\nrest,900\n")

    assert found["share"]["estimate"] == pytest.approx(0.1 * 0.75 + 0.9 * 0.2 / 6)
    assert found["area_ha"]["estimate"] == pytest.approx(1000 * found["share"]["estimate"])
    assert 0 < found["share"]["ci95_low"] < found["share"]["estimate"]
    assert found["n_effective"] == pytest.approx(60 / found["design_effect"])


@pytest.mark.parametrize(
    ("units", "areas", "message"),
    [
        ("stratum,z\na,1\n", "", "columns are stratum, z"),
        ("y\n1\nx\n", "", "line 3: y is 'x'"),
        ("y,weight\n1,2\n0,0\n", "", "weight is '0'; it must be a number above 0"),
        ("stratum,y\na,1\na,0\nb,1\nb,0\n", "", "neither areas nor a column weight"),
        ("stratum,y\na,1\na,0\n", "a,5\nb,5\n", "no unit in stratum 'b'"),
        ("stratum,y\na,1\n,0\n", "a,5\n", "line 3: no stratum"),
        ("stratum,weight,y\na,1,1\na,1,0\nb,1,1\nb,1,0\n", "a,9\nb,1\n",
            "50.00% of the region by their weights and for 90.00% by its area"),
        ("y,x\n0,0\n0,0\n", "", "every x is 0"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_told_is_refused_with_the_place(share, units, areas, message):
    result, _ = share(units, areas=areas)

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


def test_weights_and_clusters_in_a_table_of_classes_count(tmp_path):
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"primary_unit": np.repeat(np.arange(20), 5), "weight": 2.0})
    table["map"] = np.where(rng.random(100) < 0.5, "a", "b")
    table["reference"] = np.where(rng.random(100) < 0.8, table["map"], "a")
    table["stratum"] = "s"
    (tmp_path / "areas.csv").write_text("s,1000\n", encoding="utf-8")

    def run(frame):
        frame.to_csv(tmp_path / "units.csv", index=False)
        command = ["accuracy", "estimate", "--counts", str(tmp_path / "units.csv")]
        command += ["--areas", str(tmp_path / "areas.csv"), "--format", "json"]
        return json.loads(CliRunner().invoke(app, command).stdout)

    clusters, units = run(table), run(table.drop(columns="primary_unit"))

    assert clusters["overall"]["estimate"] == pytest.approx(units["overall"]["estimate"])
    assert clusters["overall"]["se"] != units["overall"]["se"]
    assert clusters["design_effect"] == pytest.approx(
        units["design_effect"] * (clusters["overall"]["se"] / units["overall"]["se"]) ** 2
    )


def test_replicate_weights_give_the_standard_error_of_the_estimate(tmp_path):
    rng = np.random.default_rng(5)
    lines = [f"s{i % 2},p{i // 4},{rng.random():.3f}" for i in range(48)]
    path = tmp_path / "units.csv"
    path.write_text("stratum,primary_unit,y\n" + "\n".join(lines) + "\n", encoding="utf-8")
    table = read_units(path)
    strata = weigh("units", table.strata, table.primary, None, {"s0": 3.0, "s1": 1.0})

    weights, factors = jackknife_weights(strata)

    means = (weights * table.y[:, None]).sum(axis=0) / weights.sum(axis=0)
    ratio = estimate_ratio(table.y, table.x, strata)
    assert np.sqrt(np.sum(factors * (means - ratio.value) ** 2)) == pytest.approx(ratio.se)
