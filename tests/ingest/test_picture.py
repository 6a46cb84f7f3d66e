"""PNG and JPEG: what is kept, and what is refused before it costs anything (threats A1 to A13)."""

import io
import random

import numpy as np
import pytest
from PIL import Image

from kbapp.errors import InputError
from kbapp.formats.picture import encode_png
from kbapp.ingest import examine, ingest
from kbapp.ingest.limits import PIXELS
from tests.hostile import pictures


def code_of(data: bytes, name: str = "picture.png") -> str:
    with pytest.raises(InputError) as caught:
        ingest(data, name)
    sentence = str(caught.value)
    assert sentence.endswith(".") and len(sentence) < 200 and "Traceback" not in sentence
    return caught.value.code


# Good pictures


def test_an_8_bit_grey_png_comes_back_bit_by_bit():
    content = ingest(pictures.saved(pictures.ramp()), "x.png")
    assert np.array_equal(content.pixels, pictures.ramp()) and content.window is None


def test_a_16_bit_png_keeps_all_its_levels_and_gets_a_window():
    content = ingest(pictures.sixteen_bit_png(), "x.png")
    assert content.pixels.dtype == np.uint16 and len(np.unique(content.pixels)) == 65536
    assert content.window == (0.0, 65535.0)
    assert content.display.min() == 0 and content.display.max() == 255 and 120 < content.display.mean() < 135


def test_control_the_usual_conversion_clips_16_bits_to_white():
    clipped = np.asarray(Image.open(io.BytesIO(pictures.sixteen_bit_png())).convert("L"))
    assert (clipped == 255).mean() > 0.9


def test_a_burnt_in_marker_does_not_darken_a_16_bit_film():
    pixels = pictures.ramp(200, 200, 4095, np.uint16)
    pixels[:3, :3] = 65535
    content = ingest(pictures.saved(pixels), "x.png")
    assert np.array_equal(content.pixels, pixels)
    assert 100 < content.display.mean() < 150


def test_palette_bilevel_alpha_and_cmyk_become_plain_grey():
    grey = Image.fromarray(pictures.ramp())
    for data in (
        pictures.saved(grey.convert("P")),
        pictures.saved(grey.convert("1")),
        pictures.saved(grey.convert("LA")),
        pictures.saved(grey.convert("CMYK"), "JPEG"),
        pictures.saved(grey.convert("RGB")),
    ):
        content = ingest(data)
        assert content.pixels.shape == (48, 64) and content.pixels.dtype == np.uint8


def test_transparent_parts_become_black_like_air():
    image = Image.new("RGBA", (8, 8), (255, 255, 255, 0))
    image.putpixel((3, 4), (200, 200, 200, 255))
    pixels = ingest(pictures.saved(image)).pixels
    assert pixels[4, 3] == 200 and np.count_nonzero(pixels) == 1


def test_a_picture_of_many_hues_keeps_its_colours():
    assert ingest(pictures.saved(pictures.coloured())).pixels.shape == (48, 64, 3)


def test_a_single_tint_is_no_colour():
    intake = examine(pictures.saved(pictures.tinted()))
    assert intake.content.pixels.ndim == 2 and [note.code for note in intake.notes] == ["grey_from_colour"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_the_camera_is_applied_once(orientation):
    content = ingest(pictures.turned_jpeg(orientation))
    upright = pictures.ramp().astype(int)
    stored_as = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: upright[::-1].T,
        7: upright[::-1, ::-1].T,
        8: upright[:, ::-1].T,
    }[orientation]
    assert content.pixels.shape == stored_as.shape
    assert np.abs(content.pixels.astype(int) - stored_as).mean() < 3


# The content decides


def test_a_jpeg_called_png_is_read_and_the_mismatch_is_noted():
    intake = examine(pictures.saved(pictures.ramp(), "JPEG"), "film.png")
    assert intake.kind == "JPEG" and [note.code for note in intake.notes] == ["suffix_mismatch"]


def test_a_text_called_png_is_no_report():
    assert code_of(b"The lungs are clear.", "film.png") == "type_mismatch"


