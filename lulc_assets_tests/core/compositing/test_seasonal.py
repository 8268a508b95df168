import functools

import pytest

from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.seasonal import compose_seasons
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets_tests.core.compositing.scenes import GRID, random_year, write_prediction

WET = CompositeSettings(
    weights_256={}, seasons={"wet": ("11-01", "04-30"), "dry": ("05-01", "10-31")}
)


@pytest.fixture
def predict(tmp_path):
    return functools.partial(write_prediction, tmp_path)


def code_of(season):
    codes = read_raster(season.files["class"])
    assert (codes == codes[0, 0]).all()
    return int(codes[0, 0])


def test_a_season_is_the_vote_of_its_dates(tmp_path):
    scenes = random_year(tmp_path, 9)
    quarters = CompositeSettings(seasons="quarters", flag_min_dates=99)
    year = compose_year(scenes, GRID, quarters, tmp_path / "year")
    found = compose_seasons(year.sums, None, GRID, quarters, tmp_path / "seasons")
    assert list(found) == ["q1", "q2", "q3", "q4"]
    for number, season in enumerate(found.values()):
        months = range(3 * number + 1, 3 * number + 4)
        own = [scene for scene in scenes if int(scene.date[5:7]) in months]
        alone = CompositeSettings(flag_min_dates=99)
        expected = compose_year(own, GRID, alone, tmp_path / str(number))
        assert season.datatakes == len(own) > 0
        for name, path in expected.files.items():
            assert path.read_bytes() == season.files[name].read_bytes()


def test_a_season_over_new_year_takes_the_former_years_part(predict, tmp_path):
    former = [predict("a", 2, 250, date="2021-12-01"), predict("x", 7, 255, date="2021-10-01")]
    own = [predict("b", 5, 100, date="2022-02-01"), predict("c", 1, 255, date="2022-12-01")]
    sums = [compose_year(s, GRID, WET, tmp_path / s[0].scene_id).sums for s in (own, former)]
    both = compose_seasons(sums[0], sums[1], GRID, WET, tmp_path / "both")
    assert code_of(both["wet"]) == 2
    assert both["wet"].complete
    assert both["wet"].datatakes == 2
    alone = compose_seasons(sums[0], None, GRID, WET, tmp_path / "alone")
    assert code_of(alone["wet"]) == 5
    assert not alone["wet"].complete
    assert alone["dry"].complete
    assert code_of(alone["dry"]) == 0


def test_a_roof_that_is_masked_all_year_shows_in_each_season(predict, tmp_path):
    months = ("02", "05", "07", "09", "12")
    scenes = [predict(f"s{m}", 7, 200, 0, date=f"2022-{m}-01") for m in months]
    year = compose_year(scenes, GRID, WET, tmp_path / "year")
    found = compose_seasons(year.sums, None, GRID, WET, tmp_path / "seasons")
    assert code_of(found["dry"]) == 7
    assert (read_raster(found["dry"].files["observations"]) == 3).all()
