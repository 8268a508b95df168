"""Label rasters: a GeoTIFF of foreign codes on any grid becomes polygons on the tile's grid.

What belongs here: resampling codes (nearest pixel, never a mean of codes), translating
them, and cutting them into one label per class and block of ground. What does not: polygons
as delivered (``source``).

The polygons follow pixel edges, so that burning them gives back the very same pixels. A
block is the window that roles are drawn for: in a wall-to-wall map single patches of one
class would say little about unseen places.
"""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.features import shapes
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window as RasterWindow

from lulc_assets.core.crosswalks import Crosswalk, find_crosswalk
from lulc_assets.core.errors import LabelError, MissingCrs, UnknownClass
from lulc_assets.core.grid import PixelGrid, Window
from lulc_assets.core.labels.places import grid_around
from lulc_assets.core.labels.reading import with_drawn_roles
from lulc_assets.core.labels.schema import TRAIN, validate_labels
from lulc_assets.core.labels.source import LabelSet, LabelSource, ReadReport
from lulc_assets.core.tables.raster_blocks import require_small_blocks
from lulc_assets.core.tables.source_digest import RASTER_SUFFIXES

_STRIP_BLOCKS = 8
"""Rows of blocks that are read at once."""


def is_raster(path: str) -> bool:
    """Whether a label source is a raster, by the ending of its name."""
    return Path(path).suffix.lower() in RASTER_SUFFIXES


def read_raster_labels(source: LabelSource, grid: PixelGrid) -> LabelSet:
    """Labels of a GeoTIFF of codes within an area of interest.

    Args:
        source: ``path`` is a GeoTIFF with one band of whole numbers in any CRS; its no
            data stays unlabelled.
        grid: area of interest on the tile's own grid.

    Returns:
        As :func:`lulc_assets.core.labels.reading.read_labels`, in the grid's CRS: one row
        per class and block, roles drawn by block.

    Raises:
        LabelError: missing, unreadable, several bands, no whole numbers, or roles are
            asked for that a raster does not hold; its blocks are too large to unpack.
        MissingCrs: the file has no CRS.
        UnknownClass: a code is not in the crosswalk; the message names it and the file.
    """
    if source.role_column is not None or source.annotator_column is not None:
        raise LabelError(
            f"{source.path}: a raster has no columns; remove role_column and annotator_column"
        )
    codes, relations_lost, dropped = _read_codes(source, grid)
    rows = [
        row
        for window in _lattice(grid, source.role_block_px)
        for row in _block_rows(codes, window, grid, source)
    ]
    count = len(rows)
    table = gpd.GeoDataFrame(
        {
            "label_id": [str(row[0]) for row in rows],
            "class_code": np.array([row[2] for row in rows], dtype=np.uint8),
            "role": [TRAIN] * count,
            "window_id": [str(row[1]) for row in rows],
            "annotator": [""] * count,
            "source_order": np.arange(count, dtype=np.int64),
        },
        geometry=gpd.GeoSeries([row[3] for row in rows], crs=grid.epsg),
        crs=grid.epsg,
    )
    table = validate_labels(table, source.path)
    if not source.gives_roles:
        table = with_drawn_roles(table, source)
    vertices = shapely.get_num_coordinates(table.geometry.to_numpy())
    return LabelSet(
        table,
        ReadReport(
            found=grid.height * grid.width,
            without_class=int((codes == 0).sum()) - sum(relations_lost.values()),
            dropped=dropped,
            not_accepted=relations_lost,
            most_vertices=int(vertices.max(initial=0)),
        ),
    )


def _read_codes(
    source: LabelSource, grid: PixelGrid
) -> tuple[npt.NDArray[np.uint8], dict[str, int], dict[str, int]]:
    """Our codes on the grid; pixels left out by relation; those without a class by value."""
    crosswalk = find_crosswalk(source.crosswalk, source.legend)
    codes = np.zeros(grid.shape, dtype=np.uint8)
    lost, dropped = Counter[str](), Counter[str]()
    try:
        with rasterio.open(source.path, driver="GTiff") as raster:
            _require_codes(raster, source.path)
            with WarpedVRT(
                raster,
                crs=f"EPSG:{grid.epsg}",
                transform=grid.transform,
                width=grid.width,
                height=grid.height,
                resampling=Resampling.nearest,
                add_alpha=raster.nodata is None,  # what lies outside the file must show
            ) as warped:
                step = _STRIP_BLOCKS * source.role_block_px
                for row in range(0, grid.height, step):
                    height = min(step, grid.height - row)
                    window = RasterWindow(0, row, grid.width, height)
                    values = warped.read(1, window=window)
                    seen = warped.dataset_mask(window=window) > 0
                    found, refused, without = _translate(values, seen, crosswalk, source)
                    codes[row : row + height] = found
                    lost.update(refused)
                    dropped.update(without)
    except RasterioError as error:
        raise LabelError(f"label file {source.path} cannot be read as a GeoTIFF: {error}") from (
            error
        )
    return codes, dict(sorted(lost.items())), dict(sorted(dropped.items()))


