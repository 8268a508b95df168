import numpy as np

from lulc_assets.core.figures.votes import describe_votes


def test_votes_are_described_by_their_median_and_by_the_ground_that_is_split():
    observations = np.array([[0, 2], [4, 9]], np.uint8)
    share = np.array([[0, 100], [200, 255]], np.uint8)
    text = describe_votes(share, observations)
    assert text.startswith("Half of the pixels have 4 or more votes. On 33.3\u00a0% of them")


def test_a_map_without_a_vote_claims_nothing():
    nothing = np.zeros((3, 3), np.uint8)
    assert describe_votes(nothing, nothing) == "No pixel has a vote."
