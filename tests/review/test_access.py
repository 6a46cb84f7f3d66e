import inspect

import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.errors import NotAllowed
from kbapp.review.access import EXPERTS, REVIEWERS, needs
from kbapp.review.agreement import Agreement
from kbapp.review.artifacts import Artifacts
from kbapp.review.audit import Audit
from kbapp.review.bands import Bands
from kbapp.review.cases import Cases
from kbapp.review.comments import Comments
from kbapp.review.completions import Completions
from kbapp.review.corrections import Corrections
from kbapp.review.decisions import Decisions
from kbapp.review.decoys import Decoys
from kbapp.review.drafts import Drafts
from kbapp.review.events import Events
from kbapp.review.exports import Exports
from kbapp.review.imports import Imports
from kbapp.review.insight import Insights
from kbapp.review.jobs import Jobs
from kbapp.review.leases import Leases
from kbapp.review.logins import Logins
from kbapp.review.measures import Measures
from kbapp.review.people import People
from kbapp.review.priors import Priors
from kbapp.review.reading import Reading
from kbapp.review.second_reads import SecondReads
from kbapp.review.trials import Trials
from kbapp.review.truths import Truths
from kbapp.review.worklist import Worklist

SERVICES = (
    Agreement,
    Artifacts,
    Audit,
    Bands,
    Cases,
    Comments,
    Completions,
    Corrections,
    Decisions,
    Decoys,
    Drafts,
    Events,
    Exports,
    Imports,
    Insights,
    Jobs,
    Leases,
    Measures,
    People,
    Priors,
    Reading,
    SecondReads,
    Trials,
    Truths,
    Worklist,
)
AT_START = {(Priors, "install_shipped"), (Priors, "of")}  # called by the workbench itself and its worker, for nobody
CALLS = [
    (service, name, method)
    for service in SERVICES
    for name, method in inspect.getmembers(service, inspect.isfunction)
    if not name.startswith("_") and (service, name) not in AT_START
]
CHANGES = {"create", "submit", "cancel", "decide", "save", "claim", "release", "discard", "add", "completion", "correct"}
CHANGES |= {"give_back", "read", "reveal", "set_rules", "end", "roll_back"}
KEPT_BACK = {(Decoys, "readers"), (Leases, "live")}  # how each reader fares, and who reads what just now


@pytest.mark.parametrize(("service", "name", "method"), CALLS, ids=lambda x: getattr(x, "__name__", x))
def test_every_public_call_declares_its_roles_and_takes_an_actor_first(service, name, method):
    assert method.roles <= set(Role) and method.roles
    assert list(inspect.signature(method).parameters)[:2] == ["self", "actor"]


@pytest.mark.parametrize(("service", "name", "method"), CALLS, ids=lambda x: getattr(x, "__name__", x))
def test_who_has_no_such_role_is_refused_before_anything_happens(service, name, method):
    for role in set(Role) - method.roles:
        with pytest.raises(NotAllowed, match=role.value):
            method(object(), Actor("x", "X", role))  # no argument beyond the actor is looked at
    with pytest.raises(TypeError, match="Actor"):
        method(object(), "admin")


def test_a_viewer_changes_nothing_and_only_experts_change_priors():
    for service, name, method in CALLS:
        if service in (People, Events):
            assert method.roles == {Role.ADMIN}
            continue
        assert (Role.VIEWER in method.roles) == (name not in CHANGES and (service, name) not in KEPT_BACK)
    assert Priors.save.roles == EXPERTS
    assert Decisions.decide.roles == Cases.create.roles == Jobs.submit.roles == REVIEWERS


def test_the_declaration_does_not_change_the_call():
    class Service:
        @needs(EXPERTS)
        def double(self, actor, number, *, more=0):
            """Twice."""
            return 2 * number + more

    assert Service().double(LOCAL_OWNER, 3, more=1) == 7
    assert Service.double.__doc__ == "Twice."


def test_every_service_of_the_workbench_is_among_those_looked_at(workbench):
    services = {type(value) for name, value in vars(workbench).items() if not name.startswith("_")}
    assert services - {Logins} == set(SERVICES)  # signing in comes before there is an actor
