"""Worked examples of the literature come out as printed."""

import numpy as np
import pytest

from lulc_assets.core.estimation.measures import estimate_figures
from lulc_assets.core.estimation.poststrata import poststratify
from lulc_assets.core.estimation.settings import AS_PRINTED, AccuracySettings
from lulc_assets.core.estimation.strata import Strata
from lulc_assets.core.sampling.allocation import allocate
from lulc_assets.core.sampling.anticipation import anticipate, parse_target
from lulc_assets_tests.core.sampling.samples import units_of
from lulc_assets_tests.published import WITH_MAP_CLASSES_AS_STRATA, load_published

Z = 1.959964


def estimate(example, settings):
    codes = units_of(np.array(example["counts"]))
    sizes = np.array(example["stratum_sizes"]) * example["hectares_per_size"]
    strata = poststratify(codes[0], sizes).strata
    return estimate_figures(
        *codes, strata, area_ha=sizes.sum(), titles=example["classes"], settings=settings
    )


@pytest.mark.parametrize("name", WITH_MAP_CLASSES_AS_STRATA)
def test_strata_that_are_the_map_classes_as_olofsson_prints_them(name):
    example = load_published(name)
    figures = estimate(example, AS_PRINTED)
    found = {
        "overall": [figures.overall],
        "users": figures.users,
        "producers": figures.producers,
        "area_ha": figures.areas_ha,
    }

    for figure, printed in example["printed"].items():
        for kind, values in printed.items():
            for estimate_of, value in zip(found[figure], np.atleast_1d(values), strict=True):
                computed = estimate_of.value if kind == "value" else Z * estimate_of.se
                if value is not None:
                    tolerance = example["tolerance"][figure][kind]
                    assert computed == pytest.approx(value, abs=tolerance), (figure, kind)


def test_printed_intervals_are_1_96_standard_errors_wide():
    example = load_published("olofsson_2014_table_8")

    for figure in estimate(example, AS_PRINTED).areas_ha:
        assert figure.ci_high - figure.value == pytest.approx(Z * figure.se, rel=1e-6)


def test_our_own_intervals_of_thin_classes_are_wider_than_the_printed_ones():
    example = load_published("olofsson_2014_table_8")
    printed, ours = (estimate(example, s) for s in (AS_PRINTED, AccuracySettings()))

    gain = 1
    assert printed.omission_units[gain] == pytest.approx(1.0)
    assert ours.areas_ha[gain].ci_high > printed.areas_ha[gain].ci_high
    assert ours.areas_ha[gain].value == printed.areas_ha[gain].value


def stehman(*, finite_population):
    """Classes and figures of the sample of Stehman 2014, table 2."""
    example = load_published("stehman_2014_table_2")
    shown, true = (
        np.array([ord(letter) - ord("A") + 1 for letter in example[key].replace(" ", "")])
        for key in ("map", "reference")
    )
    n = example["units_per_stratum"]
    sizes = np.array(list(example["strata"].values()), dtype=float)
    of_unit = np.repeat(np.arange(len(sizes)), n)
    fractions = n / sizes if finite_population else np.zeros(len(sizes))
    strata = Strata(tuple(example["strata"]), of_unit, sizes, fractions)
    return estimate_figures(
        shown, true, strata, area_ha=1.0, titles=example["classes"], settings=AccuracySettings()
    )


def test_strata_other_than_the_map_classes_as_stehman_prints_them():
    figures = stehman(finite_population=True)
    found = {
        "overall": figures.overall,
        **{f"area {c}": e for c, e in zip("ABCD", figures.areas_ha, strict=True)},
        **{f"users {c}": e for c, e in zip("ABCD", figures.users, strict=True)},
        **{f"producers {c}": e for c, e in zip("ABCD", figures.producers, strict=True)},
    }

    for figure, printed in load_published("stehman_2014_table_2")["printed"].items():
        digits = 2 if figure.startswith("area") or figure == "overall" else 3
        assert round(found[figure].value, digits) == printed["value"], figure
        assert round(found[figure].se, 4) == printed["se"], figure


def test_every_class_and_figure_of_that_sample_as_two_other_programs_compute_them():
    example = load_published("stehman_2014_all_classes")
    figures = stehman(finite_population=False)

    assert figures.proportions == pytest.approx(np.array(example["proportions"]))
    for figure, replicated in example["replicated"].items():
        found = np.atleast_1d(getattr(figures, figure))
        assert [e.value for e in found] == pytest.approx(replicated["value"], abs=1e-7), figure
        if "se" in replicated:
            assert [e.se for e in found] == pytest.approx(replicated["se"], abs=1e-7), figure


def test_the_standard_error_of_f1_is_that_of_a_jackknife_where_other_programs_print_less():
    jackknife = [0.1305, 0.1020, 0.1694, 0.1314]

    found = [e.se for e in stehman(finite_population=False).f1]

    assert found == pytest.approx(jackknife, rel=0.06)


def test_as_many_units_as_olofsson_asks_for():
    example = load_published("olofsson_2014_sample_size")
    users = dict(zip(example["classes"], example["anticipated_users"], strict=True))
    expected = anticipate(example["classes"], 1e6 * np.array(example["shares"]), users)
    target = parse_target(example["target"], expected.names)

    plan = allocate("neyman", expected, [target])

    assert plan.units.sum() == example["printed_units"]
    assert plan.expected_se["overall"] == pytest.approx(0.01, rel=1e-3)
