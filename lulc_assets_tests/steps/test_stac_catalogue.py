"""The catalogue of a project, as other programs read it."""

import warnings
from pathlib import Path
from xml.etree import ElementTree

import dagster as dg
import geopandas as gpd
import numpy as np
import odc.stac
import pystac
import pytest
from pystac.extensions.classification import ClassificationExtension
from pystac.extensions.file import FileExtension
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.render import RenderExtension
from pystac.validation import validate_dict
from pystac_client import Client
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.errors import InvalidProduct
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.store.canonical import digest_of_file
from lulc_assets.steps.maps import make_annual_map
from lulc_assets.steps.products import ANNUAL_MAP
from lulc_assets.steps.seasons import make_seasonal_maps
from lulc_assets.steps.stac_catalogue import export_catalogue
from lulc_assets_tests.core.compositing.scenes import random_year
from lulc_assets_tests.defs.test_map_facts import audited
from lulc_assets_tests.steps.predicted_year import KEY, TILE, YEAR, commit_scenes, open_project

SECTIONS = '\n[composite]\nseasons = "quarters"\n'


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    work = open_project(tmp_path_factory.mktemp("project"), SECTIONS)
    scenes = random_year(tmp_path_factory.mktemp("scenes"), n=6, grid=work.grid(TILE))
    commit_scenes(work, scenes)
    make_annual_map(work, KEY)
    make_seasonal_maps(work, KEY)
    return work


@pytest.fixture(scope="module")
def catalog(work, tmp_path_factory):
    return export_catalogue(work, tmp_path_factory.mktemp("catalog"), licence="CC-BY-4.0")


@pytest.fixture
def annual(catalog):
    return pystac.Catalog.from_file(str(catalog)).get_child("annual_map")


def everything(catalog):
    root = pystac.Catalog.from_file(str(catalog))
    yield root
    for collection in root.get_children():
        yield collection
        yield from collection.get_items()


def test_every_document_is_valid_by_the_schemas_of_stac(catalog):
    found = list(everything(catalog))
    assert len(found) == 1 + 3 + 1 + 4 + 6
    for document in found:
        core = document.to_dict(include_self_link=False)
        core["stac_extensions"] = []  # their schemas are not among those that pystac ships
        assert validate_dict(core, href=document.get_self_href())


def test_extensions_are_named_where_their_fields_are_used(annual):
    (item,) = annual.get_items()
    prefixes = {"proj": "projection", "file": "file", "classification": "classification",
                "renders": "render", "processing": "processing"}  # fmt: skip
    used = {key.split(":")[0] for key in item.properties if ":" in key or key == "renders"}
    used |= {k.split(":")[0] for a in item.assets.values() for k in a.extra_fields if ":" in k}
    for prefix in used - {"lulc"}:
        assert any(f"/{prefixes[prefix]}/" in url for url in item.stac_extensions), prefix


def test_layers_say_type_no_data_classes_and_checksum(annual, work):
    (item,) = annual.get_items()
    classes = ClassificationExtension.ext(item.assets["class"]).classes
    hints = {c.value: c.color_hint for c in classes}

    data = {name: asset for name, asset in item.assets.items() if "data" in asset.roles}

    nodata = {name: asset.extra_fields.get("nodata") for name, asset in data.items()}
    assert nodata == {"class": 0, "vote_share": 0, "observations": None}
    for name, asset in data.items():
        assert asset.extra_fields["data_type"] == "uint8"
        assert asset.extra_fields["bands"][0]["name"] == name
    assert hints[1] == work.legend.by_code(1).color.removeprefix("#").upper()
    assert item.assets["thumbnail"].roles == ["thumbnail"]
    assert ProjectionExtension.ext(item).shape == list(work.grid(TILE).shape)
    assert RenderExtension.ext(item).renders["class"].assets == ["class"]
    for name in ("class", "vote_share", "observations"):
        asset = item.assets[name]
        described = FileExtension.ext(asset)
        assert described.checksum == "1220" + digest_of_file(Path(asset.get_absolute_href()))


