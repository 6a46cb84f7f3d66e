import numpy as np
import pytest

from kbapp.core.case import Case
from kbapp.core.content import ImageContent, Modality, TextContent

RAMP = np.arange(12, dtype=np.uint16).reshape(3, 4) * 1000


def test_equal_pixels_are_equal_pictures_and_the_window_counts():
    assert ImageContent(RAMP.copy()) == ImageContent(RAMP.copy())
    assert ImageContent(RAMP.copy()) != ImageContent(RAMP.copy(), window=(0, 500))
    assert ImageContent(np.zeros((2, 6), np.uint8)) != ImageContent(np.zeros((6, 2), np.uint8))
    assert len({ImageContent(RAMP.copy()), ImageContent(RAMP.copy())}) == 1


def test_sixteen_bits_are_windowed_and_not_cut_off():
    shown = ImageContent(RAMP.copy()).display
    assert shown.dtype == np.uint8 and (shown.min(), shown.max()) == (0, 255) and len(np.unique(shown)) == 12
    narrow = ImageContent(RAMP.copy(), window=(4000, 5000)).display
    assert narrow[1, 0] == 0 and narrow[1, 1] == 255 and narrow.min() == 0 and narrow.max() == 255


def test_a_flat_picture_can_be_shown():
    assert ImageContent(np.full((2, 2), 700, np.uint16)).display.shape == (2, 2)


def test_pixels_cannot_be_changed_behind_a_pictures_back():
    picture = ImageContent(RAMP.copy())
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0] = 1


@pytest.mark.parametrize("pixels", [np.zeros((2, 2), np.float32), np.zeros(4, np.uint8)])
def test_other_arrays_are_refused(pixels):
    with pytest.raises(ValueError, match="expected"):
        ImageContent(pixels)


def test_the_other_modality_of_a_case_is_missing():
    assert Case((TextContent("a"),)).missing is Modality.IMAGE
    assert Case((ImageContent(RAMP.copy()),)).missing is Modality.TEXT


@pytest.mark.parametrize("contents", [(), (TextContent("a"), ImageContent(RAMP.copy()))])
def test_a_case_holds_contents_of_one_modality(contents):
    with pytest.raises(ValueError, match="one modality"):
        Case(contents)
