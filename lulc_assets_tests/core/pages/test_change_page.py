"""The headline of a change page says what the dates show of what the maps differ in."""

import pytest

from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.pages.change_page import ChangePage, YearlyChange, view_change


def detail(sustained, differing):
    grades = {"sustained": sustained, "flicker": differing - sustained}
    change = YearlyChange(grades, differing, (), {}, {}, 0.01, (12, 11))
    page = ChangePage("33TVM", 2022, "", KARRA_10, (), change, None)
    return view_change(page)["headline"]["detail"].replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("sustained", "differing", "said"),
    [
        (100, 900, "differ on 9.0 ha; on 8.0 ha of that the dates show no lasting change. Pixels"),
        (800, 900, "differ on 9.0 ha; on 1.0 ha of that the dates show no lasting change. Pixels"),
        (900, 900, "differ on 9.0 ha. Pixels"),
        (0, 0, "differ on 0 ha. Pixels"),
    ],
)
def test_what_the_dates_do_not_show_is_counted_and_not_supposed(sustained, differing, said):
    assert said in detail(sustained, differing)
