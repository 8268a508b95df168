"""The learned vote: what it decides, that its bytes never vary, and what it refuses."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from lulc_assets.core.compositing.compose import compose_year
from lulc_assets.core.compositing.gold import labelled_sums
from lulc_assets.core.compositing.settings import CompositeSettings, VoteSettings
from lulc_assets.core.compositing.update import KeptYear
from lulc_assets.core.compositing.vote_head import VoteHead, input_names, inputs_of
from lulc_assets.core.compositing.vote_head_fit import LabelledSums, choose, learn_head
from lulc_assets.core.compositing.vote_head_judge import judge_head
from lulc_assets.core.errors import InvalidProduct, InvalidProject, NoLabels, ProductCorrupt
from lulc_assets.core.imagery.cog import read_raster
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.legends import propose_legend
from lulc_assets_tests.core.compositing.scenes import GRID, LARGE, random_year, write_prediction

QUARTERS = CompositeSettings(seasons="quarters")
PARTS = tuple(part.name for part in QUARTERS.parts())
LAND = len(KARRA_10.land)
WIDTH = inputs_of(len(PARTS), LAND)
TABLES = np.full((len(PARTS), LAND), 256)
GRASS, CROPS = KARRA_10.code_of("grass"), KARRA_10.code_of("crops")


def random_head(seed=0, needed=(), known=None):
    rng = np.random.default_rng(seed)
    return VoteHead(
        KARRA_10.digest,
        PARTS,
        np.isin(PARTS, needed),
        rng.integers(-(10**6), 10**6, (LAND, WIDTH)),
        np.ones(LAND, bool) if known is None else np.isin(np.arange(1, LAND + 1), known),
    )


def sums_at(composite, grid, settings=QUARTERS):
    """The labelled sums of all pixels, which have their own number as window."""
    pixels = np.arange(grid.height * grid.width).reshape(grid.shape)
    sums = {part.name: composite.sums[part.name] for part in settings.parts()}
    return labelled_sums(sums, grid, settings, np.ones(grid.shape, np.uint8), pixels)


def layers_of(composite):
    return {name: read_raster(path) for name, path in composite.files.items()}


def test_a_map_has_the_class_of_the_largest_score_and_the_share_of_its_votes(tmp_path):
    scenes = random_year(tmp_path, 6, LARGE)
    head = random_head(needed=("0401",), known=range(2, LAND + 1))
    found = compose_year(scenes, LARGE, QUARTERS, tmp_path / "map", head=head)
    plain = compose_year(scenes, LARGE, QUARTERS, tmp_path / "plain")
    learned, before = layers_of(found), layers_of(plain)
    rows = sums_at(plain, LARGE)
    expected = choose(rows, head)
    assert (learned["class"].ravel()[rows.window] == expected).all()
    score = rows.scores[np.arange(len(expected)), expected - 1]
    assert (learned["vote_share"].ravel()[rows.window] == 255 * score // rows.scores.sum(1)).all()
    assert (learned["observations"] == before["observations"]).all()
    assert ((learned["class"] == 0) == (before["class"] == 0)).all()
    assert found.changed_by_head == (learned["class"] != before["class"]).sum() > 1000
    no_view = rows.views[:, PARTS.index("0401")] == 0
    only_first = (rows.scores[:, 1:] == 0).all(axis=1)
    assert found.left_to_plain == (no_view | only_first).sum() > 1000
    assert (expected[no_view] == rows.plain[no_view]).all()


def test_scores_are_exact_integers_of_the_definition(tmp_path):
    scenes = [
        write_prediction(tmp_path, "a", GRASS, 200, date="2022-02-01"),
        write_prediction(tmp_path, "b", CROPS, 100, date="2022-05-01"),
        write_prediction(tmp_path, "c", CROPS, 50, 0, date="2022-05-09"),
    ]
    found = compose_year(scenes, GRID, QUARTERS, tmp_path / "map")
    (row,) = np.unique(sums_at(found, GRID).inputs, axis=0)
    names = input_names(PARTS, KARRA_10)
    assert len(names) == WIDTH
    assert {name: int(v) for name, v in zip(names, row, strict=True) if v} == {
        "clear grass from 01-01": 683,  # 1024 · 200 / 300, rounded
        "clear crops from 04-01": 341,
        "masked crops from 04-01": 1024,
        "dates of clear ground from 01-01": 341,
        "dates of clear ground from 04-01": 341,
        "dates of masked ground from 04-01": 341,
        "always": 1024,
    }


def test_bytes_do_not_depend_on_threads_order_or_the_way_to_the_sums(tmp_path):
    scenes, head = random_year(tmp_path, 6, LARGE), random_head(needed=("0701",))
    first = compose_year(scenes, LARGE, replace(QUARTERS, threads=1), tmp_path / "1", head=head)
    older = compose_year(scenes[:5], LARGE, QUARTERS, tmp_path / "old")
    second = compose_year(
        scenes[::-1], LARGE, replace(QUARTERS, threads=4), tmp_path / "2", head=head,
        kept=KeptYear(older.sums, scenes[:5]),
    )  # fmt: skip
    assert (first.passes_read, second.passes_read) == (6, 1)
    for name in first.files:
        assert first.files[name].read_bytes() == second.files[name].read_bytes()
    assert first.left_to_plain == second.left_to_plain


def test_a_class_without_votes_at_a_pixel_is_not_invented(tmp_path):
    weights = np.zeros((LAND, WIDTH), np.int64)
    weights[CROPS - 1, -1] = 10**6
    head = replace(random_head(), weights=weights)
    scenes = [write_prediction(tmp_path, "a", GRASS)]
    found = compose_year(scenes, GRID, QUARTERS, tmp_path / "map", head=head)
    assert (layers_of(found)["class"] == GRASS).all()


TOLD = LAND * len(PARTS) + KARRA_10.code_of("bare_ground") - 1
"""Masked bare ground of the first part."""


def labels(seed=0, windows=12, informative=True):
    """Grass and crops that the plain vote confuses; masked votes of the first part tell."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.resize([GRASS, CROPS], windows), 50)
    inputs = np.zeros((len(truth), WIDTH), np.int64)
    grass = rng.integers(450, 574, len(truth))
    inputs[:, LAND + GRASS - 1], inputs[:, LAND + CROPS - 1] = grass, 1024 - grass
    told = truth if informative else rng.choice([GRASS, CROPS], len(truth))
    inputs[:, TOLD] = np.where(told == CROPS, 900, 100)
    inputs[:, -1] = 1024
    scores = np.zeros((len(truth), LAND), np.int64)
    scores[:, GRASS - 1], scores[:, CROPS - 1] = 300 * grass, 256 * (1024 - grass)
    views = np.ones((len(truth), len(PARTS)), np.int64)
    return LabelledSums(inputs, scores, views, truth, np.arange(len(truth)) // 50)


@pytest.fixture(scope="module")
def learned():
    return learn_head(labels(), TABLES, KARRA_10.digest, PARTS, "model")


def test_it_learns_what_the_plain_vote_cannot_see_and_is_promoted(learned):
    found = learned
    assert not math.isinf(found.strength)
    assert found.left_out > 0.95 > found.plain_left_out
    assert found.head.needed.all()
    assert found.head.bundle == "model"
    verdict = judge_head(found.head, labels(1), VoteSettings(), KARRA_10)
    names = input_names(PARTS, KARRA_10)
    assert verdict.promote, verdict.reason
    assert verdict.learned > verdict.plain + 0.2
    assert verdict.ci95_low > 0
    assert verdict.classes["crops"].helped_by[0] == names[TOLD]
    assert verdict.classes["water"].plain_f1 is None


def test_where_nothing_can_be_learnt_the_plain_vote_is_kept_and_nothing_is_gained():
    found = learn_head(labels(informative=False), TABLES, KARRA_10.digest, PARTS)
    assert math.isinf(found.strength)
    verdict = judge_head(found.head, labels(1, informative=False), VoteSettings(), KARRA_10)
    assert not verdict.promote
    assert "nothing is gained" in verdict.reason


def test_a_head_that_is_worse_on_gold_is_refused(learned):
    gold = labels(1)
    turned = replace(gold, truth=np.where(gold.truth == GRASS, CROPS, GRASS))
    verdict = judge_head(learned.head, turned, VoteSettings(), KARRA_10)
    assert not verdict.promote
    assert verdict.learned < verdict.plain


def test_a_head_that_gives_up_a_class_is_refused_by_name():
    gold = labels(1, windows=40)
    few = (gold.truth == GRASS) & (gold.window >= 4)
    gold = gold.take(~few)  # hardly any grass: crops everywhere gains overall
    weights = np.zeros((LAND, WIDTH), np.int64)
    weights[CROPS - 1, -1] = 1
    head = replace(random_head(), weights=weights)
    verdict = judge_head(head, gold, VoteSettings(min_class_pixels=20), KARRA_10)
    assert not verdict.promote
    assert verdict.learned > verdict.plain
    assert "grass falls from an F1" in verdict.reason


@pytest.mark.parametrize("rows", [slice(0, 2), slice(0, 50), slice(0, 0)])
def test_too_few_labels_are_refused(rows):
    with pytest.raises(NoLabels, match="labelled windows and two classes"):
        learn_head(labels().take(np.arange(600)[rows]), TABLES, KARRA_10.digest, PARTS)


def test_a_class_without_enough_labels_is_not_known_and_never_chosen():
    rare = labels()
    truth = rare.truth.copy()
    truth[:10] = 1
    scores = rare.scores.copy()
    scores[:, 0] = 1
    found = learn_head(replace(rare, truth=truth, scores=scores), TABLES, KARRA_10.digest, PARTS)
    assert not found.head.known[0]
    assert (choose(rare, found.head) != 1).all()


def test_a_part_that_many_labels_lack_is_not_needed():
    seen = labels()
    views = seen.views.copy()
    views[::10, 3] = 0
    found = learn_head(replace(seen, views=views), TABLES, KARRA_10.digest, PARTS)
    assert found.head.needed.tolist() == [True, True, True, False]


def test_nothing_to_judge_by_is_said():
    with pytest.raises(NoLabels, match="no gold pixel has a vote"):
        judge_head(random_head(), LabelledSums.none(4, LAND), VoteSettings(), KARRA_10)


def test_bytes_give_the_head_again():
    head = random_head(needed=("0101",), known=(2, 3))
    again = VoteHead.from_json(head.to_json(), "head.json")
    assert again.to_json() == head.to_json()
    assert (again.weights == head.weights).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", 2),
        ("weights", [[0.5] * WIDTH] * LAND),
        ("weights", [[float("nan")] * WIDTH] * LAND),
        ("weights", [[2**40] * WIDTH] * LAND),
        ("weights", [[1] * 3] * LAND),
        ("weights", 7),
        ("known", [1] * LAND),
        ("parts", ["0101"]),
    ],
)
def test_a_damaged_head_is_refused(name, value):
    content = json.loads(random_head().to_json()) | {name: value}
    with pytest.raises(InvalidProduct, match="learned vote"):
        VoteHead.from_json(json.dumps(content).encode(), "head.json")
    with pytest.raises(InvalidProduct, match=r"head\.json is not a learned vote"):
        VoteHead.from_json(b"{", "head.json")


