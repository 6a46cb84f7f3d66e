"""Decoys through the whole of the service layer, on both kinds of profile."""

import json
import re

import pytest
from sqlalchemy import func, select

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.content import TextContent
from kbapp.core.decision import Action
from kbapp.core.difference import FactClass
from kbapp.errors import DecisionRefused, Stale, UserError
from kbapp.knowledge.graph_corrections import Correction
from kbapp.pipeline import complete
from kbapp.profiles import engines_for
from kbapp.resources import DOMAINS
from kbapp.review import decoys
from kbapp.settings import Settings
from kbapp.store import tables
from kbapp.ui import case_page
from tests.chest import draw, shipped
from tests.review.fakes import finished, opened
from tests.scripted_engines import scripted_engines

ANNA, BEN = Actor("anna", "Anna", Role.CLINICIAN), Actor("ben", "Ben", Role.EXPERT)
REPORT = "Small left pleural effusion. Mild cardiomegaly. No pneumothorax."
FILM = "Severe cardiomegaly. Large left pleural effusion."


@pytest.fixture(params=["builtin", "lmm"])
def workbench(request, tmp_path, monkeypatch):
    """A workbench in which every case is drawn once the share is above 0."""
    monkeypatch.setattr("kbapp.review.worker.drawn", lambda completion_id, share: share > 0)
    engines = engines_for(Settings(storage=tmp_path))
    if request.param == "lmm":
        engines, _ = scripted_engines(engines, shipped())
    with opened(tmp_path / "storage", complete, DOMAINS, lambda profile: engines) as workbench:
        yield workbench


def switch(workbench, share, blind=False, reads=1):
    workbench.reading.set_rules(LOCAL_OWNER, blind=blind, reads_required=reads, decoys=share)


def completed(workbench, content=TextContent(REPORT), n=4):
    case_id = workbench.cases.create(LOCAL_OWNER, [content])
    status = finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, n, 3, f"complete {case_id}"), seconds=100)
    assert status.state == "done", status.error
    return case_id


def now(workbench, case_id):
    return workbench.completions.latest(LOCAL_OWNER, case_id)


def seen(workbench, actor, case_id):
    return workbench.decoys.shown(actor, now(workbench, case_id))


def place(stored):
    """Where the decoy stands: in the place of the candidate that ranks last."""
    return stored.completion.ranking.order[-1]


def decide(workbench, actor, case_id, action, key="k", **given):
    stored = now(workbench, case_id)
    given = {"revision": stored.revision, "idempotency_key": key, "confirm": True} | given
    return workbench.decisions.decide(actor, stored.id, action, **given)


@pytest.mark.parametrize("way", ["text to image", "image to text"])
def test_a_decoy_is_a_candidate_with_one_contradiction_that_the_store_keeps_apart(workbench, way):
    content = TextContent(REPORT) if way == "text to image" else draw([FILM], first_seed=4)[0]
    switch(workbench, 5)
    case_id = completed(workbench, content)
    stored, shown = now(workbench, case_id), seen(workbench, ANNA, case_id)
    k = place(stored)
    real, told = stored.completion, shown.completion
    assert told.differences[k].count(FactClass.CONTRADICTED) > real.differences[k].count(FactClass.CONTRADICTED)
    for other in set(range(4)) - {k}:
        assert told.candidates[other] == real.candidates[other] and told.differences[other] == real.differences[other]
        assert shown.candidate_artifacts[other] == stored.candidate_artifacts[other]
    assert told.candidates[k].content != real.candidates[k].content and told.candidates[k].model == real.candidates[k].model
    assert told.scores[k].parts.keys() == real.scores[k].parts.keys() and sorted(told.ranking.order) == [0, 1, 2, 3]
    assert workbench.artifacts.get(ANNA, shown.candidate_artifacts[k]).synthetic
    assert now(workbench, case_id) == stored and shown == seen(workbench, ANNA, case_id)


def test_nothing_is_made_or_shown_while_it_is_off(workbench):
    case_id = completed(workbench)
    assert seen(workbench, ANNA, case_id) == now(workbench, case_id)
    switch(workbench, 5)
    assert seen(workbench, ANNA, case_id) == now(workbench, case_id)  # it was completed before
    with workbench._database.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.decoys)).scalar() == 0


