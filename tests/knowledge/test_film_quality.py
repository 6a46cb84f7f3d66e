"""What is no chest film is refused in one sentence; what is hard to read is read with a note."""

import csv
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from kbapp.core.content import ImageContent
from kbapp.errors import InputError
from kbapp.knowledge.film_quality import check_film
from tests.chest import draw, shipped
from tests.knowledge.films import READER, present

RNG = np.random.default_rng(8)


def blank():
    return np.full((300, 300), 120, np.uint8)


def noise():
    return RNG.integers(0, 255, (400, 400)).astype(np.uint8)


def page():
    sheet = np.full((800, 600), 245, np.uint8)
    for y in range(60, 760, 24):
        cv2.putText(
            sheet, "invented words in a row on paper"[: RNG.integers(12, 32)], (40, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 20, 1
        )
    return sheet


def hand():
    picture = np.zeros((400, 400), np.uint8)
    cv2.ellipse(picture, (200, 280), (70, 90), 0, 0, 360, 130, -1)
    for angle, length in ((-35, 150), (-12, 190), (4, 200), (20, 185), (50, 130)):
        tip = int(200 + length * np.sin(np.radians(angle))), int(260 - length * np.cos(np.radians(angle)))
        cv2.line(picture, (200, 260), tip, 130, 34)
        cv2.line(picture, (200, 260), tip, 220, 14)
    return cv2.GaussianBlur(picture, (0, 0), 3)


def leg():
    picture = np.zeros((500, 300), np.uint8)
    cv2.line(picture, (140, 0), (160, 499), 110, 170)
    cv2.line(picture, (140, 0), (160, 240), 220, 60)
    cv2.line(picture, (162, 262), (170, 499), 225, 62)
    return cv2.GaussianBlur(picture, (0, 0), 4)


def clouds():
    spectrum = np.fft.fft2(RNG.standard_normal((300, 300)))
    far = np.hypot(*np.meshgrid(np.fft.fftfreq(300), np.fft.fftfreq(300)))
    far[0, 0] = 1
    field = np.real(np.fft.ifft2(spectrum / far**1.6))
    return (255 * (field - field.min()) / np.ptp(field)).astype(np.uint8)


def gradient():
    return np.tile(np.linspace(0, 255, 300).astype(np.uint8), (300, 1))


def film(text: str = "Heart size is normal. Lungs are clear.", seed: int = 4) -> np.ndarray:
    return np.array(draw([text], seed)[0].pixels)


def turned():
    return np.ascontiguousarray(np.rot90(film()))


def upside_down():
    return np.ascontiguousarray(film()[::-1])


@pytest.mark.parametrize("make", [blank, noise, page, hand, leg, clouds, gradient, turned, upside_down])
def test_what_is_no_upright_chest_film_is_refused_in_one_sentence(make):
    with pytest.raises(InputError) as refused:
        check_film(ImageContent(make()))
    assert refused.value.code == "not_a_chest_xray"
    assert str(refused.value).startswith("Expected a frontal chest X-ray") and str(refused.value).count(".") == 1


def test_a_colour_picture_is_refused_and_a_film_kept_as_colour_is_not():
    grey = film()
    assert check_film(ImageContent(np.repeat(grey[..., None], 3, 2))) == check_film(ImageContent(grey))
    painted = np.stack([grey, grey[::-1], 255 - grey], -1)
    with pytest.raises(InputError, match="colour picture"):
        check_film(ImageContent(painted))


def test_a_tinted_film_is_no_colour_picture():
    grey = film().astype(float)
    tinted = np.stack([grey * 0.7, grey * 0.85, np.minimum(grey * 1.1 + 10, 255)], -1).astype(np.uint8)
    assert isinstance(check_film(ImageContent(tinted)), tuple)


def test_a_very_small_picture_is_refused_with_its_size():
    with pytest.raises(InputError, match="40 x 50 pixels"):
        check_film(ImageContent(film()[:50, :40]))


def test_the_reader_refuses_as_the_check_does():
    with pytest.raises(InputError) as refused:
        READER.read([(ImageContent(noise()),)], shipped())
    assert refused.value.code == "not_a_chest_xray"


@pytest.mark.parametrize("seed", range(6))
def test_an_upright_film_is_taken_without_a_warning_about_its_position(seed):
    notes = " ".join(check_film(draw(["Lungs are clear."], seed)[0]))
    assert not any(word in notes for word in ("tilted", "turned", "cut off", "dark"))


def test_an_inverted_film_is_read_turned_over_and_says_so():
    text = "Moderate right pleural effusion."
    inverted = ImageContent(255 - film(text))
    assert "turned over" in check_film(inverted)[0]
    assert present(inverted) == {"pleural effusion, right"}


def test_a_tilted_film_is_noted():
    matrix = cv2.getRotationMatrix2D((256, 256), 11, 0.9)
    tilted = cv2.warpAffine(film(), matrix, (512, 512))
    assert any("tilted" in note for note in check_film(ImageContent(tilted)))


def test_a_film_cut_through_the_chest_is_noted():
    assert any("cut off at the patient's left" in note for note in check_film(ImageContent(np.ascontiguousarray(film()[:, :395]))))


def test_burnt_in_writing_is_noted_and_a_film_without_is_not():
    bare = film()[:-20]
    marked = bare.copy()
    cv2.putText(marked, "DOE JANE 1950-01-01", (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
    assert any("writing" in note for note in check_film(ImageContent(marked)))
    assert not any("writing" in note for note in check_film(ImageContent(np.ascontiguousarray(bare))))


@pytest.mark.parametrize("size", [256, 512, 900])
def test_our_own_mark_is_no_writing_at_any_size_but_a_name_beside_it_is(size):
    own = film()
    named = own.copy()
    cv2.putText(named, "DOE JANE 1950", (300, 508), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255, 1)
    clean, doubtful = (ImageContent(cv2.resize(x, (size, size), interpolation=cv2.INTER_AREA)) for x in (own, named))
    assert not any("writing" in note for note in check_film(clean))
    if size >= 512:  # smaller letters are not seen at all
        assert any("writing" in note for note in check_film(doubtful))


def test_our_own_mark_does_not_hide_a_name_elsewhere():
    named = film()
    cv2.putText(named, "DOE JANE 1950-01-01", (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
    assert any("writing" in note for note in check_film(ImageContent(named)))


def test_black_borders_do_not_change_what_is_read():
    text = "Moderate left upper lobe opacity."
    framed = cv2.copyMakeBorder(film(text), 90, 60, 150, 30, cv2.BORDER_CONSTANT, value=0)
    assert present(ImageContent(framed)) == {"lung opacity, left upper lobe"}


@pytest.mark.skipif("KB_DATA" not in os.environ, reason="KB_DATA is not set: the real films lie outside the repository")
def test_nearly_all_real_frontal_films_are_taken():
    folder = Path(os.environ["KB_DATA"])
    rows = csv.DictReader((folder / "cxr/manifest.csv").open())
    films = [folder / row["file"] for row in rows if row["view"] != "L"]
    refused = []
    for path in films:
        try:
            check_film(ImageContent(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)))
        except InputError:
            refused.append(path.name)
    assert len(refused) <= 0.06 * len(films), refused
