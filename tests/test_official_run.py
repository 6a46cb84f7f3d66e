"""An official run's sample as a completion: who read what, what is compared, and what is not claimed."""

from dataclasses import replace

import pytest

from kbapp.core.difference import FactClass
from kbapp.core.evidence import TextSpan
from kbapp.core.graph import graph_of
from kbapp.formats.run_folder import RunSample, read_sample
from kbapp.formats.run_folder_files import opened_folder
from kbapp.official_run import ORIGIN, completion_of, domain_of
from kbapp.pipeline import rescored
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.resources import DOMAINS
from tests.formats import official_runs as runs


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return runs.whole_run(tmp_path_factory.mktemp("official") / "run")


def sample(run, name: str) -> RunSample:
    with opened_folder(run) as root, opened_folder(run.parent / "images") as pictures:
        return read_sample(root, name, pictures)


def completed(given: RunSample, domain: str = ""):
    return completion_of(given, _prior(domain or domain_of(given)), origin="a run")


def _prior(domain: str) -> PriorVersion:
    yaml = (DOMAINS / f"{domain}.yaml").read_text(encoding="utf-8")
    return PriorVersion(parse_prior(yaml), 1, yaml)


def test_graphs_of_the_run_are_compared_as_the_run_wrote_them(run):
    made = completed(sample(run, "2"))
    assert made.case.domain == "general-scene" and made.provenance.engines["reader"].startswith(ORIGIN)
    assert [t.fact for t in made.reading.graph.triples] == [
        ("horse", "on", "beach"),
        ("man", "rides", "horse"),
        ("man", "wearing", "red hat with a feather"),
    ]
    assert [d.count(FactClass.MISSING) for d in made.differences] == [0, 1, 2]
    assert made.scores[0].parts["graph"].value == 100 and made.ranking.order == (0, 1, 2)


def test_the_runs_own_scores_stand_beside_the_candidates_and_are_no_part_of_qs(run):
    made = completed(sample(run, "2"))
    assert [dict(c.given_scores)["total_score"] for c in made.candidates] == [20.75, 21.75, 22.75]
    assert all(set(score.parts) == set(score.weights) == {"graph"} for score in made.scores)
    assert made.ranking.preselected == 0  # the run's own order is the other way round


def test_a_medical_sample_without_a_graph_is_read_anew_on_both_sides(run):
    made = completed(sample(run, "11"))
    assert made.provenance.engines["reader"].startswith("film-reader") and made.provenance.engines["candidate reader"].startswith(
        "report"
    )
    assert ("cardiomegaly", "located in", "heart") in {t.fact for t in made.reading.graph.triples}
    assert all(isinstance(e, TextSpan) for t in made.candidate_readings[0].graph.triples for e in t.evidence)
    assert made.ranking.order[0] == 0


def test_a_picture_that_the_reader_refuses_tells_nothing_and_says_so(run):
    """The second picture of this sample is no film. As in a run of our own it keeps its place, behind those that tell something."""
    made = completed(sample(run, "12"))
    assert made.scores[0].qs > made.scores[1].qs == 0 and made.ranking.order == (0, 1)
    assert made.ranking.margin is None and made.ranking.preselected == 0  # no lead over what nobody read
    assert made.candidate_readings[1].notes[0].startswith("It could not be read: Expected a frontal")
    assert all(fact.fact_class is FactClass.NOT_ASSESSABLE for fact in made.differences[1].facts)


def test_a_candidate_whose_graph_is_missing_is_not_taken_for_one_that_tells_nothing(run):
    given = sample(run, "2")
    made = completed(replace(given, candidates=(given.candidates[0], replace(given.candidates[1], graph=None))))
    prior = _prior("general-scene")
    for scored in (made, rescored(made, graph_of(made.reading.graph.triples[:2], (), prior.ref), prior)):
        assert [score.parts["graph"].value is None for score in scored.scores] == [False, True]
        assert scored.scores[0].qs is None and "no graph of the candidate" in scored.ranking.abstained


def test_a_candidate_without_a_graph_is_not_read_by_another_reader_than_the_source(run):
    given = sample(run, "2")
    bare = replace(given, candidates=tuple(replace(c, graph=None) for c in given.candidates))
    made = completed(bare)
    assert made.reading.graph and not any(reading.graph for reading in made.candidate_readings)
    assert all(d.counts["missing"] == d.counts["extra"] == 0 for d in made.differences)
    assert made.ranking.preselected is None and "graph" in made.ranking.abstained


def test_without_a_graph_and_without_a_reader_nothing_is_claimed_and_the_reason_is_said(run):
    made = completed(replace(sample(run, "2"), graph=None))
    assert not made.reading.graph and "do not read the pictures" in made.reading.notes[0]
    assert not any(d.facts for d in made.differences) and made.scores[0].parts["graph"].reason == "the source was not read"


def test_what_the_folder_does_not_say_is_said_to_be_unknown(run):
    given = sample(run, "2")
    made = completed(replace(given, expected=7, remarks=("A remark.",)))
    assert made.provenance.n_requested == 7
    assert made.notes[:2] == ("There are 3 candidates, where the run's files speak of 7.", "A remark.")
    assert "The seed shown as 0 is a placeholder" in made.notes[-1]


def test_a_hole_in_the_numbers_is_closed_and_the_old_number_kept(run):
    given = sample(run, "2")
    made = completed(replace(given, candidates=given.candidates[1:]))
    assert [c.index for c in made.candidates] == [0, 1] and made.candidates[0].notes == ("Number 1 in the run's folder.",)
