"""The figure of a scene's applicability.

What belongs here: where a scene is far from what the model was trained on. What does not: how
far that is measured (``core/model/applicability``).
"""

import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.quicklook import NO_DATA_RGB, Rgb, shrink
from lulc_assets.core.figures.style import (
    WIDTH_IN,
    bare_image,
    drawing,
    encode_figure,
    wrap_text,
)

_PANEL_PX = 450
_TITLE_LETTERS = 60
_SHOWN = 200
_NO_LEVEL = 255


def applicability_figure(
    true_color_rgb: Rgb, levels: npt.NDArray[np.uint8], far_pct: float | None, title: str
) -> bytes:
    """A scene beside its applicability.

    Args:
        true_color_rgb: shape (h, w, 3), uint8.
        levels: shape (h, w), uint8: 0–100 per cent of the validation cells that are nearer to
            the training set, above: farther than all; 255: nothing seen.
        far_pct: share of the seen pixels that are far; None: nothing was seen.
        title: printed above, usually the scene id.

    Returns:
        PNG bytes.
    """
    from matplotlib.cm import ScalarMappable  # loads with the first figure
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    height, width = levels.shape
    step = max(1, -(-max(height, width) // _PANEL_PX))
    shown = levels[::step, ::step]
    # Ground as usual is pale, so that the eye goes to what is far; black beyond all that is known.
    colours = [(0.0, "#f4f1ea"), (0.45, "#efc98b"), (0.5, "#c8600a"), (1.0, "#2b0a3d")]
    colour_map = LinearSegmentedColormap.from_list("applicability", colours)
    scale = Normalize(0, _SHOWN)
    picture = (colour_map(scale(shown))[..., :3] * 255).round().astype(np.uint8)
    picture[shown == _NO_LEVEL] = NO_DATA_RGB
    far = "nothing seen" if far_pct is None else f"{far_pct:.0f} % far"
    with drawing((WIDTH_IN - 0.1) / 2 * height / width + 1.3) as figure:
        left, right = figure.subplots(1, 2)
        bare_image(left, shrink(true_color_rgb, _PANEL_PX), "True colour")
        bare_image(right, picture, f"Distance to training: {far}")
        bar = figure.colorbar(
            ScalarMappable(scale, colour_map), ax=[left, right], location="bottom",
            fraction=0.05, aspect=40, ticks=[0, 50, 95, 150, _SHOWN],
        )  # fmt: skip
        bar.set_label(
            "Below 100: % of validation cells that are nearer.\nAbove: 100 × distance / farthest "
            "of them. Far: above 95. Grey: not seen"
        )
        figure.suptitle(wrap_text(title, _TITLE_LETTERS), fontsize=9, fontweight="bold")
        return encode_figure(figure)
