"""The real errors of the libraries, raised by hand: no card is needed to tell them apart."""

import pytest

from kbapp.engines.card_faults import fault_of
from kbapp.engines.checkpoint import room_on_card
from kbapp.errors import CardBroken, CardFull, ModelUnavailable

pytestmark = pytest.mark.models

ASSERTED = "CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported"
ADDRESS = "CUDA error: an illegal memory access was encountered"


def torch_error(name: str, words: str) -> Exception:
    import torch

    return getattr(torch, name, RuntimeError)(words)


@pytest.mark.parametrize("name", ["AcceleratorError", "RuntimeError"])
@pytest.mark.parametrize("words", [ASSERTED, ADDRESS, "CUDA error: unspecified launch failure"])
def test_an_error_that_stays_breaks_the_card_and_its_first_line_is_told(name, words):
    with pytest.raises(CardBroken, match="started again") as told, room_on_card("these pictures"):
        raise torch_error(name, words)
    assert words.splitlines()[0] in str(told.value) and "asynchronously" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB."),
        ("AcceleratorError", "CUDA error: out of memory"),
        ("RuntimeError", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_no_room_is_no_broken_card(name, words):
    with pytest.raises(CardFull, match="no room for these pictures") as told, room_on_card("these pictures"):
        raise torch_error(name, words)
    assert told.value.code == "card_full"


@pytest.mark.parametrize("words", ["CUDA error: invalid configuration argument", "mat1 and mat2 shapes cannot be multiplied"])
def test_an_error_of_one_call_passes_as_it_is(words):
    with pytest.raises(RuntimeError, match=words), room_on_card("these pictures"):
        raise torch_error("AcceleratorError", words)


def test_the_cards_error_is_found_behind_the_one_that_wraps_it():
    try:
        try:
            raise torch_error("AcceleratorError", ADDRESS)
        except RuntimeError as error:
            raise ModelUnavailable("cannot be loaded") from error
    except ModelUnavailable as wrapped:
        assert isinstance(fault_of(wrapped), CardBroken)
    assert fault_of(ModelUnavailable("cannot be loaded")) is None
