"""What records say of evidence, change maps and alerts.

What belongs here: one frozen dataclass per kind of product, and its rows. What does not: how
change is judged (``core/change``, ``core/alerts``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lulc_assets.core.grid import PixelGrid


@dataclass(frozen=True)
class EvidenceSource:
    """Labels that evidence was learnt from.

    Attributes:
        tile: of the labels.
        year: of the labels and of the scenes that were counted.
        baseline_year: of the map that the pixels are remembered by; the year itself where the
            year before is not mapped: that says nothing about what was familiar.
        gold_pixels: labelled pixels that the model never saw.
        training_pixels: of classes with too few gold pixels.
        views: observations of them.
    """

    tile: str
    year: int
    baseline_year: int
    gold_pixels: int
    training_pixels: int
    views: int


@dataclass(frozen=True)
class EvidenceProperties:
    """Of ``change_evidence``.

    Attributes:
        evidence: digest of the counts; empty where there is none.
        reason: why there is none.
        bundle: digest of the record of the model whose predictions were counted.
        legend: digest of the legend.
        sources: labels, by tile and year.
        left_out: tile × year → why its labels were not used.
        views: class of the former map → observations.
    """

    evidence: str
    reason: str
    bundle: str
    legend: str
    sources: tuple[EvidenceSource, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    views: Mapping[str, int] = field(default_factory=dict)

    @property
    def across_years(self) -> bool:
        """Whether it knows what is familiar from the year before: alerts need that."""
        return any(source.baseline_year < source.year for source in self.sources)


@dataclass(frozen=True)
class Transition:
    """Pixels of a change map from one class to another, by grade.

    Attributes:
        from_class: of the former year.
        to_class: of this year.
        pixels: grade → pixels.
    """

    from_class: str
    to_class: str
    pixels: Mapping[str, int]


@dataclass(frozen=True)
class ChangeProperties:
    """Of ``change_map``.

    Attributes:
        baseline: digest of the former year's map; empty where there is none.
        reason: why there is no change map.
        bundle: of both maps.
        legend: digest of the legend.
        grid: of the layers.
        dates: of the former year and of this year.
        grades: grade → pixels; ``none``: the maps agree, or one has no data.
        transitions: those that occur, the most pixels first.
        matrix: class → class → pixels of the two maps as they are, ``no_data`` among them.
        sieved_pixels: changed, in patches below the mapping unit.
        stories: story → grade → pixels.
        permanence: class → never, seasonal, permanent → pixels.
    """

    baseline: str
    reason: str
    bundle: str
    legend: str
    grid: PixelGrid
    dates: tuple[int, int] = (0, 0)
    grades: Mapping[str, int] = field(default_factory=dict)
    transitions: tuple[Transition, ...] = ()
    matrix: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sieved_pixels: int = 0
    stories: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    permanence: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def differing_pixels(self) -> int:
        """Pixels whose two maps differ: what a two-date difference would call change."""
        return sum(
            count
            for of, row in self.matrix.items()
            for to, count in row.items()
            if of != to and "no_data" not in (of, to)
        )


@dataclass(frozen=True)
class AlertProperties:
    """Of ``change_alerts``.

    Attributes:
        baseline: digest of last year's map; empty where there is none.
        reason: why there are no alerts.
        bundle: of the map and the scenes.
        legend: digest of the legend.
        grid: of the layers.
        scenes_until: date of the latest scene, ``YYYY-MM-DD``.
        dates: that were judged in all.
        judged_dates: that this update judged; the others were kept.
        alerts: step → alerts.
        area_ha: step → area of the alerts.
        withdrawn_scenes: scenes of the former update that are gone or were predicted anew: what
            they showed was judged again without them.
        fresh_reason: why nothing of a former update could be kept; empty: it could, or there
            was none.
    """

    baseline: str
    reason: str
    bundle: str
    legend: str
    grid: PixelGrid
    scenes_until: str = ""
    dates: int = 0
    judged_dates: int = 0
    alerts: Mapping[str, int] = field(default_factory=dict)
    area_ha: Mapping[str, float] = field(default_factory=dict)
    withdrawn_scenes: tuple[str, ...] = ()
    fresh_reason: str = ""
