"""``lulc sample``: strata in a raster, further units, seeds that follow from the frame."""

import json
import re

import geopandas
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.estimation.estimators import estimate_ratio
from lulc_assets.core.sampling.fieldwork import read_key
from lulc_assets.core.sampling.sample import read_sample
from lulc_assets_tests.core.sampling.map_files import patchy_map, write_map
from lulc_assets_tests.core.sampling.samples import small_grid, with_errors

STRATA = "1=loss,2=gain,3=buffer,4=stable class,5=stable rest"


def lulc(*arguments):
    return CliRunner().invoke(app, ["sample", *map(str, arguments)])


@pytest.fixture
def world(tmp_path):
    """A map, and a stratified sample of it."""
    patchy_map(tmp_path / "map.tif", size=60)
    units = ["--units", "trees=12", "--units", "crops=8", "--units", "water=5"]
    files = ["--map", tmp_path / "map.tif", "--out", tmp_path / "s", "--seed", 1, "--year", 2023]
    result = lulc("draw", *files, *units, "--units", "built_area=5")
    assert result.exit_code == 0, result.stderr
    return tmp_path


def extend(world, *units, seed=2, out="s2", source="s", map="map.tif"):
    more = [word for text in units for word in ("--units", text)]
    files = ["--map", world / map, "--seed", seed, "--out", world / out]
    return lulc("extend", world / source, *files, *more)


def test_further_units_are_other_places_and_share_one_chance_with_the_first(world):
    result = extend(world, "crops=6", "trees=4")

    assert result.exit_code == 0, result.stderr
    first, both = read_key(world / "s"), read_key(world / "s2")
    assert len(both.units) == len(first.units) + 10
    assert not both.units[["lon", "lat"]].duplicated().any()
    assert both.units["unit_id"].is_unique
    pixels = first.design.stratum_pixels
    for name, n in {"trees": 16, "crops": 14, "water": 5, "built_area": 5}.items():
        mine = both.units[both.units["stratum"] == name]
        assert len(mine) == n
        assert mine["inclusion_probability"].tolist() == pytest.approx([n / pixels[name]] * n)
    new = geopandas.read_file(world / "s2" / "for_interpreters" / "points.gpkg", layer="points")
    assert sorted(new["unit_id"]) == [f"u{i:05d}" for i in range(31, 41)]


def test_both_rounds_are_ingested_as_one_sample(world):
    extend(world, "crops=6")
    key = read_key(world / "s2").units.assign(reference_class="crops")
    key[:30][["unit_id", "reference_class"]].to_csv(world / "one.csv", index=False)
    key[30:][["unit_id", "reference_class"]].to_csv(world / "two.csv", index=False)

    labels = ["--labels", world / "one.csv", "--labels", world / "two.csv"]
    result = lulc("ingest", world / "s2", *labels, "--out", world / "sample.parquet")

    assert result.exit_code == 0, result.stderr
    sample = read_sample(world / "sample.parquet")
    assert (sample.units["class_code"] == 5).all()
    assert [r["seed"] for r in sample.design.extra["rounds"]] == [2]


def test_a_third_round_comes_on_top_and_the_whole_frame_can_be_drawn(tmp_path):
    patchy_map(tmp_path / "map.tif", size=10, holes=False)
    lulc("draw", "--map", tmp_path / "map.tif", "--out", tmp_path / "s", "--seed", 1,
         "--how", "simple", "--units", 30)  # fmt: skip
    extend(tmp_path, "30", seed=2)

    result = extend(tmp_path, "40", seed=3, source="s2", out="s3")

    assert result.exit_code == 0, result.stderr
    units = read_key(tmp_path / "s3").units
    assert len(units) == 100
    assert not units[["lon", "lat"]].duplicated().any()
    assert units["inclusion_probability"].tolist() == [1.0] * 100
    assert "1 more units of the maps asked for; 0 left" in extend(
        tmp_path, "1", seed=4, source="s3", out="s4"
    ).stderr  # fmt: skip


@pytest.mark.parametrize(
    ("units", "options", "message"),
    [
        (["crops=6"], {"seed": 1}, "seed 1 drew the first units"),
        (["lava=6"], {}, "no stratum 'lava'"),
        (["crops=100000"], {}, "more units of crops asked for"),
        (["crops=6"], {"map": "other.tif"}, "give the maps of the first draw"),
    ],
)
def test_what_is_no_extension_is_refused(world, units, options, message):
    patchy_map(world / "other.tif", size=60, seed=9)

    result = extend(world, *units, **options)

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


def test_windows_are_not_extended_unit_by_unit(world):
    lulc("draw", "--map", world / "map.tif", "--out", world / "w", "--seed", 1,
         "--how", "windows", "--units", 3)  # fmt: skip

    assert "average the two estimates" in " ".join(extend(world, "5", source="w").stderr.split())


