"""Reference bands of a set of reports: drawn films against the reports they were drawn from, findings against impressions."""

from collections.abc import Sequence

from kbapp.core.band import Band
from kbapp.core.content import TextContent
from kbapp.lab.pairs import measured_bands
from kbapp.lab.reports import Report
from kbapp.pipeline import Engines
from kbapp.priors.version import PriorVersion

FIRST_SEED = 40_000  # of the drawn films; no other measurement draws with these


def film_bands(reports: Sequence[Report], engines: Engines, prior: PriorVersion, domain: str, of: str) -> list[Band]:
    """Both directions: the report is given and the film is the candidate, and the other way round. of: which reports, in words."""
    texts = [report.findings for report in reports]
    films = engines.image_generator.generate([text.text for text in texts], range(FIRST_SEED, FIRST_SEED + len(texts)), prior)
    said = f"drawn films and the findings they were drawn from, {of}"
    return [
        *measured_bands(texts, films, engines, prior, domain=domain, pairs=said),
        *measured_bands(films, texts, engines, prior, domain=domain, pairs=said),
    ]


def section_bands(reports: Sequence[Report], engines: Engines, prior: PriorVersion, domain: str, of: str) -> list[Band]:
    """The findings are given, the impression of the same report or of another one is the candidate."""
    findings: list[TextContent] = [report.findings for report in reports]
    impressions = [report.impression for report in reports]
    said = f"findings and impressions, {of}"
    return measured_bands(findings, impressions, engines, prior, domain=domain, pairs=said)
