"""Figures of patch classifiers: whole patches as pictures, with what the network says of them.

What belongs here: pairs of confused classes with their patches, the probabilities of a patch, one
place at two dates. What does not: matrices and curves, which are those of map networks
(``evaluation``, ``training``).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.evaluation import rank_confusions
from lulc_assets.core.figures.quicklook import Rgb, class_rgb
from lulc_assets.core.figures.style import (
    INK,
    SMALL_PT,
    WIDTH_IN,
    bare_image,
    drawing,
    encode_figure,
    notice_figure,
    present_codes,
    swatches,
)
from lulc_assets.core.figures.training import chip_rgb
from lulc_assets.core.legend import Legend

_PAIRS, _EACH = 5, 4
_SHOWN_CLASSES = 12


def confused_patches_figure(
    images: npt.NDArray[np.uint16],
    codes: npt.NDArray[np.uint8],
    probabilities: npt.NDArray[np.float32],
    legend: Legend,
    bands: Sequence[str],
) -> bytes:
    """The largest confusions, each with some of its patches, the surest errors first.

    Args:
        images: (n, bands, s, s), reflectance × 10000.
        codes: labels, (n,).
        probabilities: (n, classes).
        legend: of the codes.
        bands: roles of the images' bands.

    Returns:
        PNG bytes.
    """
    title = "Confused patches"
    predicted = probabilities.argmax(1) + 1
    size = len(legend.classes)
    cells = np.bincount((predicted - 1) * size + codes - 1, minlength=size**2)
    ranked = rank_confusions(cells.reshape(size, size), legend)[:_PAIRS]
    if not ranked:
        return notice_figure(title, "The classifier and the labels agree on every patch.")
    code_of = {known.title: known.code for known in legend.classes}
    panel = (WIDTH_IN - 0.2) / _EACH
    with drawing(len(ranked) * (panel + 0.48) + 0.3) as figure:
        # A title of its own axes would push the other columns away.
        rows = figure.subfigures(len(ranked), 1, squeeze=False)[:, 0]
        for row, pair in zip(rows, ranked, strict=True):
            line = row.subplots(1, _EACH)
            seen = (codes == code_of[pair.label]) & (predicted == code_of[pair.predicted])
            sure = probabilities[:, code_of[pair.predicted] - 1]
            chosen = sorted(np.flatnonzero(seen), key=lambda i: -sure[i])[:_EACH]
            for axes in line:
                axes.set_axis_off()
            for axes, which in zip(line, chosen, strict=False):
                axes.set_axis_on()
                bare_image(axes, chip_rgb(images[which], bands))
                axes.set_xlabel(f"{100 * sure[which]:.0f} %", fontsize=SMALL_PT)
            text = f"{pair.label} seen as {pair.predicted.lower()}: {pair.pixels}"
            row.suptitle(text, x=0.02, ha="left", fontsize=9, fontweight="bold")
        figure.suptitle(title, x=0.02, ha="left", fontsize=10, fontweight="bold")
        return encode_figure(figure)


def patch_vectors_figure(
    images: Sequence[npt.NDArray[np.uint16]],
    names: Sequence[str],
    probabilities: npt.NDArray[np.float32],
    legend: Legend,
    bands: Sequence[str],
) -> bytes:
    """Patches side by side, each above the probabilities of all classes.

    One patch, or the same place at several dates (three at most are legible).

    Args:
        images: (bands, s, s) each, reflectance × 10000.
        names: printed above each.
        probabilities: (n, classes).
        legend: of the classes.
        bands: roles of the images' bands.

    Returns:
        PNG bytes.
    """
    order = np.argsort(-probabilities.max(0), kind="stable")[:_SHOWN_CLASSES]
    titles = [legend.classes[i].title for i in order]
    height = 2.3 + 0.24 * len(order)
    with drawing(height) as figure:
        ratios = [2.0, 0.24 * len(order)]
        grid = figure.subplots(2, len(images), squeeze=False, height_ratios=ratios)
        for column, (image, name, vector) in enumerate(
            zip(images, names, probabilities, strict=True)
        ):
            bare_image(grid[0, column], chip_rgb(image, bands), name[:40])
            axes = grid[1, column]
            shares = 100 * vector[order]
            colors = [legend.classes[i].color for i in order]
            axes.barh(range(len(order)), shares, color=colors, height=0.7, edgecolor=INK, lw=0.3)
            for place, share in enumerate(shares):
                weight = "bold" if share == shares.max() else "normal"
                text = f"{share:.0f}"
                axes.text(share + 1, place, text, va="center", fontsize=SMALL_PT, weight=weight)
            axes.set_yticks(range(len(order)), titles if column == 0 else [""] * len(order))
            axes.invert_yaxis()
            axes.set_xlim(0, 115)
            axes.set_xticks([0, 50, 100])
            axes.set_xlabel("Probability, %")
        return encode_figure(figure)


def patch_map_figure(
    seen: Rgb,
    cells: npt.NDArray[np.uint8],
    covers: tuple[float, float],
    legend: Legend,
    beside: tuple[npt.NDArray[np.uint8], Legend] | None,
) -> bytes:
    """A scene, its map of patches and, if there is one, its map of pixels, side by side.

    Args:
        seen: picture of the scene, (h, w, 3).
        cells: codes of the cells, 0 where not seen.
        covers: height and width of the cells together, in those of the picture.
        legend: of the cells.
        beside: classes of pixels over the same ground as the picture, with their legend.

    Returns:
        PNG bytes.
    """
    height, width = seen.shape[:2]
    panels = 2 + (beside is not None)
    side = (WIDTH_IN - 0.15 * panels) / panels
    shown = [(cells, legend)] + ([beside] if beside else [])
    listed = [(present_codes([codes], known), (codes == 0).any()) for codes, known in shown]
    lines = max(len(codes) + bool(zero) for codes, zero in listed)
    with drawing(side * height / width + 0.35 + 0.17 * lines) as figure:
        axes = figure.subplots(1, panels, squeeze=False)[0]
        for axis in axes:
            axis.set_anchor("N")
        bare_image(axes[0], seen, "The scene")
        axes[1].imshow(
            class_rgb(cells, legend),
            extent=(-0.5, covers[1] * width - 0.5, covers[0] * height - 0.5, -0.5),
            interpolation="nearest",
        )
        titles = ["A class per patch", "A class per pixel"]
        if beside:
            bare_image(axes[2], class_rgb(*beside))
            axes[2].images[0].set_extent((-0.5, width - 0.5, height - 0.5, -0.5))
        for axis, title, (codes, zero), (_, known) in zip(
            axes[1:], titles, listed, shown, strict=False
        ):
            axis.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[])
            axis.set_title(title, fontsize=9)
            axis.legend(
                handles=swatches(codes, known, "Not seen" if zero else None), loc="upper left",
                bbox_to_anchor=(0.0, -0.01), fontsize=SMALL_PT, frameon=False, handlelength=1.2,
                labelspacing=0.25, borderpad=0.1,
            )  # fmt: skip
        return encode_figure(figure)
