"""Coverage of the engine's intervals in every setting of the benchmark.

What belongs here: estimating from the draws and counting. What does not: the settings
(``settings.py``), chance and truth (``draws.py``), other intervals (``rivals.py``) and the page.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.accuracy_coverage.draws import (
    Drawn,
    as_units,
    draw_counts,
    draw_windows,
    true_figures,
)
from benchmarks.accuracy_coverage.rivals import Design, bonferroni, former
from benchmarks.accuracy_coverage.settings import (
    COMMITTED,
    HIT,
    OMITTED,
    Setting,
    Windows,
    make_settings,
)
from lulc_assets.core.estimation.cautions import caution
from lulc_assets.core.estimation.change import estimate_change
from lulc_assets.core.estimation.choice import estimate_overall
from lulc_assets.core.estimation.compare import compare_maps, compare_where_apart
from lulc_assets.core.estimation.estimate import Estimate
from lulc_assets.core.estimation.estimators import Ratio, effective_count
from lulc_assets.core.estimation.intervals import normal_interval
from lulc_assets.core.estimation.measures import estimate_class
from lulc_assets.core.estimation.settings import AccuracySettings

Intervals = dict[str, tuple[float, float]]


def run_setting(setting: Setting | Windows, samples: int, seed: int) -> list[dict]:
    """Estimate from many samples of one setting; one row per figure."""
    rng = np.random.default_rng(seed)
    truth = true_figures(setting)
    found: dict[str, list[tuple[Intervals, bool, int]]] = {name: [] for name in truth}
    started = time.process_time()
    for one, times in _draws(setting, samples, rng):
        for name, intervals, warned in _estimates(setting, one):
            found[name].append((intervals, warned, times))
    seconds = (time.process_time() - started) / samples
    base = {"setting": setting.title, "kind": setting.kind, "samples": samples, "seconds": seconds}
    return [{**base, **_row(name, truth[name], rows, samples)} for name, rows in found.items()]


def _draws(
    setting: Setting | Windows, samples: int, rng: np.random.Generator
) -> Iterator[tuple[Drawn, int]]:
    """Distinct samples and how often each was drawn."""
    if isinstance(setting, Windows):
        yield from ((draw_windows(setting, rng), 1) for _ in range(samples))
        return
    counts, times = draw_counts(setting, samples, rng)
    for one, number in zip(counts, times, strict=True):
        yield as_units(setting, one), int(number)


def run_all(path: Path, samples: int, only: str) -> None:
    """Run the settings whose title holds a text and put their rows into a JSON file."""
    settings = make_settings()
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    rows: dict[str, list[dict]] = {}
    for row in known:
        rows.setdefault(row["setting"], []).append(row)
    for seed, setting in enumerate(settings):
        if only in setting.title:
            rows[setting.title] = run_setting(setting, samples, seed)
            seconds = rows[setting.title][0]["seconds"]
            print(f"{setting.title}: {1e3 * seconds:.0f} ms a sample", flush=True)
        done = [row for s in settings for row in rows.get(s.title, [])]
        path.write_text(json.dumps(done, indent=0) + "\n", encoding="utf-8")


def _row(
    name: str, truth: float, rows: list[tuple[Intervals, bool, int]], samples: int
) -> dict[str, object]:
    warned, times = (np.array([r[i] for r in rows], dtype=float) for i in (1, 2))
    row: dict[str, object] = {"figure": name, "truth": truth}
    row["estimable"] = float(times.sum() / samples)
    row["warned"] = float(np.average(warned, weights=times))
    for kind in rows[0][0]:
        low, high = np.array([r[0][kind] for r in rows]).T
        inside = (low <= truth) & (truth <= high)
        missed = times * ~inside
        row[kind] = {
            "coverage": float(np.average(inside, weights=times)),
            "width": float(np.average(high - low, weights=times)),
            "below": float(np.average(truth < low, weights=times)),
            "above": float(np.average(truth > high, weights=times)),
            "warned": float(warned @ missed / missed.sum()) if missed.any() else 0.0,
        }
    return row


def _estimates(setting: Setting | Windows, drawn: Drawn) -> Iterator[tuple[str, Intervals, bool]]:
    if setting.kind == "change":
        yield from _changes(drawn)
    elif setting.kind == "compare":
        yield from _differences(drawn)
    elif setting.kind == "apart":
        yield from _differences_where_apart(drawn, getattr(setting, "apart", 1.0))
    else:
        yield from _accuracies(drawn, getattr(setting, "classes", 2))


def _accuracies(drawn: Drawn, classes: int) -> Iterator[tuple[str, Intervals, bool]]:
    """Figures of the class that is judged; what the rest is makes no difference to them."""
    shows, strata, settings = drawn.shows, drawn.strata, AccuracySettings()
    mapped, found = np.isin(shows, (HIT, COMMITTED)), np.isin(shows, (HIT, OMITTED))
    agrees, every = mapped == found, np.ones(shows.size)
    one = estimate_class(mapped, found, strata, settings, domain=every > 0)
    warned = caution(
        titles=("the class",),
        strata=strata,
        mapped=[mapped],
        found=[found],
        agrees=agrees,
        thin=[one.omission_units < settings.min_omission_units],
        thin_users=[one.thin_users],
        users=[one.users],
        settings=settings,
    )
    estimates = {
        "overall accuracy": estimate_overall(agrees.astype(float), every, strata, settings),
        "area": one.area,
        "producer's accuracy": one.producers,
        "user's accuracy": one.users,
        "F1": one.f1,
    }
    for name, estimate in estimates.items():
        if estimate.n == 0 or not np.isfinite(estimate.value):
            continue
        intervals = _intervals(estimate, strata.degrees_of_freedom)
        if name == "area" and strata.primary is None:
            hits = tuple(np.bincount(strata.of_unit, found, len(strata.names)).astype(int).tolist())
            missed = effective_count(strata.weights * (shows == OMITTED)) < 20
            intervals["former"] = former(hits, missed, Design.of(strata), classes)
            intervals["bonferroni"] = bonferroni(hits, Design.of(strata))
        yield name, intervals, bool(warned)


def _changes(drawn: Drawn) -> Iterator[tuple[str, Intervals, bool]]:
    # Class 1 is lost where a unit shows 0, gained where it shows 1.
    before = np.where(drawn.shows == 1, 2, 1)
    after = np.where(drawn.shows == 0, 2, 1)
    found = estimate_change(before, after, drawn.strata, area_ha=1.0, titles=("wood", "rest"))
    estimates = {"loss": found.losses[0], "gain": found.gains[0], "net change": found.net[0]}
    degrees = drawn.strata.degrees_of_freedom
    for name, estimate in estimates.items():
        yield name, _intervals(estimate, degrees, least=-1.0), bool(found.warnings)


def _differences(drawn: Drawn) -> Iterator[tuple[str, Intervals, bool]]:
    reference = np.ones(drawn.shows.size, int)
    first, second = (np.where(np.isin(drawn.shows, right), 1, 2) for right in ((0, 2), (1, 2)))
    found = compare_maps(first, second, reference, drawn.strata, n_classes=2).overall
    yield "difference", _intervals(found, drawn.strata.degrees_of_freedom, least=-1.0), False


def _differences_where_apart(drawn: Drawn, share: float) -> Iterator[tuple[str, Intervals, bool]]:
    """The maps show classes 1 and 2 everywhere; the reference says which is right, or neither."""
    first, second = np.ones(drawn.shows.size, int), np.full(drawn.shows.size, 2)
    found = compare_where_apart(first, second, drawn.shows + 1, drawn.strata, share=share)
    degrees = drawn.strata.degrees_of_freedom
    yield "difference", _intervals(found, degrees, least=-1.0), False


def _intervals(estimate: Estimate, degrees: int, least: float = 0.0) -> Intervals:
    plain = normal_interval(Ratio(estimate.value, estimate.se), degrees, least=least)
    return {"engine": (estimate.ci_low, estimate.ci_high), "normal": plain}
