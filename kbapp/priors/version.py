"""A prior at a version: what a completion points to."""

from dataclasses import dataclass

from kbapp.priors.schema import DomainPrior


@dataclass(frozen=True)
class PriorVersion:
    """number counts from 1 within a domain. yaml: the text as the expert wrote it. utc: ISO 8601."""

    prior: DomainPrior
    number: int
    yaml: str
    author: str = "shipped"
    reason: str = ""
    utc: str = ""

    @property
    def ref(self) -> str:
        """For example "chest-xray@3"."""
        return f"{self.prior.domain}@{self.number}"
