import gradio as gr
import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.ui.experts import ExpertHandlers
from tests.review.conftest import workbench  # noqa: F401
from tests.review.test_priors import MORE, PRIOR, D


@pytest.mark.parametrize(
    ("yaml", "reason", "number", "said"),
    [
        (MORE, " ", 1, "needs a reason"),
        (PRIOR, "nothing", 1, "means the same"),
        (MORE, "more", 0, "started from version 0"),
        ("domain: [", "more", 1, "line"),
    ],
)
def test_a_save_that_is_refused_says_why_below_the_editor_and_keeps_the_text(workbench, yaml, reason, number, said):  # noqa: F811
    told = ExpertHandlers(workbench, lambda request: LOCAL_OWNER).save(yaml, reason, D, number)
    assert said in told[3] and all(update == gr.skip() for k, update in enumerate(told) if k != 3)
    assert workbench.priors.published(LOCAL_OWNER, D).number == 1
