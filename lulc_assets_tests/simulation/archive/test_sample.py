import json

import geopandas as gpd
import numpy as np
import rasterio

from lulc_assets.core.grid import owned_mask
from lulc_assets.core.legend import KARRA_10
from lulc_assets.simulation.archive.sample import draw_units
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.write import ArchivePaths


def test_units_are_owned_pixels_drawn_once_with_equal_chance(
    pair: ArchiveSpec, pair_archive: ArchivePaths
):
    table = gpd.read_file(pair_archive.samples[2022], layer="sample")
    owned = sum(int(owned_mask(t.tile, t.grid).sum()) for t in pair.tiles)
    assert len(table) == pair.sample_size
    assert table["unit_id"].is_unique
    assert not table.geometry.duplicated().any()
    assert np.allclose(table["inclusion_probability"], pair.sample_size / owned)
    for area in pair.tiles:
        own = table[table["tile"] == area.tile]
        rows, cols = area.grid.cells(own.geometry.x, own.geometry.y)
        assert owned_mask(area.tile, area.grid)[rows, cols].all()


def test_the_reference_class_is_the_truth_at_the_pixel(
    pair: ArchiveSpec, pair_archive: ArchivePaths
):
    for year, path in pair_archive.samples.items():
        table = gpd.read_file(path, layer="sample")
        for area in pair.tiles:
            own = table[table["tile"] == area.tile]
            rows, cols = area.grid.cells(own.geometry.x, own.geometry.y)
            with rasterio.open(pair_archive.truth / area.tile / str(year) / "class.tif") as source:
                truth = source.read(1)
            names = [KARRA_10.by_code(int(c)).name for c in truth[rows, cols]]
            assert names == list(own["reference_class"])


def test_the_draw_knows_no_class_and_differs_between_years(pair: ArchiveSpec):
    # The signature takes the description alone: no map and no truth can take part.
    one, two = draw_units(pair, 2022), draw_units(pair, 2023)
    assert not (np.array_equal(one.row, two.row) and np.array_equal(one.col, two.col))
    again = draw_units(pair, 2022)
    assert np.array_equal(one.row, again.row) and np.array_equal(one.col, again.col)


def test_the_sidecar_states_the_design(pair: ArchiveSpec, pair_archive: ArchivePaths):
    design = json.loads(pair_archive.samples[2023].with_suffix(".json").read_text())
    assert design["design"] == "simple_random"
    assert design["region"] == "demo"
    assert design["year"] == 2023
    assert design["sample_size"] == pair.sample_size
    assert design["population_pixels"] == draw_units(pair, 2023).population
    assert "33TVM" in design["frame"] and "33TWM" in design["frame"]
