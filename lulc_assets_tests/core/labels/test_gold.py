import numpy as np
import pytest

from lulc_assets.core.errors import LabelError
from lulc_assets.core.labels.burn import BurnRules
from lulc_assets.core.labels.delivery import deliver_labels
from lulc_assets.core.labels.gold import burn_gold
from lulc_assets.core.labels.source import LabelSource
from lulc_assets.core.sampling.interpreters import fleiss_kappa
from lulc_assets_tests.core.labels.polygons import GRID, label_table, pixels

RULES = BurnRules()


def drawings(*rows):
    """Rows of window, annotator, class code and polygon, all gold."""
    table = label_table([(code, "gold", polygon) for _, _, code, polygon in rows])
    table["window_id"] = [window for window, *_ in rows]
    table["annotator"] = [who for _, who, *_ in rows]
    return table


def two_windows():
    return drawings(
        ("w1", "anna", 2, pixels(0, 0, 4, 4)),
        ("w1", "ben", 2, pixels(0, 0, 4, 2)),
        ("w1", "ben", 3, pixels(0, 2, 4, 2)),
        ("w2", "anna", 1, pixels(6, 6, 2, 4)),
        ("w2", "ben", 1, pixels(6, 6, 2, 3)),  # leaves a column blank
    )


def test_a_gold_pixel_needs_the_word_of_every_annotator_of_its_window():
    mask, burnt, report = burn_gold(two_windows(), GRID, RULES, 2)
    expected = np.zeros(GRID.shape, np.uint8)
    expected[0:4, 0:2] = 2
    expected[6:8, 6:9] = 1
    assert (mask == expected).all()
    assert burnt.pixels == {1: 6, 2: 8}
    assert burnt.polygons == 5
    assert (report.windows, report.thin_windows, report.annotators) == (2, (), ("anna", "ben"))


def test_agreement_and_what_is_dropped_are_reported_by_class():
    report = burn_gold(two_windows(), GRID, RULES, 2)[2]
    (pair,) = report.pairs
    assert (pair.first, pair.second, pair.n) == ("anna", "ben", 16 + 6)
    assert pair.share == pytest.approx(14 / 22)
    shares = report.account().dropped_share_by_class
    assert shares == {"water": 0.25, "trees": 0.5, "grass": 1.0}
    assert report.confusion[1, 2] == report.confusion[2, 1] == 8
    assert (report.confusion == report.confusion.T).all()


def test_a_window_with_too_few_annotators_is_no_gold_standard():
    table = two_windows()
    table = table.loc[(table["window_id"] != "w2") | (table["annotator"] == "anna")]
    mask, _, report = burn_gold(table, GRID, RULES, 2)
    assert not mask[6:8].any()
    assert report.thin_windows == ("w2",)
    assert report.windows == 1


def test_three_annotators_have_the_kappa_of_fleiss():
    rng = np.random.default_rng(4)
    rows = [
        ("w", who, int(code), pixels(row, col, 1, 1))
        for who in "abc"
        for (row, col), code in np.ndenumerate(rng.integers(1, 4, (8, 8)))
    ]
    _, _, report = burn_gold(drawings(*rows), GRID, RULES, 2)
    votes = np.array([[c for _, w, c, _ in rows if w == who] for who in "abc"], np.uint8).T
    assert report.fleiss == pytest.approx(fleiss_kappa(votes))
    assert [p.n for p in report.pairs] == [64] * 3


def test_a_window_outside_the_grid_counts_for_nothing():
    table = drawings(("far", "a", 1, pixels(90, 90, 2, 2)), ("far", "b", 1, pixels(90, 90, 2, 2)))
    mask, burnt, report = burn_gold(table, GRID, RULES, 2)
    assert not mask.any()
    assert (burnt.outside, report.windows) == (2, 0)


def test_a_gold_file_of_its_own_replaces_the_gold_of_the_first(tmp_path):
    labels = label_table([(2, "train", pixels(0, 0, 2, 2)), (3, "gold", pixels(5, 5, 2, 2))])
    names = labels[["label_id", "role", "geometry"]].assign(c=["trees", "grass"], who="x")
    names.to_file(tmp_path / "labels.gpkg")
    drawn = two_windows().assign(c=["trees", "trees", "grass", "water", "water"])
    drawn = drawn.rename(columns={"annotator": "who"})[["window_id", "who", "c", "geometry"]]
    drawn.to_file(tmp_path / "gold.gpkg")
    source = LabelSource(
        str(tmp_path / "labels.gpkg"), "c", "karra-10", role_column="role",
        annotator_column="who", gold_path=str(tmp_path / "gold.gpkg"),
    )  # fmt: skip
    read = deliver_labels(source, "33TVL", 2020, GRID)
    assert read.report.gold_replaced == 1
    gold = read.table.loc[read.table["role"] == "gold"]
    assert sorted(gold["annotator"].unique()) == ["anna", "ben"]
    assert burn_gold(read.table, GRID, RULES, 2)[1].pixels == {1: 6, 2: 8}
    with pytest.raises(LabelError, match="need annotator_column"):
        from dataclasses import replace

        deliver_labels(replace(source, annotator_column=None), "33TVL", 2020, GRID)
