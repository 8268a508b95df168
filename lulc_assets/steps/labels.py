"""Steps of the reference labels.

What belongs here: label source → validated polygons and the mask they burn to.
"""

from pathlib import Path
from typing import Any

import numpy as np

from lulc_assets.core.imagery.cog import read_raster, validate_layer, write_cog
from lulc_assets.core.labels.burn import burn_labels
from lulc_assets.core.labels.schema import GOLD, TRAIN
from lulc_assets.core.labels.source import DROPPED, read_labels, with_drawn_roles
from lulc_assets.core.labels.table import labels_of, summarise_labels, write_labels
from lulc_assets.core.reporting.map_figures import label_figure
from lulc_assets.core.store.records import Record, digest_of_file
from lulc_assets.steps.making import Made, Place, write_png


def make_reference_labels(place: Place, tile: str, year: int) -> Record:
    """Validate the labels of a tile and year and burn them on the tile's own grid.

    Files: ``labels.parquet``, ``train.tif``, ``gold.tif`` (uint8 codes, 0 = unlabelled) and
    a picture.
    """
    source, grid = place.project.label_source(), place.grid(tile)
    section = place.project.labels
    identity = {
        "tile": tile,
        "year": year,
        "grid": grid.to_dict(),
        "settings": section.model_dump(),
        "source_sha256": digest_of_source(source.path),
        "legend": place.legend.digest,
    }

    def build(scratch: Path) -> Made:
        every = read_labels(source)
        labels = labels_of(every, tile, year, grid)
        if section.draw_roles_after_cut and section.role_column is None:
            labels = with_drawn_roles(labels, source)
        files = {"labels.parquet": write_labels(scratch / "labels.parquet", labels)}
        properties: dict[str, Any] = {"polygons": len(labels)}
        properties["polygons_without_class"] = int(every.attrs.get(DROPPED, 0))
        for role in (TRAIN, GOLD):
            mask, report = burn_labels(labels, grid, role)
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
            files[f"{role}.tif"] = path
            properties[f"{role}_pixels"] = {
                place.legend.by_code(code).name: n for code, n in report.pixels.items()
            }
            properties[f"{role}_polygons_vanished"] = report.vanished
            properties[f"{role}_pixels_cleared_as_leak"] = report.leaked_pixels
        both = np.maximum(read_raster(files["train.tif"]), read_raster(files["gold.tif"]))
        figure = label_figure(both, place.legend, grid, f"Labels of {tile} {year}")
        files["labels.png"] = write_png(scratch, "labels.png", figure)
        summary = summarise_labels(labels).round({"area_ha": 2})
        properties["summary"] = summary.to_dict(orient="records")
        return Made(files, properties)

    return place.make(("reference_labels", tile, year), identity, build)


def digest_of_source(path: str) -> str:
    """SHA-256 of a delivered file, empty if there is none; not of a shapefile's companions."""
    file = Path(path)
    return digest_of_file(file) if file.is_file() else ""
