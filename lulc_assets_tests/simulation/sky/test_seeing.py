"""Spectra, seasons, sky and scene classification against what is published."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest

from lulc_assets.core.legend_class import LandCover as C
from lulc_assets.simulation.archive.canvas import make_canvases, swath_of
from lulc_assets.simulation.sky.clouds import make_sky
from lulc_assets.simulation.sky.passes import Pass, plan_year, sun_position
from lulc_assets.simulation.sky.profiles import NORMAL, STRESS
from lulc_assets.simulation.sky.sensor import View, _misregistration_px, observe
from lulc_assets.simulation.world.change import make_history
from lulc_assets.simulation.world.landscape import make_landscape
from lulc_assets.simulation.world.phenology import (
    SEASONS,
    YearWeather,
    reflectance_on_day,
    share_of_materials,
)
from lulc_assets.simulation.world.spectra import KINDS, MATERIALS, class_of_kind, kind_code
from lulc_assets_tests.simulation.tiny_archive import tiny_spec

RED, GREEN, BLUE, NIR, SWIR1, SWIR2 = range(6)
AVERAGE = YearWeather(0.0, 0.3)


@pytest.fixture(scope="module")
def seen():
    """A small canvas with its year and one pass a kind of sky."""
    spec = tiny_spec(seed=4, size_px=192)
    canvas = make_canvases(spec)[0]
    landscape = make_landscape(canvas.grid, spec.seed)
    ground = make_history(landscape, (2022,), spec.seed).of_year(2022)
    passes = plan_year(
        4,
        canvas.place,
        ["33TVM"],
        2022,
        scenes=12,
        old_baseline_every=3,
        centre_deg=(14.4, 46.0),
    )
    return canvas, View.of(landscape, ground), passes


def test_materials_keep_within_published_ranges():
    for name in ("clear_water", "turbid_water"):
        assert MATERIALS[name][NIR] < 0.05 and MATERIALS[name][SWIR1] < 0.03
    for name in ("fresh_snow", "old_snow"):
        green, swir = MATERIALS[name][GREEN], MATERIALS[name][SWIR1]
        assert (green - swir) / (green + swir) > 0.4
    for name in ("dark_soil", "light_soil"):
        blue, green, red = (MATERIALS[name][b] for b in (BLUE, GREEN, RED))
        assert blue < green < red < MATERIALS[name][NIR] < MATERIALS[name][SWIR1]
        assert MATERIALS[name][SWIR2] < MATERIALS[name][SWIR1]
    for name in ("needles", "broadleaves"):
        assert MATERIALS[name][RED] < 0.05 and 0.15 < MATERIALS[name][NIR] < 0.45


@pytest.mark.parametrize("name", sorted(SEASONS))
def test_shares_of_materials_sum_to_one_and_are_never_negative(name: str):
    for day in range(1, 366, 3):
        shares = share_of_materials(SEASONS[name], day, drought=0.8)
        assert sum(shares) == pytest.approx(1.0)
        assert min(shares) >= -1e-9


def ndvi(kind: str, day: int) -> float:
    spectrum = reflectance_on_day(day, AVERAGE)[kind_code(kind), 2]
    return float((spectrum[NIR] - spectrum[RED]) / (spectrum[NIR] + spectrum[RED]))


def test_wheat_is_green_in_may_and_bare_after_harvest_while_maize_is_the_reverse():
    assert ndvi("winter_wheat", 135) > 0.6
    assert ndvi("winter_wheat", 225) < 0.3
    assert ndvi("maize", 135) < 0.3
    assert ndvi("maize", 220) > 0.6


def test_broadleaves_fall_in_winter_and_conifers_do_not():
    assert ndvi("broadleaf_forest", 190) - ndvi("broadleaf_forest", 20) > 0.3
    assert ndvi("conifers", 190) == pytest.approx(ndvi("conifers", 20))


def test_a_cut_meadow_is_less_green_and_recovers():
    assert ndvi("meadow", 150) > ndvi("meadow", 180) < ndvi("meadow", 210)


def test_seasons_are_shifted_south_of_the_equator():
    north = reflectance_on_day(190, AVERAGE)[kind_code("maize")]
    south = reflectance_on_day(190 + 183, AVERAGE, southern=True)[kind_code("maize")]
    assert np.allclose(north, south, atol=0.02)


def test_every_land_class_has_kinds():
    assert set(class_of_kind()) == set(range(1, 10))
    assert len({k.name for k in KINDS}) == len(KINDS)


def test_the_sun_is_higher_in_summer_and_in_the_south_east_before_noon():
    summer, winter = sun_position(46.0, 172), sun_position(46.0, 355)
    assert summer[0] < 35 and winter[0] > 65
    assert 120 < summer[1] < 175 and 120 < winter[1] < 175


def test_shadows_lie_on_the_far_side_of_the_sun(seen):
    _, _, passes = seen
    scene = dataclasses.replace(
        passes[0], sky="scattered", sun_zenith_deg=45.0, sun_azimuth_deg=135.0
    )
    sky = make_sky(np.random.default_rng(3), (256, 256), scene)
    spectrum = np.fft.ifft2(
        np.fft.fft2(sky.shadow - sky.shadow.mean())
        * np.conj(np.fft.fft2(sky.opacity - sky.opacity.mean()))
    ).real
    down, right = np.unravel_index(spectrum.argmax(), spectrum.shape)
    down, right = (int(d) - 256 if d > 128 else int(d) for d in (down, right))
    assert down < -20 and right < -20
    assert abs(down - right) <= 2


def test_scl_agrees_with_the_true_sky_where_it_is_not_made_to_miss(seen):
    canvas, view, passes = seen
    scene = dataclasses.replace(passes[5], sky="scattered", edge_of=None)
    swath = swath_of(canvas, scene)
    seed = 4
    observed = observe(view, scene, swath, NORMAL, seed)
    place = [seed, int(canvas.grid.x0), int(canvas.grid.y0), scene.year, scene.number, 3]
    sky = make_sky(np.random.default_rng(place), canvas.grid.shape, scene)
    half = tuple(n // 2 for n in canvas.grid.shape)
    opacity = sky.opacity.reshape(half[0], 2, half[1], 2).mean(axis=(1, 3))
    shadow = sky.shadow.reshape(half[0], 2, half[1], 2).mean(axis=(1, 3))
    assert (opacity > 0.65).any()
    assert (observed.scl[opacity > 0.65] == 9).all()
    assert np.isin(observed.scl[opacity > 0.4], (8, 9)).all()
    dark = (shadow > 0.9) & (opacity < 0.01)
    assert np.isin(observed.scl[dark], (3, 8)).mean() > 0.9
    clear = (opacity < 0.01) & (shadow < 0.01)
    assert np.isin(observed.scl[clear], (2, 4, 5, 6, 7, 11)).mean() > 0.9


def test_part_of_thin_cloud_is_missed_and_more_under_stress(seen):
    canvas, view, passes = seen
    scene = dataclasses.replace(passes[6], sky="cirrus", edge_of=None)
    swath = swath_of(canvas, scene)
    found = []
    for share in (0.2, 0.8):
        profile = dataclasses.replace(NORMAL, thin_cloud_missed_share=share)
        found.append((observe(view, scene, swath, profile, 4).scl == 10).sum())
    assert found[0] > found[1]


def test_summer_spectra_keep_the_order_of_the_classes(seen):
    canvas, view, passes = seen
    scene = dataclasses.replace(passes[6], sky="clear", edge_of=None)
    observed = observe(view, scene, swath_of(canvas, scene), NORMAL, 4)
    clear = np.isin(np.kron(observed.scl, np.ones((2, 2), dtype=np.uint8)), (2, 4, 5, 6, 7, 11))
    truth = view.ground.land_class
    level = {
        band: {
            c: (np.median(observed.dn[band][clear & (truth == c)]) - scene.offset_dn) / 10_000
            for c in (C.WATER, C.TREES, C.CROPS, C.SNOW_ICE)
        }
        for band in ("B04", "B08")
    }
    assert level["B08"][C.WATER] < 0.05
    assert level["B04"][C.TREES] < 0.05 and 0.15 < level["B08"][C.TREES] < 0.45
    assert level["B04"][C.SNOW_ICE] > 0.4
    assert level["B08"][C.CROPS] > level["B04"][C.CROPS]


def test_products_from_before_the_reference_image_are_shifted_more():
    early = plan_for(2019)
    late = dataclasses.replace(early, generated=datetime(2023, 5, 1, tzinfo=UTC))
    assert _misregistration_px(early, NORMAL) == pytest.approx(1.2)
    assert _misregistration_px(late, NORMAL) == pytest.approx(0.5)
    assert _misregistration_px(late, STRESS) == pytest.approx(1.0)


def plan_for(year: int) -> Pass:
    planned = plan_year(
        4, (32633, 0, 0), ["33TVM"], year, scenes=4, old_baseline_every=1, centre_deg=(14.4, 46.0)
    )
    return planned[0]
