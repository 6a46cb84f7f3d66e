"""A correction of the source graph, on both kinds of profile: new scores without a model, old ones untouched."""

from dataclasses import replace

import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.content import TextContent
from kbapp.core.decision import Action
from kbapp.errors import DecisionRefused, NotAllowed, NotFound, Stale, UserError
from kbapp.formats.completion_files import read_completion
from kbapp.knowledge.graph_corrections import Correction
from kbapp.pipeline import complete, rescored
from kbapp.profiles import engines_for
from kbapp.ranking.quality_score import GRAPH
from kbapp.resources import ASSETS, DOMAINS
from kbapp.settings import Settings
from tests.chest import draw, shipped
from tests.review.fakes import finished, opened
from tests.scripted_engines import scripted_engines

REPORT = "Small left pleural effusion. Mild cardiomegaly. No pneumothorax."


@pytest.fixture(params=["builtin", "lmm"])
def workbench(request, tmp_path):
    engines = engines_for(Settings(storage=tmp_path))
    if request.param == "lmm":
        engines, _ = scripted_engines(engines, shipped())
    with opened(tmp_path / "storage", complete, DOMAINS, lambda profile: engines) as workbench:
        yield workbench


@pytest.fixture
def stored(workbench):
    case_id = workbench.cases.create(LOCAL_OWNER, [TextContent(REPORT)])
    status = finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 3, 3, "k"), seconds=100)
    assert status.state == "done", status.error
    return workbench.completions.latest(LOCAL_OWNER, case_id)


def first_fact(stored):
    return next(iter(stored.completion.reading.graph.heads))


def test_a_correction_scores_the_same_candidates_anew_and_keeps_the_old_scores(workbench, stored):
    out = [Correction(None, first_fact(stored))]
    made = workbench.corrections.correct(LOCAL_OWNER, stored.id, out, "misread", revision=stored.revision)
    new, old = workbench.completions.get(LOCAL_OWNER, made), workbench.completions.get(LOCAL_OWNER, stored.id)
    assert new.latest and not old.latest and old.completion == stored.completion
    assert new.candidate_artifacts == old.candidate_artifacts
    assert first_fact(stored) not in new.completion.reading.graph.heads
    for before, after in zip(old.completion.scores, new.completion.scores, strict=True):
        assert {n: p for n, p in before.parts.items() if n != GRAPH} == {n: p for n, p in after.parts.items() if n != GRAPH}
    assert new.completion.notes[0] == "Graph corrected by local owner (version 2): misread"
    assert new.completion.provenance.engines["graph version"] == "2"


def test_no_engine_is_asked(workbench, stored, monkeypatch):
    monkeypatch.setattr(workbench._worker, "_ready_engines", lambda *_: pytest.fail("an engine was asked for"))
    workbench.corrections.correct(
        LOCAL_OWNER, stored.id, [Correction(None, first_fact(stored))], "misread", revision=stored.revision
    )


def test_a_decision_after_it_rests_on_the_corrected_graph(workbench, stored):
    made = workbench.corrections.correct(
        LOCAL_OWNER, stored.id, [Correction(None, first_fact(stored))], "misread", revision=stored.revision
    )
    new = workbench.completions.get(LOCAL_OWNER, made)
    wish = {"candidate": 0, "idempotency_key": "d", "confirm": True}
    with pytest.raises(Stale):
        workbench.decisions.decide(LOCAL_OWNER, stored.id, Action.ACCEPT, revision=stored.revision, **wish)
    assert workbench.decisions.decide(LOCAL_OWNER, made, Action.ACCEPT, revision=new.revision, **wish).completion == made


def test_what_may_not_be_corrected_is_refused_and_nothing_is_stored(workbench, stored):
    def correct(actor=LOCAL_OWNER, changes=None, reason="misread", revision=stored.revision):
        changes = [Correction(None, first_fact(stored))] if changes is None else changes
        workbench.corrections.correct(actor, stored.id, changes, reason, revision=revision)

    with pytest.raises(UserError, match="needs a reason"):
        correct(reason=" ")
    with pytest.raises(UserError, match="nothing was changed"):
        correct(changes=[])
    with pytest.raises(Stale):
        correct(revision=stored.revision - 1)
    with pytest.raises(NotAllowed):
        correct(actor=Actor("v", "V", Role.VIEWER))
    workbench.decisions.decide(
        LOCAL_OWNER, stored.id, Action.REJECT, reason="wrong side", revision=stored.revision, idempotency_key="r"
    )
    with pytest.raises(DecisionRefused, match="take the decision back"):
        correct(revision=stored.revision + 1)
    assert len(workbench.completions.list(LOCAL_OWNER, stored.completion.case.id)) == 1


