"""The composition root: settings in, engines in their roles out.

builtin   rules over the prior, no weights, no network: reads reports and films, writes reports, draws schematic films.
server    models behind any OpenAI-compatible address (KB_MODEL_URL, KB_MODEL, ...); what the settings do not name stays builtin.
cuda      as `server`, with the workbench's own model server on this machine as the default address.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kbapp.core.content import Modality, TextContent
from kbapp.engines.served import READY, Listing, served
from kbapp.errors import EngineError, ModelUnavailable, SettingsError
from kbapp.pipeline import Engines
from kbapp.ranking.scorer import EncoderScorer, Scorer
from kbapp.settings import Settings

if TYPE_CHECKING:
    from kbapp.engines.openai_embeddings import OpenAiEmbeddings
    from kbapp.engines.openai_server import OpenAiServer

LOCAL_MODEL_SERVER = "http://127.0.0.1:8600/v1"


def engines_for(settings: Settings) -> Engines:
    """Build the engines of the profile named in the settings. Raises SettingsError for a name that is none."""
    build = PROFILES.get(settings.profile)
    if build is None:
        raise SettingsError(f'expected a profile out of {", ".join(PROFILES)}, got "{settings.profile}"')
    return build(settings)


@dataclass(frozen=True)
class Backend:
    """A model that the profile needs. state: "ready", or what speaks against using it just now, in a few words. role, context, waiting: see
    `kbapp.engines.served.Served`; the role is the one that the settings give it. away: work given to it now can only fail; without it a
    state that is not ready is a warning, since the server may answer all the same."""

    model: str
    state: str
    role: str = ""
    context: int | None = None
    waiting: int | None = None
    away: bool = False


def backends(settings: Settings) -> tuple[Backend, ...]:
    """The models the settings name, each asked for at its server, shortly; none on builtin. Raises SettingsError."""
    return tuple(
        _backend(model, role, listing, server.place)
        for server, models in _needed(settings)
        for listing in [served(server)]
        for model, role in models
    )


def _backend(model: str, role: str, listing: Listing, place: str) -> Backend:
    if listing.trouble:
        return Backend(model, listing.trouble.rstrip("."), role, away=listing.unreachable)
    told = listing.models.get(model)
    if told is None and listing.is_whole:
        return Backend(model, f"not served at {place}", role, away=True)
    if told is None:
        return Backend(model, f"not in the list of {place}, which may know it by another name", role)
    wrong = told.role and told.role not in (role, *_SERVES_TOO.get(role, ()))
    state = f"is served for {told.role}, not for {role}" if wrong else told.state
    return Backend(model, state, role, told.context, told.waiting, away=bool(told.role) and state != READY)


def call_models(settings: Settings) -> tuple[tuple[float | None, str], ...]:
    """One tiny request to each model, in the order of `backends`: (seconds, "") or (None, why it gave no answer). Raises SettingsError."""
    from kbapp.engines.trial_call import trial_call

    answers: list[tuple[float | None, str]] = []
    for server, models in _needed(settings):
        for model, role in models:
            try:
                answers.append((trial_call(server, model, role), ""))
            except EngineError as error:
                answers.append((None, str(error)))
    return tuple(answers)


_SERVES_TOO = {"scores": ("embeddings",)}  # `/score` compares by an encoder as well


def health(settings: Settings, *, places: bool = True) -> str:
    """How the models are, in one line, when at least one of them cannot be used; empty when all can.

    places: with the addresses of their servers and what the settings lack; else the names alone, for those who keep no engines.
    """
    try:
        found = backends(settings)
    except SettingsError as error:
        return _settings_lack(error, places)
    return _line(found, places)


def _line(found: Sequence[Backend], places: bool) -> str:
    if all(backend.state == READY for backend in found):
        return ""
    if not places:
        return f"not ready: {', '.join(backend.model for backend in found if backend.state != READY)}"
    states = {backend.state for backend in found}
    if len(states) == 1:  # one server, and it is down: say it once
        return f"{', '.join(b.model for b in found)}: {states.pop()}"
    return " · ".join(f"{backend.model}: {backend.state}" for backend in found)


def refuse_unready(settings: Settings, *, places: bool = True) -> None:
    """Raises ModelUnavailable while the model that reads and writes is away: new work would only fail. places: as in `health`."""
    try:
        said = _line([backend for backend in backends(settings) if backend.role == "chat" and backend.away], places)
    except SettingsError as error:
        said = _settings_lack(error, places)
    if said:
        raise ModelUnavailable(
            f"New candidates must wait for the model server ({said}). Cases that have candidates can be reviewed meanwhile."
        )


def _settings_lack(error: SettingsError, places: bool) -> str:
    return str(error) if places else "its settings name no model that can be asked"


def _needed(settings: Settings) -> list[tuple["OpenAiServer", list[tuple[str, str]]]]:
    """By server, (model, the role it is needed in)."""
    if settings.profile == "builtin":
        return []
    settings = _on_this_machine(settings) if settings.profile == "cuda" else settings
    chat, others = _servers(settings)
    rest = [
        *([(settings.image_model, "images")] if settings.image_model else []),
        *((model, "embeddings") for model in _listed(settings.embedding_model)),
        *((model, "scores") for model in _listed(settings.score_model)),
    ]
    first = (settings.model, "chat")
    if chat == others:
        return [(chat, [first, *rest])]
    return [(chat, [first]), *([(others, rest)] if rest else [])]


def builtin(settings: Settings) -> Engines:
    from kbapp.generation.builtin_writer import BuiltinWriter
    from kbapp.generation.schematic import SchematicRenderer
    from kbapp.knowledge.film_reader import FilmReader
    from kbapp.knowledge.report_reader import ReportReader
    from kbapp.ranking.descriptors import builtin_scorers

    reports = ReportReader()
    return Engines(
        profile="builtin",
        readers={Modality.TEXT: reports, Modality.IMAGE: FilmReader()},
        writer=BuiltinWriter(),
        image_generator=SchematicRenderer(lambda prompt, prior: reports.read([(TextContent(prompt),)], prior)[0].graph),
        scorers=builtin_scorers(),
    )


def server(settings: Settings) -> Engines:
    """Reader and writer on the chat model; image model and scorers too where the settings name them."""
    from kbapp.engines.openai_chat import OpenAiChat
    from kbapp.engines.openai_images import OpenAiImages
    from kbapp.generation.lmm_writer import LmmWriter
    from kbapp.knowledge.lmm_reader import LmmReader

    chat, others = _servers(settings)
    encoders = _encoders(settings, others)
    reader = LmmReader(OpenAiChat(chat, settings.model), encoders[0] if encoders else None)
    plain = builtin(settings)
    images = OpenAiImages(others, settings.image_model) if settings.image_model else plain.image_generator
    scorers = _scorers(settings, others, encoders) or plain.scorers
    return Engines(settings.profile, {modality: reader for modality in Modality}, LmmWriter(reader.model), images, scorers)


def cuda(settings: Settings) -> Engines:
    return server(_on_this_machine(settings))


def _on_this_machine(settings: Settings) -> Settings:
    return settings.with_(model_url=settings.model_url or LOCAL_MODEL_SERVER)


def _servers(settings: Settings) -> tuple["OpenAiServer", "OpenAiServer"]:
    """(of the chat model, of all others). A key goes to its own address alone."""
    from kbapp.engines.openai_server import OpenAiServer

    if not settings.model or not (settings.chat_url or settings.model_url):
        missing = [
            n for n, given in (("KB_MODEL_URL", settings.chat_url or settings.model_url), ("KB_MODEL", settings.model)) if not given
        ]
        raise SettingsError(f"the profile needs the address and the name of a chat model: set {' and '.join(missing)}")
    outside = tuple(host.lower() for host in _listed(settings.model_outside))
    chat = OpenAiServer(settings.chat_url, settings.chat_key, outside=outside) if settings.chat_url else None
    others = OpenAiServer(settings.model_url, settings.model_key, outside=outside) if settings.model_url else None
    return chat or others, others or chat


def _encoders(settings: Settings, at: "OpenAiServer") -> list["OpenAiEmbeddings"]:
    from kbapp.engines.openai_embeddings import OpenAiEmbeddings

    return [OpenAiEmbeddings(at, model) for model in _listed(settings.embedding_model)]


def _scorers(settings: Settings, at: "OpenAiServer", encoders: list["OpenAiEmbeddings"]) -> tuple[Scorer, ...]:
    """A part of the score for each embedding model, then for each model of pairs."""
    from kbapp.engines.openai_scores import OpenAiScores
    from kbapp.ranking.pair_scorer import PairScorer

    matchers = _listed(settings.score_model)
    names = iter(part_names([*_listed(settings.embedding_model), *matchers]))
    encoding = [EncoderScorer(next(names), encoder) for encoder in encoders]
    return (*encoding, *(PairScorer(next(names), OpenAiScores(at, model)) for model in matchers))


def part_names(models: list[str]) -> list[str]:
    """What each model's part of the score is called: "clip" or "blip" where its name says so and no other's does, else its own name."""
    kinds = [next((kind for kind in ("clip", "blip") if kind in model.lower()), model) for model in models]
    return [kind if kinds.count(kind) == 1 else model for kind, model in zip(kinds, models, strict=True)]


def _listed(names: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))


PROFILES: dict[str, Callable[[Settings], Engines]] = {"builtin": builtin, "server": server, "cuda": cuda}
