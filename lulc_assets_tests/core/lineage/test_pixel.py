"""Every pixel of a map can be counted again from what is stored, whatever made it."""

from dataclasses import replace

import numpy as np
import pytest

from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.settings import CompositeSettings
from lulc_assets.core.errors import PointOutside
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.lineage.pixel import PixelReader
from lulc_assets.core.lineage.rule import VoteRule
from lulc_assets_tests.core.compositing.scenes import GRID, random_year, write_prediction

SETTINGS = {
    "weighted": CompositeSettings(),
    "plain": CompositeSettings(strategy="plain_mode"),
    "mean": CompositeSettings(strategy="mean_probability"),
    "latest": CompositeSettings(strategy="latest", seasons="quarters"),
    "by season": CompositeSettings(
        seasons="quarters", season_weights_256={"q2": {"crops": 700}, "q4": {"trees": 0}}
    ),
    "lenient flag": CompositeSettings(flag_masked_pct=20, flag_ground_pct=10, flag_min_dates=2),
}


def open_reader(scenes, settings, folder, **changes):
    composite = compose_year(scenes, GRID, settings, folder)
    rule = replace(VoteRule.of(settings, KARRA_10), **changes)
    return PixelReader(composite.files, scenes, GRID, rule, KARRA_10)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_all_pixels_recompute_class_share_and_votes(settings, tmp_path):
    scenes = random_year(tmp_path, n=9)
    scenes += random_year(tmp_path / "strips", n=3, seed=5, datatake="one pass")
    scenes = list({scene.scene_id + scene.datatake: scene for scene in scenes}.values())
    renamed = [
        type(scene)(f"{scene.datatake}-{n}", scene.datatake, scene.date, scene.content, scene.fetch)
        for n, scene in enumerate(scenes)
    ]

    with open_reader(renamed, settings, tmp_path / "map") as reader:
        traces = [
            reader.trace(row, col)
            for row in range(0, GRID.height, 3)
            for col in range(0, GRID.width, 2)
        ]

    assert [trace for trace in traces if not trace.agrees] == []
    assert {trace.stored.code for trace in traces} > {1, 2, 3}
    assert all(
        sum(vote.counted for vote in trace.votes) == trace.stored.observations for trace in traces
    )


def test_each_date_says_why_it_counts_or_not(tmp_path):
    scenes = [
        write_prediction(tmp_path, "a", 2, 200, date="2022-03-01"),
        write_prediction(tmp_path, "b", 10, 250, date="2022-04-01"),
        write_prediction(tmp_path, "c", 5, 220, 0, date="2022-05-01"),
        write_prediction(tmp_path, "d", 0, 0, 0, date="2022-06-01"),
        write_prediction(tmp_path, "e1", 3, 100, date="2022-07-01", datatake="e"),
        write_prediction(tmp_path, "e2", 3, 180, date="2022-07-01", datatake="e"),
    ]

    with open_reader(scenes, CompositeSettings(), tmp_path / "map") as reader:
        trace = reader.trace(3, 4)

    assert [(v.scene_id, v.reason) for v in trace.votes] == [
        ("a", "counted"),
        ("b", "cloud"),
        ("c", "masked"),
        ("d", "outside"),
        ("e1", "merged"),
        ("e2", "counted"),
    ]
    assert trace.scores == {2: 200 * 256, 3: 180 * 320}
    assert trace.agrees
    assert trace.stored.code == 3


def test_a_roof_that_is_masked_all_year_is_said_to_be_overruled(tmp_path):
    scenes = [
        write_prediction(tmp_path, f"s{n}", 7, 200, 0, date=f"2022-0{n}-01") for n in range(1, 6)
    ]

    with open_reader(scenes, CompositeSettings(), tmp_path / "map") as reader:
        trace = reader.trace(0, 0)

    assert trace.flagged
    assert {vote.reason for vote in trace.votes} == {"overruled"}
    assert (trace.stored.code, trace.agrees) == (7, True)


def test_a_pixel_that_took_the_class_around_it_is_not_called_wrong(tmp_path):
    island = np.full(GRID.shape, 2)
    island[10, 10] = 1
    scenes = [write_prediction(tmp_path, "a", island)]
    settings = CompositeSettings(min_mapping_unit_px=4)

    with open_reader(scenes, settings, tmp_path / "map") as reader:
        trace, beside = reader.trace(10, 10), reader.trace(10, 11)

    assert (trace.stored.code, trace.recomputed.code) == (2, 1)
    assert trace.sieved
    assert trace.agrees
    assert not beside.sieved


def test_a_map_that_is_not_what_its_scenes_say_is_found_out(tmp_path):
    scenes = random_year(tmp_path)
    composite = compose_year(scenes, GRID, CompositeSettings(), tmp_path / "map")
    rule = VoteRule.of(CompositeSettings(), KARRA_10)

    with PixelReader(composite.files, scenes[:-1], GRID, rule, KARRA_10) as reader:
        wrong = [not reader.trace(row, 5).agrees for row in range(GRID.height)]

    assert any(wrong)


def test_a_pixel_outside_the_map_is_refused(tmp_path):
    with (
        open_reader(random_year(tmp_path, n=1), CompositeSettings(), tmp_path / "map") as reader,
        pytest.raises(PointOutside, match="24 × 40"),
    ):
        reader.trace(24, 0)