def grid_around_raster(path: str) -> PixelGrid:
    """A 10 m UTM grid around a label raster.

    Raises:
        LabelError: missing, unreadable, no CRS, or it lies where no UTM zone is.
    """
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            _require_codes(raster, path)
            outline = gpd.GeoDataFrame(geometry=[shapely.box(*raster.bounds)], crs=raster.crs)
    except RasterioError as error:
        raise LabelError(f"label file {path} cannot be read as a GeoTIFF: {error}") from error
    return grid_around(outline, path)


def _require_codes(raster: rasterio.DatasetReader, path: str) -> None:
    if raster.crs is None:
        raise MissingCrs(
            f"{path}: the raster does not say its coordinate reference system; assign it "
            "(gdal_edit -a_srs) and save it again"
        )
    if raster.count != 1 or not np.issubdtype(np.dtype(raster.dtypes[0]), np.integer):
        raise LabelError(
            f"{path}: a label raster has one band of whole numbers; this one has "
            f"{raster.count} of {raster.dtypes[0]}"
        )
    require_small_blocks(raster, path, LabelError)


def _translate(
    values: npt.NDArray[np.integer],
    seen: npt.NDArray[np.bool_],
    crosswalk: Crosswalk,
    source: LabelSource,
) -> tuple[npt.NDArray[np.uint8], dict[str, int], dict[str, int]]:
    """Our codes of a strip; pixels that an unaccepted relation, or no class, leaves out."""
    known, places, counts = np.unique(values[seen], return_inverse=True, return_counts=True)
    try:
        entries = crosswalk.entries_of(known.tolist())
    except UnknownClass as error:
        raise UnknownClass(
            f"{source.path}: {error} A value that means no data is declared in the file "
            "(gdal_edit -a_nodata 255)"
        ) from error
    refused, dropped = Counter[str](), dict[str, int]()
    ours = np.array([entry.target for entry in entries], dtype=np.uint8)
    for n, entry in enumerate(entries):
        if entry.target == 0:
            dropped[str(known[n])] = int(counts[n])
        elif entry.relation not in source.accept:
            refused[entry.relation] += int(counts[n])
            ours[n] = 0
    codes = np.zeros(values.shape, dtype=np.uint8)
    codes[seen] = ours[places]
    return codes, dict(refused), dropped


def _lattice(grid: PixelGrid, size: int) -> list[Window]:
    """Blocks of ground, anchored to the CRS, cut to the grid."""
    first_row = int(-grid.y0 / grid.pixel_m % size)
    first_col = int(grid.x0 / grid.pixel_m % size)
    rows = [0, *range(size - first_row, grid.height, size), grid.height]
    cols = [0, *range(size - first_col, grid.width, size), grid.width]
    return [
        Window(top, left, bottom - top, right - left)
        for top, bottom in pairwise(rows)
        for left, right in pairwise(cols)
    ]


def _block_rows(
    codes: npt.NDArray[np.uint8], window: Window, grid: PixelGrid, source: LabelSource
) -> list[tuple[str, str, int, shapely.Geometry]]:
    """Label id, window id, class code and geometry of each class in a block."""
    inside = codes[window.slices]
    if not inside.any():
        return []
    place = grid.cut(window)
    parts: dict[int, list[shapely.Polygon]] = {}
    for geometry, code in shapes(inside, mask=inside > 0, transform=place.transform):
        parts.setdefault(int(code), []).append(shapely.geometry.shape(geometry))
    name = f"{place.x0:.0f}_{place.y0:.0f}"
    stem = Path(source.path).stem
    return [
        (f"{stem}-{name}-{code:02d}", name, code, shapely.MultiPolygon(polygons))
        for code, polygons in sorted(parts.items())
    ]
