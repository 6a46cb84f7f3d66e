"""Step 1 as a role: contents in, knowledge graphs out (paper section 2.2)."""

from collections.abc import Sequence
from typing import Protocol

from kbapp.core.completion import Reading
from kbapp.core.content import Content
from kbapp.priors.version import PriorVersion


class Reader(Protocol):
    id: str  # name and version, kept in the provenance

    def read(self, studies: Sequence[tuple[Content, ...]], prior: PriorVersion) -> list[Reading]:
        """One reading per study, in order. A study is the contents (of one modality) of one case, or one candidate.

        Raises ExtractionError when a model's reply cannot be used, InputError when a content is unfit for the domain.
        """
        ...
