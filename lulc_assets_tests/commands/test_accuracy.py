import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.commands.accuracy_tables import as_printed
from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.grid import Window
from lulc_assets.core.sampling.design import SampleDesign
from lulc_assets.core.sampling.sample import ReferenceSample, read_sample, write_sample
from lulc_assets_tests.core.sampling.map_files import patchy_map, write_map
from lulc_assets_tests.core.sampling.samples import random_sample, sample_at, with_errors

COUNTS = """map,deforestation,gain,forest,other
deforestation,66,0,5,4
gain,0,55,8,12
forest,1,0,153,11
other,2,1,9,313
"""
AREAS = """class,area_ha
deforestation,18000
gain,13500
forest,288000
other,580500
"""


@pytest.fixture
def lulc(tmp_path):
    """Runs ``lulc accuracy estimate`` on the two texts."""

    def run(*options, counts=COUNTS, areas=AREAS):
        (tmp_path / "counts.csv").write_text(counts, encoding="utf-8")
        (tmp_path / "areas.csv").write_text(areas, encoding="utf-8")
        files = ["--counts", str(tmp_path / "counts.csv"), "--areas", str(tmp_path / "areas.csv")]
        return CliRunner().invoke(app, ["accuracy", "estimate", *files, *options])

    return run


def test_json_holds_the_printed_figures_of_olofsson_2014(lulc):
    result = lulc("--format", "json", "--intervals", "printed")

    assert result.exit_code == 0
    figures = json.loads(result.stdout)
    assert figures.keys() == {"level", "n", "overall", "design_effect", "classes", "warnings"}
    assert figures["overall"].keys() == {
        *("estimate", "se", "ci95_low", "ci95_high", "n", "n_effective")
    }
    assert figures["overall"]["estimate"] == pytest.approx(0.9465, abs=5e-5)
    deforestation = figures["classes"]["deforestation"]
    assert deforestation.keys() == {"users", "producers", "f1", "area_ha"}
    area = deforestation["area_ha"]
    assert area["estimate"] == pytest.approx(21_158, abs=0.5)
    assert area["ci95_high"] - area["estimate"] == pytest.approx(6_158, abs=0.6)
    assert area["estimate"] - area["ci95_low"] == pytest.approx(6_158, abs=0.6)


def test_thin_classes_are_warned_of_on_stderr_and_json_stays_clean(lulc):
    result = lulc("--format", "json")

    assert "fewer than 20 effective units" in result.stderr
    json.loads(result.stdout)


def test_guarded_intervals_are_lopsided_and_wider_where_units_are_few(lulc):
    printed, guarded = (
        json.loads(lulc("--format", "json", "--intervals", kind).stdout)["classes"]["gain"]
        for kind in ("printed", "guarded")
    )

    assert guarded["area_ha"]["estimate"] == printed["area_ha"]["estimate"]
    assert guarded["area_ha"]["ci95_high"] > printed["area_ha"]["ci95_high"]
    assert guarded["users"] != printed["users"]


def test_the_table_names_every_class(lulc):
    result = lulc()

    assert "Overall accuracy 0.947" in result.stdout
    for name in ("deforestation", "gain", "forest", "other"):
        assert name in result.stdout


def test_a_class_without_reference_units_is_null_not_zero(lulc):
    result = lulc(
        "--format", "json", counts="map,a,b\na,20,0\nb,20,0\n", areas="class,area_ha\na,5\nb,1\n"
    )

    lake = json.loads(result.stdout)["classes"]["b"]
    assert lake["producers"]["estimate"] is None
    assert lake["area_ha"]["estimate"] == 0
    assert lake["area_ha"]["ci95_high"] > 0


def test_a_perfect_table_has_intervals_with_a_width_and_a_warning(lulc):
    result = lulc(
        "--format", "json", counts="map,a,b\na,30,0\nb,0,30\n", areas="class,area_ha\na,5\nb,1\n"
    )

    figures = json.loads(result.stdout)
    for figure in (figures["overall"], *figures["classes"]["a"].values()):
        assert figure["ci95_low"] < figure["ci95_high"]
    assert "All units mapped as one class agree" in result.stderr