def test_who_takes_a_decoy_is_told_and_gets_the_case_without_it(workbench):
    switch(workbench, 5)
    case_id = completed(workbench)
    before = now(workbench, case_id)
    k = place(before)
    seen(workbench, ANNA, case_id)
    with pytest.raises(DecisionRefused, match=rf"candidate {k + 1} was a decoy: it says that .*Nothing was saved") as first:
        decide(workbench, ANNA, case_id, Action.ACCEPT, candidate=k, revision=before.revision)
    assert first.value.code == "decoy"
    with pytest.raises(DecisionRefused) as again:  # the same request once more, as after a lost answer
        decide(workbench, ANNA, case_id, Action.ACCEPT, candidate=k, revision=before.revision)
    assert str(again.value) == str(first.value)
    assert workbench.decisions.history(ANNA) == [] and now(workbench, case_id).status == "ready"
    assert seen(workbench, ANNA, case_id) == now(workbench, case_id)
    with pytest.raises(Stale):  # another window that still shows the decoy
        decide(workbench, ANNA, case_id, Action.ACCEPT, key="k2", candidate=k, revision=before.revision)
    decide(workbench, ANNA, case_id, Action.ACCEPT, key="k3", candidate=k)
    assert workbench.decisions.accepted(ANNA, case_id).sha256 == before.candidate_artifacts[k]
    assert str(workbench.decoys.readers(BEN)) == "[ReaderRecord(actor='Anna', met=1, taken=1, edited=0)]"


@pytest.mark.parametrize("action", [Action.ACCEPT, Action.REJECT])
def test_who_decides_otherwise_is_told_after_it_and_the_decision_keeps_what_was_shown(workbench, action):
    switch(workbench, 5, blind=True)
    case_id = completed(workbench)
    stored = now(workbench, case_id)
    k = place(stored)
    seen(workbench, ANNA, case_id)
    choice = {"candidate": (k + 1) % 4} if action is Action.ACCEPT else {"reason": "wrong side"}
    made = decide(workbench, ANNA, case_id, action, **choice)
    assert workbench.decoys.passed(ANNA, made).startswith(f"Candidate {k + 1} was a decoy, and you did not take it: it says that ")
    assert ("in whose place it stood" in workbench.decoys.passed(ANNA, made)) == (action is Action.REJECT)
    assert workbench.decoys.passed(BEN, made) == ""
    (row,) = workbench.audit.show(ANNA)
    assert list(row.order_shown) == [j for j in workbench.reading.sight(ANNA, stored.id).order if j != k]
    assert {score["index"] for score in row.scores} == set(range(4)) - {k}
    assert [(r.actor, r.met, r.taken) for r in workbench.decoys.readers(BEN)] == [("Anna", 1, 0)]
    decide(workbench, ANNA, case_id, Action.UNDO, key="u")
    assert seen(workbench, ANNA, case_id) == now(workbench, case_id)  # she has met it; Ben has not
    assert seen(workbench, BEN, case_id) != now(workbench, case_id)


def test_a_decoy_that_contradicts_is_asked_for_twice_like_any_candidate(workbench):
    switch(workbench, 5)
    case_id = completed(workbench)
    seen(workbench, ANNA, case_id)
    with pytest.raises(DecisionRefused) as refused:
        decide(workbench, ANNA, case_id, Action.ACCEPT, candidate=place(now(workbench, case_id)), confirm=False)
    assert refused.value.code == "needs_confirmation"


def test_a_decision_is_held_against_what_its_reader_saw_whatever_the_rules_say_since(workbench):
    switch(workbench, 5)
    case_id = completed(workbench)
    k = place(now(workbench, case_id))
    shown = seen(workbench, ANNA, case_id)
    switch(workbench, 0)
    assert seen(workbench, ANNA, case_id) == shown and seen(workbench, BEN, case_id) == now(workbench, case_id)
    with pytest.raises(DecisionRefused, match="was a decoy"):
        decide(workbench, ANNA, case_id, Action.ACCEPT, candidate=k)
    decide(workbench, BEN, case_id, Action.ACCEPT, key="b", candidate=k)
    assert [r.actor for r in workbench.decoys.readers(BEN)] == ["Anna"]


def test_a_deferral_is_no_answer_and_the_decoy_stays(workbench):
    switch(workbench, 5)
    case_id = completed(workbench)
    shown = seen(workbench, ANNA, case_id).completion
    made = decide(workbench, ANNA, case_id, Action.DEFER)
    assert workbench.decoys.passed(ANNA, made) == "" and seen(workbench, ANNA, case_id).completion == shown


def test_a_second_reader_and_a_viewer_see_the_real_candidates(workbench):
    switch(workbench, 5, reads=2)
    case_id = completed(workbench)
    assert seen(workbench, Actor("v", "V", Role.VIEWER), case_id) == now(workbench, case_id)
    seen(workbench, ANNA, case_id)
    decide(workbench, ANNA, case_id, Action.REJECT, reason="wrong side")
    waiting = workbench.completions.latest(BEN, case_id)
    assert waiting.status == "second_read" and workbench.decoys.shown(BEN, waiting) == waiting


