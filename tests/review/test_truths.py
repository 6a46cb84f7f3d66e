"""The true content of a case is for afterwards: nobody is shown it, by any door, before the case is settled."""

import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.case import Case
from kbapp.core.content import TextContent
from kbapp.core.decision import Action
from kbapp.errors import NotFound
from tests.formats.completions import drawn, small_completion
from tests.review.test_cases import STRANGER

TRUE = TextContent("The secret is a small leak on the left.")
SHA = TRUE.sha256  # of a text's stored file too
ANNA, BERT = (Actor(name, name, Role.CLINICIAN) for name in ("anna", "bert"))


@pytest.fixture
def case_id(workbench):
    made = small_completion(Case((drawn(),), id="elsewhere"), 3, 0)
    return workbench.imports.completion(LOCAL_OWNER, made, origin="recorded", truth=TRUE)


def decide(workbench, case_id, action, actor=LOCAL_OWNER, **more):
    stored = workbench.completions.latest(actor, case_id)
    key = f"{action}-{actor.id}-{stored.revision}"
    return workbench.decisions.decide(actor, stored.id, action, revision=stored.revision, idempotency_key=key, **more)


def refused(workbench, case_id, actor=LOCAL_OWNER) -> bool:
    """By both doors."""
    with pytest.raises(NotFound):
        workbench.artifacts.get(actor, SHA)
    return workbench.truths.of(actor, case_id) is None


def test_it_is_hidden_until_the_case_is_decided_and_shown_then(workbench, case_id):
    assert refused(workbench, case_id)
    decide(workbench, case_id, Action.ACCEPT, candidate=0)
    assert workbench.truths.of(LOCAL_OWNER, case_id).content == TRUE
    served = workbench.artifacts.get(LOCAL_OWNER, SHA)
    assert served.data.decode() == TRUE.text and not served.synthetic


@pytest.mark.parametrize("action", [Action.DEFER, Action.FLAG])
def test_putting_a_case_aside_does_not_open_it(workbench, case_id, action):
    decide(workbench, case_id, action, reason="other", note="later")
    assert refused(workbench, case_id)


def test_taking_the_decision_back_hides_it_again(workbench, case_id):
    decide(workbench, case_id, Action.REJECT, reason="finding missing")
    assert workbench.truths.of(LOCAL_OWNER, case_id) is not None
    decide(workbench, case_id, Action.UNDO)
    assert refused(workbench, case_id)


def test_with_two_readers_it_stays_hidden_from_both_until_the_second_has_read(workbench, case_id):
    workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
    decide(workbench, case_id, Action.ACCEPT, ANNA, candidate=0)
    assert refused(workbench, case_id, ANNA) and refused(workbench, case_id, BERT)
    stored = workbench.completions.latest(BERT, case_id)
    workbench.second_reads.read(BERT, stored.id, Action.ACCEPT, candidate=0, revision=stored.revision, idempotency_key="b")
    assert workbench.truths.of(ANNA, case_id).content == workbench.truths.of(BERT, case_id).content == TRUE


def test_it_stays_hidden_while_two_readers_differ(workbench, case_id):
    workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
    decide(workbench, case_id, Action.ACCEPT, ANNA, candidate=0)
    stored = workbench.completions.latest(BERT, case_id)
    workbench.second_reads.read(BERT, stored.id, Action.ACCEPT, candidate=1, revision=stored.revision, idempotency_key="b")
    assert refused(workbench, case_id, ANNA) and refused(workbench, case_id, BERT)


def test_another_project_never_sees_it(workbench, case_id):
    decide(workbench, case_id, Action.ACCEPT, candidate=0)
    with pytest.raises(NotFound):
        workbench.truths.of(STRANGER, case_id)
    with pytest.raises(NotFound):
        workbench.artifacts.get(STRANGER, SHA)


def test_its_words_are_not_found_by_a_search(workbench, case_id):
    assert [row.id for row in workbench.worklist.page(LOCAL_OWNER, asked="recorded").rows] == [case_id]
    assert workbench.worklist.page(LOCAL_OWNER, asked="secret leak").rows == ()


def test_a_case_without_one_has_none(workbench):
    made = small_completion(Case((drawn(),), id="elsewhere"), 3, 0)
    case_id = workbench.imports.completion(LOCAL_OWNER, made, origin="recorded")
    decide(workbench, case_id, Action.ACCEPT, candidate=0)
    assert workbench.truths.of(LOCAL_OWNER, case_id) is None
