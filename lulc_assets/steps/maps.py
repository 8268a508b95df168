"""Steps of the maps: a year's predictions → annual map.

What belongs here: ``annual_map``. Seasons (``seasons``) and change come with their own steps.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lulc_assets.core.compositing.compose import YearComposite, compose_year
from lulc_assets.core.compositing.datatakes import PredictedScene
from lulc_assets.core.compositing.layers import LAYERS
from lulc_assets.core.compositing.update import KeptYear
from lulc_assets.core.errors import ProductCorrupt, ProductNotFound
from lulc_assets.core.figures.maps import class_histogram_figure, map_figure
from lulc_assets.core.grid import PixelGrid
from lulc_assets.core.imagery.cog import read_raster, validate_layer
from lulc_assets.core.publishing.items import write_map_item
from lulc_assets.core.store.publish import fetch_verified, stored_name
from lulc_assets.core.store.records import Record, StoredFile, digest_of
from lulc_assets.steps.making import RECIPE_VERSIONS, Made, Place, write_png

MAP_LAYERS: Mapping[str, str] = {
    "class": "Land-cover class",
    "vote_share": "Share of the votes for the class, 255 = all; not a probability",
    "observations": "Votes counted",
}


def make_annual_map(place: Place, tile: str, year: int) -> Record:
    """Compose the map of a tile and year from exactly the predictions of its manifest.

    The sums of the map that was committed before are used where that reads fewer scenes; the
    product is the same, byte by byte.

    Files: ``class.tif``, ``vote_share.tif``, ``observations.tif``, ``sums_MMDD.zip`` for each
    part of the year, ``item.json`` (STAC) and pictures. Without any scene, an explicit map of
    no data.
    """
    predictions = place.record("scene_predictions", tile, year)
    grid, settings = place.grid(tile), place.project.composite
    identity = {
        "predictions": predictions.digest,
        "grid": grid.to_dict(),
        "composite": settings.identity(),
        "legend": place.legend.digest,
    }
    scenes = predicted_scenes(place, predictions)

    def build(scratch: Path) -> Made:
        found = _compose(place, scenes, place.find("annual_map", tile, year), grid, scratch)
        validate_layers(place, found.files, grid)
        files = {path.name: path for path in (*found.files.values(), *found.sums.values())}
        title, classes = f"Land cover of {tile} {year}", read_raster(found.files["class"])
        files["map.png"] = write_png(
            scratch, "map.png", map_figure(classes, grid, place.legend, title)
        )
        histogram = class_histogram_figure(found.class_counts, place.legend, "pixels")
        files["classes.png"] = write_png(scratch, "classes.png", histogram)
        provenance = {
            "lulc:tile": tile,
            "lulc:year": year,
            "lulc:scenes": list(found.scene_ids),
            "lulc:predictions": predictions.digest,
            "lulc:bundle": predictions.identity["bundle"],
        }
        files["item.json"] = write_map_item(
            scratch / "item.json",
            item_id=f"annual_map-{tile}-{year}",
            year=year,
            grid=grid,
            layers=item_layers(found.files),
            legend=place.legend,
            properties=provenance,
        )
        return Made(files, _annual_properties(place, found, predictions))

    return place.make(("annual_map", tile, year), identity, build)


def _compose(
    place: Place,
    scenes: list[PredictedScene],
    former: Record | None,
    grid: PixelGrid,
    scratch: Path,
) -> YearComposite:
    """From the former map's sums if they can be had, else from all scenes."""
    settings = place.project.composite
    try:
        kept = None if former is None else _kept_year(place, former, grid)
        return compose_year(scenes, grid, settings, scratch, kept=kept, progress=place.progress)
    except (ProductCorrupt, ProductNotFound) as error:
        if former is None:
            raise
        place.progress(0, len(scenes), f"all scenes are read anew: {error}")
        return compose_year(scenes, grid, settings, scratch, progress=place.progress)


def _kept_year(place: Place, former: Record, grid: PixelGrid) -> KeptYear | None:
    """The kept sums of a committed map, if they are of this grid, legend and recipe."""
    wanted = {
        "grid": grid.to_dict(),
        "legend": place.legend.digest,
        "recipe_version": RECIPE_VERSIONS["annual_map"],
    }
    names = kept_parts(former)
    if any(former.identity.get(name) != value for name, value in wanted.items()) or not names:
        return None
    sums = {part: place.open(former, name) for part, name in names.items()}
    return KeptYear(sums, predicted_scenes(place, former))


def kept_parts(record: Record) -> dict[str, str]:
    """Part of the year → name of the file with its sums, of a map's record."""
    return {
        name.removeprefix("sums_").removesuffix(".zip"): name
        for name in sorted(record.files)
        if name.startswith("sums_")
    }


def _annual_properties(place: Place, found: YearComposite, predictions: Record) -> dict[str, Any]:
    made_from = {name: predictions.properties[name] for name in ("layers", "dates", "acquisitions")}
    return {
        **made_from,
        "scenes": list(found.scene_ids),
        "datatakes": found.datatakes,
        "failed_scenes": dict(predictions.properties["failed"]),
        "class_pixels": named_counts(place, found.class_counts),
        "no_data_pct": no_data_pct(found.class_counts),
        "mask_overruled_pixels": found.flagged_pixels,
        "sieved_pixels": found.sieved_pixels,
        "observations_median": found.observations_median,
        "bundle": predictions.identity["bundle"],
    }


def predicted_scenes(place: Place, record: Record) -> list[PredictedScene]:
    """The predictions that a manifest, or the map made from it, names; verified when read."""

    def scene(scene_id: str, layers: Mapping[str, Any]) -> PredictedScene:
        stored = [StoredFile(**layers[name]) for name in ("class", "probability", "mask")]

        def fetch() -> tuple[Path, Path, Path]:
            first, second, third = (
                fetch_verified(place.store, entry, record.product) for entry in stored
            )
            return first, second, third

        return PredictedScene(
            scene_id,
            record.properties["acquisitions"][scene_id],
            record.properties["dates"][scene_id],
            digest_of([entry.sha256 for entry in stored]),
            fetch,
        )

    return [scene(*entry) for entry in sorted(record.properties["layers"].items())]


def validate_layers(place: Place, files: Mapping[str, Path], grid: PixelGrid) -> None:
    """Refuse layers of a map that are not what they should be; raises InvalidProduct."""
    legal = {0, *(known.code for known in place.legend.land)}
    for name in LAYERS:
        codes = legal if name == "class" else None
        validate_layer(files[name], grid, dtype="uint8", legal_values=codes)


def item_layers(files: Mapping[str, Path]) -> dict[str, tuple[Path, str, str]]:
    """Layers as their STAC item wants them: file, name in the store, title."""
    return {
        name: (files[name], stored_name(files[name]), title) for name, title in MAP_LAYERS.items()
    }


def named_counts(place: Place, counts: Mapping[int, int]) -> dict[str, int]:
    """Pixels by class name."""
    return {
        place.legend.by_code(code).name if code else "no_data": count
        for code, count in counts.items()
    }


def no_data_pct(counts: Mapping[int, int]) -> float:
    """Share of pixels without data, 0–100."""
    return round(100 * counts[0] / sum(counts.values()), 3)
