import json
import os
import random
import re
from pathlib import Path

import pytest

from kbapp.core.candidate import Description
from kbapp.core.graph import KnowledgeGraph
from kbapp.generation.builtin_writer import BuiltinWriter
from kbapp.generation.description import describe
from kbapp.generation.subjects import subjects
from kbapp.priors.schema import Guidance
from kbapp.priors.version import PriorVersion
from tests.chest import read, shipped
from tests.generation.reports import REPORTS
from tests.ranking.small_prior import VERSION, spot, stones


def written(graph: KnowledgeGraph, seed: int = 0, subject: str = "", prior: PriorVersion | None = None) -> str:
    prior = prior or shipped()
    return BuiltinWriter().write([describe(graph, subject, prior.prior)], prior, [seed])[0]


def findings(text: str) -> str:
    return re.search(r"Findings: (.*)\nImpression: ", text).group(1)


@pytest.mark.parametrize("text", REPORTS)
def test_a_written_report_is_read_back_as_the_graph_it_was_written_from(text):
    graph = read(text)
    for seed in range(6):
        assert read(written(graph, seed)) == graph, written(graph, seed)
        assert read(findings(written(graph, seed))) == graph, "the findings alone tell everything"


@pytest.mark.parametrize("text", REPORTS)
def test_every_finding_is_told_once_in_the_findings(text):
    graph = read(text)
    for label in {graph.node_by_name[h].label for h in graph.heads if graph.node_by_name[h].kind == "finding"}:
        told = findings(written(graph)).casefold().count(label)
        heads = [h for h in graph.heads if graph.node_by_name[h].label == label]
        assert told <= len(heads), written(graph)


def test_wording_varies_with_the_seed_and_is_the_same_for_the_same():
    graph = read(REPORTS[1])
    assert len({written(graph, seed) for seed in range(10)}) > 5
    assert written(graph, 3) == written(graph, 3)


def test_the_subject_leads_the_findings():
    graph = read(REPORTS[1])
    assert findings(written(graph, subject="lung opacity, left lower lobe")).startswith("Mild lung opacity in the left lower lobe")


def test_the_impression_sums_up_what_is_there_and_denies_only_where_nothing_is():
    sick, well = (written(read(REPORTS[k])).split("Impression: ")[1] for k in (1, 6))
    assert "pleural effusion" in sick and "pneumothorax" not in sick
    assert well.startswith(("No ", "There is no "))


def test_sections_follow_the_prior():
    graph = stones(*spot("left", "small"))
    assert "Small left spot" in written(graph, prior=VERSION) and ":" not in written(graph, prior=VERSION)
    one = PriorVersion(VERSION.prior.model_copy(update={"guidance": {"text": Guidance(sections=("Caption",))}}), 1, "")
    assert written(graph, prior=one).startswith("Caption: ")


def test_a_graph_without_facts_is_said_to_hold_none():
    empty = Description("chest", "", KnowledgeGraph())
    (text,) = BuiltinWriter().write([empty], shipped(), [1])
    assert "Nothing could be stated" in text and not read(text)


def test_no_clinical_word_stands_in_the_writer():
    words = {w for entry in shipped().prior.vocabulary for name in (entry.name, *entry.synonyms) for w in name.casefold().split()}
    graph = stones(*spot("left", "small"), ("crack", "located in", "core", "absent"), ("smell", "located in", "core", "uncertain"))
    told = set(re.findall(r"[a-z]+", " ".join(written(graph, seed, prior=VERSION) for seed in range(20)).casefold()))
    assert not told & (words - {"left", "right", "core", "small", "and", "of", "in", "the"})


DATA = os.environ.get("KB_DATA")


@pytest.mark.skipif(not DATA, reason="KB_DATA does not name the folder of development data")
def test_graphs_of_real_reports_survive_being_written_and_read_again():
    lines = (Path(DATA) / "iu_xray_train.jsonl").read_text(encoding="utf-8").splitlines()
    same = total = 0
    for line in random.Random(7).sample(lines, 300):
        graph = read(json.loads(line)["text"])
        if not graph:
            continue
        again = read(written(graph, subject=(subjects(graph, shipped().prior) or ("",))[0]))
        total += len(graph.triples)
        same += len(set(graph.triples) & set(again.triples)) - len(set(again.triples) - set(graph.triples))
    assert same / total >= 0.95
