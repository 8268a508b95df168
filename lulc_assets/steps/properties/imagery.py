"""What records say of candidate scenes, looks, chips and the quality of labels.

What belongs here: one frozen dataclass per kind of product, and its rows. What does not: types
that a room of the domain owns, which are used as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lulc_assets.core.chips.account import LabelAccount
from lulc_assets.core.chips.layout import ChipLayout
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.checking import Proof
from lulc_assets.core.imagery.offset_evidence import Verdict


@dataclass(frozen=True)
class CandidateScene:
    """One candidate of a catalogue.

    Attributes:
        id: the provider's.
        selected: whether the map uses it.
        reason: why, or why not.
        look: digest of its ``scene_look``; empty where it could not be read.
        baseline: of processing; empty when unknown.
        stamp: what changes when the provider replaces it; empty when unknown.
    """

    id: str
    selected: bool
    reason: str
    look: str = ""
    baseline: str = ""
    stamp: str = ""


@dataclass(frozen=True)
class CatalogProperties:
    """Of ``scene_catalog``.

    Attributes:
        candidates: how many.
        selected: how many of them.
        scenes: all candidates, by time.
        seen: digest of what tells one set of scenes from another: ids, baselines, change stamps.
        selection: digest of the rules that scenes were selected by; empty in older records.
    """

    candidates: int
    selected: int
    scenes: tuple[CandidateScene, ...]
    seen: str
    selection: str = ""


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
class ClearnessProperties:
    """Of a ``scene_clearness``.

    Attributes:
        nodata_share: of the area, 0–1.
    """

    nodata_share: float


@dataclass(frozen=True)
class CheckProperties:
    """Of a ``scene_check``, see ``SceneCheck``.

    Attributes:
        proof: whether the pixels show the offset.
        verdict: of the pixels.
        reason: the numbers behind it.
        empty_share: share of the data on which a band was never written, 0–1.
        decided_dn: the offset, where the metadata left it open; None where they state it.
        offset_reason: why.
        lattice: of the kept pixels.
    """

    proof: Proof
    verdict: Verdict
    reason: str
    empty_share: float
    decided_dn: int | None
    offset_reason: str
    lattice: PixelGrid


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
