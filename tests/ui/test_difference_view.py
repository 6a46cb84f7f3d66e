"""The difference as it is drawn: what the candidate tells in another degree is extra, what the source told is missing."""

from kbapp.formats.completion_files import read_completion
from kbapp.resources import ASSETS
from kbapp.ui.graph_drawing import review_graph
from tests.chest import shipped


def labels(data, view):
    found = {}
    for node, told in zip(data["nodes"], data["views"][view]["nodes"], strict=True):
        if isinstance(told, list):
            found.setdefault(node["label"], set()).add(told[1].strip())
        elif told is not None and "label" in data["styles"][told]:
            found.setdefault(node["label"], set()).add(data["styles"][told]["label"])
    return found


def test_another_degree_of_the_candidate_is_extra_and_that_of_the_source_missing():
    completion, _ = read_completion(ASSETS / "recorded" / "chest-film")
    data = review_graph(completion, shipped().prior)
    pairs = [(k, f) for k, d in enumerate(completion.differences) for f in d.facts if f.fact_class.value == "missing" and f.candidate]
    assert pairs, "the recorded run tells something in another degree"
    for k, fact in pairs:
        drawn = labels(data, f"difference-{k}")
        assert any(mark.startswith("+") for mark in drawn[fact.candidate.tail]), drawn
        assert any(mark.startswith("−") for mark in drawn[fact.source.tail]), drawn
