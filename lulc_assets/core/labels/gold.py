"""The gold standard: what all annotators of a window agree on, pixel by pixel.

What belongs here: burning each annotator's drawing, strict agreement, and how far the
annotators agree. What does not: judging models with it (``core/judging``).

Strict agreement leaves out the pixels on which people differ, and these are the hard ones.
What a model reaches on the rest is *agreement on unambiguous pixels*: no accuracy of a
population, and windows that somebody chose give it no interval. The share left out is
reported by class for that reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.labels.account import AnnotatorPair, GoldStandard
from lulc_assets.core.labels.burn import BurnReport, BurnRules, burn_labels
from lulc_assets.core.labels.contested import find_contested
from lulc_assets.core.labels.polygon_pixels import Mask, clear, count_codes
from lulc_assets.core.labels.schema import GOLD
from lulc_assets.core.labels.table import to_grid_crs
from lulc_assets.core.legend import KARRA_10, Legend
from lulc_assets.core.sampling.interpreters import Agreement, cohen_kappa

DISAGREED = "annotators disagree"
"""Reason in ``BurnReport.lost``; a pixel counts for the class that its first annotator named."""


@dataclass(frozen=True)
class GoldReport:
    """How far annotators agree, and what strict agreement leaves out.

    Attributes:
        windows: gold windows that enough annotators have drawn.
        thin_windows: ids of windows with too few annotators; none of their pixels is gold.
        annotators: names, sorted.
        pairs: agreement of every two annotators, over pixels that both labelled.
        fleiss: kappa of all annotators over pixels that all of them labelled; NaN where
            undefined or where no window has all of them.
        confusion: pixels by class of one annotator (rows) and of another (columns), summed
            over pairs in both orders: symmetric, shape (classes, classes),
            int64.
        named: pixels that at least one annotator gave a class, shape (classes,), int64.
        dropped: of these, without strict agreement, shape (classes,), int64.
        legend: of the classes.
    """

    windows: int
    thin_windows: tuple[str, ...]
    annotators: tuple[str, ...]
    pairs: tuple[Agreement, ...]
    fleiss: float
    confusion: npt.NDArray[np.int64]
    named: npt.NDArray[np.int64]
    dropped: npt.NDArray[np.int64]
    legend: Legend = KARRA_10

    def account(self) -> GoldStandard:
        """As records hold it; undefined figures are None."""
        shares = {
            c.name: round(float(self.dropped[i] / self.named[i]), 4)
            for i, c in enumerate(self.legend.classes)
            if self.named[i]
        }
        pairs = (
            AnnotatorPair(p.first, p.second, p.n, _number(p.share), _number(p.kappa))
            for p in self.pairs
        )
        return GoldStandard(
            self.windows,
            self.thin_windows,
            self.annotators,
            tuple(pairs),
            _number(self.fleiss),
            shares,
        )


def _number(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def burn_gold(
    labels: gpd.GeoDataFrame,
    grid: PixelGrid,
    rules: BurnRules,
    min_annotators: int,
    legend: Legend = KARRA_10,
) -> tuple[Mask, BurnReport, GoldReport]:
    """Burn gold windows that several annotators drew; a pixel needs the word of all of them.

    Args:
        labels: a validated label table in any CRS; gold labels have ``annotator`` and
            ``window_id``.
        grid: the grid of the mask.
        rules: for overlaps within one annotator's drawing.
        min_annotators: a window that fewer have drawn is left out.
        legend: of the labels.

    Returns:
        Mask uint8 (h, w) of class codes, 0 = unlabelled or not agreed; what happened to
        the polygons; how far the annotators agree.
    """
    here = to_grid_crs(labels, grid)
    gold = here.loc[here["role"] == GOLD]
    mask = np.zeros(grid.shape, dtype=np.uint8)
    tally = _Tally(sorted(gold["annotator"].unique()), legend)
    burnt: list[BurnReport] = []
    for window_id, window in gold.groupby("window_id", sort=True):
        place = _place_of(window, grid)
        if place is None:
            continue
        if window["annotator"].nunique() < min_annotators:
            tally.thin.append(str(window_id))
            continue
        votes = {}
        for who, drawing in window.groupby("annotator", sort=True):
            votes[str(who)], report = burn_labels(drawing, grid.cut(place), GOLD, rules)
            burnt.append(report)
        agreed = tally.add(votes)
        at = place.slices
        mask[at] = np.where(agreed > 0, agreed, mask[at])
    lost = {DISAGREED: tally.lost}
    for reason, pixels in find_contested(
        mask, here, grid, GOLD, rules.overlaps, refuse_leaks=False
    ).items():
        lost[reason] = clear(mask, pixels)
    drawn = BurnReport(
        role=GOLD,
        polygons=len(gold),
        outside=len(gold) - int(gold.intersects(shapely.box(*grid.bounds)).sum()),
        vanished=sum(r.vanished for r in burnt),
        hidden=sum(r.hidden for r in burnt),
        conflict_pixels=sum(r.conflict_pixels for r in burnt),
        pixels=count_codes(mask),
        lost={reason: counts for reason, counts in lost.items() if counts},
    )
    return mask, drawn, tally.report()


def _place_of(window: gpd.GeoDataFrame, grid: PixelGrid) -> Window | None:
    """The pixels around a window's polygons, cut to the grid; None outside."""
    left, bottom, right, top = window.total_bounds
    rows, cols = grid.cells([left, right], [top, bottom])
    row, col = max(0, int(rows[0])), max(0, int(cols[0]))
    last_row = min(grid.height - 1, int(rows[1]))
    last_col = min(grid.width - 1, int(cols[1]))
    if last_row < row or last_col < col:
        return None
    return Window(row, col, last_row - row + 1, last_col - col + 1)


