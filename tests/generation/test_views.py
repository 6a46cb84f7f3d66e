import pytest

from kbapp.core.content import Modality
from kbapp.generation.resolutions import resolved
from kbapp.generation.views import candidate_seed, views
from tests.chest import read, shipped
from tests.generation.reports import REPORTS

DOUBTFUL = REPORTS[5]


def made(text: str, n: int, seed: int = 0, target: Modality = Modality.TEXT):
    return views(read(text), shipped().prior, target, n, "abc", seed)


@pytest.mark.parametrize("text", REPORTS)
@pytest.mark.parametrize("target", Modality)
def test_the_first_views_do_not_depend_on_how_many_are_asked_for(text, target):
    assert made(text, 15, target=target)[:5] == made(text, 5, target=target)


def test_each_candidate_leads_with_another_subject_while_there_are_some():
    subjects = [view.subject for view in made(REPORTS[1], 4)]
    assert len(set(subjects)) == 4


def test_doubts_are_resolved_differently_so_that_candidates_differ_in_substance():
    told = made(DOUBTFUL, 5, target=Modality.IMAGE)
    assert len({view.graph for view in told}) == 5
    assert all(view.graph == resolved(read(DOUBTFUL), view.resolutions) for view in told)


def test_the_first_candidate_tells_open_facts_as_they_are_likeliest():
    assert made(DOUBTFUL, 1)[0].graph == read(DOUBTFUL) and made(DOUBTFUL, 1)[0].resolutions == ()
    assert {r.after for r in made(DOUBTFUL, 1, target=Modality.IMAGE)[0].resolutions} == {"present"}


def test_a_denied_finding_never_leads():
    for view in made(DOUBTFUL, 15, target=Modality.IMAGE):
        assert view.graph.status_of(view.subject) is None or view.graph.status_of(view.subject) != "absent"


def test_another_run_seed_draws_other_resolutions_and_the_same_one_the_same():
    assert made(DOUBTFUL, 6) == made(DOUBTFUL, 6)
    assert any(made(DOUBTFUL, 6, seed=s) != made(DOUBTFUL, 6) for s in range(1, 4))


def test_seeds_differ_by_content_run_and_index_and_fit_31_bits():
    seeds = {candidate_seed(c, s, i) for c in ("a", "b") for s in range(5) for i in range(15)}
    assert len(seeds) == 150 and all(0 <= seed < 2**31 for seed in seeds)


def test_an_empty_graph_is_told_around_the_root_of_the_domain():
    (view,) = made("The weather is fine.", 1)
    assert view.subject == "chest" and view.text == "" and view.coverage == 1
