"""The graph's panel: its facts as a table."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.triple import LOCATED_IN, Status, Triple
from kbapp.formats.completion_files import read_completion
from kbapp.resources import ASSETS
from kbapp.ui.review_graph_panel import fact_rows, graph_panel

COMPLETION, _ = read_completion(ASSETS / "recorded" / "chest-film")
SOURCE = (Triple("a", LOCATED_IN, "lung"), Triple("b", LOCATED_IN, "lung"))
MORE = (Triple("c", LOCATED_IN, "lung"), Triple("a", LOCATED_IN, "lung", Status.ABSENT))


def completion(*differences, triples=SOURCE):
    n = len(differences)
    reading = replace(COMPLETION.reading, graph=KnowledgeGraph(triples))
    made = {name: getattr(COMPLETION, name)[:n] for name in ("candidates", "candidate_readings", "scores")}
    return replace(COMPLETION, reading=reading, differences=tuple(map(Difference, differences)), **made)


def test_a_fact_of_the_source_has_a_class_for_each_candidate_and_one_that_it_lacks_a_row_of_its_own():
    a, b = SOURCE
    first = (FactDifference(FactClass.CONTRADICTED, a, MORE[1]), FactDifference(FactClass.KEPT, b, b))
    second = (FactDifference(FactClass.MISSING, a, None), FactDifference(FactClass.EXTRA, None, MORE[0]))
    rows = [(row.triple, row.of_source, row.classes) for row in fact_rows(completion(first, second))]
    assert rows == [
        (a, True, (FactClass.CONTRADICTED, FactClass.MISSING)),
        (b, True, (FactClass.KEPT, None)),
        (MORE[1], False, (FactClass.CONTRADICTED, None)),
        (MORE[0], False, (None, FactClass.EXTRA)),
    ]


def test_what_is_told_in_place_of_a_missing_fact_is_extra_and_a_kept_fact_has_one_row():
    a, b = SOURCE
    facts = (FactDifference(FactClass.MISSING, a, MORE[0]), FactDifference(FactClass.KEPT, b, MORE[1]))
    assert [(row.triple, row.classes) for row in fact_rows(completion(facts))] == [
        (a, (FactClass.MISSING,)),
        (b, (FactClass.KEPT,)),
        (MORE[0], (FactClass.EXTRA,)),
    ]


facts = st.one_of(
    st.builds(FactDifference, st.sampled_from(list(FactClass)), st.sampled_from(SOURCE), st.sampled_from((None, *MORE))),
    st.builds(FactDifference, st.just(FactClass.EXTRA), st.none(), st.sampled_from(MORE)),
)


@given(st.lists(st.lists(facts, max_size=6), min_size=1, max_size=4))
def test_every_fact_of_every_difference_is_in_one_row(differences):
    rows = {row.triple: row.classes for row in fact_rows(completion(*differences))}
    assert len(rows) == len(fact_rows(completion(*differences)))
    for k, difference in enumerate(differences):
        told = {triple for triple, classes in rows.items() if classes[k] is not None}
        assert {fact.source or fact.candidate for fact in difference} <= told
        assert told <= {triple for fact in difference for triple in (fact.source, fact.candidate)}


def test_a_blind_reader_gets_the_facts_of_the_source_alone():
    added = completion([FactDifference(FactClass.EXTRA, None, MORE[0])])
    html = str(graph_panel(added, hidden=True))
    assert len(re.findall("<tr data-nodes", html)) == len(SOURCE)
    assert not [said for said in ("data-classes", "data-words", "Difference", "extra") if said in html]


def test_a_source_without_a_fact_still_shows_what_the_candidates_add():
    added = completion([FactDifference(FactClass.EXTRA, None, MORE[0])], triples=())
    assert 'data-classes="extra" data-extra' in str(graph_panel(added))
    assert "found nothing" in str(graph_panel(added, hidden=True))
