"""The reference sample: a probability sample of the region with its design on record.

What belongs here: drawing units before anything is known about them, and writing them
with their inclusion probability. What does not: estimation from them.

Simple random sampling without replacement of all pixels that the tiles own. No map and no
truth takes part in the draw; the true class is looked up afterwards, by an interpreter
who does not err.
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
from lulc_assets.simulation.spec import ArchiveSpec
from lulc_assets.simulation.stac import write_json
from lulc_assets.simulation.vector_files import write_geopackage


@dataclass(frozen=True)
class DrawnUnits:
    """Pixels of the sample, one entry a unit, in the order of the frame.

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


def write_sample(
    spec: ArchiveSpec,
    year: int,
    truth: Mapping[str, npt.NDArray[np.uint8]],
    folder: Path,
) -> Path:
    """Write ``reference_sample_<year>.gpkg`` and its JSON sidecar; returns the former.

    Args:
        spec: the archive's description.
        year: calendar year.
        truth: class raster of each tile in that year.
        folder: where to write.
    """
    units = draw_units(spec, year)
    grids: dict[str, PixelGrid] = {t.tile: t.grid for t in spec.tiles}
    own = [grids[tile] for tile in units.tile]
    xs = np.array([g.x0 for g in own]) + (units.col + 0.5) * PIXEL_M
    ys = np.array([g.y0 for g in own]) - (units.row + 0.5) * PIXEL_M
    epsgs = np.array([g.epsg for g in own])
    codes = [
        int(truth[tile][row, col])
        for tile, row, col in zip(units.tile, units.row, units.col, strict=True)
    ]
    target = spec.tiles[0].grid.epsg
    table = gpd.GeoDataFrame(
        {
            "unit_id": [f"{spec.name}-{year}-{i:05d}" for i in range(spec.sample_size)],
            "tile": units.tile,
            "reference_class": [KARRA_10.by_code(code).name for code in codes],
            "inclusion_probability": spec.sample_size / units.population,
        },
        geometry=_in_one_crs(xs, ys, epsgs, target),
        crs=f"EPSG:{target}",
    )
    path = folder / f"reference_sample_{year}.gpkg"
    write_geopackage(path, table, "sample")
    design = {
        "design": "simple_random",
        "region": spec.name,
        "year": year,
        "population_pixels": units.population,
        "sample_size": spec.sample_size,
        "seed": spec.seed,
        "frame": "owned pixels of tiles " + ", ".join(t.tile for t in spec.tiles),
    }
    write_json(folder / f"reference_sample_{year}.json", design)
    return path


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