def test_a_class_that_only_the_reference_knows_needs_an_area_of_zero(lulc):
    counts = "map,a,b,c\na,20,2,3\nb,1,20,1\n"

    refused = lulc(counts=counts, areas="class,area_ha\na,5\nb,1\n")
    accepted = lulc("--format", "json", counts=counts, areas="class,area_ha\na,5\nb,1\nc,0\n")

    assert refused.exit_code == 1
    assert "no area for class 'c'" in refused.stderr
    area = json.loads(accepted.stdout)["classes"]["c"]["area_ha"]
    assert area["estimate"] == pytest.approx(5 * 3 / 25 + 1 * 1 / 22)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"counts": COUNTS.replace("66", "-66")}, "reference 'deforestation': count is '-66'"),
        ({"counts": COUNTS.replace("66", "66.5")}, "count is '66.5'"),
        ({"counts": COUNTS.replace("66", "many")}, "count is 'many'"),
        ({"counts": COUNTS.replace("66", "")}, "count is ''"),
        ({"counts": COUNTS.replace("66", "nan")}, "count is 'nan'"),
        ({"counts": COUNTS.replace("4\ngain", "4,9\ngain")}, "has 5 counts"),
        ({"counts": COUNTS.replace("\ngain", "\nforest")}, "'forest' occurs more than once"),
        ({"counts": "map,a\n"}, "needs a first line"),
        ({"counts": "map,a,b\na,0,0\nb,0,0\n"}, "all counts are 0"),
        ({"areas": AREAS.replace("gain", "growth")}, "no area for class 'gain'"),
        ({"areas": AREAS.replace("13500", "-1")}, "area of class 'gain' is '-1'"),
        ({"areas": AREAS.replace("13500", "")}, "area of class 'gain' is ''"),
        ({"areas": AREAS + "gain,5\n"}, "'gain' occurs more than once"),
        (
            {"areas": AREAS.replace("area_ha", "area_km2")},
            "is in km²; 1 km² is 100 ha. Convert it to hectares",
        ),
        ({"areas": AREAS.replace("580500", "580500000000")}, "the Earth has"),
        ({"areas": AREAS.replace("580500", "0")}, "map classes without area: other"),
        ({"areas": AREAS + "swamp,900\n"}, "fewer than two units: swamp (0)"),
        ({"counts": COUNTS.replace("0,55,8,12", "0,1,0,0")}, "fewer than two units: gain (1)"),
        ({"areas": ""}, "no areas"),
    ],
)
def test_bad_tables_are_refused_by_name(lulc, changes, message):
    result = lulc(**changes)

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    assert not result.stdout


STEHMAN = Path(__file__).parents[1] / "core/estimation/published/stehman_2014_table_2.json"


def long_table(*, line_a_unit=False):
    """The sample of Stehman 2014, table 2: counts by stratum, and the areas of the strata."""
    example = json.loads(STEHMAN.read_text(encoding="utf-8"))
    shown, true = (example[key].replace(" ", "") for key in ("map", "reference"))
    strata = [name for name in example["strata"] for _ in range(example["units_per_stratum"])]
    units = list(zip(strata, shown, true, strict=True))
    areas = "".join(f"{name},{size}\n" for name, size in example["strata"].items())
    if line_a_unit:
        return "stratum,map,reference\n" + "\n".join(map(",".join, units)), areas
    cells = [",".join((*cell, str(n))) for cell, n in Counter(units).items()]
    return "stratum,map,reference,n\n" + "\n".join(cells), areas


@pytest.mark.parametrize("line_a_unit", [False, True])
def test_strata_that_are_not_the_map_classes_as_stehman_2014_prints_them(lulc, line_a_unit):
    counts, areas = long_table(line_a_unit=line_a_unit)

    result = lulc("--format", "json", "--unit-ha", "1", counts=counts, areas=areas)

    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    found = {
        "overall": figures["overall"],
        "area A": figures["classes"]["A"]["area_ha"],
        "area C": figures["classes"]["C"]["area_ha"],
        "users B": figures["classes"]["B"]["users"],
        "producers B": figures["classes"]["B"]["producers"],
    }
    printed = json.loads(STEHMAN.read_text(encoding="utf-8"))["printed"]
    for name, figure in printed.items():
        scale = 100_000 if name.startswith("area") else 1
        assert found[name]["estimate"] / scale == pytest.approx(figure["value"], abs=5e-4), name
        assert found[name]["se"] / scale == pytest.approx(figure["se"], abs=5e-5), name


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("stratum,map,reference,n", "stratum,map,reference,share", "a long table has stratum"),
        ("1,A,A,5", "1,A,A,-5", "line 2: count is '-5'"),
        ("1,A,A,5", "1,A,A,5.5", "line 2: count is '5.5'"),
        ("1,A,A,5", "1,A,A", "line 2: 3 of 4 columns"),
        ("1,A,A,5", "1,,A,5", "line 2: no map"),
        ("1,A,A,5", "1,A,A,5\n1,A,A,2", "line 3: 1 / A / A was counted before"),
        ("1,A,A,5", "9,A,A,5", "no area for stratum '9'"),
    ],
)
def test_bad_long_tables_are_refused_by_line(lulc, old, new, message):
    counts, areas = long_table()

    result = lulc(counts=counts.replace(old, new), areas=areas)

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


