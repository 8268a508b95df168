"""Names of classes beside a GeoTIFF, where GDAL keeps them (``.aux.xml``).

What belongs here: the sidecar. What does not: QGIS styles (``core/publishing/styles``).

Source: GDAL's persistent auxiliary metadata; GeoTIFF itself has no place for category names.
"""

from pathlib import Path
from xml.etree import ElementTree

from lulc_assets.core.legend import Legend
from lulc_assets.core.whole_files import whole_file


def write_category_names(raster: Path, legend: Legend) -> Path:
    """Write ``NAME.tif.aux.xml``: category i is the title of code i, 0 is no data."""
    titles = {known.code: known.title for known in legend.classes}
    root = ElementTree.Element("PAMDataset")
    band = ElementTree.SubElement(root, "PAMRasterBand", band="1")
    names = ElementTree.SubElement(band, "CategoryNames")
    for code in range(max(titles) + 1):
        title = "No data" if code == 0 else titles.get(code, "")
        ElementTree.SubElement(names, "Category").text = title
    ElementTree.indent(root)
    path = raster.with_name(f"{raster.name}.aux.xml")
    with whole_file(path, durable=False) as part:
        part.write_text(ElementTree.tostring(root, encoding="unicode") + "\n", "utf-8")
    return path
