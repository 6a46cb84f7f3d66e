"""Step 2 for a missing text, as a role (paper section 2.3)."""

from collections.abc import Sequence
from typing import Protocol

from kbapp.core.candidate import Description
from kbapp.priors.version import PriorVersion


class Writer(Protocol):
    id: str

    def write(self, descriptions: Sequence[Description], prior: PriorVersion, seeds: Sequence[int]) -> list[str]:
        """One text per description, in order, in the form the prior's guidance for text asks for. Raises GenerationError."""
        ...
