"""The upload page: choose a file, see its map.

What belongs here: one HTML file that loads nothing from elsewhere. What does not: the service.
"""

import base64
import hashlib
from html import escape
from importlib.resources import files

from lulc_assets.core.figures.formats import NOT_MAPPED
from lulc_assets.core.legend_class import LegendClass
from lulc_assets.core.model.bundle import Bundle


def upload_page(bundle: Bundle) -> tuple[str, str]:
    """HTML, and its content security policy: nothing from elsewhere, this script alone."""
    style, script = (_text(f"upload.{kind}") for kind in ("css", "js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    shown = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    swatches = "".join(f".c{c.code}{{background:{c.color}}}" for c in bundle.legend.classes)
    colors = base64.b64encode(hashlib.sha256(swatches.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'sha256-{shown}' "
        f"'sha256-{colors}'; img-src blob: data:; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    entries = "".join(_entry(c, c.name in bundle.taught) for c in bundle.legend.classes)
    needs = (
        f"{len(bundle.bands)} bands ({escape(', '.join(bundle.bands))}), {bundle.gsd_m:g} m, UTM"
    )
    html = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>Land cover</title><link rel="icon" href="data:,"><style>{style}</style>'
        f"<style>{swatches}</style></head><body><header><h1>Land cover of an image</h1>"
        f"<p>A GeoTIFF: {needs}, reflectance × 10000 or 0–1.</p></header><main>"
        '<form id="form"><input id="file" type="file" accept=".tif,.tiff,image/tiff" required '
        'aria-label="GeoTIFF"><input id="key" type="password" placeholder="API key, if there is '
        'one" aria-label="API key" autocomplete="off"><button id="go">Map it</button></form>'
        '<p id="said" role="status"></p><div id="map" aria-label="Map"><span id="where"></span>'
        f'<span id="scale"></span></div><p id="files"></p><ul id="legend">{entries}</ul></main>'
        f"<script>{script}</script></body></html>"
    )
    return html, policy


def _entry(one: LegendClass, taught: bool) -> str:
    """A row of the legend; the script writes shares where there is a name."""
    name, said = (f' data-name="{escape(one.name)}"', "") if taught else ("", f" {NOT_MAPPED}")
    return f'<li{name}><i class="c{one.code}"></i>{escape(one.title)}<b>{said}</b></li>'


def _text(name: str) -> str:
    return files("lulc_assets.core.serving").joinpath(name).read_text("utf-8")
