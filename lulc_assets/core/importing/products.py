"""Products as ESA delivers them: SAFE folders and zips.

What belongs here: which files of a product are bands. What does not: stacks, items.

JPEG 2000 files of a folder are named where they lie; those of a zip are unpacked, not changed.
"""

import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import numpy as np
import rasterio
import shapely
from pyproj import Transformer
from rasterio.errors import RasterioError

from lulc_assets.core.errors import IncompleteItem, MissingBand, UnreadableRaster
from lulc_assets.core.imagery.gdal import gdal_env
from lulc_assets.core.importing.scene_items import ITEMS, ImportedBand, ImportedScene
from lulc_assets.core.importing.stacks import CLEAR
from lulc_assets.core.scene.bands import BANDS
from lulc_assets.core.whole_files import whole_file

_NAME = re.compile(
    r"S2(?P<unit>[A-D])_MSI(?P<level>L1C|L2A)_(?P<sensed>\d{8}T\d{6})_N(?P<baseline>\d{4})_R\d{3}_"
    r"T(?P<tile>\d{2}[A-Z]{3})_\d{8}T\d{6}"
)
_BAND = re.compile(r".*_(?P<band>B\d[\dA]|SCL)(?:_(?P<gsd>\d{2})m)?\.jp2")
_CLOUDS = re.compile(r"<Cloud_Coverage_Assessment>([\d.]+)</Cloud_Coverage_Assessment>")
_JP2 = "image/jp2"


def is_product(path: Path) -> bool:
    """Whether a path is a SAFE folder, or a zip that is named like one."""
    if path.is_dir():
        return path.suffix == ".SAFE"
    return path.suffix == ".zip" and _NAME.match(path.stem) is not None


def import_product(path: Path, folder: Path) -> ImportedScene:
    """Describe a product; of a zip, unpack its bands beside the catalogue.

    Args:
        path: a SAFE folder or a zip with one.
        folder: of the catalogue.

    Raises:
        IncompleteItem: its name is not that of a product.
        MissingBand: it holds no band.
        UnreadableRaster: a band or the zip cannot be read.
    """
    match = _NAME.match(path.name)
    if match is None:
        raise IncompleteItem(f"{path}: is not named like a product of Sentinel-2; keep ESA's name")
    name = match.group()
    target = folder / ITEMS / name
    try:
        files = _unpack(path, target) if path.suffix == ".zip" else sorted(path.rglob("*"))
    except zipfile.BadZipFile as error:
        raise UnreadableRaster(f"{path}: is not a complete zip: {error}") from error
    bands = _bands(files)
    if not set(bands) & {band.number for band in BANDS.values()}:
        raise MissingBand(f"{path}: holds no JPEG 2000 file of a band under GRANULE/*/IMG_DATA")
    some = bands[min(bands, key=lambda key: (bands[key].gsd_m, key))].path
    try:
        footprint = _outline(some)
        masked = "SCL" in bands
        if not masked:
            bands["SCL"] = _all_clear(some, target / "SCL.jp2")
    except RasterioError as error:
        raise UnreadableRaster(f"{some}: cannot be read: {error}") from error
    sensed = datetime.strptime(match["sensed"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    baseline = f"{match['baseline'][:2]}.{match['baseline'][2:]}"
    return ImportedScene(
        id=name,
        tile=match["tile"],
        sensed=sensed,
        level="L1C" if match["level"] == "L1C" else "L2A",
        baseline=baseline,
        platform=f"sentinel-2{match['unit'].lower()}",
        cloud_pct=_cloud_pct(files),
        mask="scl" if masked else "none",
        bands=bands,
        footprint=footprint,
        product=f"{name}.SAFE",
    )


def _bands(files: Sequence[Path]) -> dict[str, ImportedBand]:
    """Finest file of each band: level 2A has most of them at several samplings."""
    native = {band.number: float(band.gsd_m) for band in BANDS.values()}
    found: dict[str, ImportedBand] = {}
    for path in files:
        match = _BAND.fullmatch(path.name)
        if match is None or "IMG_DATA" not in path.parts:
            continue
        band = match["band"]
        if band != "SCL" and band not in native:
            continue
        gsd = float(match["gsd"] or native.get(band, 20.0))
        if band not in found or gsd < found[band].gsd_m:
            found[band] = ImportedBand(path, _JP2, gsd)
    return found


def _unpack(path: Path, target: Path) -> list[Path]:
    """Bands and metadata of a zip, each under its own path below the item."""
    unpacked = []
    with zipfile.ZipFile(path) as archive:
        for member in _wanted(archive):
            place = target / Path(*PurePosixPath(member.filename).parts)
            if not place.is_file() or place.stat().st_size != member.file_size:
                place.parent.mkdir(parents=True, exist_ok=True)
                with (
                    archive.open(member) as source,
                    whole_file(place, durable=False) as part,
                    part.open("wb") as sink,
                ):
                    shutil.copyfileobj(source, sink)
            unpacked.append(place)
    return unpacked


def _wanted(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    for member in archive.infolist():
        place = PurePosixPath(member.filename)
        if place.is_absolute() or ".." in place.parts:
            continue  # nothing of a product lies outside it
        if _BAND.fullmatch(place.name) or place.name.startswith("MTD_MSI"):
            yield member


def _outline(path: Path) -> shapely.Polygon:
    with gdal_env(), rasterio.open(path, driver="JP2OpenJPEG") as source:
        to_degrees = Transformer.from_crs(source.crs, 4326, always_xy=True)
        box = shapely.segmentize(shapely.box(*source.bounds), 20_000.0)
        outline: shapely.Polygon = shapely.transform(box, to_degrees.transform, interleaved=False)
        return outline


def _all_clear(like: Path, path: Path) -> ImportedBand:
    """A mask that masks nothing, for a product without one, on pixels of 20 m."""
    with gdal_env(), rasterio.open(like, driver="JP2OpenJPEG") as source:
        step = max(1, round(20.0 / abs(source.transform.a)))
        height, width = source.height // step, source.width // step
        profile = {
            "driver": "JP2OpenJPEG", "height": height, "width": width, "count": 1,
            "dtype": "uint8", "crs": source.crs, "quality": 100, "reversible": "YES",
            "transform": source.transform @ source.transform.scale(step, step),
        }  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, durable=False) as part, rasterio.open(part, "w", **profile) as target:
            target.write(np.full((height, width), CLEAR, np.uint8), 1)
    return ImportedBand(path, _JP2, 20.0)


def _cloud_pct(files: Sequence[Path]) -> float:
    for path in files:
        if path.name.startswith("MTD_MSI") and path.suffix == ".xml":
            match = _CLOUDS.search(path.read_text("utf-8", errors="replace"))
            if match is not None:
                return min(100.0, float(match[1]))
    return 0.0
