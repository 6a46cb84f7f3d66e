"""DICOM: the same picture whichever way it is stored, and refusals before a pixel is touched (threats A14 to A29)."""

import io
import warnings

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut
from pydicom.uid import UID

from kbapp.errors import InputError
from kbapp.formats.picture import encode_png
from kbapp.ingest import examine, ingest
from tests.hostile import dicoms
from tests.hostile.pictures import ramp


def code_of(data: bytes, name: str = "film.dcm") -> str:
    with pytest.raises(InputError) as caught:
        ingest(data, name)
    sentence = str(caught.value)
    assert sentence.endswith(".") and len(sentence) < 250
    return caught.value.code


def naive(data: bytes) -> pydicom.Dataset:
    """What a reader without our checks gets: the control."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(data), force=True)


# The same picture


@pytest.mark.parametrize("syntax", dicoms.SYNTAXES, ids=lambda syntax: syntax.keyword)
def test_every_plain_transfer_syntax_gives_the_same_picture(syntax):
    content = ingest(dicoms.dicom(syntax=syntax))
    assert np.array_equal(content.pixels, dicoms.film()) and content.view == "PA"


def test_run_length_and_wavelet_give_the_same_picture():
    assert np.array_equal(ingest(dicoms.run_length()).pixels, dicoms.film())
    assert np.array_equal(ingest(dicoms.wavelet(ramp())).pixels, ramp())
    sixteen = ramp(48, 64, 65535, np.uint16)
    assert np.array_equal(ingest(dicoms.wavelet(sixteen)).pixels, sixteen)


def test_a_file_without_preamble_is_read():
    assert np.array_equal(ingest(dicoms.without_preamble()).pixels, dicoms.film())


@pytest.mark.parametrize("front", [b"<html><script>alert(1)</script>", b"MZ\x90\x00"])
def test_a_dicom_that_is_also_something_else_is_only_a_picture(front):
    content = ingest(dicoms.polyglot(front), "film.jpg")
    assert np.array_equal(content.pixels, dicoms.film()) and front not in encode_png(content.pixels)


def test_the_name_does_not_matter():
    intake = examine(dicoms.dicom(), "film.jpg")
    assert intake.kind == "DICOM" and "suffix_mismatch" in [note.code for note in intake.notes]


def test_monochrome1_equals_its_monochrome2_twin():
    window = {"WindowCenter": 2500, "WindowWidth": 3000}
    twin = {"WindowCenter": 4095 + 1 - 2500, "WindowWidth": 3000}
    inverted = ingest(dicoms.dicom(PhotometricInterpretation="MONOCHROME1", **window))
    plain = ingest(dicoms.dicom(4095 - dicoms.film(), **twin))
    assert np.array_equal(inverted.pixels, plain.pixels) and inverted.window == plain.window
    assert np.array_equal(inverted.display, plain.display)


def test_monochrome1_is_turned_once():
    assert np.array_equal(ingest(dicoms.dicom(PhotometricInterpretation="MONOCHROME1")).pixels, 4095 - dicoms.film())


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_all_depths_keep_all_their_levels(bits):
    values = dicoms.film(bits)
    depth = {"BitsAllocated": 16, "BitsStored": bits, "HighBit": bits - 1}
    assert np.array_equal(ingest(dicoms.dicom(values, **depth)).pixels, values)


def test_eight_bits_stay_eight_bits():
    content = ingest(dicoms.dicom(ramp(), BitsAllocated=8, BitsStored=8, HighBit=7))
    assert content.pixels.dtype == np.uint8 and content.window is None and np.array_equal(content.display, ramp())


def test_signed_values_keep_their_order_and_their_window():
    signed = dicoms.film().astype(np.int16) - 2048
    content = ingest(dicoms.dicom(signed, PixelRepresentation=1, WindowCenter=0, WindowWidth=1000))
    assert np.array_equal(content.pixels, dicoms.film())
    assert content.window == (2048 - 0.5 - 499.5, 2048 - 0.5 + 499.5)


def test_the_window_follows_the_rescaling():
    plain = ingest(dicoms.dicom(WindowCenter=1000, WindowWidth=500))
    rescaled = ingest(dicoms.dicom(RescaleSlope=2, RescaleIntercept=-100, WindowCenter=1900, WindowWidth=1000))
    assert np.allclose(rescaled.window, plain.window, atol=0.5)  # the half steps of PS3.3 C.11.2.1.2 scale too


def test_a_falling_rescaling_turns_the_picture_once():
    content = ingest(dicoms.dicom(RescaleSlope=-1, RescaleIntercept=4095))
    assert np.array_equal(content.pixels, 4095 - dicoms.film())
    twice = ingest(dicoms.dicom(RescaleSlope=-1, RescaleIntercept=4095, PhotometricInterpretation="MONOCHROME1"))
    assert np.array_equal(twice.pixels, dicoms.film())


def test_a_window_agrees_with_the_slow_formula_of_the_standard():
    centre, width = 1800.0, 1500.0
    display = ingest(dicoms.dicom(WindowCenter=centre, WindowWidth=width)).display.astype(float)
    x = dicoms.film().astype(float)
    formula = ((x - (centre - 0.5)) / (width - 1) + 0.5) * 255  # PS3.3 C.11.2.1.2.1, clipped
    assert np.abs(display - np.clip(formula, 0, 255)).max() <= 0.51


def test_the_first_of_several_windows_counts():
    several = ingest(dicoms.dicom(WindowCenter=[1000, 3000], WindowWidth=[500, 50]))
    assert several.window == ingest(dicoms.dicom(WindowCenter=1000, WindowWidth=500)).window


def test_look_up_tables_are_applied():
    curve = [int(65535 * (level / 4095) ** 2) for level in range(4096)]
    for keyword in ("VOILUTSequence", "ModalityLUTSequence"):
        table = dicoms.table_of(curve)
        if keyword == "ModalityLUTSequence":
            table.ModalityLUTType = "US"
        content = ingest(dicoms.dicom(**{keyword: [table]}))
        expected = np.array(curve)[dicoms.film()]
        assert np.abs(content.pixels.astype(int) - expected).max() <= 1


def test_a_sigmoid_is_applied():
    content = ingest(dicoms.dicom(VOILUTFunction="SIGMOID", WindowCenter=2048, WindowWidth=1000))
    x = dicoms.film().astype(float)
    expected = 1 / (1 + np.exp(-4 * (x - 2048) / 1000))
    got = content.display / 255
    assert np.abs(got - (expected - expected.min()) / (expected.max() - expected.min())).max() < 0.01


def test_an_odd_picture_with_its_padding_byte_is_read():
    values = ramp(3, 5)
    data = dicoms.dicom(values.tobytes() + b"\0", Rows=3, Columns=5, BitsAllocated=8, BitsStored=8, HighBit=7)
    assert np.array_equal(ingest(data).pixels, values)


# What the header tells


@pytest.mark.parametrize(
    ("elements", "pixel_mm"),
    [
        ({}, None),
        ({"PixelSpacing": [0.0, 0.0]}, None),
        ({"PixelSpacing": [0.4, 0.4]}, 0.4),
        ({"ImagerPixelSpacing": [0.2, 0.2]}, 0.2),
        ({"PixelSpacing": [0.0, 0.0], "ImagerPixelSpacing": [0.2, 0.2]}, 0.2),
        ({"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 1.25}, 0.16),
        ({"PixelSpacing": [0.4, 0.8]}, None),
    ],
)
def test_the_size_of_a_pixel_is_known_or_said_to_be_unknown(elements, pixel_mm):
    assert ingest(dicoms.dicom(**elements)).pixel_mm == pytest.approx(pixel_mm)


@pytest.mark.parametrize(
    ("said", "view"), [("PA", "PA"), ("AP", "AP"), ("LL", "LATERAL"), ("RL", "LATERAL"), ("XX", ""), (None, "")]
)
def test_the_view_is_what_the_header_says(said, view):
    assert ingest(dicoms.dicom(ViewPosition=said)).view == view


def test_a_mirrored_film_is_hung_with_the_patients_left_on_the_right():
    intake = examine(dicoms.dicom(PatientOrientation=["R", "F"]))
    assert np.array_equal(intake.content.pixels, dicoms.film()[:, ::-1]) and "mirrored" in [note.code for note in intake.notes]
    assert np.array_equal(ingest(dicoms.dicom(PatientOrientation=["L", "F"])).pixels, dicoms.film())


@pytest.mark.parametrize("modality", ["CT", "MR", "US", "NM", "OT", "SR"])
def test_other_modalities_are_refused_by_name(modality):
    with pytest.raises(InputError, match=modality) as caught:
        ingest(dicoms.dicom(Modality=modality))
    assert caught.value.code == "dicom_modality"


@pytest.mark.parametrize(
    ("part", "taken"), [("CHEST", True), ("THORAX", True), ("", True), ("EXTREMITY", False), ("PELVIS", False)]
)
def test_other_parts_of_the_body_are_refused(part, taken):
    data = dicoms.dicom(BodyPartExamined=part)
    assert ingest(data).view == "PA" if taken else code_of(data) == "dicom_body_part"


def test_no_name_leaves_the_header_and_burnt_in_text_is_said():
    data = dicoms.identifying()
    assert b"yxmarker" in data  # the control
    intake = examine(data, "film.dcm")
    told = repr(intake) + repr(intake.content.__dict__) + repr(intake.notes)
    for secret in ("yxmarker", dicoms.NUMBER, "19010203"):
        assert secret not in told and secret.encode() not in encode_png(intake.content.pixels)
    assert [note.code for note in intake.notes] == ["burned_in"]


# Bombs


@pytest.mark.parametrize(
    "data",
    [
        dicoms.dicom(bytes(8192), Rows=65535, Columns=65535),
        dicoms.run_length_bomb(megabytes=1),
        dicoms.wavelet_bomb(20_000, 20_000),
    ],
    ids=["native", "run length", "wavelet"],
)
def test_a_size_beyond_forty_megapixels_is_refused_before_decoding(data):
    assert code_of(data) == "image_too_large"


def test_a_codestream_larger_than_its_header_says_is_refused():
    assert code_of(dicoms.wavelet_bomb(8_000, 64)) == "dicom_codec"


def test_a_run_length_stream_that_swells_is_refused_within_the_childs_memory():
    assert code_of(dicoms.run_length_bomb(rows=64, columns=64, megabytes=48)) in ("dicom_codec", "image_too_large")


@pytest.mark.parametrize("frames", [2, 10, 100_000, 2**31 - 1])
def test_several_frames_are_refused(frames):
    assert code_of(dicoms.dicom(NumberOfFrames=frames)) == "dicom_frames"


def test_a_deflated_bomb_is_refused_and_a_small_deflated_file_reads():
    data = dicoms.deflated_bomb(megabytes=200)
    assert len(data) < 500_000
    assert code_of(data) == "image_too_large"
    assert np.array_equal(ingest(dicoms.deflated()).pixels, dicoms.film())


# Missing, lying and damaged parts


@pytest.mark.parametrize("missing", ["PixelData", "Rows", "Columns"])
def test_a_header_without_a_picture_is_refused(missing):
    assert code_of(dicoms.dicom(**{missing: None})) == "dicom_no_pixels"


def test_a_file_cut_in_the_header_is_refused():
    data = dicoms.dicom()
    for cut in (140, 200, 300, 400):
        assert code_of(data[:cut]) in ("dicom_corrupt", "dicom_no_pixels")


def test_too_few_or_too_many_pixels_are_refused():
    assert code_of(dicoms.dicom(dicoms.film().tobytes()[:-100])) == "dicom_pixels_length"
    many = dicoms.dicom(bytes(range(256)) * 32, Rows=8, Columns=8)
    assert naive(many).pixel_array.shape == (64, 8, 8)  # the control: 64 frames out of nothing
    assert code_of(many) == "dicom_pixels_length"


@pytest.mark.parametrize(
    "syntax",
    [
        "1.2.840.10008.1.2.4.90",  # JPEG 2000
        "1.2.840.10008.1.2.4.80",  # JPEG-LS
        "1.2.840.10008.1.2.4.70",  # JPEG lossless
        "1.2.840.10008.1.2.4.50",  # JPEG baseline
        "1.2.840.10008.1.2.5",  # RLE
        "1.2.840.10008.1.2.4.201",  # HTJ2K
        "1.2.840.10008.1.2.4.102",  # MPEG-4
    ],
)
def test_what_cannot_be_decoded_is_refused_by_the_name_of_its_syntax(syntax):
    with pytest.raises(InputError) as caught:
        ingest(dicoms.compressed_garbage(syntax))
    assert caught.value.code == "dicom_codec" and UID(syntax).name in str(caught.value)


def test_an_unknown_syntax_is_refused():
    data = dicoms.dicom().replace(b"1.2.840.10008.1.2.1\0", b"1.2.999.10008.1.2.9\0")
    assert code_of(data) == "dicom_codec"


def test_two_compressed_frames_under_a_header_of_one_are_refused():
    made = dicoms.dataset(encapsulate([b"\xff\xd8 one ", b"\xff\xd8 two "]), UID("1.2.840.10008.1.2.4.50"))
    assert code_of(dicoms.written(made)) == "dicom_codec"


@pytest.mark.parametrize(
    "elements",
    [
        {"PhotometricInterpretation": "PALETTE COLOR"},
        {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3},
        {"PhotometricInterpretation": "YBR_FULL", "SamplesPerPixel": 3},
        {"PhotometricInterpretation": None},
    ],
)
def test_colour_is_refused(elements):
    assert code_of(dicoms.dicom(**elements)) == "dicom_colour"


@pytest.mark.parametrize(
    "elements",
    [
        {"HighBit": 15},
        {"BitsAllocated": 7, "BitsStored": 7, "HighBit": 6},
        {"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31},
        {"BitsStored": 17, "HighBit": 16},
        {"PixelRepresentation": 2},
    ],
)
def test_odd_depths_are_refused(elements):
    assert code_of(dicoms.dicom(**elements)) == "dicom_depth"


@pytest.mark.parametrize(
    "elements",
    [
        {"RescaleSlope": "NaN"},
        {"RescaleSlope": "inf"},
        {"RescaleSlope": 0, "RescaleIntercept": 0},
        {"RescaleSlope": "1e308"},
        {"RescaleIntercept": "NaN", "RescaleSlope": 1},
        {"WindowCenter": "NaN", "WindowWidth": 100},
        {"WindowCenter": 100, "WindowWidth": 0},
        {"WindowCenter": 100, "WindowWidth": -100},
        {"WindowCenter": 100, "WindowWidth": "inf"},
        {"WindowCenter": 1_000_000, "WindowWidth": 10},  # beyond every value: all black
        {"WindowCenter": "2048", "WindowWidth": "0", "VOILUTFunction": "SIGMOID"},
    ],
    ids=str,
)
def test_numbers_that_leave_no_picture_are_refused(elements):
    assert code_of(dicoms.with_raw_numbers(**{keyword: str(value) for keyword, value in elements.items()})) == "dicom_values"


def test_control_a_slope_of_nan_gives_no_exception_elsewhere():
    read = naive(dicoms.with_raw_numbers(RescaleSlope="NaN", RescaleIntercept="0"))
    assert np.isnan(apply_modality_lut(read.pixel_array, read)).all()


def test_a_blank_film_is_refused():
    assert code_of(dicoms.dicom(np.full((48, 64), 9, np.uint16))) == "image_blank"


def test_deep_nesting_is_refused_and_the_next_file_reads():
    data = dicoms.nested(5000)
    with pytest.raises(RecursionError):  # the control
        naive(data)
    assert code_of(data) == "dicom_corrupt"
    assert np.array_equal(ingest(dicoms.dicom()).pixels, dicoms.film())


def test_an_element_that_lies_about_its_length_is_refused():
    data = dicoms.lying_length()
    assert len(naive(data)) == 1  # the control: taken without a word
    assert code_of(data) == "dicom_no_pixels"


def test_a_directory_is_refused():
    assert code_of(dicoms.directory(), "DICOMDIR") == "dicom_directory"
