"""Steps of the reference labels.

What belongs here: label source → validated polygons and the masks they burn to.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.labels import annotator_figure
from lulc_assets.core.figures.maps import class_histogram_figure, label_figure
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import validate_layer, write_cog
from lulc_assets.core.labels.account import BurntRole, ClassSummary, DeliveredLabels
from lulc_assets.core.labels.burn import BurnReport, BurnRules, burn_labels
from lulc_assets.core.labels.delivery import deliver_labels
from lulc_assets.core.labels.gold import GoldReport, burn_gold
from lulc_assets.core.labels.schema import GOLD, TRAIN
from lulc_assets.core.labels.source import LabelSet, LabelSource
from lulc_assets.core.labels.table import summarise_labels, write_labels
from lulc_assets.core.store.keys import TileYear
from lulc_assets.core.store.records import Record
from lulc_assets.core.tables.source_digest import digest_of_source
from lulc_assets.steps.products import REFERENCE_LABELS
from lulc_assets.steps.workbench import Made, Workbench, write_png


def make_reference_labels(work: Workbench, key: TileYear) -> Record[DeliveredLabels]:
    """Validate the labels of a tile and year and burn them on the tile's own grid.

    Files: ``labels.parquet``, ``train.tif``, ``gold.tif`` (uint8 codes, 0 = unlabelled) and
    pictures: where labels lie, how much there is of each class, how annotators differ.
    """
    source, grid = work.project.label_source(), work.grid(key.tile)
    settings = {
        "grid": grid,
        "settings": work.project.labels,
        "source_sha256": digest_of_source(source.path),
        "gold_sha256": digest_of_source(source.gold_path or ""),
        "crosswalk_sha256": digest_of_source(source.crosswalk),
        "legend": work.legend.digest,
    }

    def build(scratch: Path) -> Made[DeliveredLabels]:
        draw_after_cut = work.project.labels.draw_roles_after_cut
        delivered = deliver_labels(source, key.tile, key.year, grid, draw_after_cut=draw_after_cut)
        labels = delivered.table
        train, train_report, _ = burn_role(labels, grid, TRAIN, source)
        gold, gold_report, agreement = burn_role(labels, grid, GOLD, source)
        files = {"labels.parquet": write_labels(scratch / "labels.parquet", labels)}
        for role, mask in ((TRAIN, train), (GOLD, gold)):
            files[f"{role}.tif"] = _write_mask(work, scratch, role, mask, grid)
        files |= _draw_pictures(work, scratch, np.maximum(train, gold), grid, key.title)
        if agreement is not None:
            picture = annotator_figure(agreement.confusion, work.legend)
            files["annotators.png"] = write_png(scratch, "annotators.png", picture)
        return Made(files, _account(work, delivered, train_report, gold_report, agreement))

    return work.step(REFERENCE_LABELS, key).make(settings, build)


def burn_role(
    labels: gpd.GeoDataFrame, grid: PixelGrid, role: str, source: LabelSource
) -> tuple[npt.NDArray[np.uint8], BurnReport, GoldReport | None]:
    """Burn a role by the project's rules; gold by strict agreement where annotators are named."""
    rules = BurnRules.of(source)
    if role == GOLD and source.annotator_column is not None:
        return burn_gold(labels, grid, rules, source.min_annotators, source.legend)
    return *burn_labels(labels, grid, role, rules), None


def _write_mask(
    work: Workbench, scratch: Path, role: str, mask: npt.NDArray[np.uint8], grid: PixelGrid
) -> Path:
    path = write_cog(
        scratch / f"{role}.tif",
        mask,
        grid,
        kind="class",
        nodata=0,
        colormap=work.legend.colormap(),
        description=f"{role} labels",
    )
    validate_layer(path, grid, dtype="uint8", legal_values={0, *work.legend.codes})
    return path


def _draw_pictures(
    work: Workbench, scratch: Path, mask: npt.NDArray[np.uint8], grid: PixelGrid, where: str
) -> dict[str, Path]:
    counts = np.bincount(mask.ravel(), minlength=len(work.legend.classes) + 1)
    areas = {code: counts[code] * grid.pixel_m**2 / 10_000 for code in work.legend.codes}
    figures = {
        "labels.png": label_figure(mask, work.legend, grid, f"Labels of {where}"),
        "label_areas.png": class_histogram_figure(areas, work.legend, title="Labelled area"),
    }
    return {name: write_png(scratch, name, figure) for name, figure in figures.items()}


def _account(
    work: Workbench,
    delivered: LabelSet,
    train: BurnReport,
    gold: BurnReport,
    agreement: GoldReport | None,
) -> DeliveredLabels:
    summary = summarise_labels(delivered.table, work.legend).round({"area_ha": 2})
    rows = summary.to_numpy().tolist()
    return DeliveredLabels(
        polygons=len(delivered.table),
        reading=delivered.report.account(),
        train=_burnt(work, train),
        gold=_burnt(work, gold),
        gold_standard=None if agreement is None else agreement.account(),
        summary=tuple(ClassSummary(*row) for row in rows),
    )


def _burnt(work: Workbench, report: BurnReport) -> BurntRole:
    return BurntRole(
        pixels={work.legend.by_code(code).name: int(n) for code, n in report.pixels.items()},
        polygons_vanished=report.vanished,
        polygons_hidden=report.hidden,
        pixels_in_conflict=report.conflict_pixels,
        pixels_cleared_as_leak=report.leaked_pixels if report.role == TRAIN else 0,
        pixels_left_out_as_border=report.border_pixels if report.role == TRAIN else 0,
    )
