"""The few-shot examples of the shipped domains: what a model is shown must be what its answer would be read as."""

import json

import pytest

from kbapp.core.content import TextContent
from kbapp.core.graph import graph_of
from kbapp.core.triple import Status, Triple
from kbapp.knowledge.lmm_reader import LmmReader
from kbapp.knowledge.report_reader import ReportReader
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.resources import DOMAINS
from tests.lmm_prior import answering, reply, statement
from tests.scripted import ScriptedModel


def shipped(domain: str) -> PriorVersion:
    yaml = (DOMAINS / f"{domain}.yaml").read_text(encoding="utf-8")
    return PriorVersion(parse_prior(yaml), 1, yaml)


EXAMPLES = [(domain, k) for domain in ("chest-xray", "general-scene", "movie-poster") for k in range(2)]


def the_example(domain: str, k: int):
    prior = shipped(domain)
    example = prior.prior.examples[k]
    return prior, TextContent(example.text), graph_of(Triple(h, r, t, Status(s)) for h, r, t, s in example.triples)


@pytest.mark.parametrize(("domain", "k"), EXAMPLES)
def test_a_model_that_answers_as_the_example_does_is_understood_word_for_word(domain, k):
    prior, text, wanted = the_example(domain, k)
    quote = " ".join(text.text.split()[:5])
    said = reply(*(statement(t.head, t.relation, t.tail, t.status.value, quote) for t in wanted.triples))
    model = ScriptedModel(answering(said, "As the text says."))
    (reading,) = LmmReader(model).read([(text,)], prior)
    assert reading.dropped == 0 and {t.key for t in wanted.triples} <= {t.key for t in reading.graph.triples}


@pytest.mark.parametrize("k", range(2))
def test_the_chest_examples_say_what_the_report_reader_reads(k):
    prior, text, wanted = the_example("chest-xray", k)
    assert ReportReader().read([(text,)], prior)[0].graph == wanted


def test_a_model_is_shown_the_examples_of_the_domain():
    prior, text, _ = the_example("general-scene", 1)
    model = ScriptedModel(answering(json.dumps({"triples": []}), "Nothing is said."))
    LmmReader(model).read([(text,)], prior)
    shown = " ".join(turn.text for request in model.requests if request.schema for turn in request.turns)
    assert all(example.text in shown for example in prior.prior.examples)
