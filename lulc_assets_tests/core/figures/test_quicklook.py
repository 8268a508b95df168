import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from lulc_assets.core.figures import quicklook
from lulc_assets.core.legend import KARRA_10


def one_pixel(value: float) -> np.ndarray:
    return np.full((6, 1, 1), value, dtype=np.float32)


def test_the_stretch_has_fixed_ends():
    valid = np.ones((1, 1), dtype=bool)
    assert quicklook.true_color(one_pixel(0.0), valid).max() == 0
    assert quicklook.true_color(one_pixel(0.60), valid).min() == 255
    assert quicklook.true_color(one_pixel(0.9), valid).min() == 255


@given(st.floats(0, 1, width=32), st.floats(0, 1, width=32))
def test_brighter_ground_is_never_darker_in_the_picture(a, b):
    valid = np.ones((1, 1), dtype=bool)
    low, high = sorted((a, b))
    dark, bright = (quicklook.true_color(one_pixel(v), valid) for v in (low, high))
    assert (dark <= bright).all()


def test_no_data_is_light_grey_even_where_values_are_not_numbers():
    reflectance = np.full((6, 2, 2), np.nan, dtype=np.float32)
    rgb = quicklook.true_color(reflectance, np.zeros((2, 2), dtype=bool))
    assert (rgb == quicklook.NO_DATA_RGB).all()


def test_class_codes_take_the_legends_colours():
    rgb = quicklook.class_rgb(np.array([[0, 1, 7]], dtype=np.uint8), KARRA_10)
    assert tuple(rgb[0, 0]) == quicklook.NO_DATA_RGB
    assert tuple(rgb[0, 1]) == KARRA_10.by_code(1).rgb
    assert tuple(rgb[0, 2]) == KARRA_10.by_code(7).rgb


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 20))
def test_shrunk_pictures_fit(height, width, max_px):
    rgb = np.full((height, width, 3), 77, dtype=np.uint8)
    small = quicklook.shrink(rgb, max_px)
    assert max(small.shape[:2]) <= max_px
    assert (small == 77).all()
    codes = quicklook.shrink_classes(np.full((height, width), 5, dtype=np.uint8), max_px)
    assert codes.shape == small.shape[:2]


def test_a_shrunk_class_map_shows_the_commonest_class_not_an_average():
    codes = np.array([[2, 2, 9, 9], [2, 8, 1, 9]], dtype=np.uint8)
    assert quicklook.shrink_classes(codes, 2).tolist() == [[2, 9]]


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40),
               elements=st.integers(0, 4)),
    st.integers(1, 12),
)  # fmt: skip
def test_each_block_shows_its_commonest_code_and_of_ties_the_smallest(codes, max_px):
    factor = -(-max(codes.shape) // max_px)
    padded = np.pad(codes, [(0, -side % factor) for side in codes.shape], mode="edge")
    rows, cols = (side // factor for side in padded.shape)
    blocks = padded.reshape(rows, factor, cols, factor).swapaxes(1, 2).reshape(rows, cols, -1)
    expected = [[np.bincount(block).argmax() for block in row] for row in blocks]
    assert quicklook.shrink_classes(codes, max_px).tolist() == expected


def test_a_class_png_reads_back_as_its_colours():
    codes = np.arange(11, dtype=np.uint8).reshape(1, 11)
    image = Image.open(io.BytesIO(quicklook.encode_class_png(codes, KARRA_10)))
    assert np.array_equal(np.array(image.convert("RGB")), quicklook.class_rgb(codes, KARRA_10))


def test_encoded_pictures_hold_no_metadata_and_repeat():
    rgb = np.random.default_rng(1).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    first = quicklook.encode_jpeg(rgb)
    assert first == quicklook.encode_jpeg(rgb.copy())
    assert not Image.open(io.BytesIO(first)).getexif()


def test_thumbnails_are_small():
    codes = np.ones((640, 1280), dtype=np.uint8)
    thumbnail = Image.open(io.BytesIO(quicklook.class_thumbnail(codes, KARRA_10)))
    assert thumbnail.size == (320, 160)
    picture = quicklook.rgb_thumbnail(np.zeros((640, 1280, 3), dtype=np.uint8))
    assert Image.open(io.BytesIO(picture)).size == (160, 80)
