"""Arrays to pictures: reflectance and class codes as RGB, and RGB as image bytes.

What belongs here: the fixed stretch, palettes, shrinking and encoding. What does not:
figures with axes and legends (the ``*_figures.py`` modules).

The stretch is the same for every scene and band, so that two pictures can be compared:
``log(1 + 12 ρ) / log(1 + 12 · 0.6)`` for reflectance ρ of 0–0.6. Visible reflectance of
forest and water is 0.02–0.05, of fields 0.05–0.15, of desert 0.3–0.5, of clouds more;
a linear stretch either drowns the first or burns out the last (checked on a Slovenian
forest and a Saharan tile). It runs through a table of 1,024 steps, so that the bytes do
not depend on a processor's logarithm.
"""

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lulc_assets.core.code_counts import count_codes
from lulc_assets.core.legend import Legend
from lulc_assets.core.scene.bands import SIX, as_picture

if TYPE_CHECKING:
    from PIL.Image import Image

REFLECTANCE_MAX = 0.6
LIFT = 12.0
"""Larger lifts dark ground more."""
NO_DATA_RGB = (222, 222, 222)
_STEPS = 1024
_JPEG_QUALITY = 85
_CARD_PX, _ROW_PX = 320, 160

Rgb = npt.NDArray[np.uint8]


def true_color(
    reflectance: npt.NDArray[np.float32],
    valid: npt.NDArray[np.bool_],
    roles: Sequence[str] = SIX,
) -> Rgb:
    """Red, green and blue as the eye sees them, or what stands for them (``bands.as_picture``).

    Args:
        reflectance: shape (bands, h, w), 0–1.
        valid: shape (h, w); False becomes light grey.
        roles: of the bands in their order.

    Returns:
        Shape (h, w, 3), uint8.
    """
    bands = [list(roles).index(role) for role in as_picture(roles)]
    top = LIFT * REFLECTANCE_MAX
    table = np.array(
        [round(255 * math.log1p(top * i / (_STEPS - 1)) / math.log1p(top)) for i in range(_STEPS)],
        dtype=np.uint8,
    )
    rgb = np.empty((*reflectance.shape[1:], 3), dtype=np.uint8)
    for channel, index in enumerate(bands):
        band = np.where(valid, reflectance[index], np.float32(0))
        steps = np.clip(
            band * np.float32((_STEPS - 1) / REFLECTANCE_MAX) + np.float32(0.5), 0, _STEPS - 1
        )
        rgb[..., channel] = table[steps.astype(np.int16)]
    rgb[~valid] = NO_DATA_RGB
    return rgb


def class_palette(legend: Legend) -> Rgb:
    """The legend's colours, shape (256, 3), uint8; no data and unknown codes light grey."""
    table = np.full((256, 3), NO_DATA_RGB, dtype=np.uint8)
    colors = legend.rgb_table()
    table[1 : len(colors)] = colors[1:]
    return table


def class_rgb(class_map: npt.NDArray[np.uint8], legend: Legend) -> Rgb:
    """Class codes (h, w) in the legend's colours, shape (h, w, 3), uint8."""
    return class_palette(legend)[class_map]


def shrink(rgb: Rgb, max_px: int) -> Rgb:
    """Average blocks of pixels until neither side is longer than ``max_px``.

    Args:
        rgb: shape (h, w, 3), uint8.
        max_px: longest side allowed, at least 1.
    """
    factor = _shrink_factor(rgb.shape, max_px)
    if factor == 1:
        return rgb
    padded = np.pad(rgb, (*_padding(rgb.shape, factor), (0, 0)), mode="edge")
    height, width = padded.shape[0] // factor, padded.shape[1] // factor
    blocks = padded.reshape(height, factor, width, factor, 3)
    total = blocks.sum(axis=(1, 3), dtype=np.uint32)
    return ((total + factor * factor // 2) // (factor * factor)).astype(np.uint8)


def shrink_classes(class_map: npt.NDArray[np.uint8], max_px: int) -> npt.NDArray[np.uint8]:
    """Take the commonest code of blocks of pixels until no side exceeds ``max_px``.

    Ties go to the smallest code.
    """
    factor = _shrink_factor(class_map.shape, max_px)
    if factor == 1:
        return class_map
    padded = np.pad(class_map, _padding(class_map.shape, factor), mode="edge")
    height, width = padded.shape[0] // factor, padded.shape[1] // factor
    # One plane for each place in a block: sums of whole planes are far quicker than of blocks.
    places = padded.reshape(height, factor, width, factor).transpose(1, 3, 0, 2)
    planes = np.ascontiguousarray(places).reshape(factor * factor, height, width)
    best = np.zeros((height, width), dtype=np.uint8)
    most = np.full((height, width), -1, dtype=np.int32)
    for code in np.flatnonzero(count_codes(class_map)):
        count = np.zeros((height, width), dtype=np.int32)
        for plane in planes:
            count += plane == code
        best[count > most] = code
        np.maximum(most, count, out=most)
    return best


def _shrink_factor(shape: tuple[int, ...], max_px: int) -> int:
    return -(-max(shape[:2]) // max_px)


def _padding(shape: tuple[int, ...], factor: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (0, -shape[0] % factor), (0, -shape[1] % factor)


def encode_class_png(class_map: npt.NDArray[np.uint8], legend: Legend) -> bytes:
    """PNG bytes of class codes (h, w) with the legend's palette; far smaller than RGB."""
    image = _image(class_map)
    image.putpalette(class_palette(legend).tobytes())
    return _encoded(image, "PNG")


def encode_jpeg(rgb: Rgb) -> bytes:
    """JPEG bytes of (h, w, 3) uint8: for photographs inside pages, a fifth of a PNG."""
    return _encoded(_image(rgb), "JPEG", quality=_JPEG_QUALITY)


def encode_mask(mask: npt.NDArray[np.uint8]) -> bytes:
    """PNG bytes of a grey image (h, w), uint8, without loss."""
    return _encoded(_image(mask), "PNG")


def class_thumbnail(class_map: npt.NDArray[np.uint8], legend: Legend) -> bytes:
    """A small PNG of a class map, for cards."""
    return encode_class_png(shrink_classes(class_map, _CARD_PX), legend)


def rgb_thumbnail(rgb: Rgb) -> bytes:
    """A small JPEG of a picture, for scene lists."""
    return encode_jpeg(shrink(rgb, _ROW_PX))


def _image(array: Rgb) -> "Image":
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(array))


def _encoded(image: "Image", kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()
