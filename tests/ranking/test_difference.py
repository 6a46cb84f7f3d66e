from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.content import Modality
from kbapp.core.difference import Difference, FactClass
from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.ranking.assessable import assessable_part, assessed_by_any
from kbapp.ranking.difference import difference
from tests.ranking.small_prior import PRIOR, spot, stones

heads = ("spot", "spot, left", "spot, right", "red spot, left", "crack", "smell", "unheard of")
facts = st.one_of(
    st.builds(
        Triple, st.sampled_from(heads), st.just("located in"), st.sampled_from(("shell", "top shell")), st.sampled_from(Status)
    ),
    st.builds(Triple, st.sampled_from(heads), st.just("on side"), st.sampled_from(("left", "right")), st.sampled_from(Status)),
    st.builds(Triple, st.sampled_from(heads), st.just("has size"), st.sampled_from(("small", "large")), st.sampled_from(Status)),
)


def graphs_of(triples: list[Triple]) -> KnowledgeGraph:
    return stones(*[(t.head, t.relation, t.tail, t.status.value) for t in graph_of(triples).triples])


graphs = st.lists(facts, max_size=9).map(graphs_of)


def compared(source: KnowledgeGraph, candidate: KnowledgeGraph, assesses=None, target=Modality.TEXT) -> Difference:
    return difference(source, candidate, PRIOR, target=target, assesses=assesses)


def counts(d: Difference) -> dict[str, int]:
    return {name: n for name, n in d.counts.items() if n}


@given(graphs)
def test_a_graph_keeps_all_of_itself(graph):
    assert counts(compared(graph, graph)) == ({"kept": len(graph.triples)} if graph else {})


@given(graphs, graphs)
def test_every_triple_of_both_is_placed(source, candidate):
    placed = compared(source, candidate).facts
    assert {f.source for f in placed if f.source} == set(source.triples)
    assert {f.candidate.key for f in placed if f.candidate} == {t.key for t in candidate.triples}
    for ours in source.triples:
        classes = [f.fact_class for f in placed if f.source == ours]
        assert len([c for c in classes if c is not FactClass.CONTRADICTED]) <= 1


@given(graphs, graphs)
def test_kept_means_the_same_triple_and_extra_ones_have_no_equal(source, candidate):
    for fact in compared(source, candidate).facts:
        if fact.fact_class is FactClass.KEPT:
            assert fact.source == fact.candidate
        if fact.source is None:
            assert fact.fact_class is FactClass.EXTRA


def test_the_other_side_is_a_contradiction_once_and_the_rest_is_told_of_the_wrong_node():
    found = compared(stones(*spot("left", "small")), stones(*spot("right", "small")))
    assert counts(found) == {"contradicted": 1, "reworded": 2}
    (wrong,) = [f for f in found.facts if f.fact_class is FactClass.CONTRADICTED]
    assert (wrong.source.tail, wrong.candidate.tail) == ("left", "right") and "left in the source, right here" in wrong.why


def test_both_sides_against_one_is_missing_or_extra_but_no_contradiction():
    both, left = stones(*spot("left"), *spot("right")), stones(*spot("left"))
    assert counts(compared(both, left)) == {"kept": 2, "missing": 2}
    assert counts(compared(left, both)) == {"kept": 2, "extra": 2}


def test_absent_against_present_of_the_same_or_a_narrower_place_is_a_contradiction():
    nowhere = stones(*spot("", status="absent"))
    assert compared(nowhere, stones(*spot(""))).count(FactClass.CONTRADICTED) == 1
    assert compared(nowhere, stones(*spot("left", "large"))).count(FactClass.CONTRADICTED) == 1
    assert compared(nowhere, stones(*spot("", site="top shell"))).count(FactClass.CONTRADICTED) == 1
    assert compared(nowhere, stones(*spot("", label="red spot"))).count(FactClass.CONTRADICTED) == 1
    assert compared(stones(*spot("left")), nowhere).count(FactClass.CONTRADICTED) == 1


def test_a_narrow_denial_does_not_contradict_a_wider_or_another_finding():
    not_left = stones(*spot("left", status="absent"))
    for candidate in (stones(*spot("right")), stones(*spot("")), stones(*spot("left", label="crack"))):
        assert compared(not_left, candidate).count(FactClass.CONTRADICTED) == 0
    no_red = stones(*spot("", label="red spot", status="absent"))
    assert compared(no_red, stones(*spot("left"))).count(FactClass.CONTRADICTED) == 0
    not_on_top = stones(*spot("", site="top shell", status="absent"))
    assert compared(not_on_top, stones(*spot("", site="bottom shell"))).count(FactClass.CONTRADICTED) == 0


def test_a_broad_denial_beside_a_narrow_finding_that_the_content_itself_holds_is_no_contradiction():
    red = spot("left", label="red spot")
    source = stones(*red)
    candidate = stones(*red, *spot("", status="absent"))
    assert counts(compared(source, candidate)) == {"kept": 2, "extra": 1}
    assert counts(compared(candidate, source)) == {"kept": 2, "missing": 1}


