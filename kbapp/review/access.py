"""Who may do what: each public call of the service layer declares its roles here, and nowhere else are they checked."""

from collections.abc import Callable
from functools import wraps

from kbapp.core.actor import Actor, Role
from kbapp.errors import NotAllowed

EVERYONE = frozenset(Role)
REVIEWERS = frozenset({Role.ANNOTATOR, Role.CLINICIAN, Role.EXPERT, Role.ADMIN})
EXPERTS = frozenset({Role.EXPERT, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})


def may_review(actor: Actor) -> bool:
    """What a page asks before it offers something; the services check it again."""
    return actor.role in REVIEWERS


def needs(roles: frozenset[Role]) -> Callable[[Callable], Callable]:
    """Declares the roles of a method `method(self, actor, ...)` and refuses everybody else before its first line.

    Raises NotAllowed. The declaration stays readable as `method.roles`.
    """

    def declared(method: Callable) -> Callable:
        @wraps(method)
        def checked(self, actor: Actor, *args, **kwargs):
            if not isinstance(actor, Actor):
                raise TypeError(f"expected an Actor first, got {type(actor).__name__}")
            if actor.role not in roles:
                allowed = ", ".join(sorted(roles))
                raise NotAllowed(f"your role ({actor.role}) does not allow this; it is for: {allowed}")
            return method(self, actor, *args, **kwargs)

        checked.roles = roles
        return checked

    return declared