def test_a_draft_upon_a_decoy_goes_with_it(workbench):
    switch(workbench, 5)
    case_id = completed(workbench, draw([FILM], first_seed=4)[0])
    stored = now(workbench, case_id)
    k = place(stored)
    seen(workbench, ANNA, case_id)
    workbench.drafts.save(ANNA, stored.id, k, "another text")
    with pytest.raises(DecisionRefused, match="was a decoy"):
        decide(workbench, ANNA, case_id, Action.ACCEPT_EDITED, candidate=k, edited_text="another text")
    assert workbench.drafts.of(ANNA, stored.id) == []
    assert [(r.met, r.taken, r.edited) for r in workbench.decoys.readers(BEN)] == [(1, 0, 1)]


def test_a_draft_upon_a_decoy_stays_behind_when_the_graph_is_corrected_and_the_others_go_along(workbench):
    switch(workbench, 5)
    case_id = completed(workbench, draw([FILM], first_seed=4)[0])
    stored = now(workbench, case_id)
    k = place(stored)
    seen(workbench, ANNA, case_id)
    for candidate in (k, 1 - min(k, 1)):
        workbench.drafts.save(ANNA, stored.id, candidate, f"text {candidate}")
    out = [Correction(None, stored.completion.reading.graph.heads[0])]
    made = workbench.corrections.correct(ANNA, stored.id, out, "misread", revision=stored.revision)
    assert [d.candidate for d in workbench.drafts.of(ANNA, made)] == [1 - min(k, 1)]
    workbench.decoys.end(ANNA, stored.id)
    assert workbench.drafts.of(ANNA, stored.id) == []


def test_a_corrected_graph_ends_a_decoy_and_says_so(workbench):
    switch(workbench, 5)
    case_id = completed(workbench)
    stored = now(workbench, case_id)
    assert workbench.decoys.end(ANNA, stored.id) == ""  # never on her screen
    seen(workbench, ANNA, case_id)
    out = [Correction(None, stored.completion.reading.graph.heads[0])]
    workbench.corrections.correct(ANNA, stored.id, out, "misread", revision=stored.revision)
    said = workbench.decoys.end(ANNA, stored.id)
    assert said.startswith(f"Candidate {place(stored) + 1} was a decoy and is gone: it said that ")
    assert seen(workbench, ANNA, case_id) == now(workbench, case_id) and workbench.decoys.readers(BEN) == []


def test_a_share_of_completions_is_drawn_whoever_reads_them():
    ids = [f"completion {k}" for k in range(4000)]
    for share in (0, 1, 5, 10):
        count = sum(decoys.drawn(completion_id, share) for completion_id in ids)
        assert 0.7 * share * 40 <= count <= 1.3 * share * 40
    assert all(decoys.drawn(i, 10) for i in ids if decoys.drawn(i, 5))


def test_too_few_candidates_get_no_decoy(workbench):
    switch(workbench, 5)
    case_id = completed(workbench, n=2)
    assert seen(workbench, ANNA, case_id) == now(workbench, case_id)


@pytest.mark.parametrize("share", [-1, 11])
def test_a_share_that_would_teach_readers_to_look_for_decoys_is_refused(workbench, share):
    with pytest.raises(UserError, match="0 to 10 of 100"):
        switch(workbench, share)


@pytest.mark.parametrize("blind", [False, True])
def test_nothing_in_the_page_tells_which_candidate_is_the_decoy(workbench, blind):
    switch(workbench, 5, blind=blind)
    case_id = completed(workbench)
    stored = now(workbench, case_id)
    page = case_page.review(workbench, ANNA, case_id, stored, None)
    html = str(page["html"])
    assert "decoy" not in (html + json.dumps(page["graph"])).lower()
    assert seen(workbench, ANNA, case_id).candidate_artifacts[place(stored)] in html
    assert stored.candidate_artifacts[place(stored)] not in html
    names = [set(re.findall(r"([a-z-]+)=", article)) for article in re.findall(r'<article class="kb-candidate"[^>]*>', html)]
    assert len(names) == 4 and all(of_one == names[0] for of_one in names)
    assert f"Candidate {place(stored) + 1} of 4" in html


def test_the_pictures_fetched_ahead_are_those_that_will_be_shown(workbench):
    switch(workbench, 5, blind=True)
    first, following = completed(workbench), completed(workbench)
    stored = now(workbench, following)
    reads_it_first = next(
        actor
        for actor in (Actor(f"reader {k}", "R", Role.CLINICIAN) for k in range(1000))
        if workbench.reading.sight(actor, stored.id).order[0] == place(stored)
    )
    ahead = case_page.pictures_ahead(workbench, reads_it_first, first)
    decoy = seen(workbench, reads_it_first, following).candidate_artifacts[place(stored)]
    assert [address.split("/")[-1].split("?")[0] for address in ahead] == [decoy] and decoy not in stored.candidate_artifacts
