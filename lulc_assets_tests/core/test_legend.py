import numpy as np
import pytest

from lulc_assets.core.errors import InvalidLegend, UnknownClass
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.legend_class import LegendClass
from lulc_assets.core.legends import BUILTIN, ClassEntry, build_legend, find_legend


def classes(*names, **common):
    return [ClassEntry(name, **common) for name in names]


@pytest.mark.parametrize("legend", BUILTIN.values(), ids=list(BUILTIN))
def test_codes_are_whole_and_clouds_come_last(legend):
    assert legend.codes == tuple(range(1, len(legend.classes) + 1))
    assert [c.code for c in legend.land] == list(range(1, len(legend.land) + 1))
    assert legend.cloud is None or legend.cloud.code == len(legend.classes)


def test_published_legends_have_the_number_of_classes_that_they_are_known_for():
    sizes = {name: len(legend.land) for name, legend in BUILTIN.items()}
    assert sizes == {
        "karra-10": 9, "io-9": 8, "dynamic-world": 9, "worldcover": 11, "corine-1": 5,
        "corine-2": 15, "corine-3": 44, "urban-atlas": 27, "slovenian-lulc": 10, "eurosat": 10,
    }  # fmt: skip
    assert find_legend("urban-atlas-27") is BUILTIN["urban-atlas"]
    assert [n for n, legend in BUILTIN.items() if legend.cloud] == ["karra-10", "io-9"]


def test_an_unknown_legend_lists_those_there_are():
    with pytest.raises(InvalidLegend, match=r"'globcover'.*worldcover"):
        find_legend("globcover")


def test_the_default_legend_keeps_the_digest_that_products_were_made_with():
    assert KARRA_10.digest.startswith("55ace28b")


def test_a_digest_tells_names_and_roles_apart_but_not_colours():
    plain = build_legend("a", classes("water", "land"))
    painted = build_legend("b", [ClassEntry("water", color="#0000FF"), ClassEntry("land")])
    other = build_legend("c", [ClassEntry("water"), ClassEntry("land", role="other")])
    clouds = build_legend("d", classes("water", "land") + classes("sky", role="cloud"))
    assert plain.digest == painted.digest
    assert plain.full_digest != painted.full_digest
    assert len({plain.digest, other.digest, clouds.digest}) == 3


def test_a_parent_is_a_group_and_codes_lead_from_class_to_group():
    legend = build_legend(
        "tiers",
        [
            *classes("maize", "wheat", parent="crops"),
            *classes("clouds", "water"),
            ClassEntry("crops", "All crops", "#E49635"),
        ],
    )
    assert legend.names == ("maize", "wheat", "water", "clouds")
    assert legend.upper is not None
    assert legend.upper.names == ("crops", "water", "clouds")
    assert legend.upper.cloud is not None
    assert legend.upper_codes().tolist() == [0, 1, 1, 2, 3]
    assert legend.upper.by_code(1).title == "All crops"
    assert np.array_equal(KARRA_10.upper_codes(), np.arange(11))


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        (classes("only"), "1 classes; between 2 and 60"),
        (classes(*(f"c{n}" for n in range(61))), "61 classes; between 2 and 60"),
        (classes("Wald", "wald"), "'Wald' and 'wald' are one name"),
        (classes("Gew\u00e4sser", "Gewa\u0308sser"), "are one name in two spellings"),
        (classes("Wald", "Wald"), "come twice"),
        (classes("x" * 200, "y"), "name has 200 letters"),
        ([ClassEntry("x", "t" * 200), ClassEntry("y")], "title has 200 letters"),
        (classes("<script>alert(1)</script>", "y"), "must not contain < >"),
        (classes('the "wood"', "y"), 'must not contain "'),
        (classes("a\nb", "y"), "control characters"),
        (classes(" ", "y"), "empty"),
        (classes("no_data", "y"), "rename it"),
        (classes("a", "b", color="#112233"), "'a' and 'b' both have the colour"),
        ([ClassEntry("a", color="red"), ClassEntry("b")], "'RED' is not of the form"),
        ([ClassEntry("a", parent="c"), ClassEntry("b")], "'a': its parent 'c' is not in"),
        (
            [ClassEntry("a", parent="b"), ClassEntry("b", parent="a"), ClassEntry("c")],
            "circle: a → b → a",
        ),
        ([ClassEntry("a", parent="a"), ClassEntry("c")], "circle: a → a"),
        (
            [ClassEntry("a", parent="b"), ClassEntry("b", parent="c"), *classes("c", "d")],
            "'a' in 'b' in 'c' are 3 tiers",
        ),
        (classes("a", "b", role="cloud"), "a, b all have the role cloud"),
        ([ClassEntry("a"), ClassEntry("b", role="sea")], "role 'sea' is not one of land"),
        ([ClassEntry("a", role="cloud"), ClassEntry("b")], "1 classes beside clouds"),
        (classes("a", "b", parent="c") + classes("c"), "one group, which says nothing"),
    ],
)
def test_a_legend_that_breaks_a_rule_is_refused_by_name(entries, named):
    with pytest.raises(InvalidLegend, match=named):
        build_legend("mine", entries)


def test_sixty_classes_and_umlauts_are_possible():
    legend = build_legend("large", classes("Gewässer", *(f"class {n}" for n in range(59))))
    assert len(legend.land) == 60
    assert legend.code_of("Gewässer") == 1
    with pytest.raises(UnknownClass, match="class code 61"):
        legend.by_code(61)


def test_codes_with_a_gap_and_clouds_before_land_are_refused():
    with pytest.raises(InvalidLegend, match="1…n"):
        Legend("x", (LegendClass(1, "a", "A", "#000000"), LegendClass(3, "b", "B", "#111111")))
    with pytest.raises(InvalidLegend, match="last code"):
        Legend(
            "x",
            tuple(
                LegendClass(n, f"c{n}", "C", f"#00000{n}", "cloud" if n == 1 else "land")
                for n in (1, 2, 3)
            ),
        )