class _Tally:
    """Counts over windows."""

    def __init__(self, annotators: Sequence[str], legend: Legend) -> None:
        self.annotators = tuple(map(str, annotators))
        self.legend, self._codes = legend, len(legend.classes) + 1
        self.thin: list[str] = []
        self._windows = 0
        self._lost = np.zeros(self._codes, dtype=np.int64)
        self._named = np.zeros(self._codes, dtype=np.int64)
        self._dropped = np.zeros(self._codes, dtype=np.int64)
        self._votes: list[npt.NDArray[np.uint8]] = []

    def add(self, votes: dict[str, Mask]) -> Mask:
        """Count a window; returns the codes that all of its annotators gave, 0 elsewhere."""
        stack = np.stack(list(votes.values()))
        same = (stack == stack[0]).all(axis=0)
        agreed = np.where(same, stack[0], 0).astype(np.uint8)
        for code in range(1, self._codes):
            named = (stack == code).any(axis=0)
            self._named[code] += int(named.sum())
            self._dropped[code] += int((named & ~same).sum())
        named_first = np.take_along_axis(stack, (stack > 0).argmax(axis=0)[None], axis=0)[0]
        self._lost += np.bincount(named_first[~same], minlength=self._codes)
        flat = np.zeros((stack[0].size, len(self.annotators)), dtype=np.uint8)
        for who, codes in votes.items():
            flat[:, self.annotators.index(who)] = codes.ravel()
        self._votes.append(flat[(flat > 0).sum(axis=1) > 1])
        self._windows += 1
        return agreed

    @property
    def lost(self) -> dict[int, int]:
        """Class code → pixels without strict agreement."""
        return {code: int(n) for code, n in enumerate(self._lost) if code and n}

    def report(self) -> GoldReport:
        """All windows together."""
        votes = np.concatenate([np.zeros((0, len(self.annotators)), np.uint8), *self._votes])
        confusion = np.zeros((self._codes, self._codes), dtype=np.int64)
        pairs = []
        for i, j in combinations(range(len(self.annotators)), 2):
            both = (votes[:, i] > 0) & (votes[:, j] > 0)
            one, other = votes[both, i], votes[both, j]
            np.add.at(confusion, (one, other), 1)
            np.add.at(confusion, (other, one), 1)
            share = float(np.mean(one == other)) if one.size else float("nan")
            names = self.annotators[i], self.annotators[j]
            pairs.append(Agreement(*names, int(both.sum()), share, cohen_kappa(one, other)))
        return GoldReport(
            windows=self._windows,
            thin_windows=tuple(self.thin),
            annotators=self.annotators,
            pairs=tuple(pairs),
            fleiss=_fleiss(votes),
            confusion=confusion[1:, 1:],
            named=self._named[1:],
            dropped=self._dropped[1:],
            legend=self.legend,
        )


def _fleiss(votes: npt.NDArray[np.uint8]) -> float:
    """Fleiss' kappa (1971) over pixels that all annotators named; NaN where undefined.

    ``core/sampling`` has the same for units; here equal rows of votes are counted together,
    since windows hold hundreds of thousands of pixels.
    """
    raters = votes.shape[1]
    rows, weights = np.unique(votes[(votes > 0).all(axis=1)], axis=0, return_counts=True)
    if raters < 2 or not weights.size:
        return float("nan")
    counts = (rows[:, :, None] == np.unique(rows)).sum(axis=1)
    total = weights.sum()
    observed = weights @ ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1)) / total
    chance = float((((weights @ counts) / (total * raters)) ** 2).sum())
    return float((observed - chance) / (1.0 - chance)) if chance < 1.0 else float("nan")
