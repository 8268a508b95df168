import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.errors import LabelError, LabelLeak, OverlappingLabels
from lulc_assets.core.grid import Window, tile_grid
from lulc_assets.core.labels.burn import BurnRules, burn_labels
from lulc_assets.core.labels.reading import read_labels
from lulc_assets.core.labels.source import LabelSource
from lulc_assets_tests.core.labels.polygons import GRID, label_table, pixels


def test_a_pixel_gets_the_class_that_holds_its_centre():
    mask, report = burn_labels(label_table([(5, "train", pixels(2.4, 3.6, 2, 2))]), GRID, "train")
    expected = np.zeros(GRID.shape, np.uint8)
    expected[2:4, 4:6] = 5
    assert (mask == expected).all()
    assert mask.dtype == np.uint8
    assert report.pixels == {5: 4}
    assert sum(report.pixels.values()) == 4


def test_the_smaller_of_two_overlapping_polygons_wins_whatever_the_order():
    pond, forest = (1, "train", pixels(2, 2, 2, 2)), (2, "train", pixels(0, 0, 8, 8))
    for rows in ([pond, forest], [forest, pond]):
        mask, report = burn_labels(label_table(rows), GRID, "train")
        assert (mask[2:4, 2:4] == 1).all()
        assert report.pixels == {1: 4, 2: 60}
        assert report.conflict_pixels == 4


def test_of_equal_areas_the_first_id_wins():
    table = label_table([(1, "train", pixels(0, 0, 2, 4)), (2, "train", pixels(0, 2, 2, 4))])
    for rows in (table, table.iloc[::-1]):
        mask, _ = burn_labels(rows, GRID, "train")
        assert mask[0, :6].tolist() == [1, 1, 1, 1, 2, 2]


def test_overlap_within_a_class_is_no_conflict():
    table = label_table([(1, "train", pixels(0, 0, 2, 4)), (1, "train", pixels(0, 2, 2, 4))])
    assert burn_labels(table, GRID, "train")[1].conflict_pixels == 0


def test_polygons_that_burn_no_pixel_are_counted_by_reason():
    table = label_table(
        [
            (1, "train", pixels(0.6, 0.6, 0.8, 0.8)),  # between four centres
            (2, "train", pixels(4, 4, 2, 2)),  # beneath the next two
            (3, "train", pixels(4, 4, 2, 1)),
            (3, "train", pixels(4, 5, 2, 1)),
            (4, "train", pixels(40, 40, 2, 2)),  # outside
            (5, "train", pixels(-1.2, -1.2, 1.5, 1.5)),  # reaches in, no centre
        ]
    )
    mask, report = burn_labels(table, GRID, "train")
    assert report.polygons == 6
    assert (report.outside, report.vanished, report.hidden) == (1, 2, 1)
    assert set(np.unique(mask)) == {0, 3}


def test_roles_burn_apart():
    table = label_table([(1, "train", pixels(0, 0, 2, 2)), (2, "gold", pixels(4, 4, 2, 2))])
    assert set(np.unique(burn_labels(table, GRID, "train")[0])) == {0, 1}
    assert set(np.unique(burn_labels(table, GRID, "gold")[0])) == {0, 2}
    mask, report = burn_labels(table, GRID, "holdout")
    assert not mask.any()
    assert report.polygons == 0


@pytest.mark.parametrize("kept_back", ["gold", "holdout"])
def test_a_training_pixel_under_a_kept_back_polygon_is_unlabelled_and_reported(kept_back):
    table = label_table([(1, "train", pixels(0, 0, 4, 4)), (1, kept_back, pixels(2, 2, 6, 6))])
    train, report = burn_labels(table, GRID, "train")
    kept, kept_report = burn_labels(table, GRID, kept_back)
    assert report.leaked_pixels == 4
    assert not ((train > 0) & (kept > 0)).any()
    assert kept_report.pixels == {1: 36}
    assert kept_report.leaked_pixels == 0


def test_labels_of_another_crs_burn_the_same_pixels():
    table = label_table([(7, "train", pixels(2.2, 3.3, 4.9, 6.1))])
    here, _ = burn_labels(table, GRID, "train")
    there, _ = burn_labels(table.to_crs(32634), GRID, "train")
    assert here.any()
    assert (here == there).all()


def test_an_unknown_role_is_refused():
    with pytest.raises(LabelError, match="testing"):
        burn_labels(label_table([]), GRID, "testing")


