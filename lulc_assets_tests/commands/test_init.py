"""``lulc init`` and ``lulc check`` as a new user meets them."""

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.importing.folder import import_folder

LEFT, TOP, SIDE = 465_000.0, 5_080_200.0, 1920.0
BANDS = ("B04", "B03", "B02", "B08", "B11", "B12", "SCL")
YEAR = "2023"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory) -> Path:
    """Two clear days over 1.9 km of tile 33TVL, six bands, imported from stacks."""
    folder = tmp_path_factory.mktemp("imagery")
    rng = np.random.default_rng(1)
    for day in ("20230517", "20230801"):
        pixels = rng.integers(200, 3000, (len(BANDS), 192, 192)).astype("uint16")
        pixels[-1] = 4
        with rasterio.open(
            folder / f"tal_{day}.tif", "w", driver="GTiff", height=192, width=192, dtype="uint16",
            count=len(BANDS), crs="EPSG:32633", transform=Affine(10, 0, LEFT, 0, -10, TOP),
        ) as target:  # fmt: skip
            target.write(pixels)
            target.descriptions = BANDS
    import_folder(folder)
    return folder


def save(path: Path, shapes, epsg=32633, to=None, **columns) -> Path:
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=epsg)
    (frame if to is None else frame.to_crs(to)).to_file(path)
    return path


def square(margin: float = 60.0) -> shapely.Polygon:
    return shapely.box(LEFT + margin, TOP - SIDE + margin, LEFT + SIDE - margin, TOP - margin)


def fields(names=("Wasser", "Wald", "Mais", "Sonstiges"), shift: float = 0.0):
    """64 fields of 150 m in a lattice, their classes in turn."""
    boxes, classes = [], []
    for number in range(64):
        row, col = divmod(number, 8)
        x, y = LEFT + shift + 120 + 210 * col, TOP - 270 - 210 * row
        boxes.append(shapely.box(x, y, x + 150, y + 150))
        classes.append(names[number % len(names)])
    return boxes, classes


@pytest.fixture
def given(tmp_path, catalog):
    """Arguments of a call that succeeds; a test changes one."""
    boxes, classes = fields()
    labels = save(tmp_path / "labels.gpkg", boxes, klasse=classes)
    area = save(tmp_path / "area.geojson", [square()], to=4326)
    return {"--aoi": str(area), "--labels": f"{labels}:klasse", "--years": YEAR,
            "--catalog": str(catalog)}  # fmt: skip


def init(folder: Path, given: dict[str, str], *more: str):
    words = [word for pair in given.items() for word in pair]
    return CliRunner().invoke(app, ["init", str(folder / "valley"), *words, *more])


def test_a_polygon_and_labels_are_enough(tmp_path, given):
    result = init(tmp_path, given)
    assert result.exit_code == 0, result.output
    assert "33TVL; legend project" in result.output
    assert "'Sonstiges' is taken as all the rest" in result.output
    file = tmp_path / "valley" / "project.toml"
    edited = file.read_text("utf-8") + "\n# mine\n"
    file.write_text(edited, "utf-8")
    assert "stays as it is" in init(tmp_path, given).output
    assert file.read_text("utf-8") == edited
    checked = CliRunner().invoke(app, ["check", "--project", str(file), "--json"])
    answer = json.loads(checked.stdout)
    assert answer["fits"]
    assert [each["usable"] for each in answer["scenes"]] == [2]
    assert {each["name"] for each in answer["labels"]} == {"Wasser", "Wald", "Mais", "Sonstiges"}


def bow_tie() -> shapely.Polygon:
    left, bottom, right, top = square().bounds
    return shapely.Polygon([(left, bottom), (right, top), (right, bottom), (left, top)])


@pytest.mark.parametrize(
    ("shape", "epsg", "said"),
    [
        (bow_tie(), 32633, "Self-intersection"),
        (shapely.Polygon([(LEFT, TOP), (LEFT, TOP), (LEFT, TOP)]), 32633, "area|sound"),
        (shapely.box(-179, -17, 179, -16.9), 4326, "antimeridian"),
        (shapely.box(179.9, -17, 180.1, -16.9), 4326, "antimeridian"),
        (shapely.box(5, 40, 25, 55), 4326, r"\d+ tiles.*--yes"),
        (shapely.Point(LEFT, TOP), 32633, "not a polygon"),
    ],
    ids=["crosses itself", "no size", "around the world", "antimeridian", "50 tiles", "point"],
)
def test_an_area_that_cannot_be_mapped_is_refused(tmp_path, given, shape, epsg, said):
    area = save(tmp_path / "bad.gpkg", [shape], epsg=epsg)
    result = init(tmp_path, {**given, "--aoi": str(area)})
    assert result.exit_code == 1
    assert not (tmp_path / "valley" / "project.toml").exists()
    assert re.search(said, result.output), result.output


