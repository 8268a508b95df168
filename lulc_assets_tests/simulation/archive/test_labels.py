import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.features

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.grid import owned_mask
from lulc_assets.core.legend import KARRA_10
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.write import ArchivePaths, write_archive
from lulc_assets_tests.simulation.tiny_archive import tiny_spec


@pytest.fixture(scope="module")
def table(pair_archive: ArchivePaths) -> gpd.GeoDataFrame:
    return gpd.read_file(pair_archive.labels, layer="labels")


def test_polygons_are_valid_and_named_by_the_legend(table: gpd.GeoDataFrame):
    assert table["label_id"].is_unique
    assert table.geometry.is_valid.all()
    assert not table.geometry.is_empty.any()
    assert set(table.geometry.geom_type) == {"Polygon"}
    assert set(table["class_name"]) <= set(KARRA_10.names)
    assert table.crs.to_epsg() == 32633


def test_a_quarter_of_the_windows_is_gold_and_no_window_has_two_roles(
    pair: ArchiveSpec, table: gpd.GeoDataFrame
):
    windows = table.groupby("window_id")["role"].unique()
    assert all(len(roles) == 1 for roles in windows)
    gold = sum(roles[0] == "gold" for roles in windows)
    assert len(windows) == 2 * pair.labelled_windows
    assert gold == len(windows) // 4


def test_labels_cover_their_windows_without_overlap(pair: ArchiveSpec, table: gpd.GeoDataFrame):
    size_m2 = (pair.label_window_px * 10) ** 2
    for _, group in table.groupby(["window_id", "year"]):
        assert group.area.sum() == pytest.approx(group.union_all().area, rel=1e-6)
        if group["role"].iloc[0] == "train":
            assert group.area.sum() == pytest.approx(size_m2, rel=1e-6)
        else:  # where three annotators say three things there is no gold
            assert 0.9 * size_m2 < group.area.sum() <= size_m2 * (1 + 1e-6)


def test_gold_is_what_two_of_three_annotators_drew(
    pair: ArchiveSpec, pair_archive: ArchivePaths, table: gpd.GeoDataFrame
):
    drawings = gpd.read_file(pair_archive.root / "gold_drawings.gpkg", layer="labels")
    assert drawings["label_id"].is_unique
    assert set(drawings.groupby("window_id")["annotator"].nunique()) == {3}
    gold = table[table["role"] == "gold"]
    assert set(drawings["window_id"]) == set(gold["window_id"])
    area = pair.tiles[0]

    def burn(rows: gpd.GeoDataFrame) -> np.ndarray:
        shapes = [
            (g, KARRA_10.code_of(c)) for g, c in zip(rows.geometry, rows["class_name"], strict=True)
        ]
        return rasterio.features.rasterize(
            shapes, area.grid.shape, transform=area.grid.transform, dtype="uint8"
        )

    def own(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return rows[(rows["tile"] == area.tile) & (rows["year"] == 2022)]

    agreed = burn(own(gold))
    three = [burn(own(part)) for _, part in drawings.groupby("annotator")]
    votes = sum((drawn == agreed).astype(int) for drawn in three)
    assert (votes[agreed > 0] >= 2).all()
    assert any((drawn != agreed)[agreed > 0].any() for drawn in three)


def test_labels_agree_with_truth_but_not_wholly_and_gold_agrees_more(
    pair: ArchiveSpec, pair_archive: ArchivePaths, table: gpd.GeoDataFrame
):
    agreement = {}
    for role in ("train", "gold"):
        right = total = 0
        for area in pair.tiles:
            path = pair_archive.truth / area.tile / "2022" / "class.tif"
            with rasterio.open(path) as source:
                truth = source.read(1)
            own = table[
                (table["tile"] == area.tile) & (table["year"] == 2022) & (table["role"] == role)
            ]
            shapes = [
                (g, KARRA_10.code_of(c))
                for g, c in zip(own.geometry, own["class_name"], strict=True)
            ]
            mask = rasterio.features.rasterize(
                shapes, truth.shape, transform=area.grid.transform, dtype="uint8"
            )
            right += int((mask == truth)[mask > 0].sum())
            total += int((mask > 0).sum())
        agreement[role] = right / total
    assert 0.75 < agreement["train"] < agreement["gold"] < 0.999


def test_every_land_class_is_labelled_for_training_in_each_tile(table: gpd.GeoDataFrame):
    for _, own in table[table["role"] == "train"].groupby(["tile", "year"]):
        assert set(own["class_name"]) == {c.name for c in KARRA_10.land}


def test_windows_lie_on_owned_pixels(pair: ArchiveSpec, table: gpd.GeoDataFrame):
    for area in pair.tiles:
        own = table[table["tile"] == area.tile]
        inside = rasterio.features.rasterize(
            own.geometry, area.grid.shape, transform=area.grid.transform, dtype="uint8"
        )
        assert not (inside.astype(bool) & ~owned_mask(area.tile, area.grid)).any()
        assert np.count_nonzero(inside) > 0


def test_more_windows_than_fit_are_refused(tmp_path):
    spec = tiny_spec(size_px=32)
    with pytest.raises(InvalidProject, match="33TVM"):
        write_archive(spec, tmp_path / "a")
    assert not (tmp_path / "a").exists()
