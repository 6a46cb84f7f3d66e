"""The composition root: settings in, engines in their roles out.

builtin   rules over the prior, no weights, no network: reads reports and films, writes reports, draws schematic films.
server    a large multimodal model behind any OpenAI-compatible address (KB_MODEL_URL, KB_MODEL); what it lacks stays builtin.
cuda      as `server`, with the workbench's own model server on this machine as the default address.
"""

from collections.abc import Callable

from kbapp.core.content import Modality
from kbapp.errors import SettingsError
from kbapp.pipeline import Engines
from kbapp.settings import Settings

LOCAL_MODEL_SERVER = "http://127.0.0.1:8600/v1"


def engines_for(settings: Settings) -> Engines:
    """Build the engines of the profile named in the settings. Raises SettingsError for a name that is none."""
    build = PROFILES.get(settings.profile)
    if build is None:
        raise SettingsError(f'expected a profile out of {", ".join(PROFILES)}, got "{settings.profile}"')
    return build(settings)


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
        image_generator=SchematicRenderer(reports.read_text),
        scorers=builtin_scorers(),
    )


def server(settings: Settings) -> Engines:
    raise NotImplementedError


def cuda(settings: Settings) -> Engines:
    return server(settings.with_(model_url=settings.model_url or LOCAL_MODEL_SERVER))


PROFILES: dict[str, Callable[[Settings], Engines]] = {"builtin": builtin, "server": server, "cuda": cuda}
