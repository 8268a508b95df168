"""``lulc accuracy certify`` and ``verify``: derived again, and what was changed is named."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.sampling.response import ResponseDesign
from lulc_assets.core.sampling.sample import ReferenceSample, read_sample, write_sample
from lulc_assets_tests.core.sampling.map_files import patchy_map, write_map
from lulc_assets_tests.core.sampling.samples import random_sample, small_grid, with_errors


def accuracy(*arguments):
    return CliRunner().invoke(app, ["accuracy", *map(str, arguments)])


@pytest.fixture
def certified(tmp_path):
    """A map, a sample and their certificate; gives the folder."""
    _, truth, grid = patchy_map(tmp_path / "truth.tif", size=60, holes=False)
    write_map(tmp_path / "map.tif", with_errors(truth, 0.2, [1, 2, 5, 7]), grid)
    write_sample(tmp_path / "sample.parquet", random_sample(grid, truth, 150))
    assert certify(tmp_path, "cert.json").exit_code == 0
    return tmp_path


def files(folder):
    return ["--map", folder / "map.tif", "--sample", folder / "sample.parquet"]


def certify(folder, out):
    who = ["--labelled-by", "Anna", "--labelled-by", "Ben <b>"]
    return accuracy("certify", *files(folder), *who, "--out", folder / out)


def verify(folder):
    return accuracy("verify", folder / "cert.json", *files(folder))


def test_every_figure_comes_out_again_and_twice_the_same_bytes(certified):
    again = certify(certified, "again.json")

    assert again.exit_code == 0, again.stderr
    for suffix in (".json", ".html"):
        first, second = (certified / f"{name}{suffix}" for name in ("cert", "again"))
        assert first.read_bytes() == second.read_bytes()
    result = verify(certified)
    assert result.exit_code == 0, result.stdout
    assert "Every figure came out as certified" in result.stdout


def test_the_page_shows_figures_and_digests_and_escapes_names(certified):
    page = (certified / "cert.html").read_text(encoding="utf-8")
    data = json.loads((certified / "cert.json").read_text(encoding="utf-8"))

    assert data["digest"] in page
    assert "Anna, Ben &lt;b&gt;" in page
    assert f"{data['figures']['overall']['value']:.3f} [" in page
    assert "design effect" in page.casefold()


def test_a_changed_label_is_named_with_both_classes_and_moves_figures(certified):
    sample = read_sample(certified / "sample.parquet")
    codes = sample.units["class_code"].to_numpy(copy=True)
    old, codes[7] = codes[7], 1 if codes[7] != 1 else 2
    changed = ReferenceSample(sample.units.assign(class_code=codes), sample.design)
    write_sample(certified / "sample.parquet", changed)

    result = verify(certified)

    assert result.exit_code == 1
    assert f"Unit u00007: class {old} is now {codes[7]}." in result.stdout
    assert "Figure overall.value" in result.stdout


def test_a_changed_pixel_is_named_with_row_and_column(certified):
    with rasterio.open(certified / "map.tif", "r+") as raster:
        codes = raster.read(1)
        codes[41, 23] = 1 if codes[41, 23] != 1 else 2
        raster.write(codes, 1)

    result = verify(certified)

    assert result.exit_code == 1
    assert "pixel at row 41, column 23 is of another class" in result.stdout


def test_a_certificate_that_was_edited_says_so(certified):
    path = certified / "cert.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["figures"]["overall"]["value"] = 0.99
    path.write_text(json.dumps(data), encoding="utf-8")

    result = verify(certified)

    assert result.exit_code == 1
    assert "its digest is another one" in result.stdout
    assert "Figure overall.value: 0.99 was certified" in result.stdout


def test_the_certificate_of_another_map_is_refused(certified):
    grid = small_grid(60, 60, offset=4000)
    write_map(certified / "map.tif", np.full((60, 60), 2, np.uint8), grid)

    result = verify(certified)

    assert result.exit_code == 1
    assert "certificate of another map" in " ".join(result.stderr.split())


@pytest.mark.parametrize("text", ["", "{}", '{"certificate": 9}'])
def test_a_file_that_is_no_certificate_is_refused(certified, text):
    (certified / "cert.json").write_text(text, encoding="utf-8")

    result = verify(certified)

    assert result.exit_code == 1
    assert "certificate" in result.stderr


def test_definitions_and_drivers_are_certified(certified):
    sample = read_sample(certified / "sample.parquet")
    asked = {
        "definitions": {"trees": "5 m <high>"},
        "minimum_mapping_unit_ha": 0.5,
        "drivers": {"of": "trees", "names": ["fire", "logging"]},
    }
    design = replace(sample.design, response=ResponseDesign.from_dict(asked))
    units = sample.units.assign(driver="")
    write_sample(certified / "sample.parquet", ReferenceSample(units, design))
    assert certify(certified, "cert.json").exit_code == 0
    page = (certified / "cert.html").read_text(encoding="utf-8")
    assert "Definition of trees" in page
    assert "5 m &lt;high&gt;" in page
    report = accuracy("report", *files(certified))
    assert "Definition of trees: 5 m <high>." in report.stdout
    assert "Minimum mapping unit: 0.5 ha." in report.stdout

    units.loc[3, "driver"] = "fire"
    other = ResponseDesign.from_dict({**asked, "minimum_mapping_unit_ha": 1.0})
    write_sample(
        certified / "sample.parquet", ReferenceSample(units, replace(design, response=other))
    )
    result = verify(certified)

    assert result.exit_code == 1
    assert "Unit u00003: driver  is now fire." in result.stdout
    assert "The design differs in response." in result.stdout


def test_a_changed_window_of_a_unit_is_named(certified):
    sample = read_sample(certified / "sample.parquet")
    units = sample.units.assign(primary_unit=[f"w{i // 5:02d}" for i in range(150)])
    design = replace(sample.design, design="cluster")
    write_sample(certified / "sample.parquet", ReferenceSample(units, design))
    assert certify(certified, "cert.json").exit_code == 0
    units.loc[0, "primary_unit"] = "w01"
    write_sample(certified / "sample.parquet", ReferenceSample(units, design))

    result = verify(certified)

    assert result.exit_code == 1
    assert "Unit u00000: primary unit w00 is now w01." in result.stdout
