"""Units that nobody could interpret: how much they could change the figures.

What belongs here: worst-case bounds without any assumption (Manski 2003, §1; Särndal et
al. 1992, §15.3). What does not: estimates, which leave these units out.
"""

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.estimate import MissingReference
from lulc_assets.core.estimation.strata import Strata


def bound_missing(
    map_codes: npt.NDArray[np.integer],
    reference_codes: npt.NDArray[np.integer],
    strata: Strata,
    *,
    domain: npt.NDArray[np.bool_],
    area_ha: float,
    n_classes: int,
) -> MissingReference | None:
    """Bounds of overall accuracy and areas, or None where every unit has a class.

    The bounds are of the point estimates: sampling error comes on top.

    Args:
        map_codes: shape (n,), 1…n_classes inside the domain.
        reference_codes: shape (n,), anything outside 1…n_classes is not a class.
        strata: of the n units.
        domain: shape (n,), bool: units on mapped pixels.
        area_ha: mapped area of the domain.
        n_classes: of the legend's land classes.
    """
    known = domain & (reference_codes >= 1) & (reference_codes <= n_classes)
    unknown = domain & ~known
    if not unknown.any():
        return None
    weights = strata.weights
    total = float(weights[domain].sum())
    share = float(weights[unknown].sum()) / total
    right = float(weights[known & (map_codes == reference_codes)].sum()) / total
    codes = reference_codes[known].astype(np.int64)
    found = np.bincount(codes, weights=weights[known], minlength=n_classes + 1)[1:] / total
    return MissingReference(
        n=int(unknown.sum()),
        share=share,
        overall_low=right,
        overall_high=right + share,
        areas_low_ha=tuple(float(p) * area_ha for p in found),
        areas_high_ha=tuple(float(p + share) * area_ha for p in found),
    )