@pytest.mark.parametrize("vertices", [4, 100_000])
@pytest.mark.parametrize("crs", [4326, 3035])
def test_any_crs_and_any_number_of_vertices_will_do(tmp_path, given, vertices, crs):
    shape = square()
    if vertices > 4:
        shape = shapely.segmentize(shape, shape.length / vertices)
    area = save(tmp_path / "fine.gpkg", [shape], to=crs)
    result = init(tmp_path, {**given, "--aoi": str(area)})
    assert result.exit_code == 0, result.output
    assert "33TVL" in result.output


def test_an_area_outside_the_catalogue_is_told_at_once(tmp_path, given):
    shapes = [shapely.box(500_500, 5_080_000, 502_400, 5_082_000)]
    area = save(tmp_path / "far.geojson", shapes, to=4326)
    result = init(tmp_path, {**given, "--aoi": str(area)})
    assert result.exit_code == 1
    assert "Problem: 33TWL 2023" in result.output
    assert "Mend the problems" in result.output


def test_labels_outside_the_area_are_counted_and_named(tmp_path, given):
    boxes, classes = fields()
    away, others = fields(shift=40_000.0)
    labels = save(tmp_path / "wide.gpkg", boxes + away[:10], klasse=classes + others[:10])
    result = init(tmp_path, {**given, "--labels": f"{labels}:klasse"})
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "10 polygon(s) teach nothing: outside the area" in said
    assert re.search(r"or their years \((\S+, ){5}…\)", said), said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Wald",), "all labels are 'Wald'"),
        (("Wald", "wald "), "two spellings"),
        (("<b>Wald</b>", "Mais"), "must not contain"),
        (('"Wald"', "Mais"), "must not contain"),
        (("W" * 200, "Mais"), "200 letters"),
    ],
)
def test_labels_that_make_no_legend_are_refused_by_name(tmp_path, given, names, said):
    boxes, classes = fields(names)
    labels = save(tmp_path / "bad.gpkg", boxes, klasse=classes)
    result = init(tmp_path, {**given, "--labels": f"{labels}:klasse"})
    assert result.exit_code == 1
    assert said in result.output
    assert "bad.gpkg" in result.output


def test_labels_of_another_year_than_any_scene_are_told_at_once(tmp_path, given):
    boxes, classes = fields(("Wald", "Mais"))
    labels = save(tmp_path / "old.gpkg", boxes, klasse=classes, year=[2021] * len(boxes))
    result = init(tmp_path, {**given, "--labels": f"{labels}:klasse"})
    assert result.exit_code == 1
    assert "Problem: 33TVL 2021" in result.output


def test_umlauts_are_fine(tmp_path, given):
    boxes, classes = fields(("Gewässer", "Gehölz", "Äcker", "Öde"))
    labels = save(tmp_path / "u.gpkg", boxes, klasse=classes)
    result = init(tmp_path, {**given, "--labels": f"{labels}:klasse"})
    assert result.exit_code == 0, result.output
    assert "Gehölz" in (tmp_path / "valley" / "project.toml").read_text("utf-8")


def test_a_legend_without_a_class_of_the_labels_is_refused(tmp_path, given):
    result = init(tmp_path, given, "--legend", "corine-2")
    assert result.exit_code == 1
    assert "Wasser" in result.output or "Mais" in result.output


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("#DDAE1E", "#007417", "colour|color"),
        ("years = [2023]          #", "years = []   #", "names no tile or no year"),
        ("[labels]", '[bands]\nuse = "ten"\n\n[labels]', "B05|rededge1"),
    ],
    ids=["two classes of one colour", "no year to learn from", "a band that the catalogue lacks"],
)
def test_an_edit_that_cannot_work_is_told_by_check(tmp_path, given, before, after, said):
    assert init(tmp_path, given).exit_code == 0
    file = tmp_path / "valley" / "project.toml"
    file.write_text(file.read_text("utf-8").replace(before, after, 1), "utf-8")
    result = CliRunner().invoke(app, ["check", "--project", str(file)])
    assert result.exit_code == 1
    assert re.search(said, result.output), result.output


def test_labels_that_cannot_be_read_are_not_also_said_to_teach_nothing(tmp_path, given):
    assert init(tmp_path, given).exit_code == 0
    file = tmp_path / "valley" / "project.toml"
    text = file.read_text("utf-8")
    without_maize = "\n".join(line for line in text.splitlines() if 'name = "Mais"' not in line)
    for broken, said in (
        (without_maize, r"'Mais' are not in .* a class to \[legend\]"),
        (text.replace('class_column = "klasse"', 'class_column = "class"'), "no column 'class'"),
    ):
        file.write_text(broken, "utf-8")
        result = CliRunner().invoke(app, ["check", "--project", str(file)])
        told = " ".join(result.output.split())
        assert result.exit_code == 1
        assert re.search(said, told), told
        assert "never taught" not in told
