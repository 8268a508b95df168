from datetime import date

import numpy as np
import pandas as pd
import pytest

from lulc_assets.core.errors import LabelError
from lulc_assets.core.labels.keys import read_tile, read_year


@pytest.mark.parametrize(
    "value",
    [2021, 2021.0, np.int64(2021), "2021", "2021.0", "2021-06-01", "2021/06/01 10:00",
     date(2021, 6, 1), pd.Timestamp("2021-06-01", tz="UTC"), np.datetime64("2021-06-01")],
)  # fmt: skip
def test_a_year_is_read_from_what_programs_store(value):
    assert read_year(value, "f: label a") == 2021


@pytest.mark.parametrize(
    "value", [2021.5, "21", 21, 20210601, "2021.5", "summer", float("nan"), "٢٠٢١", "2021-13-01"]
)
def test_what_is_no_whole_year_is_refused_with_label_and_value(value):
    with pytest.raises(LabelError, match=r"f: label a: year is .*write a whole year"):
        read_year(value, "f: label a")


@pytest.mark.parametrize("value", ["33TVL", "T33TVL", "33tvl", " t33tvl "])
def test_a_tile_is_read_in_the_spellings_in_use(value):
    assert read_tile(value, "f: label a") == "33TVL"


@pytest.mark.parametrize("value", ["", "33", "T33IVL", None])
def test_what_is_no_tile_is_refused_with_the_label(value):
    with pytest.raises(LabelError, match="f: label a: tile"):
        read_tile(value, "f: label a")
