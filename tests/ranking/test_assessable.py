"""What a picture says without being asked, and what one film cannot say, costs no candidate anything."""

from kbapp.core.content import Modality
from kbapp.core.difference import FactClass
from kbapp.core.graph import graph_of
from kbapp.core.triple import HAS_SEVERITY, HAS_STATE, LOCATED_IN, ON_SIDE, Status, Triple
from kbapp.knowledge.canonical import node_of
from kbapp.priors.document import parse_prior
from kbapp.ranking.assessable import answering_part, assessable_part, can_be_told
from kbapp.ranking.difference import difference
from kbapp.resources import DOMAINS

PRIOR = parse_prior((DOMAINS / "chest-xray.yaml").read_text())


def graph(*facts):
    """Facts as (label, head, relation, tail, status)."""
    triples = [Triple(head, relation, tail, status) for _, head, relation, tail, status in facts]
    nodes = [node_of(PRIOR, head, label) for label, head, *_ in facts]
    return graph_of(triples, nodes)


def fact(label, relation, tail, status=Status.PRESENT, head=None):
    return label, head or label, relation, tail, status


HEART = graph(fact("cardiomegaly", LOCATED_IN, "heart"))


def test_a_denial_about_which_the_source_says_nothing_is_not_extra_in_a_picture():
    candidate = graph(fact("cardiomegaly", LOCATED_IN, "heart"), fact("pleural effusion", LOCATED_IN, "pleura", Status.ABSENT))
    found = difference(HEART, candidate, PRIOR, target=Modality.IMAGE)
    assert found.count(FactClass.EXTRA) == 0 and found.count(FactClass.KEPT) == 1


def test_the_same_denial_is_extra_in_a_text():
    candidate = graph(fact("cardiomegaly", LOCATED_IN, "heart"), fact("pleural effusion", LOCATED_IN, "pleura", Status.ABSENT))
    assert difference(HEART, candidate, PRIOR, target=Modality.TEXT).count(FactClass.EXTRA) == 1


def test_what_is_present_in_a_picture_is_never_left_out():
    candidate = graph(fact("pleural effusion", LOCATED_IN, "pleura"))
    assert answering_part(candidate, HEART, PRIOR, Modality.IMAGE) == candidate
    assert difference(HEART, candidate, PRIOR, target=Modality.IMAGE).count(FactClass.EXTRA) == 1


def test_a_degree_that_the_source_leaves_open_is_not_extra_in_a_picture():
    candidate = graph(fact("cardiomegaly", LOCATED_IN, "heart"), fact("cardiomegaly", HAS_SEVERITY, "mild"))
    assert answering_part(candidate, HEART, PRIOR, Modality.IMAGE) == HEART


def test_a_degree_that_the_source_states_is_compared():
    source = graph(fact("cardiomegaly", LOCATED_IN, "heart"), fact("cardiomegaly", HAS_SEVERITY, "severe"))
    candidate = graph(fact("cardiomegaly", LOCATED_IN, "heart"), fact("cardiomegaly", HAS_SEVERITY, "mild"))
    assert answering_part(candidate, source, PRIOR, Modality.IMAGE) == candidate
    assert difference(source, candidate, PRIOR, target=Modality.IMAGE).count(FactClass.MISSING) == 1


def test_a_change_over_time_cannot_be_told_from_one_film():
    stable = Triple("cardiomegaly", HAS_STATE, "stable")
    assert not can_be_told(stable, "cardiomegaly", PRIOR, Modality.IMAGE, None)
    assert can_be_told(stable, "cardiomegaly", PRIOR, Modality.TEXT, None)
    source = graph(fact("cardiomegaly", LOCATED_IN, "heart"), fact("cardiomegaly", HAS_STATE, "stable"))
    assert assessable_part(source, PRIOR, Modality.IMAGE, None) == HEART


def test_a_broad_denial_by_a_reader_that_cannot_tell_the_narrow_finding_is_no_contradiction():
    source = graph(fact("atelectasis", LOCATED_IN, "lung base", head="atelectasis, left lung base"))
    candidate = graph(fact("lung opacity", LOCATED_IN, "lung", Status.ABSENT))
    blind = difference(source, candidate, PRIOR, target=Modality.IMAGE, assesses=frozenset({"lung opacity"}))
    assert blind.count(FactClass.CONTRADICTED) == 0 and blind.count(FactClass.NOT_ASSESSABLE) == 1
    seeing = difference(source, candidate, PRIOR, target=Modality.IMAGE, assesses=frozenset({"lung opacity", "atelectasis"}))
    assert seeing.count(FactClass.CONTRADICTED) == 1


def test_a_doubt_that_the_candidate_denies_in_wider_words_is_missing_once_and_nothing_is_extra():
    head = "pleural effusion, left"
    source = graph(
        fact("pleural effusion", LOCATED_IN, "pleura", Status.UNCERTAIN, head),
        fact("pleural effusion", ON_SIDE, "left", Status.UNCERTAIN, head),
    )
    candidate = graph(fact("pleural effusion", LOCATED_IN, "pleura", Status.ABSENT))
    found = difference(source, candidate, PRIOR, target=Modality.IMAGE)
    assert found.count(FactClass.EXTRA) == 0 and found.count(FactClass.CONTRADICTED) == 0
    assert [f.why for f in found.facts if f.candidate] == ["uncertain in the source, absent here"]