def test_sums_of_another_season_layout_legend_or_strategy_are_refused(tmp_path):
    scenes = random_year(tmp_path, 2)
    with pytest.raises(InvalidProduct, match="knows the parts of the year 0101, 0401"):
        compose_year(scenes, GRID, CompositeSettings(), tmp_path, head=random_head())
    other = propose_legend("other", ["one", "two"])
    with pytest.raises(InvalidProduct, match="is of another legend than other"):
        compose_year([], GRID, QUARTERS, tmp_path, legend=other, head=random_head())
    counted = CompositeSettings(seasons="quarters", strategy="mean_probability")
    with pytest.raises(InvalidProject, match="refines the strategy weighted_mode"):
        compose_year(scenes, GRID, counted, tmp_path, head=random_head())


def test_sums_of_votes_or_of_other_classes_teach_nothing(tmp_path):
    scenes = random_year(tmp_path, 2)
    votes = CompositeSettings(seasons="quarters", strategy="plain_mode")
    found = compose_year(scenes, GRID, votes, tmp_path / "votes")
    with pytest.raises(InvalidProduct, match="hold vote; the learned vote needs probabilities"):
        sums_at(found, GRID)
    found = compose_year(scenes, GRID, QUARTERS, tmp_path / "sums")
    moved = replace(GRID, x0=GRID.x0 + 10)
    with pytest.raises(ProductCorrupt):
        sums_at(found, moved)


@pytest.mark.parametrize(
    "wrong", [{"margin": -1.0}, {"class_margin": float("nan")}, {"min_class_pixels": 0}]
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(InvalidProject, match=f"vote.{next(iter(wrong))}"):
        VoteSettings(**wrong)
