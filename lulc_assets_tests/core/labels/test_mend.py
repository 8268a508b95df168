import numpy as np
import pytest
import shapely

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
    assert account[1].area_change == pytest.approx(0)


def test_heights_are_dropped():
    mended, account = mend_geometries(np.array([shapely.force_3d(SQUARE, 7.0)]), ["a"])
    assert not mended[0].has_z
    assert account == []
