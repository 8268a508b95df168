"""An archive with the red edge: what it adds, and that it changes nothing else."""

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio

from lulc_assets.core.catalog.search import search_scenes
from lulc_assets.core.imagery.reader import read_scene
from lulc_assets.simulation.archive.spec import DIALECTS, ArchiveSpec
from lulc_assets.simulation.archive.write import ArchivePaths, write_archive
from lulc_assets.simulation.world import red_edge
from lulc_assets.simulation.world.bands import BAND_SETS, RED_EDGE
from lulc_assets.simulation.world.spectra import MATERIALS, material_table
from lulc_assets_tests.simulation.conftest import folder_bytes

REAL = Path(os.environ.get("LULC_REAL_DATA", "../shared/data")) / "stac_items"
REAL_ITEMS = {
    "planetary_computer": "S2A_MSIL2A_20240823T174901_R141_T13TDE_20240824T013055.json",
    "earth_search_v1": "S2A_13TDE_20231008_0_L2A.json",
}
NAMES = {
    "planetary_computer": ("B05", "B06", "B07", "B8A"),
    "earth_search_v1": ("rededge1", "rededge2", "rededge3", "nir08"),
}
EXTRA_FILES = {f"{band.name}.tif" for band in RED_EDGE}
LEAVES = ("needles", "broadleaves", "green_grass", "green_crop", "row_crop", "reed")


@pytest.fixture(scope="module", params=DIALECTS)
def ten(
    request: pytest.FixtureRequest, tiny: ArchiveSpec, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, ArchivePaths]:
    spec = dataclasses.replace(tiny, bands=10, dialect=request.param)
    paths = write_archive(spec, tmp_path_factory.mktemp("simulated") / request.param)
    return request.param, paths


def items_of(paths: ArchivePaths) -> list[pystac.Item]:
    return list(pystac.Catalog.from_file(str(paths.catalog)).get_items())


def test_every_item_has_the_four_bands_at_20_m_as_its_provider_names_them(ten):
    dialect, paths = ten
    for item in items_of(paths):
        assert len(item.assets) == len(BAND_SETS[10]) + 1
        for name in NAMES[dialect]:
            asset = item.assets[name]
            with rasterio.open(asset.get_absolute_href()) as source:
                assert source.res == (20.0, 20.0) and asset.extra_fields["gsd"] == 20
                assert list(source.shape) == asset.extra_fields["proj:shape"]
                assert source.dtypes == ("uint16",) and source.nodata == 0
                dn = source.read(1)
            scl = item.assets["SCL" if "SCL" in item.assets else "scl"]
            with rasterio.open(scl.get_absolute_href()) as source:
                covered = source.read(1) > 0
            assert ((dn > 0) == covered).mean() > 0.999
            assert dn[covered].std() > 0


def test_adding_bands_changes_no_byte_of_the_others(
    ten: tuple[str, ArchivePaths], tiny: ArchiveSpec, tmp_path: Path
):
    dialect, paths = ten
    with_six = write_archive(dataclasses.replace(tiny, dialect=dialect), tmp_path / "six")
    both, six = folder_bytes(paths.root), folder_bytes(with_six.root)
    assert {Path(name).name for name in both.keys() - six.keys()} == EXTRA_FILES
    named = [name for name in six if not name.endswith(".json")]
    assert len(named) > 30
    for name in named:
        assert both[name] == six[name], name


def test_the_product_reads_its_six_bands_from_such_an_archive(
    ten: tuple[str, ArchivePaths], tiny: ArchiveSpec, tiny_archive: ArchivePaths
):
    _, paths = ten
    area = tiny.tiles[0]
    found, like = (
        search_scenes(str(one.catalog), area.tile, 2022, area.grid) for one in (paths, tiny_archive)
    )
    assert not found.rejected and len(found.recipes) == tiny.scenes_per_year
    pairs = zip(
        sorted(found.recipes, key=lambda r: r.datetime),
        sorted(like.recipes, key=lambda r: r.datetime),
        strict=True,
    )
    for ours, theirs in pairs:
        a, b = read_scene(ours, area.grid), read_scene(theirs, area.grid)
        # A product without the offset cannot store what noise took below zero.
        assert np.allclose(a.reflectance, b.reflectance, atol=2e-4)
        assert np.array_equal(a.scl, b.scl)


@pytest.mark.real_data
@pytest.mark.skipif(not REAL.exists(), reason="real sample data are not here")
def test_the_new_assets_are_written_as_the_provider_writes_them(ten: tuple[str, ArchivePaths]):
    dialect, paths = ten
    real = json.loads((REAL / dialect / REAL_ITEMS[dialect]).read_text())["assets"]
    item = items_of(paths)[0].to_dict(include_self_link=False)
    for name in NAMES[dialect]:
        mine, theirs = item["assets"][name], real[name]
        assert mine["gsd"] == theirs["gsd"]
        (band,), (real_band,) = mine["eo:bands"], theirs["eo:bands"]
        for key in ("name", "common_name", "center_wavelength", "full_width_half_max"):
            assert band[key] == real_band[key], (name, key)
        if dialect == "planetary_computer":
            assert mine["title"] == theirs["title"]
            assert band == real_band


def test_every_material_has_a_red_edge_that_fits_its_red_and_near_infrared():
    assert red_edge.MATERIALS.keys() == MATERIALS.keys()
    assert material_table(10).shape == (len(MATERIALS), 10)
    assert np.array_equal(material_table(10)[:, :6], material_table())
    for name, (red, _, _, nir, _, _) in MATERIALS.items():
        edge = red_edge.MATERIALS[name]
        low, high = sorted((red, nir))
        assert all(low - 0.003 <= value <= high + 0.003 for value in edge[:3]), name
        assert list(edge) == sorted(edge, reverse=nir < red), name


def test_leaves_rise_most_steeply_between_704_and_740_nm():
    centres = np.array([665, 704, 740, 783, 865])
    for name in LEAVES:
        values = np.array([MATERIALS[name][0], *red_edge.MATERIALS[name]])
        assert np.argmax(np.diff(values) / np.diff(centres)) == 1, name
