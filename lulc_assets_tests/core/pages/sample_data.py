"""Made-up inputs of the right shape: nothing here is a measurement."""

import numpy as np
import pandas as pd

from lulc_assets.core.accuracy.report import AccuracyReport, ClassFigures
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.model.card import Epoch
from lulc_assets.core.model.reliability import Reliability

NAN = float("nan")


def make_grid(size: int) -> PixelGrid:
    return PixelGrid(32633, 499_980.0, 5_200_020.0, size, size)


def smooth(rng: np.random.Generator, size: int, cells: int) -> np.ndarray:
    """Bilinear noise on a lattice of ``cells`` × ``cells``."""
    lattice = rng.normal(size=(cells + 1, cells + 1))
    at = np.linspace(0, cells - 1e-6, size)
    whole, part = at.astype(int), at - at.astype(int)
    rows = lattice[whole] * (1 - part)[:, None] + lattice[whole + 1] * part[:, None]
    return rows[:, whole] * (1 - part) + rows[:, whole + 1] * part


def make_class_map(size: int, seed: int = 7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    cells = max(2, size // 25)
    height, moist = smooth(rng, size, cells), smooth(rng, size, cells)
    codes = np.full((size, size), 5, dtype=np.uint8)
    codes[moist > 0.2] = 2
    codes[(moist < -0.4) & (height > 0)] = 6
    codes[(moist < -0.2) & (height < -0.3)] = 3
    codes[height < -0.9] = 4
    codes[height < -1.05] = 1
    codes[(height > 0.5) & (moist < 0.1) & (moist > -0.3)] = 7
    codes[height > 1.4] = 8
    codes[: size // 12, -size // 5 :] = 0
    return codes


def make_reflectance(codes: np.ndarray, seed: int = 3) -> np.ndarray:
    """Rough spectra (red green blue nir swir1 swir2) by class, with noise."""
    spectra = np.array(
        [
            [0, 0, 0, 0, 0, 0],
            [0.02, 0.035, 0.045, 0.015, 0.01, 0.01],
            [0.03, 0.045, 0.03, 0.32, 0.16, 0.08],
            [0.07, 0.09, 0.05, 0.35, 0.24, 0.14],
            [0.05, 0.06, 0.045, 0.22, 0.12, 0.06],
            [0.12, 0.11, 0.08, 0.30, 0.29, 0.20],
            [0.10, 0.09, 0.06, 0.25, 0.28, 0.18],
            [0.17, 0.16, 0.14, 0.24, 0.26, 0.22],
            [0.22, 0.18, 0.14, 0.28, 0.35, 0.32],
            [0.8, 0.82, 0.84, 0.75, 0.1, 0.08],
            [0.5, 0.5, 0.5, 0.55, 0.4, 0.3],
        ],
        dtype=np.float32,
    )
    rng = np.random.default_rng(seed)
    noise = 1 + 0.12 * rng.normal(size=(6, *codes.shape)).astype(np.float32)
    return np.clip(np.moveaxis(spectra[codes], -1, 0) * noise, 0, 1).astype(np.float32)


def make_matrix() -> np.ndarray:
    matrix = np.diag([61, 190, 120, 14, 148, 66, 88, 9, 0]).astype(np.int64)
    matrix[2, 4], matrix[4, 2], matrix[5, 2], matrix[2, 5] = 23, 12, 15, 11
    matrix[7, 4], matrix[0, 3], matrix[1, 5], matrix[6, 7] = 5, 4, 9, 6
    return matrix


def make_report(verdict: str = "estimated", *, key: str = "33TVM", **fields) -> AccuracyReport:
    matrix = make_matrix()
    reasons = {
        "estimated": "Simple random sample: 781 units here.",
        "insufficient": "Only 14 units fall into this tile; at least 30 are needed.",
        "agreement_only": "The reference polygons were chosen by hand, not drawn by chance.",
        "no_sample": "No reference sample was given for this region and year.",
    }
    known = verdict == "estimated"
    if verdict == "no_sample":
        matrix[:] = 0
    total = int(matrix.sum())
    agreement = matrix.trace() / total if total else None
    given = {
        "scope": "tile",
        "key": key,
        "year": 2023,
        "design": "none" if verdict in ("agreement_only", "no_sample") else "simple_random",
        "verdict": verdict,
        "verdict_reason": reasons[verdict],
        "n_units": total,
        "n_unusable": 6 if total else 0,
        "total_area_ha": 10_485.76,
        "no_data_area_ha": 92.0,
        "overall": _interval(agreement, 0.013, total) if known else None,
        "agreement": agreement,
        "classes": tuple(_class_figures(c, matrix, known) for c in KARRA_10.land),
        "matrix": matrix,
        "proportions": matrix / total if known else None,
        "warnings": ("Bare ground rests on 15 reference units.",) if known else (),
    }
    return AccuracyReport(**{**given, **fields})


def _class_figures(known_class, matrix, known: bool) -> ClassFigures:
    place = known_class.code - 1
    mapped = int(matrix[place].sum())
    found = int(matrix[:, place].sum())
    right = int(matrix[place, place])
    total = int(matrix.sum()) or 1
    area = 10_393.0 * found / total
    base = make_matrix()
    return ClassFigures(
        known_class.code,
        known_class.name,
        known_class.title,
        known_class.color,
        10_393.0 * float(base[place].sum()) / float(base.sum()),
        _area(area, 14.0 * found**0.5, total) if known else None,
        _interval(right / mapped if mapped else NAN, 0.05, mapped) if known else None,
        _interval(right / found if found else NAN, 0.04, found) if known else None,
    )


def _interval(value: float, se: float, n: int) -> Estimate:
    if not np.isfinite(value):
        return Estimate(NAN, NAN, NAN, NAN, n)
    return Estimate(value, se, max(0, value - 1.96 * se), min(1, value + 1.96 * se), n)


def _area(value: float, se: float, n: int) -> Estimate:
    return Estimate(value, se, max(0.0, value - 1.96 * se), value + 1.96 * se, n)


def make_candidates(count: int = 20) -> pd.DataFrame:
    dates = pd.date_range("2023-01-08T10:00", periods=count, freq="17D", tz="UTC")
    clear = np.round(50 + 50 * np.cos(np.arange(count) * 1.7), 1)
    table = pd.DataFrame(
        {
            "scene_id": [f"S2A_MSIL2A_{d:%Y%m%d}T100031_R122_T33TVM" for d in dates],
            "datetime": dates,
            "clear_pct": clear,
            "selected": clear > 40,
            "reason": np.where(clear > 40, "chosen in its quarter", "less than 40 % clear"),
        }
    )
    table.loc[3, ["clear_pct", "selected", "reason"]] = [np.nan, False, "no SCL asset"]
    return table


def make_history(epochs: int = 12) -> list[Epoch]:
    return [
        Epoch(
            epoch=e,
            train_loss=1.6 * 0.8**e + 0.25,
            val_loss=1.5 * 0.8**e + 0.4 + 0.012 * max(0, e - 7),
            train_accuracy=0.93 - 0.5 * 0.8**e,
            val_accuracy=0.88 - 0.45 * 0.8**e,
            learning_rate=1e-3 if e < 6 else 1e-4,
        )
        for e in range(epochs)
    ]


def make_reliability(truth: float, bins: int = 15) -> Reliability:
    """Pixels whose class is right ``truth`` times as often as stated."""
    middle = (np.arange(bins) + 0.5) / bins
    pixels = np.round(1000 * middle**2).astype(int)
    correct = np.round(pixels * middle * truth).astype(int)
    return Reliability(pixels, pixels * middle, correct, nll=0.0)