rectangles = st.builds(
    pixels, st.floats(-3, 12), st.floats(-3, 16), st.floats(0.3, 9), st.floats(0.3, 9)
)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from(["train", "gold"]), rectangles),
        min_size=1,
        max_size=8,
    ),
    st.randoms(),
)
def test_burning_agrees_with_asking_each_pixel_centre(rows, random):
    table = label_table(rows)
    mask, report = burn_labels(table, GRID, "train")
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    again, same = burn_labels(table.iloc[shuffled], GRID, "train")
    assert (mask == again).all()
    assert report == same
    xs = GRID.x0 + 10 * (np.arange(GRID.width) + 0.5)
    ys = GRID.y0 - 10 * (np.arange(GRID.height) + 0.5)
    order = table.assign(size=table.area).sort_values(["size", "label_id"])
    for row in range(GRID.height):
        for col in range(GRID.width):
            centre = shapely.Point(xs[col], ys[row])
            if order.geometry.boundary.distance(centre).min() < 1e-6:
                continue  # on a border either side may win
            holders = order.loc[order.contains(centre)]
            kept_back = (holders["role"] == "gold").any()
            train = holders.loc[holders["role"] == "train", "class_code"]
            expected = 0 if kept_back or train.empty else int(train.iloc[0])
            assert mask[row, col] == expected


def test_real_polygons_burn_on_the_tile_s_own_grid(real_data):
    path = real_data / "slovenia_2015" / "lulc_polygons.gpkg"
    labels = read_labels(LabelSource(str(path), "LULC_ID", "slovenian-lulc")).table
    tile = tile_grid("33TVL")
    rows, cols = tile.cells([465_195.0], [5_080_245.0])
    grid = tile.cut(Window(int(rows[0]), int(cols[0]), 100, 100))
    mask, report = burn_labels(labels, grid, "train")
    assert (grid.x0 % 10, grid.y0 % 10) == (0, 0)
    assert report.conflict_pixels == 0
    # The published raster has 7601 forest and 198 artificial pixels on its own grid.
    assert 7400 < report.pixels[2] < 7700
    assert 170 < report.pixels[7] < 220
    assert sum(report.pixels.values()) == int((mask > 0).sum())


OVERLAP = [(1, "train", pixels(0, 0, 4, 4)), (2, "train", pixels(2, 2, 6, 6))]


@pytest.mark.parametrize(
    ("overlaps", "winner"), [("smaller_wins", 1), ("later_wins", 2), ("ignore", 0)]
)
def test_the_project_decides_who_wins_an_overlap_and_it_is_counted(overlaps, winner):
    rules = BurnRules(overlaps=overlaps)
    mask, report = burn_labels(label_table(OVERLAP), GRID, "train", rules)
    assert (mask[2:4, 2:4] == winner).all()
    assert (mask[0, 0], mask[6, 6]) == (1, 2)
    assert report.conflict_pixels == 4


def test_an_overlap_is_refused_by_name_if_the_project_allows_none():
    rules = BurnRules(overlaps="error")
    with pytest.raises(OverlappingLabels, match=r"4 pixels.*labels (a, b|b, a)"):
        burn_labels(label_table(OVERLAP), GRID, "train", rules)
    apart = label_table([OVERLAP[0], (2, "train", pixels(6, 6, 2, 2))])
    assert burn_labels(apart, GRID, "train", rules)[1].conflict_pixels == 0


def test_a_border_of_training_labels_stays_unlabelled_and_that_of_gold_does_not():
    table = label_table(
        [
            (1, "train", pixels(0, 0, 6, 6)),
            (1, "train", pixels(0, 6, 6, 2)),  # no border within a class
            (2, "train", pixels(0, 8, 6, 8)),
            (3, "gold", pixels(8, 0, 3, 3)),
        ]
    )
    rules = BurnRules(border_px=1)
    mask, report = burn_labels(table, GRID, "train", rules)
    expected = np.zeros(GRID.shape, np.uint8)
    expected[:5, :7] = 1  # the border of the area of interest is not a border of a label
    expected[:5, 9:] = 2
    assert (mask == expected).all()
    assert report.border_pixels == 6 * 16 - 5 * 14
    assert burn_labels(table, GRID, "gold", rules)[1].pixels == {3: 9}


@pytest.mark.parametrize("kept_back", ["gold", "holdout"])
def test_a_leak_between_roles_that_people_gave_is_refused_by_name(kept_back):
    table = label_table([(1, "train", pixels(0, 0, 4, 4)), (1, kept_back, pixels(2, 2, 6, 6))])
    with pytest.raises(LabelLeak, match=rf"4 training pixels.*train label a, {kept_back} label b"):
        burn_labels(table, GRID, "train", BurnRules(leaks="refuse"))


def test_a_million_vertices_burn():
    angles = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    radius = 45 + 5 * np.sin(500 * angles)
    ring = np.stack(
        [GRID.x0 + 80 + radius * np.cos(angles), GRID.y0 - 60 + radius * np.sin(angles)]
    )
    mask, report = burn_labels(label_table([(2, "train", shapely.Polygon(ring.T))]), GRID, "train")
    assert sum(report.pixels.values()) * 100 == pytest.approx(np.pi * 45**2, rel=0.1)
    assert mask[6, 8] == 2