@pytest.fixture
def years(tmp_path):
    """Two years of a map of trees and crops, with a clear-cut."""
    grid = small_grid(40, 40)
    before = np.full((40, 40), 2, np.uint8)
    before[:, 20:] = 5
    after = before.copy()
    after[5:10, 5:10] = 5
    after[0, 0] = 0
    write_map(tmp_path / "before.tif", before, grid)
    write_map(tmp_path / "after.tif", after, grid)
    files = ["--before", tmp_path / "before.tif", "--after", tmp_path / "after.tif"]
    result = lulc("strata", *files, "--of", "trees", "--buffer-px", 2, "--out", tmp_path / "st")
    assert result.exit_code == 0, result.stderr
    return tmp_path, tmp_path / "st" / "before.tif"


def test_strata_of_change_have_a_buffer_and_are_drawn_from(years):
    folder, raster = years

    result = lulc(
        "draw", "--strata", raster, "--strata-names", STRATA, "--seed", 1, "--out", folder / "s",
        *[word for n in ("loss=10", "buffer=12", "stable class=20", "stable rest=9")
          for word in ("--units", n)],
    )  # fmt: skip

    assert result.exit_code == 0, result.stderr
    key = read_key(folder / "s")
    assert key.design.stratum_pixels == {
        "loss": 25, "buffer": 81 - 25, "stable class": 800 - 82, "stable rest": 800,
    }  # fmt: skip
    assert key.units["stratum"].value_counts().to_dict() == {
        "stable class": 20, "buffer": 12, "loss": 10, "stable rest": 9,
    }  # fmt: skip


def test_units_go_where_the_event_is_expected(years):
    _, raster = years
    names = ["--strata", raster, "--strata-names", STRATA, "--units", 200, "--least", 10]
    rates = {"loss": 0.8, "buffer": 0.1, "stable class": 0.01, "stable rest": 0}
    expected = [word for name, r in rates.items() for word in ("--expect", f"{name}={r}")]

    result = lulc("design", *names, *expected, "--format", "json")
    missing = lulc("design", *names, *expected[:-2])

    plan = json.loads(result.stdout)
    assert sum(plan["units"].values()) == 200
    assert plan["units"]["stable rest"] == 10
    assert plan["area_ha"] == pytest.approx(0.01 * (25 * 0.8 + 56 * 0.1 + 718 * 0.01), rel=1e-3)
    spread = {n: np.sqrt(r * (1 - r)) for n, r in rates.items()}
    ratio = plan["units"]["stable class"] / plan["units"]["buffer"]
    wanted = 718 * spread["stable class"] / (56 * spread["buffer"])
    assert ratio == pytest.approx(wanted, rel=0.05)
    assert "no expected rate of the event in stratum 'stable rest'" in missing.stderr


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("1=loss,2=all", "stands for the sum of all strata"),
        ("1=Total,2=rest", "stands for the sum of all strata"),
        ("1=loss,3=rest", "must be 1 to 2 without gaps"),
        ("loss,rest", "write 1=loss,2=gain,3=rest"),
        ("1=loss,1=rest", "code 1 has two names"),
        ("1=loss,2=gain,3=buffer", "holds code 5"),
        ("", "needs --strata-names"),
    ],
)
def test_names_that_do_not_fit_the_strata_are_refused(years, names, message):
    folder, raster = years

    result = lulc("draw", "--strata", raster, "--strata-names", names, "--seed", 1,
                  "--out", folder / "s", "--units", "loss=5")  # fmt: skip

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


def test_a_seed_that_nobody_chose_follows_from_frame_and_design(world):
    draws = {}
    for name, units in (("a", 9), ("b", 9), ("c", 10)):
        result = lulc("draw", "--map", world / "map.tif", "--out", world / name,
                      "--how", "simple", "--units", units)  # fmt: skip
        assert result.exit_code == 0, result.stderr
        draws[name] = read_key(world / name)

    seeds = {name: key.design.extra["seed"] for name, key in draws.items()}
    assert seeds["a"] == seeds["b"] != seeds["c"]
    pd.testing.assert_frame_equal(draws["a"].units, draws["b"].units)
    assert len(draws["a"].design.extra["frame_digest"]) == 64
    _, codes, grid = patchy_map(world / "other.tif", size=60)
    codes[30, 30] = 1 if codes[30, 30] != 1 else 2
    write_map(world / "other.tif", codes, grid)
    lulc("draw", "--map", world / "other.tif", "--out", world / "d",
         "--how", "simple", "--units", 9)  # fmt: skip
    assert read_key(world / "d").design.extra["seed"] != seeds["a"]


