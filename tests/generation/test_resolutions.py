import random
from collections import Counter

import pytest

from kbapp.core.candidate import Resolution
from kbapp.core.content import Modality
from kbapp.core.evidence import ImageRegion, Measurement
from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.generation.resolutions import PRESENT_WHEN_DOUBTED, most_likely, open_facts, resolved, sampled
from kbapp.priors.schema import FilmRule
from tests.chest import read, shipped
from tests.ranking.small_prior import PRIOR, spot, stones

RULE = FilmRule(
    measure="area", finding="spot", present=0.2, uncertain=0.1, scale="size", degrees={"small": 0.2, "medium": 0.4, "large": 0.6}
)
MEASURED = PRIOR.model_copy(update={"film_rules": (RULE,)})


def measured(value: float, uncertainty: float, size: str, status: str = "present") -> KnowledgeGraph:
    evidence = (ImageRegion((0, 0, 1, 1), Measurement("area", value, uncertainty)),)
    plain = stones(*spot("left", size, status=status))
    return graph_of([Triple(*t.fact, t.status, evidence) for t in plain.triples], plain.nodes)


def options(graph: KnowledgeGraph, target: Modality, prior=MEASURED) -> dict[str, dict[str, float]]:
    return {f"{fact.node} {fact.kind}": dict(fact.options) for fact in open_facts(graph, prior, target)}


def test_a_doubt_becomes_present_or_absent_in_a_picture_and_may_stay_a_doubt_in_a_text():
    doubtful = stones(*spot("left", status="uncertain"))
    assert options(doubtful, Modality.IMAGE) == {
        "spot, left status": {"present": PRESENT_WHEN_DOUBTED, "absent": 1 - PRESENT_WHEN_DOUBTED}
    }
    (told,) = options(doubtful, Modality.TEXT).values()
    assert set(told) == {"uncertain", "present", "absent"} and sum(told.values()) == pytest.approx(1)


def test_a_sure_fact_is_not_open():
    assert options(stones(*spot("left", "small"), ("crack", "located in", "core", "absent")), Modality.TEXT) == {}


def test_a_measurement_far_from_every_threshold_leaves_nothing_open():
    assert options(measured(0.5, 0.02, "medium"), Modality.TEXT) == {}


def test_a_degree_within_its_uncertainty_of_a_threshold_may_be_the_neighbouring_one():
    (told,) = options(measured(0.41, 0.02, "medium"), Modality.TEXT).values()
    assert set(told) == {"medium", "small"} and told["medium"] > told["small"]
    (told,) = options(measured(0.59, 0.02, "medium"), Modality.TEXT).values()
    assert set(told) == {"medium", "large"}


def test_a_finding_measured_just_beyond_its_threshold_may_be_doubted():
    told = options(measured(0.21, 0.02, "small"), Modality.TEXT)["spot, left status"]
    assert set(told) == {"present", "uncertain"} and told["present"] > told["uncertain"]


def test_a_doubt_that_was_measured_is_resolved_by_the_measurement():
    near = options(measured(0.19, 0.02, "", "uncertain"), Modality.IMAGE)["spot, left status"]
    far = options(measured(0.16, 0.02, "", "uncertain"), Modality.IMAGE)
    assert near["present"] == pytest.approx(0.309, abs=0.01)
    assert "spot, left status" not in far or far["spot, left status"].get("present", 0) < near["present"]


def test_sampling_follows_the_probabilities():
    facts = open_facts(stones(*spot("left", status="uncertain")), PRIOR, Modality.IMAGE)
    rng = random.Random(3)
    drawn = Counter(sampled(facts, rng)[0].after for _ in range(900))
    assert drawn["present"] / 900 == pytest.approx(PRESENT_WHEN_DOUBTED, abs=0.05)


def test_what_becomes_absent_keeps_its_place_and_loses_its_degree():
    graph = stones(*spot("left", "small", status="uncertain"))
    told = resolved(graph, [Resolution("spot, left", "status", "uncertain", "absent")])
    assert {t.relation for t in told.triples} == {"located in", "on side"}
    assert {t.status for t in told.triples} == {Status.ABSENT}


def test_a_degree_is_replaced_and_nothing_else():
    graph = stones(*spot("left", "small"), *spot("right", "small"))
    told = resolved(graph, [Resolution("spot, left", "degree", "small", "large")])
    assert {t.key for t in told.triples} ^ {t.key for t in graph.triples} == {
        ("spot, left", "has size", "small", "present"),
        ("spot, left", "has size", "large", "present"),
    }


def test_telling_a_fact_as_it_was_read_changes_nothing():
    graph = read("Possible left pleural effusion. No pneumothorax.")
    facts = open_facts(graph, shipped().prior, Modality.TEXT)
    kept = [fact.choice(fact.before) for fact in facts]
    assert kept and resolved(graph, kept) is graph
    assert [r.after for r in most_likely(facts)] == ["uncertain"]
