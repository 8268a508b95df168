"""The account of the labels of a tile and year: what became of what was delivered.

What belongs here: figures of reading, burning and annotators' agreement as frozen data that a
record holds and a page shows. What does not: how they come about (``source``, ``burn``, ``gold``).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ReadingAccount:
    """What happened between the file and the table.

    Attributes:
        found: polygons in the file; of a GeoTIFF pixels in the area.
        without_class: of them, left unlabelled by the crosswalk.
        not_accepted: relation → of them, left unlabelled because the project does not accept
            classes of that relation.
        repaired: ids of labels whose geometry was repaired.
        without_area: ids of labels that were left out for lack of area.
        most_vertices: of the most detailed polygon.
        gold_replaced: gold polygons that gave way to the annotators' own drawings.
        dropped: class of the file that the legend drops → how many.
    """

    found: int
    without_class: int
    not_accepted: Mapping[str, int]
    repaired: tuple[str, ...]
    without_area: tuple[str, ...]
    most_vertices: int
    gold_replaced: int
    dropped: Mapping[str, int]


@dataclass(frozen=True)
class BurntRole:
    """What happened to the polygons of one role on the grid.

    Attributes:
        pixels: class name → labelled pixels; only classes that occur.
        polygons_vanished: without a pixel centre.
        polygons_hidden: all of whose pixels other polygons won.
        pixels_in_conflict: that polygons of different classes claim.
        pixels_cleared_as_leak: training pixels on ground that judges; 0 for other roles.
        pixels_left_out_as_border: training pixels at a border; 0 for other roles.
    """

    pixels: Mapping[str, int]
    polygons_vanished: int
    polygons_hidden: int
    pixels_in_conflict: int
    pixels_cleared_as_leak: int = 0
    pixels_left_out_as_border: int = 0


@dataclass(frozen=True)
class AnnotatorPair:
    """Agreement of two annotators over the pixels that both labelled; None where undefined."""

    first: str
    second: str
    pixels: int
    agreement: float | None
    kappa: float | None


@dataclass(frozen=True)
class GoldStandard:
    """How far annotators agree: on unambiguous pixels, which is not an accuracy of a population.

    Attributes:
        windows: gold windows that enough annotators have drawn.
        windows_with_too_few_annotators: ids; none of their pixels is gold.
        annotators: names, sorted.
        pairwise: every two of them.
        fleiss_kappa: of all over pixels that all labelled; None where undefined.
        dropped_share_by_class: class name → share of its pixels without strict agreement.
    """

    windows: int
    windows_with_too_few_annotators: tuple[str, ...]
    annotators: tuple[str, ...]
    pairwise: tuple[AnnotatorPair, ...]
    fleiss_kappa: float | None
    dropped_share_by_class: Mapping[str, float]


@dataclass(frozen=True)
class ClassSummary:
    """Polygons and plane area of a class in a role."""

    class_code: int
    class_name: str
    role: str
    polygons: int
    area_ha: float


@dataclass(frozen=True)
class DeliveredLabels:
    """Everything that a record and a page say of the delivered labels of a tile and year.

    Attributes:
        polygons: labels in the area of interest.
        reading: of the delivered file.
        train: training labels on the grid.
        gold: gold labels on the grid.
        gold_standard: None where annotators are not named.
        summary: polygons by class and role.
    """

    polygons: int
    reading: ReadingAccount
    train: BurntRole
    gold: BurntRole
    gold_standard: GoldStandard | None
    summary: tuple[ClassSummary, ...]
