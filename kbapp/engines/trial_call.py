"""One tiny request to a model in its role: whether it answers, and how long that takes. For an administrator who asks, never for work."""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

from kbapp.core.content import TextContent
from kbapp.engines.language_model import ChatRequest, Turn
from kbapp.engines.openai_chat import OpenAiChat
from kbapp.engines.openai_embeddings import OpenAiEmbeddings
from kbapp.engines.openai_images import OpenAiImages
from kbapp.engines.openai_scores import OpenAiScores
from kbapp.engines.openai_server import OpenAiServer
from kbapp.priors.schema import DomainPrior, Guidance
from kbapp.priors.version import PriorVersion

DEADLINE_S = 60.0  # a model that has to be brought onto the card first answers late
_STEPS = 4  # of the picture: enough to see that it is made
_WORD = TextContent("test")


def trial_call(server: OpenAiServer, model: str, role: str) -> float:
    """Seconds from the request to the usable answer. role: "chat", "images", "embeddings" or "scores".

    Raises ModelUnavailable, ModelBusy, GenerationError.
    """
    ask, began = _CALLS[role], perf_counter()
    ask(replace(server, deadline_s=DEADLINE_S), model)
    return perf_counter() - began


def _chat(server: OpenAiServer, model: str) -> None:
    OpenAiChat(server, model).chat([ChatRequest((Turn("user", "Answer with the one word: ready"),), max_tokens=4)])


def _images(server: OpenAiServer, model: str) -> None:
    guidance = {"image": Guidance(steps=_STEPS)}
    prior = DomainPrior(domain="trial", title="trial", role="", names={}, root="-", guidance=guidance)
    OpenAiImages(server, model).generate(["a grey square"], [0], PriorVersion(prior, 1, ""))


def _embeddings(server: OpenAiServer, model: str) -> None:
    OpenAiEmbeddings(server, model).embed([_WORD])


def _scores(server: OpenAiServer, model: str) -> None:
    OpenAiScores(server, model).score([(_WORD, _WORD)])


_CALLS: dict[str, Callable[[OpenAiServer, str], None]] = {
    "chat": _chat,
    "images": _images,
    "embeddings": _embeddings,
    "scores": _scores,
}
