import json
import subprocess
import sys

import geopandas
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.sampling.sample import read_sample
from lulc_assets_tests.core.sampling.map_files import patchy_map


def lulc(*arguments):
    return CliRunner().invoke(app, ["sample", *map(str, arguments)])


@pytest.fixture
def world(tmp_path):
    path, codes, grid = patchy_map(tmp_path / "map.tif", size=200)
    return path, codes, grid


@pytest.fixture
def drawn(world, tmp_path):
    """A stratified sample of 120 units."""
    result = lulc(
        "draw",
        "--map",
        world[0],
        "--out",
        tmp_path / "s",
        "--seed",
        7,
        "--year",
        2023,
        "--units",
        "trees=40",
        "--units",
        "crops=40",
        "--units",
        "water=20",
        "--units",
        "built_area=20",
    )
    assert result.exit_code == 0, result.stderr
    return tmp_path / "s"


def truth_of(folder, world):
    """What an interpreter sees who does not err: the map's class."""
    _, codes, grid = world
    points = geopandas.read_file(folder / "for_interpreters" / "points.gpkg", layer="points")
    there = points.geometry.to_crs(grid.epsg)
    rows, cols = grid.cells(there.x, there.y)
    names = [KARRA_10.by_code(int(code)).name for code in codes[rows, cols]]
    return pd.DataFrame({"unit_id": points["unit_id"], "reference_class": names})


def test_design_shows_four_allocations_with_errors_and_hours(world):
    result = lulc(
        "design", "--map", world[0], "--target", "overall=0.03", "--target", "area:crops=8%"
    )

    assert result.exit_code == 0, result.stderr
    for word in (
        "equal",
        "proportional",
        "neyman",
        "optimal",
        "hours",
        "SE overall",
        "SE area:crops",
    ):
        assert word in result.stdout


def test_design_as_json_reaches_the_target(world):
    result = lulc(
        "design",
        "--map",
        world[0],
        "--target",
        "users:crops=0.04",
        "--users",
        "0.9",
        "--users",
        "crops=0.7",
        "--format",
        "json",
        "--minutes",
        6,
        "--interpreters",
        1,
    )

    for plan in json.loads(result.stdout):
        assert plan["expected_se"]["users:crops"] <= 0.04
        assert plan["units"]["crops"] == pytest.approx(0.7 * 0.3 / 0.04**2, abs=40 * 4)
        assert plan["hours"] == pytest.approx(plan["total"] / 10)
        assert sum(plan["units"].values()) == plan["total"]


def test_design_needs_a_goal(world):
    result = lulc("design", "--map", world[0])

    assert result.exit_code == 1
    assert "number of units or a target" in result.stderr


def test_interpreters_get_places_and_nothing_of_the_map(drawn):
    folder = drawn / "for_interpreters"
    points = geopandas.read_file(folder / "points.gpkg", layer="points")
    pixels = geopandas.read_file(folder / "points.gpkg", layer="pixels")
    plots = pd.read_csv(folder / "collect_earth_online.csv")

    assert set(points.columns) == {"unit_id", "reference_class", "confidence", "note", "geometry"}
    assert (points["reference_class"].fillna("") == "").all()
    assert set(pixels.columns) == {"unit_id", "geometry"}
    assert list(plots.columns) == ["LON", "LAT", "PLOTID"]
    assert len(points) == len(pixels) == len(plots) == 120
    assert pixels.to_crs(32633).area.to_numpy() == pytest.approx(100, rel=1e-6)
    inside = pixels.set_index("unit_id").contains(points.set_index("unit_id").geometry)
    assert inside.all()


def test_a_second_draw_does_not_overwrite_the_first(world, drawn):
    result = lulc(
        "draw", "--map", world[0], "--out", drawn, "--seed", 8, "--how", "simple", "--units", 10
    )

    assert result.exit_code == 1
    assert "already holds a sample" in result.stderr


