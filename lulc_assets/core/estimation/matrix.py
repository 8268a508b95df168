"""Error matrices from pairs of class codes.

What belongs here: counting and weighting units into a matrix with rows = map and
columns = reference. What does not: accuracies and their uncertainty (``measures.py``).
"""

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.integer]


def count_matrix(map_codes: Codes, reference_codes: Codes, n_classes: int) -> npt.NDArray[np.int64]:
    """Count units by map and reference class, shape (n_classes, n_classes), int64.

    Args:
        map_codes: shape (n,), codes 1…n_classes.
        reference_codes: shape (n,), codes 1…n_classes.
        n_classes: of the legend's land classes.

    Raises:
        ValueError: a code is outside 1…n_classes or the lengths differ.
    """
    cells = _cells(map_codes, reference_codes, n_classes)
    counts = np.bincount(cells, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes).astype(np.int64)


def proportion_matrix(
    map_codes: Codes, reference_codes: Codes, weights: npt.NDArray[np.float64], n_classes: int
) -> npt.NDArray[np.float64]:
    """Estimated shares of the area by map and reference class; they sum to 1.

    p̂_ij = Σ w_u [map = i, reference = j] / Σ w_u. With strata = map classes the weight
    is W_i / n_i and this is eq. 4 of Olofsson et al. 2014.

    Args:
        map_codes: shape (n,), codes 1…n_classes.
        reference_codes: shape (n,), codes 1…n_classes.
        weights: shape (n,), what each unit stands for (pixels or hectares).
        n_classes: of the legend's land classes.
    """
    cells = _cells(map_codes, reference_codes, n_classes)
    totals = np.bincount(cells, weights=weights, minlength=n_classes * n_classes)
    shares: npt.NDArray[np.float64] = totals.reshape(n_classes, n_classes) / weights.sum()
    return shares


def agreement_share(matrix: npt.NDArray[np.int64]) -> float | None:
    """Plain share of units on the diagonal; None for an empty matrix."""
    total = int(matrix.sum())
    return None if total == 0 else float(np.trace(matrix) / total)


def _cells(map_codes: Codes, reference_codes: Codes, n_classes: int) -> npt.NDArray[np.int64]:
    if map_codes.shape != reference_codes.shape:
        raise ValueError(f"{map_codes.size} map codes but {reference_codes.size} reference codes")
    for name, codes in (("map", map_codes), ("reference", reference_codes)):
        if codes.size and not 1 <= codes.min() <= codes.max() <= n_classes:
            raise ValueError(f"{name} codes must be 1…{n_classes}, got {np.unique(codes)}")
    rows = map_codes.astype(np.int64) - 1
    return rows * n_classes + reference_codes.astype(np.int64) - 1
