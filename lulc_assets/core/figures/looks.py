"""Looks: a scene at the size of a picture, read once and kept.

What belongs here: a look's two files, reading them back, and the median of several. What does
not: reading scenes (``core/imagery/quickread``).

A look is what pages show of a scene: thumbnails, backgrounds of predictions, composites. The
stretch of ``quicklook`` keeps the order of reflectances, so that the lower median of stretched
values is the stretched lower median.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lulc_assets.core.figures.quicklook import (
    NO_DATA_RGB,
    Rgb,
    encode_jpeg,
    encode_mask,
    true_color,
)
from lulc_assets.core.imagery.quickread import SceneLook

PICTURE, SEEN = "look.jpg", "seen.png"
"""The true colours, and for each pixel :data:`NOTHING`, :data:`VALID` or :data:`CLEAR`."""

NOTHING, VALID, CLEAR = 0, 1, 2


@dataclass(frozen=True)
class Look:
    """A kept look.

    Attributes:
        rgb: true colours, shape (h, w, 3), uint8; light grey where nothing was seen.
        seen: shape (h, w), uint8: nothing, a value, or clear ground.
    """

    rgb: Rgb
    seen: npt.NDArray[np.uint8]


def write_look(look: SceneLook, folder: Path) -> dict[str, Path]:
    """Write both files; about 300 kB for 1,024 pixels a side."""
    seen = np.where(look.clear, CLEAR, np.where(look.valid, VALID, NOTHING)).astype(np.uint8)
    contents = {
        PICTURE: encode_jpeg(true_color(look.reflectance, look.valid)),
        SEEN: encode_mask(seen),
    }
    files = {name: folder / name for name in contents}
    for name, content in contents.items():
        files[name].write_bytes(content)
    return files


def read_look(picture: Path, seen: Path) -> Look:
    """Read what :func:`write_look` wrote."""
    from PIL import Image

    with Image.open(picture) as image:
        rgb = np.asarray(image.convert("RGB"))
    with Image.open(seen) as image:
        return Look(rgb, np.asarray(image))


def median_look(looks: Sequence[Look]) -> Rgb:
    """The lower median of clear pixels; where no date is clear, of all that have a value.

    Args:
        looks: of one size, at least one.

    Returns:
        Shape (h, w, 3), uint8; light grey where no look has a value.
    """
    seen = np.stack([look.seen for look in looks])
    clear = seen == CLEAR
    used = np.where(clear.any(axis=0), clear, seen >= VALID)
    count = used.sum(axis=0)
    middle = np.maximum((count - 1) // 2, 0)[None, ..., None]
    stack = np.stack([look.rgb for look in looks]).astype(np.int16)
    stack[~used] = 256  # sorted behind everything that counts
    stack.sort(axis=0)
    found = np.take_along_axis(stack, middle, axis=0)[0]
    found[count == 0] = NO_DATA_RGB
    return found.astype(np.uint8)
