import dataclasses
import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio

from lulc_assets.core.grid import owned_mask
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.sampling.ingest import ingest_sample
from lulc_assets.simulation.archive.sample import write_samples
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.write import ArchivePaths


def truth_of(paths: ArchivePaths, spec: ArchiveSpec, name: str = "truth") -> dict[str, np.ndarray]:
    found = {}
    for area in spec.tiles:
        with rasterio.open(paths.truth / area.tile / "2022" / "class.tif") as source:
            found[area.tile] = source.read(1)
    return found


def test_the_older_map_is_mostly_right_but_not_wholly(
    pair: ArchiveSpec, pair_archive: ArchivePaths
):
    for tile, truth in truth_of(pair_archive, pair).items():
        path = pair_archive.root / "samples" / f"older_map_2022_{tile}.tif"
        with rasterio.open(path) as source:
            assert 0.7 < (source.read(1) == truth).mean() < 0.95


def test_strata_are_the_classes_of_the_older_map_and_weights_add_up_to_the_region(
    pair: ArchiveSpec, pair_archive: ArchivePaths
):
    folder = pair_archive.root / "samples"
    table = gpd.read_file(folder / "stratified_2022.gpkg", layer="sample")
    for area in pair.tiles:
        own = table[table["tile"] == area.tile]
        rows, cols = area.grid.cells(own.geometry.x, own.geometry.y)
        with rasterio.open(folder / f"older_map_2022_{area.tile}.tif") as source:
            drawn = source.read(1)[rows, cols]
        assert [KARRA_10.by_code(int(c)).name for c in drawn] == list(own["stratum"])
    owned = sum(int(owned_mask(t.tile, t.grid).sum()) for t in pair.tiles)
    assert (1 / table["inclusion_probability"]).sum() == pytest.approx(owned)


def test_the_accuracy_room_reads_the_stratified_sample(pair_archive: ArchivePaths):
    folder = pair_archive.root / "samples"
    sample = ingest_sample(
        folder / "stratified_2022.gpkg", folder / "stratified_2022.json", layer="sample"
    )
    assert sample.design.design == "stratified"
    assert set(sample.design.stratum_pixels) == set(sample.units["stratum"])


def test_units_of_a_cluster_lie_in_one_window_and_weights_estimate_the_region(
    pair: ArchiveSpec, pair_archive: ArchivePaths
):
    folder = pair_archive.root / "samples"
    table = gpd.read_file(folder / "cluster_2022.gpkg", layer="sample")
    design = json.loads((folder / "cluster_2022.json").read_text())
    for _, own in table.groupby("cluster"):
        assert np.ptp(own.geometry.x) < design["cluster_px"] * 10
        assert np.ptp(own.geometry.y) < design["cluster_px"] * 10
    assert not table.geometry.duplicated().any()
    assert table["cluster"].nunique() == design["clusters"]
    owned = sum(int(owned_mask(t.tile, t.grid).sum()) for t in pair.tiles)
    assert (1 / table["inclusion_probability"]).sum() == pytest.approx(owned, rel=0.25)


def test_interpreters_err_as_often_as_the_description_says(
    pair: ArchiveSpec, pair_archive: ArchivePaths, tmp_path
):
    spec = dataclasses.replace(pair, interpreter_error_share=0.2)
    path = write_samples(spec, 2022, truth_of(pair_archive, pair), tmp_path)
    right = gpd.read_file(pair_archive.samples[2022], layer="sample")["reference_class"]
    said = gpd.read_file(path, layer="sample")["reference_class"]
    assert 0.13 < (right != said).mean() < 0.27