def test_a_stratum_of_the_areas_without_units_is_named(lulc):
    counts, areas = long_table()

    result = lulc(counts=counts, areas=areas + "5,7000\n")

    assert result.exit_code == 1
    assert "fewer than two units: 5 (0)" in result.stderr


def test_more_units_than_fit_into_a_stratum_are_refused(lulc):
    result = lulc("--unit-ha", "5000")

    assert result.exit_code == 1
    assert "more units of 5000 ha than fit into its area" in " ".join(result.stderr.split())


def test_files_that_do_not_exist_are_named(tmp_path):
    absent = str(tmp_path / "absent.csv")

    result = CliRunner().invoke(
        app, ["accuracy", "estimate", "--counts", absent, "--areas", absent]
    )

    assert result.exit_code == 1
    assert "absent.csv" in result.stderr


@pytest.mark.parametrize(
    ("total", "unit"), [(90.0, "m²"), (90e6, "km²"), (9000.0, "10 m pixels"), (700_000, "")]
)
def test_areas_in_another_unit_than_the_map_are_refused(lulc, total, unit):
    result = lulc("--map-area-ha", str(total))

    assert result.exit_code == 1
    assert "areas sum to 900,000" in result.stderr
    assert unit in result.stderr


def test_areas_that_fit_the_map_pass(lulc):
    assert lulc("--map-area-ha", "899000").exit_code == 0


def test_a_thin_class_is_merged_only_on_request(lulc):
    counts = COUNTS.replace("0,55,8,12", "0,1,0,0")

    merged = lulc("--format", "json", "--merge", "gain+deforestation", counts=counts)

    assert merged.exit_code == 0
    figures = json.loads(merged.stdout)["classes"]
    assert sum(c["area_ha"]["estimate"] for c in figures.values()) == pytest.approx(900_000)
    assert "cannot merge 'gian'" in lulc("--merge", "gian+other").stderr


def test_semicolons_a_byte_order_mark_and_no_title_are_read(lulc):
    result = lulc(
        "--format",
        "json",
        counts="\ufeff" + COUNTS.replace(",", ";"),
        areas=AREAS.replace("class,area_ha\n", ""),
    )

    assert json.loads(result.stdout)["overall"]["estimate"] == pytest.approx(0.9465, abs=5e-5)


@pytest.fixture
def world(tmp_path):
    """A map with errors, a better one, and a stored sample of the truth."""
    _, truth, grid = patchy_map(tmp_path / "truth.tif", size=200, holes=False)
    for name, share in (("map", 0.3), ("better", 0.05)):
        write_map(tmp_path / f"{name}.tif", with_errors(truth, share, [1, 2, 5, 7]), grid)
    sample = random_sample(grid, truth, 400)
    write_sample(tmp_path / "sample.parquet", sample)
    codes = sample.units["class_code"].to_numpy(copy=True)
    codes[:30] = 7
    later = ReferenceSample(sample.units.assign(class_code=codes), sample.design)
    write_sample(tmp_path / "later.parquet", later)
    return tmp_path


def accuracy(*arguments):
    return CliRunner().invoke(app, ["accuracy", *map(str, arguments)])


def test_a_report_from_a_map_and_its_sample(world):
    files = ["--map", world / "map.tif", "--sample", world / "sample.parquet"]

    table, text = accuracy("report", *files), accuracy("report", *files, "--format", "json")

    assert table.exit_code == 0, table.stderr
    assert "Simple random sample: 400 units here" in table.stdout
    assert "the 400 units tell as much about overall accuracy as" in table.stdout
    assert "crops" in table.stdout
    report = json.loads(text.stdout)
    assert report["verdict"] == "estimated"
    assert report["overall"]["estimate"] == pytest.approx(0.775, abs=0.08)


@pytest.fixture
def second_look(world):
    """Forty units interpreted again, of which four get another class; the others have none."""
    sample = read_sample(world / "sample.parquet")
    again = np.zeros(len(sample.units), np.uint8)
    picked = np.random.default_rng(5).choice(again.size, 40, replace=False)
    codes = sample.units["class_code"].to_numpy()
    again[picked] = codes[picked]
    again[picked[:4]] = np.where(codes[picked[:4]] == 5, 7, 5)
    units = sample.units.assign(class_code=again)
    write_sample(world / "second.parquet", ReferenceSample(units, sample.design))
    return world / "second.parquet"


