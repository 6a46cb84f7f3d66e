"""Who pressed something on a page: the person behind the Gradio request of the event that runs just now."""

from collections.abc import Callable

from gradio.context import LocalContext

from kbapp.core.actor import Actor
from kbapp.ui import cases_view

ActorOf = Callable[
    [object], Actor
]  # the web room's: raises NotAllowed for a request that did not come through the gate, and for None


class Caller:
    """Base of a page's handlers. Asked anew in every call, so that a changed role counts from the next press on."""

    def __init__(self, actor_of: ActorOf):
        self._actor_of = actor_of

    def actor(self) -> Actor:
        """Raises NotAllowed outside of an event: what is built before anybody calls must not need a person."""
        return self._actor_of(LocalContext.request.get(None))

    def heading(self, title: str):
        """The page's head, with who is signed in and the way out."""
        return cases_view.head(title, self.actor())