@pytest.mark.parametrize(
    ("how", "units", "n", "starts"),
    [("simple", 30, 30, 1), ("systematic", 20, 100, 1), ("windows", 6, 6 * 25, 1),
     ("systematic", 10, 400, 10)],
)  # fmt: skip
def test_other_designs_are_drawn_and_read_back(world, tmp_path, how, units, n, starts):
    out = tmp_path / how
    result = lulc(
        "draw",
        "--map",
        world[0],
        "--out",
        out,
        "--seed",
        1,
        "--how",
        how,
        "--units",
        units,
        "--window",
        5,
        "--starts",
        starts,
    )
    labels = truth_of(out, world)
    labels.to_csv(tmp_path / "anna.csv", index=False)

    assert result.exit_code == 0, result.stderr
    assert len(labels) == pytest.approx(n, rel=0.2)
    ingested = lulc(
        "ingest", out, "--labels", tmp_path / "anna.csv", "--out", tmp_path / "s.parquet"
    )
    assert ingested.exit_code == 0, ingested.stderr
    sample = read_sample(tmp_path / "s.parquet")
    assert len(sample.units) == len(labels)
    assert sample.design.starts == starts
    assert ("One lattice has no unbiased variance" in result.stderr) == (
        how == "systematic" and starts == 1
    )


def test_a_systematic_sample_has_ten_starts_unless_asked_otherwise(world, tmp_path):
    out = tmp_path / "s"
    lulc("draw", "--map", world[0], "--out", out, "--seed", 1, "--how", "systematic", "--units", 10)
    labels = truth_of(out, world)
    labels.to_csv(tmp_path / "anna.csv", index=False)
    lulc("ingest", out, "--labels", tmp_path / "anna.csv", "--out", tmp_path / "s.parquet")

    files = ["--map", str(world[0]), "--sample", str(tmp_path / "s.parquet"), "--year", "2023"]
    report = CliRunner().invoke(app, ["accuracy", "report", *files])

    assert report.exit_code == 0, report.stderr
    assert "10 lattices with random starts" in report.stdout
    assert "9 degrees of freedom" in " ".join(report.stdout.split())


def test_lattices_drawn_elsewhere_are_imported_with_their_starts(delivered, tmp_path):
    points, _ = delivered
    design = tmp_path / "lattices.json"
    design.write_text(json.dumps({"design": "systematic", "starts": 4, "sample_size": 120}))
    frame = geopandas.read_file(points).drop(columns=["stratum", "primary_unit"], errors="ignore")
    frame["inclusion_probability"] = 0.01
    frame.to_file(tmp_path / "without.gpkg", driver="GPKG")
    frame["primary_unit"] = np.arange(120) % 4
    frame.to_file(tmp_path / "with.gpkg", driver="GPKG")

    refused, accepted = (
        lulc("import", tmp_path / name, "--design", design, "--out", tmp_path / "s.parquet")
        for name in ("without.gpkg", "with.gpkg")
    )

    assert "no column primary_unit; a systematic sample needs" in " ".join(refused.stderr.split())
    assert accepted.exit_code == 0, accepted.stderr
    assert read_sample(tmp_path / "s.parquet").units["primary_unit"].nunique() == 4


