import numpy as np
import pytest

from lulc_assets.core.legends import propose_colors, propose_legend
from lulc_assets.core.legends.palette import color_difference


def nearest(colors):
    found = color_difference(colors, colors)
    np.fill_diagonal(found, np.inf)
    return found.min()


@pytest.mark.parametrize(("count", "least"), [(4, 0.07), (14, 0.07), (20, 0.07), (60, 0.04)])
def test_proposed_colours_differ_to_every_sight_and_from_paper(count, least):
    colors = propose_colors(count)
    assert len(set(colors)) == count
    assert nearest(colors) > least
    assert color_difference(colors, ["#FFFFFF"]).min() > 0.05
    assert colors == propose_colors(count)


def test_red_and_green_of_equal_lightness_are_near_to_some_sight_only():
    red, green = "#B05030", "#6E7A2E"
    assert color_difference([red], [green])[0, 0] < 0.06
    assert color_difference(["#0072B2"], ["#E69F00"])[0, 0] > 0.2


def test_colours_that_are_taken_are_kept_clear_of():
    taken = ["#009E73", "#E69F00"]
    colors = propose_colors(5, taken)
    assert not set(colors) & set(taken)
    assert color_difference(colors, taken).min() > 0.07


def test_labels_own_classes_become_a_legend_whose_other_is_grey():
    legend = propose_legend("mine", ["Wasser", "Wald", "Mais", "Sonstiges"], other="Sonstiges")
    assert legend.names == ("Wasser", "Wald", "Mais", "Sonstiges")
    assert [c.role for c in legend.classes] == ["land", "land", "land", "other"]
    assert legend.classes[-1].color == "#BDBDBD"
    assert nearest([c.color for c in legend.classes]) > 0.07
