"""Where labels come from, and the account of reading them.

What belongs here: what a source is, what its reading gives. What does not: reading polygons
(``reading``) and rasters (``raster``), one tile and year of a source (``delivery``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import geopandas as gpd

from lulc_assets.core.crosswalks import Relation
from lulc_assets.core.labels.account import ReadingAccount
from lulc_assets.core.labels.mend import Mended
from lulc_assets.core.legend import KARRA_10, Legend

_NAMED = 5
"""Names that a message lists at most."""

Overlaps = Literal["error", "later_wins", "smaller_wins", "ignore"]


@dataclass(frozen=True)
class LabelSource:
    """A file of labels and how to understand it.

    Attributes:
        path: polygons (GeoPackage, GeoJSON, shapefile, FlatGeobuf, GeoParquet, the folder of
            a File Geodatabase) or a GeoTIFF of codes.
        class_column: column that holds the foreign class; unused for a GeoTIFF.
        crosswalk: name of the crosswalk that translates it, or path of a CSV file; empty: the
            classes are those of the legend.
        layer: of a file with several; None: its only spatial one.
        role_column: column with ``train``, ``gold`` or ``holdout``; None: roles are drawn.
        holdout_share: of each class's area, kept back to judge a map, when drawn.
        gold_share: of each class's area, kept back to judge models, when drawn.
        seed: of the draw.
        annotator_column: who drew a polygon. With it, or with ``gold_path``, a gold pixel
            counts only where all annotators of its window agree.
        gold_path: a second vector file with the annotators' own drawings of the gold
            windows; it replaces the gold polygons of ``path``.
        gold_layer: layer in that file.
        min_annotators: a gold window that fewer have drawn is not a gold standard: left out.
        accept: relations of the crosswalk that become labels; others stay unlabelled.
        repair: mend invalid geometries and report it, instead of refusing the file.
        overlaps: where polygons of different classes overlap: refuse (``error``), the one
            later in the file, the smaller one, or no label at all (``ignore``).
        border_px: training pixels within so many pixels of another class or of unlabelled
            ground stay unlabelled: mixed pixels and lines that are a little off.
        role_block_px: of a GeoTIFF: side of the blocks of ground that roles are drawn for.
        legend: that the labels are translated into.
    """

    path: str
    class_column: str
    crosswalk: str
    layer: str | None = None
    role_column: str | None = None
    holdout_share: float = 0.0
    gold_share: float = 0.0
    seed: int = 0
    annotator_column: str | None = None
    gold_path: str | None = None
    gold_layer: str | None = None
    min_annotators: int = 2
    accept: tuple[Relation, ...] = ("exact", "narrower", "broader")
    repair: bool = False
    overlaps: Overlaps = "smaller_wins"
    border_px: int = 0
    role_block_px: int = 64
    legend: Legend = KARRA_10

    @property
    def gives_roles(self) -> bool:
        """Whether people decided what is gold, not a draw among polygons."""
        return self.role_column is not None or self.gold_path is not None


def name_first(names: Sequence[str]) -> str:
    """The first of some names, for a message."""
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


@dataclass(frozen=True)
class ReadReport:
    """What happened to a source between file and table.

    Attributes:
        found: polygons in the file; of a GeoTIFF pixels in the area.
        without_class: of them, left unlabelled by the crosswalk.
        dropped: foreign class → of those, how many: classes that the legend does not have.
        not_accepted: relation → of them, left unlabelled because the project does not
            accept classes of that relation.
        mended: geometries that were repaired, or left out for lack of area.
        most_vertices: of the most detailed polygon.
        gold_replaced: gold polygons that gave way to the annotators' own drawings.
        emptied: class → ids of its labels, where none of them has an area.
        label_ids: of the labels in the table; of a GeoTIFF none.
    """

    found: int
    without_class: int
    not_accepted: Mapping[str, int] = field(default_factory=dict)
    mended: tuple[Mended, ...] = ()
    most_vertices: int = 0
    gold_replaced: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    emptied: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    label_ids: tuple[str, ...] = ()

    @property
    def lost_classes(self) -> list[str]:
        """A sentence for each class that the file names and no polygon shows."""
        return [
            f"class {name}: none of its labels has an area ({name_first(ids)}); draw one, or "
            "delete them"
            for name, ids in self.emptied.items()
        ]

    def account(self) -> ReadingAccount:
        """As records hold it."""
        return ReadingAccount(
            self.found,
            self.without_class,
            dict(self.not_accepted),
            tuple(m.label_id for m in self.mended if not m.dropped),
            tuple(m.label_id for m in self.mended if m.dropped),
            self.most_vertices,
            self.gold_replaced,
            dict(self.dropped),
        )


@dataclass(frozen=True)
class LabelSet:
    """A table of labels that keeps the schema, and the account of its reading."""

    table: gpd.GeoDataFrame
    report: ReadReport