def test_the_program_ends_cleanly_after_an_import(delivered, tmp_path):
    """pyarrow's threads once aborted it with 134, rarely, after all its work was done."""
    points, design = delivered
    script = "from lulc_assets.cli import app; app()"
    for number in range(3):
        out = tmp_path / f"{number}.parquet"
        command = ["sample", "import", points, "--design", design, "--out", out]
        done = subprocess.run(
            [sys.executable, "-c", script, *map(str, command)],
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        assert "terminate" not in done.stderr
        assert out.exists()


def test_units_are_written_as_class_and_number(world, tmp_path):
    for arguments in (["--units", "trees"], ["--units", "trees=many"]):
        result = lulc("draw", "--map", world[0], "--out", tmp_path / "x", "--seed", 1, *arguments)
        assert result.exit_code == 1
        assert "write a class and a number" in result.stderr
    result = lulc(
        "draw",
        "--map",
        world[0],
        "--out",
        tmp_path / "x",
        "--seed",
        1,
        "--how",
        "simple",
        "--units",
        "a=1",
    )
    assert "takes one whole number" in result.stderr


def two_interpreters(drawn, world, folder):
    """Anna does not err; Ben errs at every tenth unit and cannot name two."""
    anna = truth_of(drawn, world)
    ben = anna.copy()
    ben.loc[::10, "reference_class"] = np.where(
        ben.loc[::10, "reference_class"] == "trees", "crops", "trees"
    )
    ben.loc[1:2, "reference_class"] = ""
    for name, table in (("anna", anna), ("ben", ben)):
        table.to_csv(folder / f"{name}.csv", index=False)
    return anna, ["--labels", folder / "anna.csv", "--labels", folder / "ben.csv"]


def test_the_loop_of_two_interpreters_and_a_second_look(drawn, world, tmp_path):
    truth, labels = two_interpreters(drawn, world, tmp_path)
    out = tmp_path / "sample.parquet"

    first = lulc("ingest", drawn, *labels, "--out", out)

    assert first.exit_code == 0, first.stderr
    assert "agree on 89.8% of 118 units" in first.stdout
    assert "12 units are disputed" in first.stdout
    disputed = pd.read_csv(tmp_path / "disputed.csv", dtype=str)
    assert list(disputed.columns) == ["unit_id", "anna", "ben", "reference_class"]
    assert int((read_sample(out).units["class_code"] == 0).sum()) == 12

    truth[truth["unit_id"].isin(disputed["unit_id"])].to_csv(tmp_path / "second.csv", index=False)
    second = lulc("ingest", drawn, *labels, "--out", out, "--settled", tmp_path / "second.csv")

    assert "120 of 120 units have a class" in second.stdout
    sample = read_sample(out)
    names = [KARRA_10.by_code(c).name for c in sample.units["class_code"]]
    assert names == truth.sort_values("unit_id")["reference_class"].tolist()
    assert sample.design.design == "stratified"


def test_ingest_advises_how_many_more_to_take_where(drawn, world, tmp_path):
    _, labels = two_interpreters(drawn, world, tmp_path)
    common = ["ingest", drawn, *labels[:2], "--out", tmp_path / "s.parquet", "--map", world[0]]

    ambitious, modest = (
        lulc(*common, "--target", goal).stdout for goal in ("users:crops=0.005", "overall=0.5")
    )

    assert "more units, by map class: crops" in ambitious
    assert "large enough for overall=0.5" in modest


def test_labels_of_a_class_nobody_knows_name_the_unit(drawn, world, tmp_path):
    table = truth_of(drawn, world)
    table.loc[0, "reference_class"] = "lava"
    table.to_csv(tmp_path / "anna.csv", index=False)

    result = lulc(
        "ingest", drawn, "--labels", tmp_path / "anna.csv", "--out", tmp_path / "s.parquet"
    )

    assert result.exit_code == 1
    assert "class 'lava'" in result.stderr
    assert table.loc[0, "unit_id"] in result.stderr


def test_a_key_without_its_design_columns_is_refused(drawn, world, tmp_path):
    truth_of(drawn, world).to_csv(tmp_path / "anna.csv", index=False)
    key = drawn / "sealed" / "key.csv"
    pd.read_csv(key).drop(columns=["stratum", "inclusion_probability"]).to_csv(key, index=False)

    result = lulc(
        "ingest", drawn, "--labels", tmp_path / "anna.csv", "--out", tmp_path / "s.parquet"
    )

    assert result.exit_code == 1
    assert "design columns missing: stratum, inclusion_probability" in result.stderr


@pytest.fixture
def delivered(drawn, world, tmp_path):
    """The drawn units as somebody else would deliver them: labelled points and a design."""
    key = pd.read_csv(drawn / "sealed" / "key.csv", dtype={"unit_id": str})
    labelled = key.merge(truth_of(drawn, world), on="unit_id")
    points = geopandas.GeoDataFrame(
        labelled[["unit_id", "stratum", "inclusion_probability", "reference_class"]],
        geometry=geopandas.points_from_xy(key["lon"], key["lat"]),
        crs="EPSG:4326",
    )
    points.to_file(tmp_path / "points.gpkg", driver="GPKG")
    return tmp_path / "points.gpkg", drawn / "sealed" / "design.json"


def test_points_drawn_elsewhere_are_imported_with_their_design(delivered, tmp_path):
    points, design = delivered

    result = lulc("import", points, "--design", design, "--out", tmp_path / "sample.parquet")

    assert result.exit_code == 0, result.stderr
    assert "120 units of the design stratified, 0 without class" in result.stdout
    assert read_sample(tmp_path / "sample.parquet").design.stratum_pixels["trees"] > 0


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda p: p.drop(columns="inclusion_probability"), "no column inclusion_probability"),
        (lambda p: p.drop(columns="stratum"), "no column stratum"),
        (lambda p: pd.concat([p, p.iloc[:1].assign(unit_id="again")]), "lie on one point"),
        (lambda p: p.assign(reference_class="lava"), "unit 'u00001': value(s) 'lava'"),
    ],
)
def test_points_that_cannot_be_trusted_are_refused_by_name(delivered, tmp_path, break_it, message):
    points, design = delivered
    break_it(geopandas.read_file(points)).to_file(tmp_path / "bad.gpkg", driver="GPKG")

    result = lulc("import", tmp_path / "bad.gpkg", "--design", design, "--out", tmp_path / "x")

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    assert not (tmp_path / "x").exists()