@pytest.mark.parametrize("kind", sorted(pictures.foreign_files()))
def test_other_types_are_named_and_never_decoded(kind):
    assert code_of(pictures.foreign_files()[kind], "film.png") == "type_unsupported"


def test_control_pillow_without_a_list_of_formats_opens_a_gif_called_png():
    assert Image.open(io.BytesIO(pictures.foreign_files()["gif"])).format == "GIF"


@pytest.mark.parametrize("name", sorted(pictures.polyglots()))
def test_what_hides_behind_or_inside_a_picture_does_not_survive(name):
    data = pictures.polyglots()[name]
    assert b"zyxmarker" in data  # the control: it is there
    assert b"zyxmarker" not in encode_png(ingest(data).pixels)


@pytest.mark.parametrize("build", [pictures.telling_png, pictures.telling_jpeg])
def test_names_in_metadata_reach_nothing(build):
    data = build()
    assert b"Zyxmarker" in data
    intake = examine(data)
    assert b"Zyxmarker" not in encode_png(intake.content.pixels) and "Zyxmarker" not in repr(intake.notes)


# Bombs and damage


@pytest.mark.parametrize(
    "data",
    [
        pictures.zeros_png(30_000, 30_000, depth=1),  # over Pillow's own limit, 110 kB
        pictures.header_only_png(9_500, 9_500),  # where Pillow only warns
        pictures.header_only_png(0x7FFFFFFF, 0x7FFFFFFF),
        pictures.header_only_png(PIXELS + 1, 1),
    ],
    ids=["30000 squared", "90 MP", "2^31 squared", "one pixel too many"],
)
def test_more_than_forty_megapixels_are_refused_from_the_header(data):
    assert code_of(data) == "image_too_large"


def test_a_bomb_below_pillows_limit_is_refused_from_the_header():
    data = pictures.header_only_png(8_000, 8_000)
    with Image.open(io.BytesIO(data)) as control:  # the control: Pillow would go on to load 64 MP
        assert control.size == (8_000, 8_000)
    assert code_of(data) == "image_too_large"


@pytest.mark.parametrize("build", [pictures.text_bomb_png, pictures.profile_bomb_png])
def test_a_comment_that_inflates_is_refused(build):
    data = build(300 * 2**20)
    assert len(data) < 2_000_000
    assert code_of(data) == "image_corrupt"


def test_an_empty_file_says_so():
    assert code_of(b"") == "empty"


def test_a_file_over_the_limit_is_not_even_looked_at():
    assert code_of(b"\x89PNG\r\n\x1a\n" + bytes(64 * 2**20)) == "too_large"


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_half_a_picture_is_refused(form):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    data = pictures.saved(noise, form)
    assert code_of(data[: len(data) // 2]) == "image_corrupt"
    assert code_of(data[:20]) == "image_corrupt"


def test_random_bytes_behind_a_good_start_are_refused():
    noise = random.Random(1).randbytes(5000)
    assert code_of(b"\x89PNG\r\n\x1a\n" + noise) == "image_corrupt"
    assert code_of(b"\xff\xd8\xff\xe0" + noise) == "image_corrupt"


def test_a_flipped_byte_in_the_header_is_refused():
    assert code_of(pictures.flipped(pictures.saved(pictures.ramp()), 20)) == "image_corrupt"


def test_a_picture_without_pixels_is_refused():
    assert code_of(pictures.header_only_png(0, 0)) == "image_corrupt"


def test_an_animation_is_refused():
    assert code_of(pictures.animated_png()) == "image_animated"


def test_a_blank_picture_is_refused():
    assert code_of(pictures.saved(np.full((32, 32), 7, np.uint8))) == "image_blank"


def test_truncated_pictures_are_refused_wherever_they_are_cut():
    data = pictures.saved(np.random.default_rng(2).integers(0, 255, (16, 16), dtype=np.uint8))
    generator = random.Random(3)
    for cut in sorted(generator.sample(range(9, len(data) - 12), 25)):
        assert code_of(data[:cut]) == "image_corrupt"