def test_the_recorded_run_can_be_corrected_without_any_model():
    completion, _ = read_completion(ASSETS / "recorded" / "chest-film")
    same = rescored(completion, completion.reading.graph, shipped())
    assert [s.parts[GRAPH] for s in same.scores] == [s.parts[GRAPH] for s in completion.scores]
    assert same.differences == completion.differences and same.ranking.order == completion.ranking.order
    fewer = replace(completion.reading.graph, triples=completion.reading.graph.triples[:2])
    assert [s.qs for s in rescored(completion, fewer, shipped()).scores] != [s.qs for s in completion.scores]


def test_candidates_are_made_again_from_the_corrected_graph_and_say_so(workbench, stored):
    out = first_fact(stored)
    made = workbench.corrections.correct(LOCAL_OWNER, stored.id, [Correction(None, out)], "misread", revision=stored.revision)
    corrected = workbench.completions.get(LOCAL_OWNER, made)
    job = workbench.jobs.submit(LOCAL_OWNER, stored.completion.case.id, 2, 9, "again", from_completion=made)
    assert finished(workbench, job, seconds=100).state == "done"
    again = workbench.completions.latest(LOCAL_OWNER, stored.completion.case.id).completion
    assert again.reading == corrected.completion.reading and out not in again.reading.graph.heads
    assert all(out not in candidate.description.graph.heads for candidate in again.candidates)
    told = again.provenance.engines
    assert (told["graph version"], told["graph corrected by"]) == ("2", "local owner")
    assert told["reader"] == stored.completion.provenance.engines["reader"]
    assert "Made from the source graph version 2, corrected by local owner; the source was not read again." in again.notes
    assert [row.n for row in workbench.completions.list(LOCAL_OWNER, stored.completion.case.id)] == [2, 3, 3]


def test_a_graph_is_taken_under_the_prior_it_was_made_under_also_when_a_newer_one_is_published(workbench, stored):
    newest = workbench.priors.published(LOCAL_OWNER, "chest-xray")
    renamed = newest.yaml.replace("title: ", "title: Changed ", 1)
    assert workbench.priors.save(LOCAL_OWNER, "chest-xray", renamed, "another title", newest.number).number == newest.number + 1
    job = workbench.jobs.submit(LOCAL_OWNER, stored.completion.case.id, 1, 9, "again", from_completion=stored.id)
    assert finished(workbench, job, seconds=100).state == "done"
    again = workbench.completions.latest(LOCAL_OWNER, stored.completion.case.id).completion
    assert again.provenance.prior == stored.completion.provenance.prior


def test_the_graph_of_another_case_is_refused(workbench, stored):
    other = workbench.cases.create(LOCAL_OWNER, [TextContent("No pneumothorax.")])
    with pytest.raises(NotFound, match="no such completion"):
        workbench.jobs.submit(LOCAL_OWNER, other, 1, 0, "other", from_completion=stored.id)


def test_what_was_being_written_goes_along_to_the_corrected_version(workbench):
    case_id = workbench.cases.create(LOCAL_OWNER, list(draw(["Severe cardiomegaly. Large left pleural effusion."], first_seed=4)))
    assert finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 2, 3, "film"), seconds=100).state == "done"
    stored = workbench.completions.latest(LOCAL_OWNER, case_id)
    anna = Actor("anna", "Anna", Role.CLINICIAN)
    workbench.drafts.save(LOCAL_OWNER, stored.id, 1, "half a sentence")
    workbench.drafts.save(anna, stored.id, 0, "hers")
    out = [Correction(None, first_fact(stored))]
    made = workbench.corrections.correct(LOCAL_OWNER, stored.id, out, "misread", revision=stored.revision)
    assert [(d.candidate, d.text) for d in workbench.drafts.of(LOCAL_OWNER, made)] == [(1, "half a sentence")]
    assert [(d.candidate, d.text) for d in workbench.drafts.of(anna, made)] == [(0, "hers")]
    assert workbench.drafts.of(LOCAL_OWNER, stored.id) == []
