"""Which format a delivered vector file has, told by its content before GDAL sees it.

What belongs here: signatures, and what is refused. What does not: reading.

GDAL chooses a driver by content: a text file called ``labels.gpkg`` may be a VRT that names
another local file or an address of the network. So the signature decides here, the name must
not contradict it, and the driver that GDAL then chose is compared with it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lulc_assets.core.errors import LulcError


@dataclass(frozen=True)
class VectorFormat:
    """A format that is read.

    Attributes:
        name: for messages.
        drivers: of GDAL that may open it; empty: it is not read by GDAL.
        suffixes: that promise this format.
    """

    name: str
    drivers: tuple[str, ...]
    suffixes: tuple[str, ...]


GEOPACKAGE = VectorFormat("GeoPackage", ("GPKG",), (".gpkg",))
SHAPEFILE = VectorFormat("shapefile", ("ESRI Shapefile",), (".shp",))
GEOJSON = VectorFormat(
    "GeoJSON", ("GeoJSON", "GeoJSONSeq"), (".geojson", ".json", ".geojsonl", ".geojsons")
)
FLATGEOBUF = VectorFormat("FlatGeobuf", ("FlatGeobuf",), (".fgb",))
GEODATABASE = VectorFormat("File Geodatabase", ("OpenFileGDB",), (".gdb",))
GEOPARQUET = VectorFormat("GeoParquet", (), (".parquet", ".geoparquet", ".pq"))

FORMATS = (GEOPACKAGE, SHAPEFILE, GEOJSON, FLATGEOBUF, GEODATABASE, GEOPARQUET)
_KNOWN = ", ".join(one.name for one in FORMATS)

_SIGNATURES: Mapping[bytes, VectorFormat] = {
    b"SQLite format 3\0": GEOPACKAGE,
    b"\x00\x00\x27\x0a": SHAPEFILE,
    b"fgb\x03": FLATGEOBUF,
    b"PAR1": GEOPARQUET,
}
_VIRTUAL = re.compile(rb"<OGR|<VRT|/vsi|<GDAL_WMS|<WFS", re.IGNORECASE)
"""Marks of files that are no data but say where data is."""
_HEAD = 4096
_GEODATABASE_TABLE = "a00000001.gdbtable"


def is_geodatabase(path: Path) -> bool:
    """Whether a path is the folder of a File Geodatabase."""
    return (path / _GEODATABASE_TABLE).is_file()


def find_format(path: Path, error: type[LulcError]) -> VectorFormat:
    """The format of a delivered file or folder.

    Args:
        path: of a GeoPackage, shapefile, GeoJSON, FlatGeobuf, GeoParquet, or the folder of a
            File Geodatabase.
        error: raised, naming the file, where it is missing, none of these, or not what its
            name says.
    """
    if str(path).startswith(("/vsi", "\\vsi")) or "://" in str(path):
        raise error(f"{path}: only files on disk are read; fetch it and name the copy")
    if path.is_dir():
        if is_geodatabase(path):
            return GEODATABASE
        raise error(f"{path}: is a folder without vector data; name the file in it")
    if not path.is_file():
        raise error(f"{path}: does not exist; check the path")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    found = next((one for mark, one in _SIGNATURES.items() if head.startswith(mark)), None)
    if found is None and head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        found = None if _VIRTUAL.search(head) else GEOJSON
    promised = next((one for one in FORMATS if path.suffix.lower() in one.suffixes), None)
    if found is None:
        raise error(_explain(path, head, promised))
    if promised is not None and promised != found:
        raise error(
            f"{path}: is named like a {promised.name} and holds a {found.name}; name it "
            f"*{found.suffixes[0]}"
        )
    return found


def _explain(path: Path, head: bytes, promised: VectorFormat | None) -> str:
    """Why a file is not vector data, and what would be."""
    said = f"{path}: cannot be read as a vector file: "
    if not head:
        return said + "it is empty; export it again"
    if _VIRTUAL.search(head):
        return said + "it points to data elsewhere; deliver the data itself"
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")):
        return said + "it is an archive; unpack it and name the file inside"
    if path.suffix.lower() in (".dbf", ".shx", ".prj", ".cpg"):
        return said + "it is a companion of a shapefile; name the .shp"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return said + "it is text in UTF-16; save it as UTF-8"
    what = f"it is not the {promised.name} that its name says" if promised else "unknown format"
    return said + f"{what}; save it as one of {_KNOWN}"