def test_a_second_look_adds_the_interpreters_error(world, second_look):
    files = ["--map", world / "map.tif", "--sample", world / "sample.parquet"]

    table = accuracy("report", *files, "--second", second_look)
    text = accuracy("report", *files, "--second", second_look, "--format", "json")

    assert table.exit_code == 0, table.stderr
    assert "36 of 40 units that were looked at twice agree" in table.stdout
    report = json.loads(text.stdout)
    told, plain = report["interpreters"], report["overall"]
    assert (told["twice"], told["agreed"]) == (40, 36)
    width = told["overall"]["ci95_high"] - told["overall"]["ci95_low"]
    assert width > plain["ci95_high"] - plain["ci95_low"]


def test_an_alternate_label_gives_a_second_figure_and_never_replaces_the_first(world):
    sample = read_sample(world / "sample.parquet")
    write_sample(
        world / "either.parquet",
        ReferenceSample(sample.units.assign(class_code=np.uint8(5)), sample.design),
    )
    files = ["--map", world / "map.tif", "--sample", world / "sample.parquet"]

    plain = json.loads(accuracy("report", *files, "--format", "json").stdout)
    options = [*files, "--alternate", world / "either.parquet"]
    both = json.loads(accuracy("report", *options, "--format", "json").stdout)
    table = accuracy("report", *options)

    assert both["overall"] == plain["overall"]
    # Whatever the map calls crops may be crops: it cannot be wrong there.
    assert both["either_label"]["overall"]["estimate"] > plain["overall"]["estimate"]
    assert "If the alternate label counts as right too" in table.stdout


def test_the_map_assists_on_request_beside_the_design_based_figures(world):
    files = ("--map", world / "map.tif", "--sample", world / "sample.parquet", "--assisted")

    table, text = accuracy("report", *files), accuracy("report", *files, "--format", "json")

    assert "With the map as auxiliary" in table.stdout
    found = json.loads(text.stdout)
    assert found["overall"]["estimate"] == pytest.approx(
        found["assisted"]["overall"]["estimate"], 0.03
    )
    areas = [row["area_ha"]["estimate"] for row in found["assisted"]["classes"].values()]
    assert sum(areas) == pytest.approx(found["total_area_ha"], rel=0.01)


@pytest.mark.parametrize("level", ["0", "1", "95"])
def test_a_level_of_nothing_or_everything_is_refused(lulc, level):
    result = lulc("--level", level)

    assert result.exit_code == 1
    assert "between 0 and 1" in result.stderr


def test_a_level_of_90_percent_narrows_and_names_its_interval(lulc):
    usual, ninety = (
        json.loads(lulc("--format", "json", *more).stdout) for more in ((), ("--level", "0.9"))
    )

    assert ninety["level"] == 0.9
    wide, narrow = usual["overall"], ninety["overall"]
    assert wide["ci95_low"] < narrow["ci90_low"] < narrow["ci90_high"] < wide["ci95_high"]
    assert "90 % interval" in lulc("--level", "0.9").stdout


def test_a_stratum_to_merge_that_the_sample_lacks_is_an_error_not_a_verdict(world):
    files = ["--map", world / "map.tif", "--sample", world / "sample.parquet"]

    result = accuracy("report", *files, "--merge", "gras+crops")

    assert result.exit_code == 1
    assert "cannot merge 'crops': the strata are none" in result.stderr


def test_units_that_nobody_drew_show_plain_agreement_and_the_reason(world):
    sample = read_sample(world / "sample.parquet")
    chosen = sample.units.assign(inclusion_probability=np.nan)
    write_sample(world / "chosen.parquet", ReferenceSample(chosen, SampleDesign("none")))

    result = accuracy(
        "report", "--map", world / "map.tif", "--sample", world / "chosen.parquet", "--year", 2023
    )

    assert result.exit_code == 0, result.stderr
    assert "not a probability sample" in result.stdout
    assert "agree on 0." in result.stdout
    assert "95 %" not in result.stdout


def test_a_lattice_is_estimated_from_neighbours_on_request(world):
    _, truth, grid = patchy_map(world / "again.tif", size=200, holes=False)
    rows, cols = (axis.ravel() for axis in np.mgrid[4:200:10, 4:200:10])
    sample = sample_at(grid, rows, cols, truth[rows, cols], design="systematic", chance=0.01)
    write_sample(world / "lattice.parquet", sample)
    files = ["--map", world / "map.tif", "--sample", world / "lattice.parquet"]

    plain = accuracy("report", *files)
    near = accuracy("report", *files, "--systematic-variance", "neighbours")

    assert "those of a simple random sample" in plain.stdout
    assert "differences of neighbours" in near.stdout


