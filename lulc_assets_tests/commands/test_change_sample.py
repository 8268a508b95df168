"""A sample designed for change: strata, units, accuracy by tolerance."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lulc_assets.cli import app
from lulc_assets.core.change.strata import BUFFER, CHANGE, DOUBTFUL, UNCHANGED, strata_of_map
from lulc_assets.core.grid import Window, tile_grid
from lulc_assets.core.imagery.cog import write_cog
from lulc_assets.core.sampling.fieldwork import read_key

SHAPE = (120, 100)
PLACE = np.s_[20:40, 30:60]
GRID = tile_grid("33TVM").cut(Window(2000, 2000, *SHAPE))


def layers():
    grade = np.zeros(SHAPE, np.uint8)
    grade[PLACE] = 1
    grade[80:90, 10:20] = 3
    from_to = np.full(SHAPE, 202, np.uint16)
    from_to[PLACE] = 208
    from_to[:, 99] = 0
    return from_to, grade


@pytest.fixture
def exported(tmp_path):
    """A folder as ``lulc change export`` writes it, with the year of change."""
    folder = tmp_path / "change"
    folder.mkdir()
    from_to, grade = layers()
    years = np.where(grade == 1, 2022, 0).astype(np.uint16)
    for name, layer in (("from_to", from_to), ("grade", grade), ("year_of_change", years)):
        write_cog(folder / f"{name}.tif", layer, GRID, kind="class", nodata=0)
    return folder


def lulc(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_strata_are_change_its_buffer_doubt_and_the_rest():
    from_to, grade = layers()
    strata = strata_of_map(from_to, grade, 2)
    assert (strata[PLACE] == CHANGE).all()
    assert (strata[18:20, 28:62] == BUFFER).all() and (strata[17, 28:62] == UNCHANGED).all()
    assert (strata[80:90, 10:20] == DOUBTFUL).all() and not strata[:, 99].any()


def test_a_design_for_change_says_what_the_area_of_change_will_be_known_to(exported):
    done = lulc("sample", "design", "--for", "change", "--map", exported, "--target",
                "area:change=15%", "--format", "json", "--least", "5")  # fmt: skip
    assert done.exit_code == 0, done.output
    plans = json.loads(done.stdout)
    assert "change" in json.dumps(plans) and "buffer" in json.dumps(plans)
    refused = lulc("sample", "design", "--for", "change", "--map", exported.parent)
    assert refused.exit_code == 1


def test_accuracy_by_tolerance_follows_from_drawn_units(exported, tmp_path):
    drawn = tmp_path / "s"
    units = [f"--units={n}={k}" for n, k in (("change", 30), ("buffer", 20), ("doubtful", 10),
                                             ("unchanged", 30))]  # fmt: skip
    done = lulc("sample", "draw", "--for", "change", "--map", exported, "--seed", "3",
                "--out", drawn, *units)  # fmt: skip
    assert done.exit_code == 0, done.output
    key = read_key(drawn)
    years = [2023 if s == "change" and i % 3 == 0 else 2022 if s == "change" else ""
             for i, s in enumerate(key.units["stratum"])]  # fmt: skip
    labels = tmp_path / "years.csv"
    pd.DataFrame({"unit_id": key.units["unit_id"], "year_of_change": years}).to_csv(
        labels, index=False
    )
    asked = ("change", "accuracy", drawn, "--labels", labels, "--map",
             exported / "year_of_change.tif", "--json")  # fmt: skip
    found = json.loads(lulc(*asked).stdout)
    late = sum(year == 2023 for year in years)
    assert found["exact"]["users"]["estimate"] == pytest.approx((30 - late) / 30)
    assert found["within_1"]["users"]["estimate"] == found["ever"]["producers"]["estimate"] == 1
    assert found["exact"]["users"]["ci95_low"] < found["exact"]["users"]["estimate"]
    pd.DataFrame({"unit_id": key.units["unit_id"][1:], "year_of_change": years[1:]}).to_csv(
        labels, index=False
    )
    refused = lulc(*asked)
    assert refused.exit_code == 1 and "units have no row" in refused.output
