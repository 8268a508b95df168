import json

import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.catalog.table import read_candidates
from lulc_assets.simulation.archive.write import write_archive
from lulc_assets_tests.core.catalog.stac_documents import make_item, write_catalog
from lulc_assets_tests.simulation.tiny_archive import tiny_spec

RECIPE_KEYS = [
    "id", "provider", "collection", "level", "mgrs_tile", "datetime", "baseline",
    "cloud_cover_pct", "bands", "scale", "offset_dn", "offset_reason",
]  # fmt: skip


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def write(path, document):
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_inspect_prints_the_reading_recipe(tmp_path):
    result = run("scenes", "inspect", write(tmp_path / "item.json", make_item(baseline="05.09")))
    assert result.exit_code == 0, result.output
    recipe = json.loads(result.stdout)
    assert list(recipe)[: len(RECIPE_KEYS)] == RECIPE_KEYS
    assert recipe["offset_dn"] == -1000
    assert list(recipe["bands"]) == ["red", "green", "blue", "nir", "swir1", "swir2", "scl"]
    assert recipe["bands"]["swir1"] == {"href": str(tmp_path / "B11.tif"), "gsd_m": 20.0}


def test_inspect_looks_at_the_pixels_where_it_is_asked_to(tmp_path):
    archive = write_archive(tiny_spec(), tmp_path / "archive")
    item = next(iter(sorted(archive.catalog.parent.rglob("S2*/*.json"))))
    plain, looked = run("scenes", "inspect", item), run("scenes", "inspect", item, "--pixels")
    assert looked.exit_code == 0, looked.output
    added = set(json.loads(looked.stdout)) - set(json.loads(plain.stdout))
    assert added == {"offset_in_pixels", "offset_evidence", "offset_proof", "empty_pct"}


def test_inspect_refuses_pixels_that_cannot_be_opened(tmp_path):
    path = write(tmp_path / "item.json", make_item())
    result = run("scenes", "inspect", path, "--pixels")
    assert result.exit_code == 1
    assert "UnreadableRaster" in result.stderr


def test_inspect_prints_a_list_for_a_saved_search(tmp_path):
    answer = {"type": "FeatureCollection", "features": [make_item("20200601"), make_item()]}
    result = run("scenes", "inspect", write(tmp_path / "answer.json", answer))
    assert [recipe["datetime"][:10] for recipe in json.loads(result.stdout)] == [
        "2020-06-01", "2020-07-01"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ("no json", "not JSON"),
        ({**make_item(), "collection": "klingon"}, "UnknownDialect"),
        (make_item(href="file:///etc/passwd"), "HrefRefused"),
        ({**make_item(), "geometry": None}, "geometry"),
        ([1, 2], "not a JSON object"),
    ],
)
def test_inspect_names_what_is_wrong_in_one_line(tmp_path, document, word):
    result = run("scenes", "inspect", write(tmp_path / "item.json", document))
    assert result.exit_code == 1
    assert word in result.stderr
    assert "Traceback" not in result.stderr


def test_text_of_others_is_never_taken_for_markup(tmp_path):
    item = {**make_item(), "id": "[/bold][red]x", "geometry": None}
    result = run("scenes", "inspect", write(tmp_path / "item.json", item))
    assert result.exit_code == 1
    assert "[/bold][red]x" in result.stderr


@pytest.mark.parametrize("name", ["S2A_MSIL2A_1.SAFE", "S2A_MSIL2A_1.SAFE.zip"])
def test_inspect_of_a_product_names_the_command_that_reads_it(tmp_path, name):
    path = tmp_path / name
    path.touch() if name.endswith("zip") else path.mkdir()
    result = run("scenes", "inspect", path)
    assert result.exit_code == 1
    assert "lulc scenes import FOLDER" in result.stderr


def test_inspect_of_a_missing_file_says_so(tmp_path):
    result = run("scenes", "inspect", tmp_path / "gone.json")
    assert result.exit_code == 1
    assert "gone.json" in result.stderr


def test_a_named_dialect_and_an_allowed_host_are_honoured(tmp_path):
    item = {**make_item(href="https://example.org/{name}.tif"), "collection": "mine"}
    path = write(tmp_path / "item.json", item)
    arguments = ("scenes", "inspect", path, "--dialect", "planetary_computer")
    assert run(*arguments).exit_code == 1
    result = run(*arguments, "--allow-host", "example.org")
    assert json.loads(result.stdout)["collection"] == "mine"


def test_search_prints_the_table_with_the_selection(tmp_path):
    bad = make_item("20200801")
    del bad["assets"]["B11"]
    catalog = write_catalog(tmp_path, [make_item("20200601"), make_item("20200701"), bad])
    out = tmp_path / "table.parquet"
    result = run("scenes", "search", "--tile", "33TVL", "--year", 2020, "--catalog", catalog,
                 "--fields", "--out", out)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "33TVL 2020: 2 of 3 scenes selected" in result.stdout
    assert "MissingBand" in result.stdout
    assert read_candidates(out)["selected"].tolist() == [True, True, False]


def test_search_prints_json_for_machines(tmp_path):
    catalog = write_catalog(tmp_path, [make_item()])
    result = run("scenes", "search", "--tile", "33TVL", "--year", 2020, "--catalog", catalog,
                 "--fields", "--json")  # fmt: skip
    (row,) = json.loads(result.stdout)
    assert row["selected"] is True
    assert row["recipe"]["mgrs_tile"] == "33TVL"
    assert row["datetime"].startswith("2020-07-01T10:00:31")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--tile", "../../etc", "--year", 2020), "InvalidTileKey"),
        (("--tile", "33TVL", "--year", 1999), "InvalidYear"),
        (("--tile", "33TVL", "--year", 2019), "NoScenes"),
        (("--tile", "33TVL", "--year", 2020, "--dialect", "klingon"), "UnknownDialect"),
    ],
)
def test_search_names_what_is_wrong_in_one_line(tmp_path, arguments, word):
    catalog = write_catalog(tmp_path, [make_item()])
    result = run("scenes", "search", "--catalog", catalog, "--fields", *arguments)
    assert result.exit_code == 1
    assert word in result.stderr


def test_a_window_that_leaves_the_tile_is_refused(tmp_path):
    catalog = write_catalog(tmp_path, [make_item()])
    result = run("scenes", "search", "--tile", "33TVL", "--year", 2020, "--catalog", catalog,
                 "--window", 0, 0, 20000, 10)  # fmt: skip
    assert result.exit_code == 2


@pytest.mark.real_data
def test_every_real_item_can_be_inspected(real_data):
    for path in sorted((real_data / "stac_items").rglob("*.json")):
        result = run("scenes", "inspect", path)
        assert result.exit_code == 0, f"{path}: {result.stderr}"
        found = json.loads(result.stdout)
        assert (found[0] if isinstance(found, list) else found)["scale"] == 1e-4


@pytest.mark.real_data
def test_the_real_scenes_of_slovenia_are_found_read_and_selected(real_data):
    result = run("scenes", "search", "--tile", "33TVL", "--year", 2015, "--catalog",
                 real_data / "slovenia_2015", "--window", 1989, 6522, 100, 99)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "33TVL 2015: 3 of 5 scenes selected" in result.stdout