def test_a_map_leads_to_exactly_the_predictions_behind_it(annual, work):
    (item,) = annual.get_items()
    links = [link.resolve_stac_object().target for link in item.get_links("derived_from")]

    record = work.read(ANNUAL_MAP, KEY)
    assert {f"{scene}-{TILE}" for scene in record.properties.scenes} == {one.id for one in links}
    assert all(one.collection_id == "scene_predictions" for one in links)


def test_a_collection_has_licence_extent_and_classes(annual):
    assert annual.license == "CC-BY-4.0"
    assert annual.extent.temporal.intervals[0][0].year == YEAR
    assert annual.item_assets["class"].properties["data_type"] == "uint8"
    assert "classification:classes" in annual.summaries.to_dict()
    assert {str(role) for p in annual.providers for role in p.roles} == {"producer", "licensor"}


def test_pystac_client_walks_it(catalog):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a static catalogue has no conformance classes
        client = Client.open(str(catalog))
        names = [collection.id for collection in client.get_collections()]
        items = list(client.get_items(recursive=True))

    assert sorted(names) == ["annual_map", "scene_predictions", "seasonal_maps"]
    assert len(items) == 11


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_odc_stac_reads_bytes_and_not_numbers_with_nan(annual, work):
    classes = read_raster(work.open(work.read(ANNUAL_MAP, KEY), "class.tif"))

    loaded = odc.stac.load(list(annual.get_items()))

    assert loaded["class"].dtype == loaded["observations"].dtype == np.uint8
    assert (loaded["class"].to_numpy()[0] == classes).all()
    assert loaded["class"].attrs["nodata"] == 0


def test_the_table_of_items_is_geoparquet_with_whole_addresses(catalog, work):
    table = gpd.read_parquet(catalog.parent / "scene_predictions" / "items.parquet")

    assert len(table) == 6
    assert table.crs.to_epsg() == 4326
    assert all(row["class"]["href"].startswith(str(work.store.root)) for row in table["assets"])


def test_hrefs_are_those_of_the_published_store(work, tmp_path):
    path = export_catalogue(work, tmp_path, base="https://example.org/store/")
    (item,) = pystac.Catalog.from_file(str(path)).get_child("annual_map").get_items()
    key = work.read(ANNUAL_MAP, KEY).files["class.tif"].key
    assert item.assets["class"].href == f"https://example.org/store/{key}"


def test_styles_hold_the_legend(catalog, work):
    root = ElementTree.parse(catalog.parent / "styles" / "class.qml").getroot()
    entries = {e.get("value"): (e.get("color"), e.get("label")) for e in root.iter("paletteEntry")}
    assert entries == {str(c.code): (c.color, c.title) for c in work.legend.classes}


def test_nothing_committed_is_a_clear_error(tmp_path):
    with pytest.raises(InvalidProduct, match="no map or prediction is committed"):
        export_catalogue(open_project(tmp_path / "empty"), tmp_path / "catalog")


def test_the_command_says_what_it_wrote(work, tmp_path):
    project = work.project.folder / "project.toml"
    done = CliRunner().invoke(
        app, ["catalog", "export", "--project", str(project), "--out", str(tmp_path / "c")]
    )
    assert done.exit_code == 0, done.stderr
    assert "annual_map: 1 items" in done.stdout


def test_what_the_catalogue_lacked_is_noted_at_the_observations(work, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with dg.DagsterInstance.get() as instance:
        audited(instance, KEY.partition, 2)
    file = work.project.folder / "project.toml"
    command = ["catalog", "export", "--out", str(tmp_path / "out"), "--project", str(file)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    root = pystac.Catalog.from_file(str(tmp_path / "out" / "catalog.json"))
    (item,) = root.get_child("annual_map").get_items()
    note = item.assets["observations"].description
    assert note.startswith("The catalogue lacked 2 of 70 passes") and "R022 missing" in note
    assert item.assets["class"].description is None


def test_observations_have_no_note_where_nothing_is_known_to_be_missing(annual):
    (item,) = annual.get_items()
    assert item.assets["observations"].description is None
