"""A completion that was made elsewhere is reviewed here as any other."""

from dataclasses import replace

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.case import Case
from kbapp.core.content import TextContent
from kbapp.core.decision import Action
from kbapp.errors import NotFound
from tests.formats.completions import small_completion

MADE = small_completion(Case((TextContent("Fluid on the left."),), id="elsewhere"), 3, 0)


def taken(workbench, completion=MADE):
    return workbench.imports.completion(LOCAL_OWNER, completion, origin="recorded")


def test_what_was_imported_comes_back_as_it_was(workbench):
    case_id = taken(workbench)
    stored = workbench.completions.latest(LOCAL_OWNER, case_id)
    completion = stored.completion
    assert stored.status == "ready" and stored.latest
    assert completion.case == replace(MADE.case, id=case_id, origin="recorded")
    assert (completion.candidates, completion.scores, completion.differences) == (MADE.candidates, MADE.scores, MADE.differences)
    assert (completion.ranking, completion.candidate_readings) == (MADE.ranking, MADE.candidate_readings)


def test_an_imported_case_waits_on_the_worklist_and_can_be_decided(workbench):
    case_id = taken(workbench)
    assert [row.id for row in workbench.worklist.page(LOCAL_OWNER, asked="recorded").rows] == [case_id]
    stored = workbench.completions.latest(LOCAL_OWNER, case_id)
    workbench.decisions.decide(
        LOCAL_OWNER, stored.id, Action.REJECT, revision=stored.revision, idempotency_key="k", reason="finding missing"
    )
    assert workbench.completions.latest(LOCAL_OWNER, case_id).status == "rejected"


def test_two_imports_are_two_cases(workbench):
    assert taken(workbench) != taken(workbench)


def test_the_prior_is_named_as_it_is_named_here(workbench):
    here = workbench.priors.published(LOCAL_OWNER, "chest-xray")
    made = replace(MADE, provenance=replace(MADE.provenance, prior="chest-xray@7", prior_sha256=here.prior.sha256))
    completion = workbench.completions.latest(LOCAL_OWNER, taken(workbench, made)).completion
    assert completion.provenance.prior == here.ref and completion.notes == MADE.notes


def test_a_completion_under_a_prior_that_is_not_here_says_so(workbench):
    made = replace(MADE, provenance=replace(MADE.provenance, prior="chest-xray@7", prior_sha256="0" * 64))
    completion = workbench.completions.latest(LOCAL_OWNER, taken(workbench, made)).completion
    assert "chest-xray@7" in completion.notes[-1] and completion.provenance.prior_sha256 == "0" * 64


def test_an_unknown_domain_is_refused_and_leaves_no_case(workbench):
    with pytest.raises(NotFound, match="posters"):
        taken(workbench, replace(MADE, case=replace(MADE.case, domain="posters")))
    assert workbench.cases.list(LOCAL_OWNER) == []
