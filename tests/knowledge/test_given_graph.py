"""A graph from elsewhere under this prior's names."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.evidence import ModelAnswer
from kbapp.core.graph import graph_of
from kbapp.core.triple import Status, Triple
from kbapp.knowledge.given_graph import own_words, under_prior
from kbapp.knowledge.lmm_names import Names
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.resources import DOMAINS


@cache
def prior() -> PriorVersion:
    yaml = (DOMAINS / "general-scene.yaml").read_text(encoding="utf-8")
    return PriorVersion(parse_prior(yaml), 1, yaml)


def named(*triples: tuple[str, str, str], status: Status = Status.PRESENT):
    return under_prior(graph_of(Triple(*t, status) for t in triples), prior(), Names(prior().prior), "somebody")


def test_a_known_name_takes_its_canonical_name_and_entry():
    graph = named(("Gentleman", "Next_To", "the Kid"))
    assert [t.fact for t in graph.triples] == [("man", "next to", "child")]
    assert graph.node_by_name["man"].kind == "person" and graph.prior == prior().ref


def test_a_name_that_says_more_than_an_entry_is_kept_as_it_is():
    graph = named(("Man in red", "next to", "man in blue"))
    assert [t.fact for t in graph.triples] == [("man in red", "next to", "man in blue")]
    assert own_words(graph, prior()) == 2


def test_a_relation_that_the_prior_does_not_know_is_kept_in_its_own_words():
    assert named(("man", "Is Amused By", "dog")).triples[0].relation == "is amused by"


def test_status_is_kept_and_the_evidence_is_the_other_programs_answer():
    (triple,) = named(("man", "riding", "horse"), status=Status.UNCERTAIN).triples
    assert triple.status is Status.UNCERTAIN and triple.evidence == (ModelAnswer("somebody", "man – riding – horse"),)


words = st.text(min_size=1, max_size=20).filter(str.strip) | st.sampled_from(["Men", "a horse", "beach", "the"])


@given(st.lists(st.tuples(words, words, words), max_size=6))
def test_nothing_is_added_and_naming_twice_changes_nothing(triples):
    once = named(*triples)
    assert len(once.triples) <= len(set(triples)) and bool(once.triples) == bool(triples)
    assert named(*(t.fact for t in once.triples)) == once
