import gradio as gr
import pytest

from kbapp.errors import DecisionRefused, StoreError
from kbapp.ui.sentences import shown_as_sentence


class Page:
    @shown_as_sentence
    def press(self, error):
        raise error


@pytest.mark.parametrize(
    ("error", "said", "in_log"),
    [
        (DecisionRefused("a change needs a reason"), "a change needs a reason", False),
        (StoreError("the disk is full"), "the disk is full", True),
        (KeyError("k"), "Something went wrong on our side", False),  # its traceback is logged before
    ],
)
def test_an_error_is_shown_as_its_sentence_and_a_mistake_of_a_person_stays_out_of_the_log(error, said, in_log):
    with pytest.raises(gr.Error) as shown:
        Page().press(error)
    assert said in shown.value.message and shown.value.print_exception == in_log