def test_a_narrower_name_or_place_is_other_words():
    source = stones(*spot("left", "small"))
    assert counts(compared(source, stones(*spot("left", "small", label="red spot")))) == {"reworded": 3}
    assert counts(compared(source, stones(*spot("left", "small", site="top shell")))) == {"reworded": 3}


def test_another_degree_is_missing_and_says_both_and_is_not_extra_as_well():
    found = compared(stones(*spot("left", "small")), stones(*spot("left", "large")))
    assert counts(found) == {"kept": 2, "missing": 1}
    assert found.facts[-1].why or found.facts[0].why
    assert any(f.why == "small in the source, large here" for f in found.facts)


def test_doubts_that_are_settled_dropped_or_added_are_no_contradictions():
    sure, doubt, no = (stones(*spot("", status=s)) for s in ("present", "uncertain", "absent"))
    assert counts(compared(doubt, sure)) == {"reworded": 1}
    assert counts(compared(sure, doubt)) == {"reworded": 1}
    assert counts(compared(doubt, no)) == {"missing": 1}
    assert counts(compared(no, doubt)) == {"extra": 1}
    assert counts(compared(sure, no)) == counts(compared(no, sure)) == {"contradicted": 1}


def test_what_the_modality_cannot_show_or_the_reader_cannot_tell_is_not_assessable():
    source = stones(*spot(""), ("smell", "located in", "core"))
    assert counts(compared(source, stones(*spot("")), target=Modality.IMAGE)) == {"kept": 1, "not_assessable": 1}
    assert counts(compared(source, stones(*spot("")), target=Modality.TEXT)) == {"kept": 1, "missing": 1}
    assert counts(compared(source, stones(), assesses=frozenset({"smell"}))) == {"missing": 1, "not_assessable": 1}


def test_what_a_reader_does_not_judge_and_what_no_picture_shows_have_reasons_of_their_own():
    source = stones(("crack", "located in", "core"), ("smell", "located in", "core"))
    found = compared(source, stones(), assesses=frozenset({"spot"}), target=Modality.IMAGE)
    whys = {fact.source.head: fact.why for fact in found.facts}
    assert whys == {"crack": "the reader does not judge this on this photograph", "smell": "a photograph cannot show this"}


def test_what_is_told_although_nobody_expected_it_counts_as_told():
    source = stones(("smell", "located in", "core"))
    assert counts(compared(source, source, target=Modality.IMAGE)) == {"kept": 1}


@given(graphs, st.sets(st.sampled_from(("spot", "crack", "smell"))))
def test_the_assessable_part_holds_exactly_the_facts_about_assessable_heads(graph, labels):
    part = assessable_part(graph, PRIOR, Modality.IMAGE, frozenset(labels))
    wanted = {t.key for t in graph.triples if t.head.split(",")[0] in labels - {"smell"}}
    assert {t.key for t in part.triples} == wanted
    assert {n.name for n in part.nodes} == {name for t in part.triples for name in (t.head, t.tail)}


def test_a_reader_of_everything_leaves_the_graph_as_it_is():
    graph = stones(*spot("left"), ("unheard of", "has size", "large"))
    assert assessable_part(graph, PRIOR, Modality.IMAGE, None) is graph


def test_the_yardstick_of_a_completion_is_what_any_reading_can_tell():
    assert assessed_by_any([frozenset({"a"}), frozenset({"b"})]) == frozenset({"a", "b"})
    assert assessed_by_any([frozenset({"a"}), None]) is None
    assert assessed_by_any([]) == frozenset()


def test_what_answers_a_fact_that_the_reader_does_not_judge_is_neither_extra_nor_a_judgement():
    source, candidate = stones(*spot("left", "small", label="red spot")), stones(*spot("left", "large"))
    found = compared(source, candidate, assesses=frozenset({"spot"}))
    assert counts(found) == {"not_assessable": 3}
    whys = [fact.why for fact in found.facts]
    assert "told as spot, left; the reader does not judge this on this note" in whys
    assert "small in the source, large here; the reader does not judge this on this note" in whys


def test_of_two_findings_that_a_wider_place_answers_the_one_of_the_same_name_is_answered():
    source = stones(*spot("left", site="top shell", label="red spot"), *spot("left", site="top shell"))
    classes = {f.source.fact: f.fact_class for f in compared(source, stones(*spot("left"))).facts if f.source}
    assert classes["spot, left top shell", "located in", "top shell"] is FactClass.REWORDED
    assert classes["red spot, left top shell", "located in", "top shell"] is FactClass.MISSING


def test_a_rewording_goes_to_what_the_reader_of_the_candidate_can_tell():
    blue = PRIOR.entry_by_name["red spot"].model_copy(update={"name": "blue spot"})
    prior = PRIOR.model_copy(update={"vocabulary": (*PRIOR.vocabulary, blue)})
    source = stones(*spot("left", label="blue spot"), *spot("left", label="red spot"))
    assesses = frozenset({"red spot", "spot"})
    facts = difference(source, stones(*spot("left")), prior, target=Modality.TEXT, assesses=assesses).facts
    classes = {f.source.head: f.fact_class for f in facts if f.source and f.source.relation == "located in"}
    assert classes == {"red spot, left": FactClass.REWORDED, "blue spot, left": FactClass.NOT_ASSESSABLE}
