import pytest

from lulc_assets.core.errors import InvalidSample
from lulc_assets.core.sampling.design import SampleDesign

DESIGN = {
    "design": "stratified",
    "region": "alps",
    "year": 2023,
    "sample_size": 4,
    "population_pixels": 100,
    "stratum_pixels": {"hill": 40, "plain": 60},
    "seed": 5,
}


def test_a_design_keeps_everything_its_file_says():
    design = SampleDesign.from_dict(DESIGN)

    assert design.stratum_pixels == {"hill": 40, "plain": 60}
    assert design.extra == {"seed": 5}
    assert design.to_dict() == DESIGN


@pytest.mark.parametrize("value", [None, "", "random", "SRS"])
def test_a_missing_or_unknown_design_is_refused_with_the_choices(value):
    with pytest.raises(InvalidSample, match="simple_random, systematic, stratified, cluster, none"):
        SampleDesign.from_dict({"design": value}, "points.json")


@pytest.mark.parametrize("value", [0, -3, 2.5, "many", True])
def test_a_population_must_be_a_positive_whole_number(value):
    with pytest.raises(InvalidSample, match=r"population_pixels is .* positive whole number"):
        SampleDesign.from_dict({**DESIGN, "population_pixels": value})


def test_sizes_of_strata_must_be_named():
    with pytest.raises(InvalidSample, match="stratum_pixels must map"):
        SampleDesign.from_dict({**DESIGN, "stratum_pixels": [40, 60]})


def test_only_a_probability_design_supports_estimates():
    assert SampleDesign("systematic").is_probability
    assert not SampleDesign("none").is_probability
