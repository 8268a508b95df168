"""GeoTIFF stacks: all bands of a day in one file → one file per band, and what they are.

What belongs here: opening stacks, refusing what cannot be mapped, cutting them into bands. What
does not: names (``naming``), items (``scene_items``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from pyproj import Transformer
from rasterio.errors import RasterioError

from lulc_assets.core.aoi import cover_area
from lulc_assets.core.errors import (
    IncompleteItem,
    InvalidGeometry,
    MissingBand,
    MissingCrs,
    SceneGridMismatch,
    UnreadableRaster,
)
from lulc_assets.core.grid import tile_grid
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.importing.naming import make_id, read_bands, read_date
from lulc_assets.core.importing.scene_items import (
    ITEMS,
    NO_BASELINE,
    ImportedBand,
    ImportedScene,
    MaskSource,
)
from lulc_assets.core.scene.bands import BANDS
from lulc_assets.core.scene.recipe import SCL_ROLE, Level
from lulc_assets.core.whole_files import whole_file

SUFFIXES = (".tif", ".tiff")
CLEAR, CLOUD = 4, 9
"""SCL codes of a mask that knows two things."""
_CLOUDS = (3, 8, 9, 10)
_NOON = time(12)
_REFLECTANCE_DN = 10_000
_LARGEST_REFLECTANCE = 3.0
"""Floats below this are reflectance, above it digital numbers."""


@dataclass(frozen=True)
class ImportOptions:
    """What names and descriptions do not say.

    Attributes:
        bands: of a stack, in their order; empty: their descriptions say it.
        date: pattern of the date in names; empty: any date, year first.
        level: of stacks.
        mask: ``auto``: the band SCL; ``none``: there is none; else the end of the names of mask
            files, ``_clouds`` for ``NAME_clouds.tif``: 0 clear, anything else cloud.
    """

    bands: Sequence[str] = ()
    date: str = ""
    level: Level = "L2A"
    mask: str = "auto"


def import_stack(path: Path, folder: Path, options: ImportOptions) -> list[ImportedScene]:
    """Cut a stack into bands, and describe it for each tile of its zone that it covers.

    Digital numbers are stored as uint16, 0 where there is no data; floats are taken for
    reflectance and multiplied by 10,000.

    Args:
        path: of a GeoTIFF with several bands.
        folder: of the catalogue.
        options: see there.

    Raises:
        IncompleteItem: no date, or several.
        MissingBand: bands cannot be told, or there is neither SCL nor a mask.
        MissingCrs, SceneGridMismatch, UnreadableRaster: it cannot be placed or read.
    """
    day = read_date(path.stem, options.date)
    try:
        with gdal_env(), rasterio.open(path, driver="GTiff") as source:
            roles = read_bands(path.name, source.descriptions, options.bands)
            tiles, footprint = _place(path, source)
            target = folder / ITEMS / make_id(path.stem, "bands")
            bands = _write_bands(source, roles, target)
            mask, clouds = _write_mask(path, source, roles, target, options.mask)
            pixel = abs(source.transform.a)
    except RasterioError as error:
        raise UnreadableRaster(f"{path}: cannot be read: {error}") from error
    files = {name: ImportedBand(file, "image/tiff", pixel) for name, file in bands.items()}
    files["SCL"] = ImportedBand(target / "SCL.tif", "image/tiff", pixel)
    return [
        ImportedScene(
            id=make_id(path.stem, tile),
            tile=tile,
            sensed=datetime.combine(day, _NOON, tzinfo=UTC),
            level=options.level,
            baseline=NO_BASELINE,
            platform="",
            cloud_pct=clouds,
            mask=mask,
            bands=files,
            footprint=footprint,
        )
        for tile in tiles
    ]


def _place(path: Path, source: rasterio.DatasetReader) -> tuple[list[str], shapely.Polygon]:
    """Tiles of the stack's zone whose ground it shows, and its outline in degrees."""
    if source.crs is None:
        raise MissingCrs(f"{path}: does not say its coordinate reference system; set it first")
    epsg = source.crs.to_epsg()
    to_degrees = Transformer.from_crs(source.crs, 4326, always_xy=True)
    box = shapely.segmentize(shapely.box(*source.bounds), 5000.0)
    outline = shapely.transform(box, to_degrees.transform, interleaved=False)
    try:
        found = [each.tile for each in cover_area(outline)]
    except InvalidGeometry as error:
        raise SceneGridMismatch(f"{path}: lies on no tile: {error}") from error
    tiles = [tile for tile in found if tile_grid(tile).epsg == epsg]
    if not tiles:
        raise SceneGridMismatch(
            f"{path}: is in {source.crs.to_string()}, its tiles are in EPSG:"
            f"{tile_grid(found[0]).epsg}; warp it: gdalwarp -t_srs EPSG:{tile_grid(found[0]).epsg} "
            f"-tr 10 10 {path.name} warped.tif"
        )
    return tiles, outline


