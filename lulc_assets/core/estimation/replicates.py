"""Replicate weights: what another survey program needs to get the same standard errors.

What belongs here: the weights without one primary unit each (JKn), and their coefficients. What
does not: estimates.
"""

import numpy as np
import numpy.typing as npt

from lulc_assets.core.estimation.strata import Strata


def jackknife_weights(
    strata: Strata,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weights without one primary unit each, and the coefficient of each replicate.

    V = Σ_r c_r (R̂_r − R̂)², c_r = (1 − f_h) (m_h − 1) / m_h, R̂_r from the weights of replicate r:
    0 for the units of its primary unit, w m_h / (m_h − 1) for the others of its stratum, w for the
    rest (Wolter 2007, §4.5; ``svrepdesign(type = "JKn")`` in R).

    Args:
        strata: of n units and m primary units.

    Returns:
        Weights, shape (n, m), and coefficients, shape (m,).
    """
    of_primary, counts = strata.of_primary, strata.primary_counts
    m = of_primary.size
    primary = np.arange(m) if strata.primary is None else strata.primary
    grown = counts / (counts - 1)
    same = strata.of_unit[:, None] == of_primary[None, :]
    factors = np.where(same, grown[of_primary][None, :], 1.0)
    factors[np.arange(primary.size), primary] = 0.0
    coefficients = ((1.0 - strata.fractions) * (counts - 1) / counts)[of_primary]
    return strata.weights[:, None] * factors, coefficients.astype(np.float64)
