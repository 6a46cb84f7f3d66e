import cv2
import numpy as np
import pytest
from hypothesis import given, settings

from kbapp.errors import InputError
from kbapp.formats.picture import SYNTHETIC, decode_png, encode_png, png_text
from tests.formats.completions import drawn, images


@settings(max_examples=40, deadline=None)
@given(images())
def test_a_picture_comes_back_with_every_pixel_and_its_depth(image):
    back = decode_png(encode_png(image.pixels))
    assert back.dtype == image.pixels.dtype
    assert np.array_equal(back, image.pixels)


def test_the_same_pixels_give_the_same_bytes_and_no_time_is_inside():
    data = encode_png(drawn().pixels)
    assert data == encode_png(drawn().pixels.copy())
    assert b"tIME" not in data and b"date" not in data.lower()


def test_a_generated_picture_says_synthetic_and_a_given_one_does_not():
    assert png_text(encode_png(drawn().pixels, SYNTHETIC)) == {"synthetic": "true"}
    assert png_text(encode_png(drawn().pixels)) == {}


@pytest.mark.parametrize(
    "damage", [lambda d: b"", lambda d: b"GIF89a", lambda d: d[:-30], lambda d: d[:60] + bytes([d[60] ^ 255]) + d[61:]]
)
def test_a_damaged_picture_is_refused_by_name(damage):
    with pytest.raises(InputError, match="PNG"):
        decode_png(damage(encode_png(drawn().pixels)))


@settings(max_examples=40, deadline=None)
@given(images())
def test_another_reader_sees_the_same_picture(image):
    data = np.frombuffer(encode_png(image.pixels, {"note": "grüße"}), np.uint8)
    seen = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert np.array_equal(seen[..., ::-1] if image.pixels.ndim == 3 else seen, image.pixels)
    assert png_text(data.tobytes()) == {"note": "grüße"}