def test_the_better_of_two_maps_is_named_by_its_sign(world):
    files = ["--map", world / "better.tif", "--other", world / "map.tif"]

    result = accuracy("compare", *files, "--sample", world / "sample.parquet")

    assert result.exit_code == 0, result.stderr
    assert "overall accuracy +0." in result.stdout
    assert "crops, producer's accuracy" in result.stdout


def test_a_comparison_on_a_part_of_the_region_says_so(world):
    _, truth, grid = patchy_map(world / "whole.tif", size=200, holes=False)
    left = np.ascontiguousarray(truth[:, :70])
    write_map(world / "left.tif", left, grid.cut(Window(0, 0, 200, 70)))
    files = ["--map", world / "left.tif", "--other", world / "map.tif"]

    result = accuracy("compare", *files, "--sample", world / "sample.parquet")

    sample = read_sample(world / "sample.parquet")
    inside = int(np.sum(sample.units.geometry.x < grid.x0 + 70 * grid.pixel_m))
    assert f"Differences on {inside} units ({400 - inside} more lie off a map" in result.stdout


def test_percentages_in_place_of_counts_are_refused_with_what_to_give(lulc):
    result = lulc(counts="map,a,b\na,45.5,4.5\nb,2.5,47.5\n", areas="class,area_ha\na,1\nb,2\n")

    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert "map class 'a', reference 'a': count is '45.5'" in said
    assert "percentages do not say how many units" in said


def test_change_between_two_interpretations(world):
    files = ["--before", world / "sample.parquet", "--after", world / "later.parquet"]

    table = accuracy("change", *files, "--map", world / "map.tif")
    text = accuracy("change", *files, "--map", world / "map.tif", "--format", "json")

    assert "all change:" in table.stdout
    figures = json.loads(text.stdout)
    assert figures["all change"]["ci95_low"] < figures["all change"]["estimate"]
    assert figures["net built_area"]["estimate"] == pytest.approx(figures["all change"]["estimate"])


def test_areas_are_checked_against_the_map_itself(lulc, world):
    result = lulc("--map", str(world / "map.tif"))

    assert result.exit_code == 1
    assert "but the map has 400." in result.stderr


def test_a_map_of_a_part_of_the_region_gives_no_change_of_the_whole(world):
    _, truth, grid = patchy_map(world / "truth.tif", size=200, holes=False)
    write_map(world / "half.tif", truth[:, :100], grid.cut(Window(0, 0, 200, 100)))
    sample = world / "sample.parquet"

    result = accuracy("change", "--before", sample, "--after", sample, "--map", world / "half.tif")

    assert result.exit_code == 1
    assert "lie outside the maps" in result.stderr
    assert "whole region" in result.stderr


def test_chances_that_contradict_the_sizes_of_strata_are_refused(world):
    sample = read_sample(world / "sample.parquet")
    units = sample.units.assign(
        stratum=np.where(sample.units["class_code"] == 1, "water", "land"),
        inclusion_probability=0.01,
    )
    sizes = {n: 100 * int(c) for n, c in units["stratum"].value_counts().items()}
    wrong = {**sizes, "water": 3 * sizes["water"]}

    ReferenceSample(units, SampleDesign("stratified", stratum_pixels=sizes))
    with pytest.raises(InvalidSample, match="stratum 'water' stand for"):
        ReferenceSample(units, SampleDesign("stratified", stratum_pixels=wrong))


def test_pixels_that_are_taken_for_units_are_called_that(lulc):
    counts = "map,a,b\na,400000,100000\nb,50000,450000\n"

    result = lulc("--format", "json", counts=counts, areas="class,area_ha\na,10\nb,30\n")

    assert "pixels of two rasters" in result.stderr
    assert json.loads(result.stdout)["n"] == 1_000_000


def test_shares_in_percent_without_a_title_are_noticed(lulc):
    result = lulc(counts="map,a,b\na,40,10\nb,5,45\n", areas="a,25\nb,75\n")

    assert "shares in percent" in result.stderr


def test_a_figure_is_called_estimate_whatever_ends_its_interval_has():
    # `lulc change accuracy` and `lulc quote` said "value" where all others say "estimate".
    figures = {"hours": {"value": 2.0, "low": 1.0, "high": 3.0}, "se": {"value": 1.0, "se": 0.1}}
    assert as_printed(figures) == {
        "hours": {"estimate": 2.0, "low": 1.0, "high": 3.0},
        "se": {"estimate": 1.0, "se": 0.1},
    }
    assert as_printed({"value": 3, "unit": "ha"}) == {"value": 3, "unit": "ha"}
