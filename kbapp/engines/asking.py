"""Ask a language model until the replies can be used: one batch per round, the fault told to the model, bounded."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from kbapp.engines.language_model import ChatReply, ChatRequest, LanguageModel, Turn
from kbapp.engines.prompt_template import harmless, load_template

RETRIES = 2
MAX_TOKENS = 4096  # a cut reply may have twice the room in the next round, up to this
_ECHO_CHARS = 1500  # of an unusable reply, shown to the model again

T = TypeVar("T")


class Unusable(ValueError):
    """A reply that cannot be used. The message completes "that reply cannot be used: ..."."""


class GaveUp(Exception):
    """A request had no usable reply after its retries. index: of the request; raw_reply: the last one, untouched."""

    def __init__(self, problem: str, raw_reply: str, index: int):
        self.raw_reply, self.index = raw_reply, index
        super().__init__(problem)


def ask(model: LanguageModel, requests: Sequence[ChatRequest], judge: Callable[[int, ChatReply], T]) -> list[T]:
    """One judged value per request, in order.

    judge(index, reply) returns the value or raises Unusable. What failed is asked again, all in one batch, RETRIES times. A reply cut
    for want of tokens is a failure whatever it holds. Raises GaveUp, and what `model.chat` raises.
    """
    values: dict[int, T] = {}
    pending = dict(enumerate(requests))
    for _ in range(1 + RETRIES):
        if not pending:
            break
        replies = model.chat(list(pending.values()))
        again: dict[int, ChatRequest] = {}
        for (k, request), reply in zip(pending.items(), replies, strict=True):
            try:
                values[k] = _judged(k, reply, judge)
            except Unusable as fault:
                again[k] = _asked_again(requests[k], request.max_tokens, reply, str(fault))
                given_up = GaveUp(str(fault), reply.text, k)
        pending = again
    if pending:
        raise given_up
    return [values[k] for k in range(len(requests))]


def _judged(k: int, reply: ChatReply, judge: Callable[[int, ChatReply], T]) -> T:
    if reply.finish_reason == "length":
        raise Unusable("it was cut off because it was too long; be shorter.")
    if reply.finish_reason != "stop":
        raise Unusable(f"it ended early ({harmless(reply.finish_reason[:40])}).")
    return judge(k, reply)


def _asked_again(first: ChatRequest, room: int, reply: ChatReply, problem: str) -> ChatRequest:
    """The first question, this one reply and its fault: the conversation does not grow with the rounds."""
    if reply.finish_reason == "length":
        room = max(room, min(room * 2, MAX_TOKENS))
    said = Turn("assistant", harmless(reply.text[:_ECHO_CHARS]) or "(nothing)")
    told = Turn("user", load_template("retry", {"problem"}).fill(problem=harmless(problem)))
    return replace(first, turns=(*first.turns, said, told), max_tokens=room)
