import numpy as np
import pytest

from lulc_assets.core.accuracy.area_files import read_areas, suspect_shares
from lulc_assets.core.accuracy.count_files import read_counts
from lulc_assets.core.accuracy.counts import estimate_counts
from lulc_assets.core.estimation import cautions
from lulc_assets.core.estimation.settings import AS_PRINTED

AREAS = {"deforestation": 18000.0, "gain": 13500.0, "forest": 288000.0, "other": 580500.0}
ROWS = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]


def counts(path, times):
    lines = [
        ["map", *AREAS],
        *([n, *(v * times for v in r)] for n, r in zip(AREAS, ROWS, strict=True)),
    ]
    path.write_text("\n".join(",".join(map(str, line)) for line in lines), encoding="utf-8")
    return read_counts(path)


def test_ten_million_pixels_are_told_as_such_and_estimated_from_cells(tmp_path):
    many = counts(tmp_path / "many.csv", 15_625)

    names, figures = estimate_counts(many, AREAS)

    assert many.counts.sum() == 10_000_000
    assert names == tuple(AREAS)
    assert figures.overall.value == pytest.approx(0.9465, abs=5e-5)
    assert "10,000,000 units: nobody interpreted that many" in figures.warnings[0]


def test_cells_give_what_units_give(tmp_path, monkeypatch):
    table = counts(tmp_path / "few.csv", 3)
    _, units = estimate_counts(table, AREAS, unit_ha=1.0, settings=AS_PRINTED)
    monkeypatch.setattr("lulc_assets.core.accuracy.counts.MANY_UNITS", 100)

    _, cells = estimate_counts(table, AREAS, unit_ha=1.0, settings=AS_PRINTED)

    for kind in ("users", "producers", "f1", "areas_ha"):
        for one, other in zip(getattr(units, kind), getattr(cells, kind), strict=True):
            assert (one.value, one.se, one.n) == pytest.approx((other.value, other.se, other.n))
    assert units.overall.se == pytest.approx(cells.overall.se)
    assert units.overall.ci_low == pytest.approx(cells.overall.ci_low)
    assert np.allclose(units.proportions, cells.proportions)
    assert units.omission_units == pytest.approx(cells.omission_units)
    assert units.commission_units == pytest.approx(cells.commission_units)
    assert cautions.SO_MANY in cells.warnings[0]


def test_shares_in_percent_without_a_title_are_told(tmp_path):
    path = tmp_path / "areas.csv"
    path.write_text("a,2.0\nb,1.5\nc,32.0\nd,64.5\n", encoding="utf-8")
    assert "as shares in percent of a map do" in suspect_shares(read_areas(path))
