"""Dated changes: what the truth of a year shows, what scenes show, what is on record."""

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.features

from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend_class import LandCover as C
from lulc_assets.simulation.archive.canvas import make_canvases
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.write import ArchivePaths
from lulc_assets.simulation.world.change import (
    SEASONS_OF_EVENTS,
    EventPlan,
    History,
    make_history,
)
from lulc_assets.simulation.world.landscape import make_landscape
from lulc_assets_tests.simulation.tiny_archive import tiny_spec

YEARS = (2021, 2022, 2023)


@pytest.fixture(scope="module")
def history() -> History:
    spec = tiny_spec(seed=4, size_px=192, years=YEARS)
    return make_history(make_landscape(make_canvases(spec)[0].grid, 4), YEARS, 4)


def test_an_event_lies_between_july_and_june_and_in_its_season(history: History):
    assert history.changes
    for change in history.changes:
        day, year = date.fromisoformat(change.event.date), change.event.year
        assert date(year - 1, 7, 1) <= day <= date(year, 6, 30)
        assert change.event.what in SEASONS_OF_EVENTS


def test_scenes_show_an_event_from_its_day_on(history: History):
    change = history.changes[0]
    day = date.fromisoformat(change.event.date)
    before = history.ground(history.done_on(date.fromordinal(day.toordinal() - 1)), day.year)
    after = history.ground(history.done_on(day), day.year)
    assert (after.land_class.flat[change.place] == change.event.to_class).all()
    assert (before.land_class.flat[change.place] != change.event.to_class).any()
    elsewhere = np.ones(after.kind.size, dtype=bool)
    for other in history.changes[: history.done_on(day)]:
        elsewhere[other.place] = False
    assert np.array_equal(before.kind.flat[elsewhere], after.kind.flat[elsewhere])


def test_the_map_of_a_year_shows_what_lasted_most_of_it(history: History):
    for change in history.changes:
        year = change.event.year
        assert (history.of_year(year).land_class.flat[change.place] == change.event.to_class).all()
        earlier = history.of_year(year - 1).land_class.flat[change.place]
        assert (earlier == change.event.from_class).mean() > 0.5


def test_nothing_but_crops_changes_in_a_quiet_year():
    spec = tiny_spec(seed=4, size_px=192, years=YEARS)
    landscape = make_landscape(make_canvases(spec)[0].grid, 4)
    quiet = make_history(landscape, YEARS, 4, quiet=(2022,))
    assert {change.event.year for change in quiet.changes} == {2023}
    one, two = quiet.of_year(2021), quiet.of_year(2022)
    assert np.array_equal(one.land_class, two.land_class)
    assert not np.array_equal(one.look, two.look)
    turned = one.look != two.look
    assert (one.land_class[turned] == C.CROPS).all()


def test_polygons_of_the_record_cover_the_pixels_that_changed(
    pair: ArchiveSpec, pair_archive: ArchivePaths
):
    table = gpd.read_file(pair_archive.truth / "changes.gpkg", layer="changes")
    assert table.geometry.is_valid.all()
    assert np.allclose(table.geometry.area, table["pixels"] * 100)
    area = pair.tiles[0]
    classes = []
    for year in pair.years:
        with rasterio.open(pair_archive.truth / area.tile / str(year) / "class.tif") as source:
            classes.append(source.read(1))
    inside = rasterio.features.rasterize(
        table.geometry, area.grid.shape, transform=area.grid.transform, dtype="uint8"
    )
    assert (inside[classes[0] != classes[1]] == 1).all()


def test_a_plan_says_how_many_events_there_are_and_how_large():
    landscape = make_landscape(PixelGrid(32633, 440_000.0, 5_150_000.0, 160, 160), 5)
    plan = EventPlan({"clear_cut": 5, "fire": 0, "new_built": 0, "lake_shrank": 0}, (3.0, 4.0))
    history = make_history(landscape, (2021, 2022), 5, plan=plan)
    events = [change.event for change in history.changes]
    assert 3 <= len(events) <= 5 and {event.what for event in events} == {"clear_cut"}
    assert max(event.pixels for event in events) < 3.2 * 5.5**2
