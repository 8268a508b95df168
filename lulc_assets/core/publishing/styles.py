"""QGIS styles of our layers (``.qml``): *Layer > Properties > Style > Load style*.

What belongs here: the XML that QGIS reads. What does not: figures (``core/figures``).

Source: the format that QGIS 3 writes with *Save style*; only what a raster renderer needs.
"""

from xml.etree import ElementTree

from lulc_assets.core.legend import Legend

_QGIS = "3.34"
_RAMP = ((0.0, "#00224e"), (0.25, "#3b496c"), (0.5, "#707173"), (0.75, "#a59c74"), (1.0, "#fee838"))
"""Cividis, as on the map page."""


def class_style(legend: Legend) -> str:
    """A palette of the legend's colours and titles; 0 is not drawn."""
    root, renderer = _document("paletted")
    entries = ElementTree.SubElement(renderer, "colorPalette")
    for known in legend.classes:
        ElementTree.SubElement(
            entries,
            "paletteEntry",
            value=str(known.code),
            color=known.color,
            label=known.title,
            alpha="255",
        )
    return _text(root)


def ramp_style(most: int, title: str) -> str:
    """A ramp from 0 to ``most``, linear between five colours."""
    root, renderer = _document("singlebandpseudocolor")
    renderer.set("classificationMin", "0")
    renderer.set("classificationMax", str(most))
    shader = ElementTree.SubElement(
        ElementTree.SubElement(renderer, "rastershader"),
        "colorrampshader",
        colorRampType="INTERPOLATED",
        classificationMode="1",
        clip="0",
        labelPrecision="0",
    )
    for share, color in _RAMP:
        value = f"{share * most:g}"
        label = f"{title} {value}" if share in (0.0, 1.0) else value
        ElementTree.SubElement(shader, "item", value=value, color=color, label=label, alpha="255")
    return _text(root)


def _document(kind: str) -> tuple[ElementTree.Element, ElementTree.Element]:
    root = ElementTree.Element("qgis", version=_QGIS, styleCategories="Symbology")
    pipe = ElementTree.SubElement(root, "pipe")
    renderer = ElementTree.SubElement(
        pipe, "rasterrenderer", type=kind, band="1", opacity="1", alphaBand="-1"
    )
    return root, renderer


def _text(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return "<!DOCTYPE qgis>\n" + ElementTree.tostring(root, encoding="unicode") + "\n"
