import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbapp.core.content import Modality
from kbapp.core.difference import FactClass
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.triple import LOCATED_IN
from kbapp.knowledge.decoy import wrong
from kbapp.ranking.difference import difference
from tests.chest import read, shipped

PRIOR = shipped().prior
SENTENCES = (
    "Small left pleural effusion.",
    "Moderate right pleural effusion.",
    "Opacity in the right upper lobe.",
    "Mild cardiomegaly.",
    "No pneumothorax.",
    "No pleural effusion.",
    "Possible pulmonary edema.",
    "Heart size is normal.",
    "No focal consolidation.",
    "Left basilar atelectasis.",
)
REPORTS = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5, unique=True).map(" ".join)


@settings(deadline=None, max_examples=60)
@given(REPORTS, st.integers(0, 2**31 - 1), st.sampled_from(Modality))
def test_one_finding_is_told_wrong_and_everything_else_is_kept(report, seed, target):
    source = read(report)
    made = list(wrong(source, PRIOR, target, seed))
    if not made:
        assert not any(
            t.relation == LOCATED_IN and t.status != "uncertain" and _can_show(source, t.head, target) for t in source.triples
        )
        return
    before = {t.key for t in source.triples}
    for graph, what in made:
        told = difference(source, graph, PRIOR, target=Modality.TEXT)
        assert told.count(FactClass.CONTRADICTED) >= 1
        (changed,) = {key[0] for key in before - {t.key for t in graph.triples}}
        assert f'"{changed}" is ' in what
    assert list(wrong(source, PRIOR, target, seed)) == made and len({what for _, what in made}) == len(made)


def _can_show(graph, name, target):
    entry = PRIOR.entry_by_name.get(graph.node_by_name[name].label)
    return entry is not None and entry.kind != "anatomy" and target.value in entry.shown_by


def test_each_error_that_there_is_comes_once_and_the_seed_says_which_comes_first():
    source = read("Small left pleural effusion. No pneumothorax.")
    said = [what for _, what in wrong(source, PRIOR, Modality.IMAGE, 0)]
    assert sorted(said) == [
        '"pleural effusion, left" is absent; the source says it is present',
        '"pleural effusion, left" is on the right',
        '"pneumothorax" is present; the source says it is absent',
    ]
    assert {next(wrong(source, PRIOR, Modality.IMAGE, seed))[1] for seed in range(30)} == set(said)


def test_what_is_denied_has_no_degree():
    source = read("Severe cardiomegaly.")
    assert any(t.relation == "has severity" for t in source.triples)
    ((graph, _),) = wrong(source, PRIOR, Modality.IMAGE, 0)
    assert {(t.relation, t.status) for t in graph.about("cardiomegaly")} == {(LOCATED_IN, "absent")}


@pytest.mark.parametrize("graph", [KnowledgeGraph(), read("Possible pulmonary edema.")], ids=["nothing", "doubts"])
def test_where_nothing_is_certain_nothing_can_be_told_wrong(graph):
    assert list(wrong(graph, PRIOR, Modality.TEXT, 0)) == []