def test_replicate_weights_of_a_sample_are_exported_with_their_coefficients(world):
    key = read_key(world / "s").units
    classes = np.where(np.arange(len(key)) % 3 == 0, "crops", "trees")
    key.assign(reference_class=classes).to_csv(world / "labels.csv", index=False)
    lulc("ingest", world / "s", "--labels", world / "labels.csv", "--out", world / "sample.parquet")

    result = lulc("replicates", world / "sample.parquet", "--out", world / "weights.csv")

    assert result.exit_code == 0, result.stderr
    table = pd.read_csv(world / "weights.csv")
    replicates = [c for c in table if c.startswith("replicate_")]
    factors = table.iloc[-1][replicates].to_numpy(dtype=float)
    rows = table.iloc[:-1]
    sample = read_sample(world / "sample.parquet")
    y = (sample.units["class_code"] == 5).to_numpy(dtype=float)
    shares = (rows[replicates].to_numpy() * y[:, None]).sum(axis=0)
    shares /= rows[replicates].to_numpy().sum(axis=0)
    ratio = estimate_ratio(y, np.ones(y.size), sample.strata())
    assert np.sqrt(np.sum(factors * (shares - ratio.value) ** 2)) == pytest.approx(ratio.se)


def test_any_legend_goes_from_the_draw_to_the_report(tmp_path):
    grid = small_grid(60, 60)
    rng = np.random.default_rng(4)
    codes = rng.integers(1, 13, (60, 60)).astype(np.uint8)
    write_map(tmp_path / "map.tif", codes, grid)
    names = [f"kind {i}" for i in range(1, 13)]
    (tmp_path / "own.csv").write_text("name\n" + "\n".join(names) + "\n", encoding="utf-8")
    legend = ["--legend", tmp_path / "own.csv"]
    common = ["--map", tmp_path / "map.tif", *legend]
    lulc("draw", *common, "--how", "simple", "--units", 300, "--out", tmp_path / "s", "--year",
         2023)  # fmt: skip
    key = read_key(tmp_path / "s").units
    key.assign(reference_class=key["map_class"]).to_csv(tmp_path / "labels.csv", index=False)
    ingested = lulc("ingest", tmp_path / "s", "--labels", tmp_path / "labels.csv", *legend,
                    "--out", tmp_path / "sample.parquet")  # fmt: skip
    assert ingested.exit_code == 0, ingested.stderr

    report = CliRunner().invoke(
        app,
        ["accuracy", "report", *map(str, common), "--format", "json",
         "--sample", str(tmp_path / "sample.parquet")],
    )  # fmt: skip

    found = json.loads(report.stdout)
    assert found["overall"]["estimate"] == 1.0
    assert [c["name"] for c in found["classes"]] == names


def test_two_maps_are_compared_where_they_differ(tmp_path):
    _, truth, grid = patchy_map(tmp_path / "truth.tif", size=80, holes=False)
    for name, share in (("new", 0.05), ("old", 0.2)):
        write_map(tmp_path / f"{name}.tif", with_errors(truth, share, [1, 2, 5, 7]), grid)
    maps = ["--map", tmp_path / "new.tif", "--other", tmp_path / "old.tif"]

    made = lulc("differences", *maps, "--out", tmp_path / "st")
    frame = ["--strata", tmp_path / "st" / "new.tif", "--strata-names", "1=differ,2=elsewhere"]
    lulc("draw", *frame, "--how", "simple", "--units", 90, "--seed", 1, "--out", tmp_path / "s")
    key = read_key(tmp_path / "s").units
    points = geopandas.GeoSeries.from_xy(key["lon"], key["lat"], crs=4326).to_crs(grid.epsg)
    rows, cols = grid.cells(points.x.to_numpy(), points.y.to_numpy())
    names = {1: "water", 2: "trees", 5: "crops", 7: "built_area"}
    labels = key[["unit_id"]].assign(reference_class=[names[c] for c in truth[rows, cols]])
    labels.to_csv(tmp_path / "labels.csv", index=False)
    labelled = lulc("ingest", tmp_path / "s", "--labels", tmp_path / "labels.csv",
                    "--out", tmp_path / "sample.parquet")  # fmt: skip
    sample = ["--sample", tmp_path / "sample.parquet", "--where-they-differ"]
    found = CliRunner().invoke(app, ["accuracy", "compare", *map(str, [*maps, *sample])])

    assert "the maps differ on" in made.stdout
    assert labelled.exit_code == 0, labelled.stderr
    assert found.exit_code == 0, found.stderr
    assert "where 90 units lie; elsewhere none is better" in found.stdout
    shown = re.search(r"overall accuracy (\S+) \[(\S+) to (\S+)\]", found.stdout)
    value, low, high = (float(text) for text in shown.groups())
    # A share of 0.05 and of 0.2 of the pixels shows a random class of four.
    assert value == pytest.approx(0.15 * 0.75, abs=0.03)
    assert 0 < low < value < high < value + 0.05


def test_maps_that_nowhere_differ_are_not_compared(tmp_path):
    patchy_map(tmp_path / "map.tif", size=20)
    maps = ["--map", tmp_path / "map.tif", "--other", tmp_path / "map.tif"]

    result = lulc("differences", *maps, "--out", tmp_path / "st")

    assert result.exit_code == 1
    assert "same class everywhere" in " ".join(result.stderr.split())
