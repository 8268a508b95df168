import pytest

from lulc_assets.core.errors import InvalidProject
from lulc_assets.core.scene.bands import BAND_SETS, BANDS, RGB, THIRTEEN, as_picture, parse_bands
from lulc_assets.simulation.world.bands import BAND_SETS as SIMULATED


def test_sets_hold_one_another_and_bands_are_thirteen():
    assert tuple(BANDS) == THIRTEEN
    for smaller, larger in zip(BAND_SETS.values(), list(BAND_SETS.values())[1:], strict=False):
        assert larger[: len(smaller)] == smaller


@pytest.mark.parametrize(("name", "count"), [("six", 6), ("ten", 10)])
def test_the_simulation_has_the_bands_of_the_sets_in_their_order(name, count):
    numbers = [BANDS[role].number for role in BAND_SETS[name]]
    assert numbers == [band.name for band in SIMULATED[count]]


def test_bands_go_by_role_common_name_or_number():
    assert parse_bands(["B8A", "swir22", "RedEdge1", "b01"]) == (
        "nir08", "swir2", "rededge1", "coastal",
    )  # fmt: skip


@pytest.mark.parametrize("wanted", ["seven", [], ["red", "B04"], ["ultraviolet"]])
def test_what_is_no_set_and_no_band_is_refused(wanted):
    with pytest.raises(InvalidProject, match="bands: "):
        parse_bands(wanted)


def test_bands_without_true_colour_are_shown_from_long_to_short_waves():
    assert as_picture(THIRTEEN) == RGB
    assert as_picture(("blue", "nir", "swir1", "red")) == ("swir1", "red", "blue")
    assert as_picture(("nir",)) == ("nir", "nir", "nir")
