"""Medians by class against EuroSAT's patches and against physics."""

import os
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from scipy import ndimage

from lulc_assets.core.legend_class import LandCover as C
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.write import ArchivePaths

EUROSAT = Path(os.environ.get("LULC_REAL_DATA", "../shared/data")) / "eurosat_ms_100"
ROW_OF_BAND = {"B04": 4, "B08": 8, "B11": 11, "B12": 12}
LIKE = {
    C.WATER: ("SeaLake", "River"),
    C.TREES: ("Forest",),
    C.GRASS: ("Pasture", "HerbaceousVegetation"),
    C.CROPS: ("AnnualCrop", "PermanentCrop"),
    C.SCRUB: ("HerbaceousVegetation",),
    C.BUILT_AREA: ("Residential", "Industrial"),
}
BANDS = ("B03", *ROW_OF_BAND)


@pytest.fixture(scope="module")
def medians(pair: ArchiveSpec, pair_archive: ArchivePaths) -> dict[tuple[C, str], float]:
    """Medians over clear pixels from April to October, by true class, away from its borders."""
    pixels: dict[tuple[C, str], list[np.ndarray]] = {}
    for item in pystac.Catalog.from_file(str(pair_archive.catalog)).get_items():
        if not 4 <= item.datetime.month <= 10:
            continue
        year, tile = item.datetime.year, item.properties["s2:mgrs_tile"]
        offset = 1000 if item.properties["s2:processing_baseline"] >= "04.00" else 0

        def read(name: str, item: pystac.Item = item) -> np.ndarray:
            with rasterio.open(item.assets[name].get_absolute_href()) as source:
                values = source.read(1)
            return values if name in ("B03", "B04", "B08") else np.kron(values, np.ones((2, 2)))

        scl = read("SCL")
        with rasterio.open(pair_archive.truth / tile / str(year) / "class.tif") as source:
            truth = source.read(1)
        inside = ndimage.minimum_filter(truth, 5) == ndimage.maximum_filter(truth, 5)
        for name in BANDS:
            reflectance = (read(name).astype(float) - offset) / 10_000
            for land in (*LIKE, C.BARE_GROUND, C.SNOW_ICE):
                codes = (2, 4, 5, 6, 7) if land != C.SNOW_ICE else (2, 4, 5, 6, 7, 11)
                there = np.isin(scl, codes) & (truth == land) & inside
                pixels.setdefault((land, name), []).append(reflectance[there])
    return {key: float(np.median(np.concatenate(parts))) for key, parts in pixels.items()}


@pytest.mark.real_data
@pytest.mark.skipif(not EUROSAT.exists(), reason="real sample data are not here")
@pytest.mark.parametrize("land", sorted(LIKE))
def test_medians_lie_within_the_range_of_the_like_classes_of_eurosat(
    medians: dict[tuple[C, str], float], land: C
):
    for band, row in ROW_OF_BAND.items():
        measured = []
        for name in LIKE[land]:
            for path in (EUROSAT / name).glob("*.tif"):
                with rasterio.open(path) as source:
                    measured.append(source.read(row).ravel() / 10_000)
        low, high = np.quantile(np.concatenate(measured), (0.05, 0.95))
        assert low <= medians[land, band] <= high, (land.name, band)


def test_water_is_dark_beyond_the_visible(medians: dict[tuple[C, str], float]):
    assert medians[C.WATER, "B08"] < 0.05
    assert medians[C.WATER, "B11"] < 0.03 and medians[C.WATER, "B12"] < 0.03


def test_snow_has_the_index_of_snow(medians: dict[tuple[C, str], float]):
    green, swir = medians[C.SNOW_ICE, "B03"], medians[C.SNOW_ICE, "B11"]
    assert (green - swir) / (green + swir) > 0.4


def test_bare_ground_rises_to_the_first_short_wave_band(medians: dict[tuple[C, str], float]):
    bare = [medians[C.BARE_GROUND, band] for band in ("B03", "B04", "B08", "B11")]
    assert bare == sorted(bare)
    assert medians[C.BARE_GROUND, "B12"] < bare[-1]


def test_healthy_trees_are_dark_in_red_and_bright_in_near_infrared(
    medians: dict[tuple[C, str], float],
):
    assert medians[C.TREES, "B04"] < 0.05
    assert 0.15 < medians[C.TREES, "B08"] < 0.45
