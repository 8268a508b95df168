"""The reference sample: a probability sample of the region with its design on record.

What belongs here: drawing units before anything is known about them, and writing them
with their inclusion probability. What does not: estimation from them.

The sample that the pipeline uses is a simple random one, without replacement, of all
pixels that the tiles own. No map and no truth takes part in the draw; the true class is
looked up afterwards, by an interpreter who errs as often as the description says (never,
unless it says so). Beside it lie samples of the same region under other designs
(``sample_designs``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from lulc_assets.core.grid import PIXEL_M, PixelGrid, owned_mask
from lulc_assets.core.legend import KARRA_10
from lulc_assets.simulation.archive.labels import CONFUSED_WITH
from lulc_assets.simulation.archive.raster_files import write_raster
from lulc_assets.simulation.archive.sample_designs import (
    Draw,
    draw_clusters,
    draw_stratified,
    older_map,
)
from lulc_assets.simulation.archive.spec import ArchiveSpec
from lulc_assets.simulation.archive.stac import write_json
from lulc_assets.simulation.archive.vector_files import write_geopackage


@dataclass(frozen=True)
class DrawnUnits:
    """Pixels of the sample, one entry per unit, in the order of the frame.

    Attributes:
        tile: owner of each unit.
        row: row in the tile's area, int64.
        col: column in the tile's area, int64.
        population: pixels in the frame.
    """

    tile: list[str]
    row: npt.NDArray[np.int64]
    col: npt.NDArray[np.int64]
    population: int


def draw_units(spec: ArchiveSpec, year: int) -> DrawnUnits:
    """Draw the year's units; depends on nothing but the description."""
    owned = [np.flatnonzero(owned_mask(t.tile, t.grid)) for t in spec.tiles]
    sizes = np.array([part.size for part in owned])
    population = int(sizes.sum())
    rng = np.random.default_rng([spec.seed, year, 6])
    drawn = np.sort(rng.choice(population, size=spec.sample_size, replace=False))
    ends = np.cumsum(sizes)
    part = np.searchsorted(ends, drawn, side="right")
    tiles, rows, cols = [], [], []
    for p, position in zip(part, drawn, strict=True):
        area = spec.tiles[int(p)]
        flat = int(owned[int(p)][position - (ends[p] - sizes[p])])
        tiles.append(area.tile)
        rows.append(flat // area.grid.width)
        cols.append(flat % area.grid.width)
    return DrawnUnits(tiles, np.array(rows), np.array(cols), population)


def write_samples(
    spec: ArchiveSpec,
    year: int,
    truth: Mapping[str, npt.NDArray[np.uint8]],
    folder: Path,
) -> Path:
    """Write a year's samples, a GeoPackage with a JSON sidecar each; returns the first.

    ``reference_sample_<year>`` (simple random), ``stratified_<year>`` by the map
    ``older_map_<year>_<tile>.tif``, and ``cluster_<year>``.

    Args:
        spec: the archive's description.
        year: calendar year.
        truth: class raster of each tile in that year.
        folder: where to write.
    """
    units = draw_units(spec, year)
    chance = np.full(spec.sample_size, spec.sample_size / units.population)
    simple = Draw(units.tile, units.row, units.col, chance, {}, {"design": "simple_random"})
    maps = {t.tile: older_map(spec, year, t.tile, truth[t.tile]) for t in spec.tiles}
    for area in spec.tiles:
        path = folder / f"older_map_{year}_{area.tile}.tif"
        write_raster(path, maps[area.tile], area.grid, "mode")
    draws = {
        "reference_sample": simple,
        "stratified": draw_stratified(spec, year, maps),
        "cluster": draw_clusters(spec, year),
    }
    for name, draw in draws.items():
        _write_draw(spec, (year, units.population), draw, truth, folder / f"{name}_{year}.gpkg")
    return folder / f"reference_sample_{year}.gpkg"


def _write_draw(
    spec: ArchiveSpec,
    year_and_population: tuple[int, int],
    draw: Draw,
    truth: Mapping[str, npt.NDArray[np.uint8]],
    path: Path,
) -> None:
    year, population = year_and_population
    grids: dict[str, PixelGrid] = {t.tile: t.grid for t in spec.tiles}
    own = [grids[tile] for tile in draw.tile]
    xs = np.array([g.x0 for g in own]) + (draw.col + 0.5) * PIXEL_M
    ys = np.array([g.y0 for g in own]) - (draw.row + 0.5) * PIXEL_M
    epsgs = np.array([g.epsg for g in own])
    true = [
        int(truth[tile][row, col])
        for tile, row, col in zip(draw.tile, draw.row, draw.col, strict=True)
    ]
    target = spec.tiles[0].grid.epsg
    table = gpd.GeoDataFrame(
        {
            "unit_id": [f"{spec.name}-{year}-{i:05d}" for i in range(len(true))],
            "tile": draw.tile,
            "reference_class": _interpreted(spec, year, true),
            "inclusion_probability": draw.probability,
            **draw.labels,
        },
        geometry=_in_one_crs(xs, ys, epsgs, target),
        crs=f"EPSG:{target}",
    )
    write_geopackage(path, table, "sample")
    design = {
        **draw.design,
        "region": spec.name,
        "year": year,
        "population_pixels": population,
        "sample_size": len(true),
        "seed": spec.seed,
        "interpreter_error_share": spec.interpreter_error_share,
        "frame": "owned pixels of tiles " + ", ".join(t.tile for t in spec.tiles),
    }
    write_json(path.with_suffix(".json"), design)


def _interpreted(spec: ArchiveSpec, year: int, true: list[int]) -> list[str]:
    """The classes that the interpreter names."""
    rng = np.random.default_rng([spec.seed, year, 14])
    codes = []
    for code in true:
        errs, which = rng.random() < spec.interpreter_error_share, rng.random()
        others = CONFUSED_WITH[code]
        codes.append(int(others[int(which * len(others))]) if errs else code)
    return [KARRA_10.by_code(code).name for code in codes]


def _in_one_crs(
    xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float64], epsgs: npt.NDArray[np.int64], to: int
) -> npt.NDArray[np.object_]:
    """Points in the CRS ``to``, from coordinates each in its own CRS."""
    for epsg in np.unique(epsgs[epsgs != to]):
        there = epsgs == epsg
        xs[there], ys[there] = Transformer.from_crs(int(epsg), to, always_xy=True).transform(
            xs[there], ys[there]
        )
    points: npt.NDArray[np.object_] = shapely.points(xs, ys)
    return points
