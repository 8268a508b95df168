"""Steps of the maps: a year's predictions → annual map.

What belongs here: ``annual_map``. Seasons and change come with their own steps.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lulc_assets.core.compositing.weighted_mode import PredictionFiles, compose_year
from lulc_assets.core.imagery.cog import read_raster, validate_layer
from lulc_assets.core.publishing.items import write_map_item
from lulc_assets.core.reporting.map_figures import class_histogram_figure, map_figure
from lulc_assets.core.store.publish import fetch_verified, stored_name
from lulc_assets.core.store.records import Record, StoredFile
from lulc_assets.steps.making import Made, Place, write_png

MAP_LAYERS: Mapping[str, str] = {
    "class": "Land-cover class",
    "vote_share": "Share of the votes for the class, 255 = all; not a probability",
    "observations": "Votes counted",
}


def make_annual_map(place: Place, tile: str, year: int) -> Record:
    """Compose the map of a tile and year from exactly the predictions of its manifest.

    Files: ``class.tif``, ``vote_share.tif``, ``observations.tif``, ``item.json`` (STAC) and
    pictures. Without any scene, an explicit map of no data.
    """
    predictions = place.record("scene_predictions", tile, year)
    grid, settings = place.grid(tile), place.project.composite
    identity = {
        "predictions": predictions.digest,
        "grid": grid.to_dict(),
        "composite": settings.identity(),
        "legend": place.legend.digest,
    }

    def build(scratch: Path) -> Made:
        found = compose_year(
            prediction_files(place, predictions), grid, settings, scratch, place.progress
        )
        legal = {0, *(known.code for known in place.legend.land)}
        for name in MAP_LAYERS:
            codes = legal if name == "class" else None
            validate_layer(found.files[name], grid, dtype="uint8", legal_values=codes)
        files = {f"{name}.tif": found.files[name] for name in MAP_LAYERS}
        title, classes = f"Land cover of {tile} {year}", read_raster(found.files["class"])
        files["map.png"] = write_png(
            scratch, "map.png", map_figure(classes, grid, place.legend, title)
        )
        histogram = class_histogram_figure(found.class_counts, place.legend, "pixels")
        files["classes.png"] = write_png(scratch, "classes.png", histogram)
        properties: dict[str, Any] = {
            "scenes": list(found.scene_ids),
            "failed_scenes": dict(predictions.properties["failed"]),
            "class_pixels": {
                place.legend.by_code(code).name if code else "no_data": count
                for code, count in found.class_counts.items()
            },
            "no_data_pct": round(100 * found.class_counts[0] / (grid.height * grid.width), 3),
            "pixels_where_the_scene_mask_was_overruled": found.flagged_pixels,
            "observations_median": found.observations_median,
            "bundle": predictions.identity["bundle"],
        }
        files["item.json"] = write_map_item(
            scratch / "item.json",
            item_id=f"annual_map-{tile}-{year}",
            year=year,
            grid=grid,
            layers={
                name: (found.files[name], stored_name(found.files[name]), title)
                for name, title in MAP_LAYERS.items()
            },
            legend=place.legend,
            properties={
                "lulc:tile": tile,
                "lulc:year": year,
                "lulc:scenes": list(found.scene_ids),
                "lulc:predictions": predictions.digest,
                "lulc:bundle": predictions.identity["bundle"],
            },
        )
        return Made(files, properties)

    return place.make(("annual_map", tile, year), identity, build)


def prediction_files(place: Place, manifest: Record) -> list[PredictionFiles]:
    """Verified local layers of the predictions that a manifest names."""
    return [
        PredictionFiles(
            scene_id,
            *(
                fetch_verified(place.store, StoredFile(**layers[name]), manifest.product)
                for name in ("class", "probability", "mask")
            ),
        )
        for scene_id, layers in sorted(manifest.properties["layers"].items())
    ]
