"""What the report reader reads, told by a model, is the same graph: both paths name things alike under one prior."""

import json
import os
from pathlib import Path

import pytest

from kbapp.core.content import TextContent
from kbapp.core.graph import KnowledgeGraph
from kbapp.knowledge.lmm_graph import graph_from
from kbapp.knowledge.lmm_names import Names
from kbapp.knowledge.lmm_reply import Statement
from kbapp.knowledge.report_reader import ReportReader
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.resources import DOMAINS
from tests.knowledge.statements import load_statements


@pytest.fixture(scope="module")
def prior() -> PriorVersion:
    return PriorVersion(parse_prior((DOMAINS / "chest-xray.yaml").read_text(encoding="utf-8")), 1, "")


def as_it_is(head: str) -> str:
    return head


def place_first(head: str) -> str:
    """ "lung opacity, left lower lobe" -> "left lower lobe lung opacity", as a model would say it."""
    name, _, place = head.partition(", ")
    return f"{place} {name}".strip()


def shouted(head: str) -> str:
    return head.upper().replace(", ", " ")


def told_by_a_model(graph: KnowledgeGraph, text: str, reword) -> list[Statement]:
    def quote(triple) -> str:
        span = triple.evidence[0]
        return text[span.start : span.end]

    return [
        Statement(head=reword(t.head), relation=t.relation.upper(), tail=t.tail, status=t.status.value, quote=quote(t))
        for t in graph.triples
    ]


def differing(texts: list[str], prior: PriorVersion, reword) -> list[str]:
    reader, names, wrong = ReportReader(), Names(prior.prior), []
    contents = [TextContent(text) for text in texts]
    for content, reading in zip(contents, reader.read([(c,) for c in contents], prior), strict=True):
        statements = told_by_a_model(reading.graph, content.text, reword)
        graph, dropped = graph_from(statements, (content,), {}, prior, names)
        if graph != reading.graph or dropped:
            wrong.append(content.text)
    return wrong


@pytest.mark.parametrize("reword", [as_it_is, place_first, shouted])
def test_invented_sentences_give_the_same_graph_by_both_paths(prior, reword):
    texts = [statement.text for statement in load_statements()]
    wrong = differing(texts, prior, reword)
    assert len(wrong) <= len(texts) // 100, wrong


@pytest.mark.parametrize("reword", [as_it_is, place_first])
def test_real_reports_give_the_same_graph_by_both_paths(prior, reword):
    folder = os.environ.get("KB_DATA")
    if not folder:
        pytest.skip("KB_DATA names no folder with the shared reports")
    lines = (Path(folder) / "iu_xray_train.jsonl").read_text(encoding="utf-8").splitlines()[:400]
    assert len(differing([json.loads(line)["text"] for line in lines], prior, reword)) <= 4
