"""A language model that answers from a script and remembers what it was asked."""

from collections.abc import Callable, Iterable, Sequence

from kbapp.engines.language_model import ChatReply, ChatRequest

Answer = str | ChatReply | Exception


class ScriptedModel:
    """answers: a function of the request, or a list used up in order (its last answer is repeated).

    An Exception as an answer is raised. batches: the requests of each call of `chat`, in order.
    """

    id = "scripted@1"

    def __init__(self, answers: Callable[[ChatRequest], Answer] | Iterable[Answer]):
        self._answer = answers if callable(answers) else _in_order(list(answers))
        self.batches: list[tuple[ChatRequest, ...]] = []

    def chat(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        self.batches.append(tuple(requests))
        return [self._reply(request) for request in requests]

    def _reply(self, request: ChatRequest) -> ChatReply:
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, ChatReply) else ChatReply(answer)

    @property
    def requests(self) -> list[ChatRequest]:
        return [request for batch in self.batches for request in batch]


def _in_order(answers: list[Answer]) -> Callable[[ChatRequest], Answer]:
    left = iter(answers)
    return lambda request: next(left, answers[-1])
