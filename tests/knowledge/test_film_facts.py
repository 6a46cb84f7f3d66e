"""Thresholds, degrees and places become facts as the prior's rules say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.triple import HAS_SEVERITY, LOCATED_IN, ON_SIDE, Status
from kbapp.knowledge.film_facts import degree_of, facts_of, status_of
from kbapp.knowledge.film_measures import FLUID_HEIGHT, HEART_WIDTH, ZONE_OPACITY, Measure, Measured
from kbapp.priors.schema import FilmRule
from tests.chest import shipped

RULE = FilmRule(measure="m", finding="f", present=0.5, uncertain=0.4, degrees={"mild": 0.5, "severe": 0.7})
BOX = (0.1, 0.1, 0.2, 0.9)
ORDER = [Status.ABSENT, Status.UNCERTAIN, Status.PRESENT]


@pytest.mark.parametrize(
    ("value", "doubt", "status"),
    [(0.6, 0.02, "present"), (0.51, 0.02, "uncertain"), (0.45, 0.02, "uncertain"), (0.3, 0.02, "absent"), (0.39, 0.2, "uncertain")],
)
def test_a_value_is_present_only_beyond_its_doubt(value, doubt, status):
    assert status_of(RULE, value, doubt) == status


@given(a=st.floats(0, 1), b=st.floats(0, 1), doubt=st.floats(0.001, 0.2))
def test_a_larger_value_is_never_less_present(a, b, doubt):
    low, high = sorted((a, b))
    assert ORDER.index(status_of(RULE, low, doubt)) <= ORDER.index(status_of(RULE, high, doubt))


@given(value=st.floats(0, 1), doubt=st.floats(0.001, 0.2))
def test_a_rule_for_small_values_mirrors_one_for_large_values(value, doubt):
    mirrored = FilmRule(measure="m", finding="f", present=-0.5, uncertain=-0.4, below=True)
    assert status_of(RULE, value, doubt) is status_of(mirrored, -value, doubt)


@pytest.mark.parametrize(("value", "degree"), [(0.45, "mild"), (0.55, "mild"), (0.7, "severe"), (0.9, "severe")])
def test_the_strongest_degree_reached_is_told(value, degree):
    assert degree_of(RULE, value) == degree


def taken(*measures: Measure, failed=()) -> Measured:
    return Measured(measures, failed)


def facts(*measures: Measure, failed=()):
    return facts_of(taken(*measures, failed=failed), shipped())


def fluid(side: str, value: float, box=BOX) -> Measure:
    return Measure(FLUID_HEIGHT, value, 0.01, box, side)


def zone(side: str, name: str, value: float, box=BOX) -> Measure:
    return Measure(ZONE_OPACITY, value, 0.01, box, side, name)


def test_each_side_is_an_occurrence_of_its_own():
    found = facts(fluid("left", 0.2), fluid("right", 0.6)).graph
    for side, degree in (("left", "small"), ("right", "large")):
        said = {(t.relation, t.tail) for t in found.about(f"pleural effusion, {side}")}
        assert said == {(LOCATED_IN, "pleura"), (ON_SIDE, side), (HAS_SEVERITY, degree)}


def test_a_denial_is_told_only_when_both_sides_are_free():
    assert facts(fluid("left", 0.0), fluid("right", 0.0)).graph.status_of("pleural effusion") is Status.ABSENT
    assert "pleural effusion" not in facts(fluid("left", 0.0), fluid("right", 0.3)).graph.heads


def test_an_uncertain_fact_has_no_degree():
    found = facts(fluid("left", 0.09), fluid("right", 0.0)).graph
    assert {(t.relation, t.status) for t in found.about("pleural effusion, left")} == {
        (LOCATED_IN, Status.UNCERTAIN),
        (ON_SIDE, Status.UNCERTAIN),
    }


def test_a_zone_is_called_by_its_name_on_that_side():
    zones = [zone(s, z, 0.45 if z == "middle" else 0.0) for s in ("left", "right") for z in ("upper", "middle", "lower")]
    heads = facts(*zones).graph.heads
    assert "lung opacity, right middle lobe" in heads and "lung opacity, left lingula" in heads


def test_fluid_explains_a_dense_zone_on_its_own_side_only():
    low, base = (0.1, 0.6, 0.4, 0.8), (0.1, 0.5, 0.2, 0.85)
    zones = [zone("left", "lower", 0.6, low), zone("right", "lower", 0.6, low)]
    heads = facts(fluid("left", 0.4, base), fluid("right", 0.0), *zones).graph.heads
    assert "lung opacity, right lower lobe" in heads and "lung opacity, left lower lobe" not in heads


def test_a_normal_ratio_says_normal_size_and_denies_enlargement():
    found = facts(Measure(HEART_WIDTH, 0.44, 0.01, BOX)).graph
    assert {t.fact for t in found.triples if t.status is Status.PRESENT} == {("heart", "has size", "normal")}
    assert found.status_of("cardiomegaly") is Status.ABSENT


def test_what_failed_is_not_assessed():
    found = facts(fluid("left", 0.0), failed=((HEART_WIDTH, "hidden"),))
    assert "cardiomegaly" in found.not_assessed and "cardiomegaly" not in found.assesses
    assert "pleural effusion" in found.assesses and not set(found.not_assessed) & found.assesses


def test_every_measure_named_by_the_shipped_rules_exists():
    assert {r.measure for r in shipped().prior.film_rules} <= {HEART_WIDTH, FLUID_HEIGHT, ZONE_OPACITY}


def test_places_and_values_are_nodes_of_their_kind():
    kinds = {node.name: node.kind for node in facts(fluid("left", 0.2)).graph.nodes}
    assert kinds == {"pleural effusion, left": "finding", "pleura": "anatomy", "left": "value", "small": "value"}
