import numpy as np
import pytest
import shapely

from lulc_assets.core.errors import InvalidGeometry
from lulc_assets.core.labels.mend import mend_geometries

SQUARE = shapely.box(0, 0, 10, 10)
BOW_TIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
SPIKE = shapely.Polygon([(0, 0), (10, 0), (10, 10), (20, 10), (10, 10), (0, 10)])
LINE = shapely.Polygon([(0, 0), (5, 5), (10, 10)])


def test_loops_are_kept_spikes_removed_and_what_has_no_area_left_out():
    given = np.array([SQUARE, BOW_TIE, SPIKE, LINE, None, shapely.Polygon()], dtype=object)
    mended, account = mend_geometries(given, list("abcdef"))
    assert mended[0].equals(SQUARE)
    assert mended[1].area == pytest.approx(50)
    assert mended[2].equals(SQUARE)
    assert [mended[n] for n in (3, 4, 5)] == [None, None, None]
    assert [m.label_id for m in account] == list("bcdef")
    assert [m.label_id for m in account if m.dropped] == list("def")
    assert account[0].problem == "Self-intersection"
    assert [m.problem for m in account[3:]] == ["missing", "empty geometry"]
    assert account[1].area_change == pytest.approx(0)


def test_heights_are_dropped():
    mended, account = mend_geometries(np.array([shapely.force_3d(SQUARE, 7.0)]), ["a"])
    assert not mended[0].has_z
    assert account == []


def test_of_a_collection_the_polygons_are_kept_and_the_change_is_told():
    clip = shapely.GeometryCollection([SQUARE, shapely.LineString([(0, 0), (90, 0)])])
    lines = shapely.GeometryCollection([shapely.LineString([(0, 0), (90, 0)])])
    mended, account = mend_geometries(np.array([clip, lines], dtype=object), ["a", "b"])
    assert mended[0].equals(SQUARE)
    assert mended[1].equals(lines)
    assert [(m.label_id, m.problem) for m in account] == [("a", "GeometryCollection")]


def test_a_polygon_that_crosses_itself_beyond_mending_is_refused_at_once():
    angles = np.arange(601) * 300 / 601 * 2 * np.pi
    star = shapely.Polygon(np.column_stack([np.cos(angles), np.sin(angles)]))
    with pytest.raises(InvalidGeometry, match=r"label s: its outline crosses itself more than"):
        mend_geometries(np.array([star], dtype=object), ["s"])


def test_a_long_outline_with_one_crossing_is_mended():
    angles = np.linspace(0, 2 * np.pi, 50_000)
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    ring[[10, 20]] = ring[[20, 10]]
    mended, account = mend_geometries(np.array([shapely.Polygon(ring)], dtype=object), ["r"])
    assert mended[0].is_valid
    assert len(account) == 1
