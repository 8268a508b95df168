"""Figures of label quality: how annotators differ, and what classes look like.

What belongs here: figures that judge labels. What does not: where labels lie
(``map_figures``), the figures' numbers (``core/labels``).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.accuracy import confusion_figure
from lulc_assets.core.figures.style import (
    CONTRAST,
    MUTED,
    bare_image,
    drawing,
    encode_figure,
    notice_figure,
)
from lulc_assets.core.legend import Legend

BAND_NM: Mapping[str, float] = {
    "blue": 490,
    "green": 560,
    "red": 665,
    "nir": 842,
    "swir1": 1610,
    "swir2": 2190,
}
"""Central wavelengths of Sentinel-2's B02, B03, B04, B08, B11, B12 (ESA user guide)."""


def annotator_figure(confusion: npt.NDArray[np.int64], legend: Legend) -> bytes:
    """What one annotator calls what another calls differently, % of the other's pixels.

    Args:
        confusion: pixels, summed over pairs in both orders, shape (k, k), int64.
        legend: of the codes.

    Returns:
        PNG bytes.
    """
    return confusion_figure(
        confusion,
        legend,
        title="Annotators against each other",
        axis_titles=("One annotator", "Another annotator"),
        empty="No gold window was drawn by several annotators.",
    )


def spectra_figure(
    spectra: npt.NDArray[np.float64],
    codes: npt.NDArray[np.uint8],
    bands: tuple[str, ...],
    legend: Legend,
) -> bytes:
    """Median reflectance of each class over the wavelengths, with the middle half of polygons.

    Args:
        spectra: mean reflectance of each polygon, shape (n, bands), NaN where unseen.
        codes: class of each polygon, shape (n,), uint8.
        bands: names of the columns.
        legend: of the codes.

    Returns:
        PNG bytes.
    """
    seen = np.isfinite(spectra).all(axis=1)
    shown = [code for code in legend.codes if (codes[seen] == code).any()]
    if not shown:
        text = "No labelled polygon was seen on a clear date."
        return notice_figure("Reflectance by class", text)
    order = np.argsort([BAND_NM[band] for band in bands])
    names = [bands[i] for i in order]
    places = np.arange(len(bands))
    columns = 3
    lines = -(-len(shown) // columns)
    with drawing(0.6 + 1.55 * lines) as figure:
        panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axes in panels.flat[len(shown) :]:
            axes.set_axis_off()
        for axes, code in zip(panels.flat, shown, strict=False):
            own = spectra[seen & (codes == code)][:, order]
            low, middle, high = np.percentile(own, [25, 50, 75], axis=0)
            known = legend.by_code(code)
            axes.plot(places, own.T, color=MUTED, linewidth=0.3, alpha=0.35)
            axes.fill_between(places, low, high, color=known.color, alpha=0.45, linewidth=0)
            axes.plot(places, middle, color=known.color, marker="o", markersize=3, linewidth=1.8)
            axes.set_title(f"{known.title}, {len(own)}", fontsize=7.5, loc="left")
            axes.set_xticks(places, names, rotation=60, fontsize=7.5)
            axes.tick_params(labelbottom=True)
            axes.grid(axis="y")
        top = float(np.nanpercentile(spectra[seen], 99.5))
        panels[0, 0].set_ylim(0, max(0.05, 1.1 * top))
        figure.supylabel("Reflectance", fontsize=9)
        text = "Reflectance by class (number of polygons)"
        figure.suptitle(text, x=0.02, ha="left", fontsize=10, fontweight="bold")
        return encode_figure(figure)


_OUTLIERS = "Polygons unlike their class"


def outlier_figure(
    pictures: Sequence[npt.NDArray[np.uint8]],
    outlines: Sequence[Sequence[npt.NDArray[np.float64]]],
    titles: Sequence[str],
) -> bytes:
    """True-colour cut-outs with the polygon's outline, numbered.

    Args:
        pictures: (h, w, 3) uint8 each.
        outlines: rings of each polygon in pixels of its picture, (n, 2) column and row.
        titles: printed above each.

    Returns:
        PNG bytes.
    """
    if not pictures:
        return notice_figure(_OUTLIERS, "No polygon lies far from its class.")
    columns = 4
    lines = -(-len(pictures) // columns)
    with drawing(0.4 + 1.75 * lines) as figure:
        panels = figure.subplots(lines, columns, squeeze=False)
        for axes in panels.flat:
            axes.set_axis_off()
        shown = zip(panels.flat, pictures, outlines, titles, strict=False)
        for number, (axes, picture, rings, text) in enumerate(shown, start=1):
            axes.set_axis_on()
            bare_image(axes, picture)
            for ring in rings:
                axes.plot(ring[:, 0], ring[:, 1], color="white", linewidth=2.2)
                axes.plot(ring[:, 0], ring[:, 1], color=CONTRAST, linewidth=1.1)
            axes.set_xlim(-0.5, picture.shape[1] - 0.5)
            axes.set_ylim(picture.shape[0] - 0.5, -0.5)
            axes.set_title(f"{number}: {text}", fontsize=6.5)
        figure.suptitle(_OUTLIERS, x=0.02, ha="left", fontsize=10, fontweight="bold")
        return encode_figure(figure)
