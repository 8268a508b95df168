"""``lulc accuracy estimate`` on tables as spreadsheets, data frames and papers write them."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets_tests.published import WITH_MAP_CLASSES_AS_STRATA, load_published

from .test_accuracy import AREAS, COUNTS

Z = 1.959964
ROWS = [line.split(",") for line in COUNTS.split()]
ESTIMATE = {"estimate", "se", "ci95_low", "ci95_high", "n"}
EFFECTIVE = ESTIMATE | {"n_effective"}


@pytest.fixture
def estimate(tmp_path):
    """Runs the command on the bytes of two files; gives the result and its parsed JSON."""

    def run(*options, counts=COUNTS, areas=AREAS):
        for name, text in (("counts", counts), ("areas", areas)):
            data = text if isinstance(text, bytes) else text.encode("utf-8")
            (tmp_path / f"{name}.csv").write_bytes(data)
        files = ["--counts", str(tmp_path / "counts.csv"), "--areas", str(tmp_path / "areas.csv")]
        command = ["accuracy", "estimate", *files, "--format", "json", *options]
        result = CliRunner().invoke(app, command)
        return result, json.loads(result.stdout, parse_constant=_refuse) if result.stdout else None

    return run


def _refuse(constant):
    raise ValueError(f"{constant} is not JSON")


def table(classes, counts, delimiter=","):
    lines = [["map", *classes], *([name, *row] for name, row in zip(classes, counts, strict=True))]
    return "\n".join(delimiter.join(map(str, line)) for line in lines) + "\n"


@pytest.mark.parametrize("name", WITH_MAP_CLASSES_AS_STRATA)
def test_published_tables_come_out_as_printed(estimate, name):
    example = load_published(name)
    classes = example["classes"]
    sizes = np.array(example["stratum_sizes"]) * example["hectares_per_size"]
    areas = "\n".join(f"{c},{float(s)!r}" for c, s in zip(classes, sizes, strict=True))

    result, found = estimate(counts=table(classes, example["counts"]), areas=areas)

    assert result.exit_code == 0, result.stderr
    for figure, printed in example["printed"].items():
        for kind, values in printed.items():
            for i, value in enumerate(np.atleast_1d(np.array(values, dtype=object))):
                ours = found["overall"] if figure == "overall" else found["classes"][classes[i]]
                ours = ours if figure == "overall" else ours[figure]
                if value is None:
                    continue
                computed = ours["estimate"] if kind == "value" else Z * ours["se"]
                allowed = example["tolerance"][figure][kind]
                assert computed == pytest.approx(value, abs=allowed), (figure, kind, i)


def indexed(text):
    """With the column of row numbers that a data frame writes in front."""
    first, *rest = text.splitlines()
    return "\n".join([f",{first}", *(f"{i},{line}" for i, line in enumerate(rest))])


TOTALS = table(
    ["deforestation", "gain", "forest", "other", "Total"],
    [
        [66, 0, 5, 4, 75],
        [0, 55, 8, 12, 75],
        [1, 0, 153, 11, 165],
        [2, 1, 9, 313, 325],
        [69, 56, 175, 340, 640],
    ],
)


@pytest.mark.parametrize(
    "files",
    [
        {"counts": "\ufeff" + COUNTS.replace(",", ";"), "areas": AREAS.replace(",", ";")},
        {"counts": COUNTS.replace(",", "\t").encode("utf-16"), "areas": AREAS.replace(",", "\t")},
        {"areas": AREAS.replace(",", ";").replace("00\n", "00,0\n")},
        {"counts": COUNTS.replace("\n", ",,\r\n") + ",,,,,,\r\n"},
        {"counts": "," + COUNTS.removeprefix("map,")},
        {"counts": TOTALS},
        {"counts": "".join(TOTALS.splitlines(keepends=True)[:-1])},
        {"counts": TOTALS, "areas": AREAS + "Total,900000\n"},
        {"counts": indexed(COUNTS)},
        {"areas": indexed(AREAS)},
        {"areas": AREAS.replace("class,", "class,pixels,").replace("00\n", "00,7\n")
            .replace("pixels,area_ha", "area_ha,pixels")},
    ],
    ids=[
        "byte order mark and semicolons",
        "tabs in UTF-16",
        "decimal commas",
        "empty columns and lines of a spreadsheet",
        "an empty corner",
        "totals",
        "a column of totals",
        "totals in both files",
        "an index in the counts",
        "an index in the areas",
        "a further column",
    ],
)  # fmt: skip
def test_what_spreadsheets_and_data_frames_add_changes_nothing(estimate, files):
    result, found = estimate(**files)

    assert result.exit_code == 0, result.stderr
    assert found == estimate()[1]


def test_names_keep_their_blanks_commas_and_letters(estimate):
    names = ["open water", '"trees, tall"', "Wälder", "bare"]
    counts = table(names, [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
    areas = "\n".join(f"{name},{100 * (i + 1)}" for i, name in enumerate(names))

    _, found = estimate(counts=counts, areas=areas)
    _, windows = estimate(counts=counts.encode("cp1252"), areas=areas.encode("cp1252"))

    assert list(found["classes"]) == ["open water", "trees, tall", "Wälder", "bare"]
    assert windows == found


OTB = """#Reference labels (rows):1,2,3
#Produced labels (columns):1,2,3
66,4,5
2,55,18
9,1,153
"""
THREE = "class,area_ha\n1,18000\n2,13500\n3,288000\n"


def test_a_matrix_whose_comments_say_that_lines_are_the_reference_is_turned(estimate):
    rows = [line.split(",") for line in OTB.splitlines()[2:]]
    turned = table(["1", "2", "3"], list(zip(*rows, strict=True)))

    assert estimate(counts=OTB, areas=THREE)[1] == estimate(counts=turned, areas=THREE)[1]


@pytest.mark.parametrize(
    ("areas", "same"),
    [
        ("Klasse;Fläche (ha)\n1;18.000\n2;1.350\n3;950\n", "1,18000\n2,1350\n3,950\n"),
        ("Klasse;Fläche (ha)\n1;18.000,50\n2;1.350,00\n3;950,25\n",
            "1,18000.5\n2,1350\n3,950.25\n"),
        ("classe;ha\n1;18\u202f000,5\n2;1\u00a0350\n3;950\n", "1,18000.5\n2,1350\n3,950\n"),
        ("sep=;\nclass;ha\n1;18000\n2;1350\n3;950\nRazem;20300\n", "1,18000\n2,1350\n3,950\n"),
    ],
)  # fmt: skip
def test_areas_in_the_customs_of_other_countries_are_the_same_areas(estimate, areas, same):
    assert estimate(counts=OTB, areas=areas)[1] == estimate(counts=OTB, areas=same)[1]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"counts": "# Columns=prediction,Lines=reference.\n0066,0004\n0002,0055\n"},
            "lines are the reference here"),
        ({"counts": COUNTS.replace("map,", "Reference,", 1)}, "swap rows and columns"),
        ({"counts": TOTALS.replace(",75\n", ",99\n")}, "column 'Total' is 99, the others sum to 7"),
        ({"areas": AREAS + "Total,9\n"}, "area 'Total' is 9, the others sum to 900000"),
        ({"counts": "\n".join(",".join(r[i > 0 :]) for i, r in enumerate(ROWS)).removeprefix(
            "map,")}, "begin with numbers"),
        ({"areas": AREAS.replace("18000", '"18,000"')}, "without marks between thousands"),
        ({"areas": AREAS.replace(",", ";").replace("000\n", ".000\n").replace("500\n", ".500\n")},
            "three decimals or in thousands"),
        ({"areas": AREAS.replace("area_ha", "Area (sq km)")}, "1 km² is 100 ha"),
        ({"areas": AREAS.replace("area_ha", "m²")}, "10,000 m² are 1 ha"),
        ({"areas": AREAS.replace("area_ha", "n_pixels")}, "a 10 m pixel is 0.01 ha"),
        ({"areas": AREAS.replace("area_ha", "acres")}, "1 acre is"),
        ({"areas": AREAS.replace("area_ha", "Mha")}, "multiples of hectares"),
        ({"areas": AREAS.replace("area_ha", "proportion")}, "multiply them with the area"),
        ({"areas": AREAS.replace("area_ha", "a,b").replace("00\n", "00,1\n")}, "which is the area"),
        ({"areas": AREAS.replace("gain", "Gain")}, "it has 'Gain', spelt otherwise"),
        ({"areas": AREAS + "swamp,900\n"}, "counts.csv: stratum with fewer than two units: swamp"),
        ({"counts": "reference,,,,\n" + COUNTS}, "class of column 2 has no name"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused_with_the_place(estimate, files, message):
    result, _ = estimate(**files)

    assert result.exit_code == 1
    assert message in result.stderr
    assert ".csv" in result.stderr


def test_areas_that_are_shares_are_warned_of(estimate):
    shares = AREAS.replace("18000", "0.02").replace("13500", "0.015")
    shares = shares.replace("288000", "0.32").replace("580500", "0.645")

    result, found = estimate(areas=shares)

    assert "what is printed as hectares are shares" in result.stderr
    assert found["overall"] == pytest.approx(estimate()[1]["overall"])


@pytest.mark.parametrize("intervals", ["printed", "guarded"])
@pytest.mark.parametrize(
    ("counts", "options", "null"),
    [
        ("map,a,b,c\na,20,0,0\nb,4,20,0\nc,9,2,0\n", (), [("c", "producers")]),
        ("map,a,b,c\na,20,3,1\nb,4,20,0\nc,0,0,1\n", ("--merge", "b + c"), []),
        ("map,a,b,c\na,20,3,1\nb,4,20,0\nc,0,0,0\n", ("--merge", "b+c"), [("c", "users")]),
    ],
    ids=["no reference unit", "one unit", "no unit"],
)
def test_every_class_has_every_figure_and_null_where_nothing_is_known(
    estimate, counts, options, null, intervals
):
    result, found = estimate(
        *options, "--intervals", intervals, counts=counts, areas="a,500\nb,300\nc,200\n"
    )

    assert result.exit_code == 0, result.stderr
    assert found["overall"].keys() == EFFECTIVE
    assert list(found["classes"]) == ["a", "b", "c"]
    for name, figures in found["classes"].items():
        assert list(figures) == ["users", "producers", "f1", "area_ha"]
        for figure, numbers in figures.items():
            assert numbers.keys() == (ESTIMATE if figure == "f1" else EFFECTIVE)
            unknown = (name, figure) in null
            assert (numbers.pop("n") == 0) == unknown
            assert all((number is None) == unknown for number in numbers.values())
            if not unknown:
                assert numbers["ci95_low"] <= numbers["estimate"] <= numbers["ci95_high"]
                assert numbers["ci95_low"] < numbers["ci95_high"]
