import numpy as np
import pytest

from lulc_assets.core.legends import BUILTIN, propose_colors, propose_legend
from lulc_assets.core.legends.meaning import HUES
from lulc_assets.core.legends.palette import CLOUD_COLOR, OTHER_COLOR, color_difference


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


@pytest.mark.parametrize("order", [1, -1])
def test_classes_have_the_colours_of_what_they_mean(order):
    names = ["Wasser", "Wald", "Mais", "Siedlung", "Haus am See"][::order]
    colors = {c.name: c.color for c in propose_legend("mine", names).classes}
    assert colors["Wasser"] == "#1F6FCC"
    assert colors["Wald"] == "#007417"
    assert colors["Mais"] == "#DDAE1E"
    assert colors["Siedlung"] == "#D11717"


def test_two_classes_of_one_meaning_differ_and_keep_its_hue():
    colors = [
        c.color for c in propose_legend("mine", ["Laubwald", "Nadelwald", "Mischwald"]).classes
    ]
    assert nearest(colors) > 0.07
    for color in colors:
        red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
        assert green > max(red, blue)


def test_first_colours_of_all_meanings_are_told_apart_with_the_greys():
    colors = [each.first for each in HUES.values()] + [OTHER_COLOR, CLOUD_COLOR]
    assert nearest(colors) > 0.08
    assert color_difference(colors, ["#FFFFFF"]).min() > 0.08


def test_a_class_without_a_meaning_does_not_look_like_one_that_has_one():
    colors = {c.name: c.color for c in propose_legend("mine", ["water", "a", "b", "c"]).classes}
    for name in "abc":
        red, green, blue = (int(colors[name][at : at + 2], 16) for at in (1, 3, 5))
        assert not blue > max(red, green), colors


@pytest.mark.parametrize("name", ["urban-atlas", "corine-3"])
def test_many_classes_never_share_a_colour(name):
    colors = [c.color for c in propose_legend("mine", list(BUILTIN[name].names)).classes]
    assert nearest(colors) > 0.04
