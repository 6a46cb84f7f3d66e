"""The composition root: settings in, engines in their roles out.

builtin   rules over the prior, no weights, no network: reads reports and films, writes reports, draws schematic films.
server    a large multimodal model behind any OpenAI-compatible address (KB_MODEL_URL, KB_MODEL); what it lacks stays builtin.
cuda      as `server`, with the workbench's own model server on this machine as the default address.
"""

from collections.abc import Callable
from urllib.error import HTTPError

from kbapp.core.content import Modality, TextContent
from kbapp.errors import SettingsError
from kbapp.pipeline import Engines
from kbapp.ranking.scorer import EncoderScorer
from kbapp.settings import Settings

LOCAL_MODEL_SERVER = "http://127.0.0.1:8600/v1"


def engines_for(settings: Settings) -> Engines:
    """Build the engines of the profile named in the settings. Raises SettingsError for a name that is none."""
    build = PROFILES.get(settings.profile)
    if build is None:
        raise SettingsError(f'expected a profile out of {", ".join(PROFILES)}, got "{settings.profile}"')
    return build(settings)


def health(settings: Settings) -> str:
    """Why the profile's engines cannot be used just now, in a few words; empty when they can. Asks the model server, shortly."""
    if settings.profile == "builtin":
        return ""
    from urllib.request import urlopen

    url = settings.model_url or LOCAL_MODEL_SERVER
    try:
        with urlopen(f"{url.rstrip('/')}/models", timeout=1.0):  # noqa: S310 - a deploy-time address
            return ""
    except HTTPError:
        return ""  # it answers; a missing token shows with the first request
    except (OSError, ValueError):
        return f"the model server at {url} cannot be reached"


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
    """Reader and writer on the server's chat model; image model and embeddings too where the settings name them."""
    from kbapp.engines.openai_chat import OpenAiChat
    from kbapp.engines.openai_embeddings import OpenAiEmbeddings
    from kbapp.engines.openai_images import OpenAiImages
    from kbapp.engines.openai_server import OpenAiServer
    from kbapp.generation.lmm_writer import LmmWriter
    from kbapp.knowledge.lmm_reader import LmmReader

    if not settings.model_url or not settings.model:
        raise SettingsError("the profile needs the address and the name of a model: set KB_MODEL_URL and KB_MODEL")
    at = OpenAiServer(settings.model_url, settings.model_key)
    reader = LmmReader(OpenAiChat(at, settings.model))
    plain = builtin(settings)
    images = OpenAiImages(at, settings.image_model) if settings.image_model else plain.image_generator
    scorers = plain.scorers
    if settings.embedding_model:
        scorers = (EncoderScorer("clip", OpenAiEmbeddings(at, settings.embedding_model)),)
    return Engines(settings.profile, {modality: reader for modality in Modality}, LmmWriter(reader.model), images, scorers)


def cuda(settings: Settings) -> Engines:
    return server(settings.with_(model_url=settings.model_url or LOCAL_MODEL_SERVER))


PROFILES: dict[str, Callable[[Settings], Engines]] = {"builtin": builtin, "server": server, "cuda": cuda}
