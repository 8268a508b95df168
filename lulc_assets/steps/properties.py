"""What a record says of its product: one frozen dataclass per kind.

What belongs here: the figures and notes that readers need without opening a file. What does
not: types that a room of the domain owns, which are used as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lulc_assets.core.chips.account import LabelAccount
from lulc_assets.core.chips.layout import ChipLayout
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.lineage.rule import VoteRule
from lulc_assets.core.store.records import StoredFile


@dataclass(frozen=True)
class LabelQualityProperties:
    """Of ``label_quality``.

    Attributes:
        polygons: labels of the tile and year.
        polygons_with_spectrum: those that some clear date shows.
        scenes: that the spectra are from, clearest first.
        outliers: ids of the labels that lie far from their class.
    """

    polygons: int
    polygons_with_spectrum: int
    scenes: tuple[str, ...]
    outliers: tuple[str, ...]


@dataclass(frozen=True)
class CandidateScene:
    """One candidate of a catalogue.

    Attributes:
        id: the provider's.
        selected: whether the map uses it.
        reason: why, or why not.
        look: digest of its ``scene_look``; empty where it could not be read.
    """

    id: str
    selected: bool
    reason: str
    look: str = ""


@dataclass(frozen=True)
class CatalogProperties:
    """Of ``scene_catalog``.

    Attributes:
        candidates: how many.
        selected: how many of them.
        scenes: all candidates, by time.
        seen: digest of what tells one set of scenes from another: ids, baselines, change stamps.
    """

    candidates: int
    selected: int
    scenes: tuple[CandidateScene, ...]
    seen: str


@dataclass(frozen=True)
class LookProperties:
    """Of a ``scene_look``: a candidate scene at the size of a picture.

    Attributes:
        date: of acquisition, ``YYYY-MM-DD``.
        pixel_m: ground size of the picture's pixels.
    """

    date: str
    pixel_m: float


@dataclass(frozen=True)
class ChipProperties:
    """Of ``training_chips``.

    Attributes:
        train_chips: chips to learn from.
        val_chips: chips that choose the epoch.
        gold_chips: chips that judge.
        dropped: reason → chips that were not used.
        layout: sizes and rules that they were cut by.
        account: what became of every labelled pixel.
        split_by: what parts training from validation.
        dates: of the scenes.
        levels: processing levels of the scenes.
        gsd_m: ground sampling.
    """

    train_chips: int
    val_chips: int
    gold_chips: int
    dropped: Mapping[str, int]
    layout: ChipLayout | None
    account: LabelAccount | None
    split_by: str
    dates: tuple[str, ...]
    levels: tuple[str, ...]
    gsd_m: float


@dataclass(frozen=True)
class ModelProperties:
    """Of ``lulc_model``, a candidate.

    Attributes:
        epochs: trained.
        best_epoch: kept, counted from 1.
        validation_accuracy: at that epoch, 0–1; None where it is not known.
        calibration_error_before: expected calibration error on validation chips, 0–1.
        calibration_error_after: likewise, calibrated.
        chips: split → chips that it was trained with.
        warnings: sentences for a reader.
        level: processing level that it takes.
        taught: names of the classes that some training pixel shows.
    """

    epochs: int
    best_epoch: int
    validation_accuracy: float | None
    calibration_error_before: float
    calibration_error_after: float
    chips: Mapping[str, int]
    warnings: tuple[str, ...]
    level: str
    taught: tuple[str, ...]


@dataclass(frozen=True)
class PairedDifference:
    """Agreement of a candidate less that of the model in use, 0–1, with its interval."""

    value: float
    ci95_low: float | None
    ci95_high: float | None
    windows: int


@dataclass(frozen=True)
class EvaluationProperties:
    """Of ``model_evaluation``.

    Attributes:
        candidate: digest of the candidate's record.
        against: digest of the candidate that was in use; empty where there was none.
        promote: the verdict.
        reason: of the verdict, in a sentence.
        difference: from the model in use.
        gold_agreement: share of the gold pixels, 0–1.
        gold_pixels: labelled.
        gold_windows: that they lie in.
        gold_calibration_error: of the calibrated probabilities, 0–1.
        f1: by class.
    """

    candidate: str
    against: str
    promote: bool
    reason: str
    difference: PairedDifference | None
    gold_agreement: float
    gold_pixels: int
    gold_windows: int
    gold_calibration_error: float
    f1: Mapping[str, float | None]


@dataclass(frozen=True)
class BundleProperties:
    """Of ``model_bundle``, the promoted model.

    Attributes:
        candidate: digest of the candidate's record.
        gold_agreement: for which it was promoted, 0–1.
        reason: of the promotion.
        level: processing level that it takes.
        by_hand: why somebody promoted it; empty where the rule did.
        int8: what 8-bit integers cost; empty where there are none.
        taught: names of the classes that training showed; the others are not mapped.
    """

    candidate: str
    gold_agreement: float
    reason: str
    level: str
    by_hand: str = ""
    int8: str = ""
    taught: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelEvent:
    """Something that happened to a model: it was trained, judged, bundled, or decided about.

    Attributes:
        action: ``trained``, ``judged``, ``bundled``; by hand ``promote`` and ``rollback``.
        record: digest of the record that came of it; empty for a decision.
        candidate: digest of the candidate's record.
        replaces: of a decision: the candidate that was in use.
        reason: of a decision, as somebody wrote it.
    """

    action: str
    record: str
    candidate: str
    replaces: str = ""
    reason: str = ""


@dataclass(frozen=True)
class HistoryProperties:
    """Of ``model_history``: what happened, in the order in which it did."""

    events: tuple[ModelEvent, ...] = ()


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

    @property
    def scenes(self) -> tuple[str, ...]:
        """Ids of the scenes that were counted."""
        return tuple(row.scene_id for row in self.predictions)


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


@dataclass(frozen=True)
class SampleProperties:
    """Of ``reference_sample``.

    Attributes:
        design: how the units were drawn.
        units: how many.
        is_probability_sample: whether every place had a known chance.
    """

    design: str
    units: int
    is_probability_sample: bool


@dataclass(frozen=True)
class OverallAccuracy:
    """Overall accuracy, 0–1, with its interval."""

    estimate: float
    ci95_low: float
    ci95_high: float


@dataclass(frozen=True)
class ReportProperties:
    """Of ``accuracy_area_report`` and ``region_report``: what people look for first.

    Attributes:
        verdict: whether the sample allows estimates.
        reason: of the verdict.
        overall_accuracy: None unless it can be estimated.
        agreement: plain share of the units where map and reference agree; None without units.
        sample_units: used.
        mapped_ha: class name → mapped area.
        no_data_ha: area without data.
        warnings: sentences for a reader.
        tiles: of a region.
    """

    verdict: str
    reason: str
    overall_accuracy: OverallAccuracy | None
    agreement: float | None
    sample_units: int
    mapped_ha: Mapping[str, float]
    no_data_ha: float
    warnings: tuple[str, ...]
    tiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class TablesProperties:
    """Of ``metric_tables``: the reports that were collected, and rows of all of them."""

    reports: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class PageRow:
    """A page: its file, and a digest of what it was rendered from."""

    file: str
    of: str


@dataclass(frozen=True)
class PagesProperties:
    """Of ``report_pages``: all pages of the set."""

    pages: tuple[PageRow, ...]
