"""The shipped chest prior and the builtin roles that need no weights, for tests of more than one room."""

from functools import cache

from kbapp.core.content import ImageContent, TextContent
from kbapp.core.graph import KnowledgeGraph
from kbapp.generation.schematic import SchematicRenderer
from kbapp.knowledge.report_reader import ReportReader
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.resources import DOMAINS

REPORTS = ReportReader()


@cache
def shipped() -> PriorVersion:
    yaml = (DOMAINS / "chest-xray.yaml").read_text(encoding="utf-8")
    return PriorVersion(parse_prior(yaml), 1, yaml)


def read(text: str, prior: PriorVersion | None = None) -> KnowledgeGraph:
    return REPORTS.read([(TextContent(text),)], prior or shipped())[0].graph


def draw(texts: list[str], first_seed: int = 0) -> list[ImageContent]:
    return SchematicRenderer(read).generate(texts, range(first_seed, first_seed + len(texts)), shipped())


def edited(**changes) -> PriorVersion:
    """The shipped prior with other values, as version 2. Not by `model_copy`: that would keep the hash of the old one."""
    data = shipped().prior.model_dump()
    return PriorVersion(type(shipped().prior).model_validate({**data, **changes}), 2, "")
