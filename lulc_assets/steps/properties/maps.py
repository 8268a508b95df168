"""What records say of predictions, annual maps and seasons.

What belongs here: one frozen dataclass per kind of product, and its rows. What does not: types
that a room of the domain owns, which are used as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lulc_assets.core.compositing.vote_head_judge import VoteVerdict
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.lineage.rule import VoteRule
from lulc_assets.core.store.records import StoredFile


@dataclass(frozen=True)
class Applicability:
    """How far a scene is from the training set, by its cells.

    Attributes:
        median_level: see ``core/model/applicability``.
        far_pct: share of cells that are farther than nearly all validation cells, 0–100.
    """

    median_level: float
    far_pct: float


@dataclass(frozen=True)
class PredictedSceneProperties:
    """Of a ``predicted_scene``.

    Attributes:
        date: of acquisition, ``YYYY-MM-DD``.
        acquisition: scenes of one acquisition are one pass of the satellite.
        counts: class name → pixels.
        applicability: None where it was not asked for.
    """

    date: str
    acquisition: str
    counts: Mapping[str, int]
    applicability: Applicability | None = None


@dataclass(frozen=True)
class PredictedRow:
    """A predicted scene, as manifests and maps name it: to the byte.

    Attributes:
        scene_id: the provider's.
        record: digest of its ``predicted_scene``.
        date: of acquisition, ``YYYY-MM-DD``.
        acquisition: scenes of one acquisition vote as one.
        class_: codes, 0 where not valid.
        probability: of that class, 255 = 1.
        mask: 1 where the scene classification lets the pixel vote.
    """

    scene_id: str
    record: str
    date: str
    acquisition: str
    class_: StoredFile
    probability: StoredFile
    mask: StoredFile


@dataclass(frozen=True)
class PredictionsProperties:
    """Of ``scene_predictions``: which predictions make the year's map.

    Attributes:
        bundle: digest of the record of the model.
        taught: names of the classes that the model learnt.
        scenes: by id.
        failed: scene id → error.
        applicability: scene id → how far it is from the training set; empty where not asked for.
        farthest_scene: of those; empty where not asked for.
        unreachable: those of ``failed`` that nobody could look at: asking again may give them.
    """

    bundle: str
    taught: tuple[str, ...]
    scenes: tuple[PredictedRow, ...]
    failed: Mapping[str, str]
    applicability: Mapping[str, Applicability] = field(default_factory=dict)
    farthest_scene: str = ""
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True)
class LearnedUse:
    """What a learned vote did to a map.

    Attributes:
        vote: SHA-256 of ``learned_vote.json`` among the map's files.
        changed_pixels: that the plain vote would give another class.
        left_to_plain_pixels: that have a vote, and were left to the plain one: none that counts in
            a part of the year that the head needs, or none for a class that it knows.
    """

    vote: str
    changed_pixels: int
    left_to_plain_pixels: int


@dataclass(frozen=True)
class MapProperties:
    """Of ``annual_map``.

    Attributes:
        predictions: the scenes that were counted, to the byte.
        datatakes: passes of the satellite, each one vote.
        failed_scenes: scene id → error.
        class_pixels: class name → pixels; ``no_data`` among them.
        no_data_pct: 0–100.
        mask_overruled_pixels: where the scene classification was overruled as always cloudy.
        sieved_pixels: changed by the minimum mapping unit.
        observations_median: votes at the median pixel.
        bundle: digest of the record of the model behind the predictions.
        taught: names of the classes that it learnt; the others are not mapped.
        grid: of the layers.
        legend: digest of the legend of the codes.
        rule: by which the votes were counted.
        unreachable: those of ``failed_scenes`` that nobody could look at.
        learned: None where the plain vote decided.
    """

    predictions: tuple[PredictedRow, ...]
    datatakes: int
    failed_scenes: Mapping[str, str]
    class_pixels: Mapping[str, int]
    no_data_pct: float
    mask_overruled_pixels: int
    sieved_pixels: int
    observations_median: float
    bundle: str
    taught: tuple[str, ...]
    grid: PixelGrid
    legend: str
    rule: VoteRule
    unreachable: tuple[str, ...] = ()
    learned: LearnedUse | None = None

    @property
    def scenes(self) -> tuple[str, ...]:
        """Ids of the scenes that were counted."""
        return tuple(row.scene_id for row in self.predictions)


@dataclass(frozen=True)
class LearnedVoteProperties:
    """Of ``learned_vote``.

    Attributes:
        bundle: digest of the record of the model whose votes it learnt from.
        parts: of the year, by their first days.
        maps: tile and year of each map whose sums it learnt from.
        strength: of the pull towards the plain vote; None: nothing better was found.
        pixels: labelled ones that it learnt from.
        windows: that they lie in.
        left_out: agreement on training windows that were left out, 0–1.
        plain_left_out: the same of the plain vote.
        verdict: on gold windows; maps use the head only where it says ``promote``.
    """

    bundle: str
    parts: tuple[str, ...]
    maps: tuple[str, ...]
    strength: float | None
    pixels: int
    windows: int
    left_out: float
    plain_left_out: float
    verdict: VoteVerdict


@dataclass(frozen=True)
class SeasonFigures:
    """One season.

    Attributes:
        complete: whether all its parts were there.
        datatakes: passes, each one vote.
        observations_median: votes at the median pixel.
        no_data_pct: 0–100.
        class_pixels: class name → pixels.
    """

    complete: bool
    datatakes: int
    observations_median: float
    no_data_pct: float
    class_pixels: Mapping[str, int]


@dataclass(frozen=True)
class SeasonProperties:
    """Of ``seasonal_maps``: name → season."""

    seasons: Mapping[str, SeasonFigures]

    @property
    def incomplete(self) -> tuple[str, ...]:
        """Seasons that lack a part of the year before."""
        return tuple(name for name, one in self.seasons.items() if not one.complete)
