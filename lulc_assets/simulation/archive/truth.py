"""Writing the truth: for judging maps, never for making them.

What belongs here: class rasters, areas and change events in a folder of their own. Nothing
in the pipeline may read it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio.features
import shapely

from lulc_assets.core.grid import PixelGrid, owned_mask, pixel_areas_ha
from lulc_assets.core.legend import KARRA_10
from lulc_assets.simulation.archive.raster_files import write_raster
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.stac import write_json
from lulc_assets.simulation.archive.vector_files import write_geopackage
from lulc_assets.simulation.world.change import Change
from lulc_assets.simulation.world.tiers import tier_of_kind

CERTAINTY_SCALE = 250
"""Stored value of a certainty of one."""


def write_certainty(certainty: npt.NDArray[np.float32], grid: PixelGrid, folder: Path) -> None:
    """Write ``certainty.tif``: the probability of the likeliest class, × 250, uint8.

    Its mean over an area bounds the accuracy of any map of it (Bayes bound).
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored = np.rint(certainty * np.float32(CERTAINTY_SCALE)).astype(np.uint8)
    write_raster(folder / "certainty.tif", stored, grid, "average")


def write_tier_2(kind: npt.NDArray[np.uint8], grid: PixelGrid, folder: Path) -> None:
    """Write ``tier_2.tif``: the finer classes of ``tiers.TIER_2``, uint8, from kinds of ground."""
    folder.mkdir(parents=True, exist_ok=True)
    write_raster(folder / "tier_2.tif", tier_of_kind()[kind], grid, "mode")


def write_truth(
    spec: ArchiveSpec,
    truth: Mapping[int, Mapping[str, npt.NDArray[np.uint8]]],
    changes: Sequence[tuple[PixelGrid, Change]],
    folder: Path,
) -> None:
    """Write ``<tile>/<year>/class.tif``, ``areas.json``, ``changes.json`` and ``.gpkg``.

    The changes' polygons are in the layer ``changes``, in the CRS of the first tile, with
    the fields of :class:`ChangeEvent`, one row per event.

    ``areas.json`` holds, by year: for each tile ``all`` (every pixel of its area) and
    ``owned`` (pixels in its MGRS square), and for the ``region`` the sum of the owned;
    each a mapping of class name to ``{"pixels", "area_ha"}``, where ``area_ha`` is the
    true ground area.
    """
    areas: dict[str, object] = {}
    for year, by_tile in truth.items():
        of_year: dict[str, object] = {}
        region = np.zeros((2, len(KARRA_10.land)))
        for tile in spec.tiles:
            classes = by_tile[tile.tile]
            place = folder / tile.tile / str(year)
            place.mkdir(parents=True, exist_ok=True)
            write_raster(place / "class.tif", classes, tile.grid, "mode")
            hectares = pixel_areas_ha(tile.grid)
            owned = owned_mask(tile.tile, tile.grid)
            own = _count(classes[owned], hectares[owned])
            region += own
            everything = _count(classes.ravel(), hectares.ravel())
            of_year[tile.tile] = {"all": _table(everything), "owned": _table(own)}
        areas[str(year)] = {"tiles": of_year, "region": _table(region)}
    write_json(folder / "areas.json", {"region": spec.name, "years": areas})
    write_json(folder / "changes.json", [asdict(change.event) for _, change in changes])
    if changes:
        table = _polygons(changes).to_crs(f"EPSG:{spec.tiles[0].grid.epsg}")
        write_geopackage(folder / "changes.gpkg", table, "changes")


def _polygons(changes: Sequence[tuple[PixelGrid, Change]]) -> gpd.GeoDataFrame:
    """One multipolygon an event, along the borders of its pixels."""
    parts = []
    for grid, change in changes:
        mask = np.zeros(grid.shape, dtype=np.uint8)
        mask.flat[change.place] = 1
        found = rasterio.features.shapes(mask, mask=mask > 0, transform=grid.transform)
        outline = shapely.union_all([shapely.geometry.shape(shape) for shape, _ in found])
        record = {k: v for k, v in asdict(change.event).items() if k != "bounds"}
        part = gpd.GeoDataFrame([record], geometry=[outline], crs=f"EPSG:{grid.epsg}")
        parts.append(part.to_crs(f"EPSG:{changes[0][0].epsg}"))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[0].crs)


def _count(
    classes: npt.NDArray[np.uint8], hectares: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Pixels and hectares of the land classes, shape (2, 9)."""
    size = len(KARRA_10.land) + 1
    pixels = np.bincount(classes, minlength=size)[1:size]
    area = np.bincount(classes, weights=hectares, minlength=size)[1:size]
    return np.stack([pixels.astype(np.float64), area])


def _table(counts: npt.NDArray[np.float64]) -> dict[str, dict[str, float]]:
    return {
        c.name: {"pixels": int(counts[0, i]), "area_ha": round(float(counts[1, i]), 4)}
        for i, c in enumerate(KARRA_10.land)
    }
