"""LmmWriter: descriptions to texts in the prior's form."""

import pytest

from kbapp.core.candidate import Description
from kbapp.core.graph import graph_of
from kbapp.core.triple import Triple
from kbapp.engines.language_model import ChatReply
from kbapp.errors import GenerationError
from kbapp.generation.lmm_writer import LmmWriter
from tests.lmm_prior import PRIOR, edited
from tests.scripted import ScriptedModel

GRAPH = graph_of([Triple("pleural effusion, left", "located in", "pleura")])
TOLD = Description("pleural effusion, left", "pleural effusion, left: present; located in pleura.", GRAPH)
GOOD = "Findings: Left effusion.\nImpression: Effusion."


def written(*answers, prior=PRIOR) -> str:
    return LmmWriter(ScriptedModel(answers)).write([TOLD], prior, [7])[0]


def test_all_descriptions_go_as_one_batch_each_with_its_seed():
    model = ScriptedModel([GOOD])
    other = Description("heart", "heart: has size normal.", GRAPH)
    assert LmmWriter(model).write([TOLD, other], PRIOR, [7, 8]) == [GOOD, GOOD]
    (batch,) = model.batches
    assert [r.seed for r in batch] == [7, 8]
    assert TOLD.text in batch[0].turns[-1].text and '"heart"' in batch[1].turns[-1].text
    assert "Findings:, Impression:" in batch[0].turns[-1].text


@pytest.mark.parametrize(
    "reply",
    [
        "Findings: Left effusion.\n\nImpression: Effusion.",
        "**Findings:**\nLeft effusion.\n**Impression:** Effusion.",
        "## Findings\nLeft effusion.\n\n## Impression\nEffusion.",
        "Here is the report.\nFINDINGS: Left effusion. IMPRESSION: Effusion.",
        "```text\nFindings: Left effusion.\nImpression: Effusion.\n```",
    ],
)
def test_the_sections_come_out_in_the_priors_form(reply):
    assert written(reply) == GOOD


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "  \n",
        "Left effusion.",
        "Impression: x\nFindings: y",
        "Findings: x\nImpression:",
        "Findings: " + "x" * 20_000,
        ChatReply(GOOD, "length"),
    ],
    ids=["empty", "blank", "no sections", "wrong order", "empty section", "too long", "cut"],
)
def test_an_unusable_text_is_asked_for_again_and_then_refused(reply):
    assert written(reply, GOOD) == GOOD
    with pytest.raises(GenerationError, match="candidate 1"):
        written(reply)


def test_a_prior_without_sections_takes_the_text_as_it_is():
    assert written("A dog on a beach.", prior=edited(guidance={})) == "A dog on a beach."


def test_a_wrong_number_of_seeds_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="one seed per description"):
        LmmWriter(ScriptedModel([GOOD])).write([TOLD], PRIOR, [1, 2])
