"""Steps of the reference labels.

What belongs here: label source → validated polygons and the masks they burn to.
"""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.labels import annotator_figure
from lulc_assets.core.figures.maps import class_histogram_figure, label_figure
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import validate_layer, write_cog
from lulc_assets.core.labels.burn import BurnReport, BurnRules, burn_labels
from lulc_assets.core.labels.delivery import deliver_labels
from lulc_assets.core.labels.gold import GoldReport, burn_gold
from lulc_assets.core.labels.schema import GOLD, TRAIN
from lulc_assets.core.labels.source import LabelSource
from lulc_assets.core.labels.table import summarise_labels, write_labels
from lulc_assets.core.store.records import Record
from lulc_assets.core.tables.source_digest import digest_of_source
from lulc_assets.steps.making import Made, Place, write_png


def make_reference_labels(place: Place, tile: str, year: int) -> Record:
    """Validate the labels of a tile and year and burn them on the tile's own grid.

    Files: ``labels.parquet``, ``train.tif``, ``gold.tif`` (uint8 codes, 0 = unlabelled) and
    pictures: where labels lie, how much there is of each class, how annotators differ.
    """
    source, grid = place.project.label_source(), place.grid(tile)
    identity = {
        "tile": tile,
        "year": year,
        "grid": grid.to_dict(),
        "settings": place.project.labels.model_dump(),
        "source_sha256": digest_of_source(source.path),
        "gold_sha256": digest_of_source(source.gold_path or ""),
        "crosswalk_sha256": digest_of_source(source.crosswalk),
        "legend": place.legend.digest,
    }

    def build(scratch: Path) -> Made:
        draw_after_cut = place.project.labels.draw_roles_after_cut
        delivered = deliver_labels(source, tile, year, grid, draw_after_cut=draw_after_cut)
        labels = delivered.table
        train, train_report, _ = burn_role(labels, grid, TRAIN, source)
        gold, gold_report, agreement = burn_role(labels, grid, GOLD, source)
        files = {"labels.parquet": write_labels(scratch / "labels.parquet", labels)}
        for role, mask in ((TRAIN, train), (GOLD, gold)):
            files[f"{role}.tif"] = _write_mask(place, scratch, role, mask, grid)
        files |= _draw_pictures(place, scratch, np.maximum(train, gold), grid, f"{tile} {year}")
        properties: dict[str, Any] = {
            "polygons": len(labels),
            "polygons_without_class": delivered.report.without_class,
            "reading": delivered.report.to_dict(),
            **_account(place, train_report),
            **_account(place, gold_report),
        }
        if agreement is not None:
            properties["gold_standard"] = agreement.to_dict()
            picture = annotator_figure(agreement.confusion, place.legend)
            files["annotators.png"] = write_png(scratch, "annotators.png", picture)
        summary = summarise_labels(labels).round({"area_ha": 2})
        properties["summary"] = summary.to_dict(orient="records")
        return Made(files, properties)

    return place.make(("reference_labels", tile, year), identity, build)


def burn_role(
    labels: gpd.GeoDataFrame, grid: PixelGrid, role: str, source: LabelSource
) -> tuple[npt.NDArray[np.uint8], BurnReport, GoldReport | None]:
    """Burn a role by the project's rules; gold by strict agreement where annotators are named."""
    rules = BurnRules.of(source)
    if role == GOLD and source.annotator_column is not None:
        return burn_gold(labels, grid, rules, source.min_annotators)
    return *burn_labels(labels, grid, role, rules), None


def _write_mask(
    place: Place, scratch: Path, role: str, mask: npt.NDArray[np.uint8], grid: PixelGrid
) -> Path:
    path = write_cog(
        scratch / f"{role}.tif",
        mask,
        grid,
        kind="class",
        nodata=0,
        colormap=place.legend.colormap(),
        description=f"{role} labels",
    )
    validate_layer(path, grid, dtype="uint8", legal_values={0, *place.legend.codes})
    return path


def _draw_pictures(
    place: Place, scratch: Path, mask: npt.NDArray[np.uint8], grid: PixelGrid, where: str
) -> dict[str, Path]:
    counts = np.bincount(mask.ravel(), minlength=len(place.legend.classes) + 1)
    areas = {code: counts[code] * grid.pixel_m**2 / 10_000 for code in place.legend.codes}
    figures = {
        "labels.png": label_figure(mask, place.legend, grid, f"Labels of {where}"),
        "label_areas.png": class_histogram_figure(areas, place.legend, title="Labelled area"),
    }
    return {name: write_png(scratch, name, figure) for name, figure in figures.items()}


def _account(place: Place, report: BurnReport) -> dict[str, Any]:
    """What people ask about a burnt mask, as properties."""
    found = {
        "pixels": {place.legend.by_code(code).name: n for code, n in report.pixels.items()},
        "polygons_vanished": report.vanished,
        "polygons_hidden": report.hidden,
        "pixels_in_conflict": report.conflict_pixels,
    }
    if report.role == TRAIN:
        found["pixels_cleared_as_leak"] = report.leaked_pixels
        found["pixels_left_out_as_border"] = report.border_pixels
    return {f"{report.role}_{name}": value for name, value in found.items()}