def _write_bands(
    source: rasterio.DatasetReader, roles: Sequence[str], folder: Path
) -> dict[str, Path]:
    written = {}
    for number, role in enumerate(roles, start=1):
        if not role or role == SCL_ROLE:
            continue
        name = BANDS[role].number
        written[name] = _write(source, folder / f"{name}.tif", _numbers(source, number))
    if not written:
        raise MissingBand(f"{source.name}: holds none of Sentinel-2's bands but SCL")
    return written


def _numbers(source: rasterio.DatasetReader, band: int) -> npt.NDArray[np.uint16]:
    """Digital numbers of a band, 0 where there is no data."""
    values = source.read(band)
    empty = source.read_masks(band) == 0
    if np.issubdtype(values.dtype, np.floating):
        empty |= ~np.isfinite(values)
        values = np.where(empty, 0, values)
        if values.max(initial=0) <= _LARGEST_REFLECTANCE:
            values = np.rint(values * _REFLECTANCE_DN)
    found: npt.NDArray[np.uint16] = np.clip(values, 0, 65_535).astype(np.uint16)
    found[empty] = 0
    return found


def _write_mask(
    path: Path, source: rasterio.DatasetReader, roles: Sequence[str], folder: Path, mask: str
) -> tuple[MaskSource, float]:
    """Write ``SCL.tif``; returns where it comes from and its share of clouds, 0–100."""
    kind: MaskSource
    if mask == "none":
        kind, codes = "none", np.full(source.shape, CLEAR, np.uint8)
    elif mask != "auto":
        kind, codes = "file", _from_file(path, source, mask)
    elif SCL_ROLE in roles:
        kind, codes = "scl", source.read(list(roles).index(SCL_ROLE) + 1).astype(np.uint8)
    else:
        raise MissingBand(
            f"{path}: has no band SCL; name mask files by the end of their names, like --mask "
            "_clouds, or say --mask none: then only the network's own cloud class decides"
        )
    _write(source, folder / "SCL.tif", codes)
    seen = codes > 0
    return kind, float(100 * np.isin(codes, _CLOUDS)[seen].mean()) if seen.any() else 0.0


def _from_file(path: Path, source: rasterio.DatasetReader, ending: str) -> npt.NDArray[np.uint8]:
    place = next(
        (p for s in SUFFIXES if (p := path.with_name(f"{path.stem}{ending}{s}")).is_file()), None
    )
    if place is None:
        raise IncompleteItem(f"{path}: its mask {path.stem}{ending}.tif is missing")
    with rasterio.open(place, driver="GTiff") as mask:
        if mask.shape != source.shape or mask.transform != source.transform:
            raise SceneGridMismatch(f"{place}: lies on another grid than {path.name}")
        codes: npt.NDArray[np.uint8] = np.where(mask.read(1) == 0, CLEAR, CLOUD).astype(np.uint8)
    return codes


def _write(source: rasterio.DatasetReader, path: Path, values: npt.NDArray[np.generic]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "COG", "height": source.height, "width": source.width, "count": 1,
        "dtype": values.dtype.name, "crs": source.crs, "transform": source.transform,
        "compress": "DEFLATE", "overview_resampling": "NEAREST",
    }  # fmt: skip
    with whole_file(path, durable=False) as part, rasterio.open(part, "w", **profile) as target:
        target.write(values, 1)
    return path
