"""One sample: what is available, what is missing, its domain and where it came from."""

from dataclasses import dataclass

from kbapp.core.content import Content, Modality


@dataclass(frozen=True)
class Case:
    """contents: one or more of the same modality (two views of one study). The other modality is missing."""

    contents: tuple[Content, ...]
    domain: str = "chest-xray"
    id: str = ""
    origin: str = ""  # in words: "uploaded report.txt", "sample case"

    def __post_init__(self):
        if not self.contents or len({c.modality for c in self.contents}) != 1:
            raise ValueError("expected one or more contents of one modality")

    @property
    def available(self) -> Modality:
        return self.contents[0].modality

    @property
    def missing(self) -> Modality:
        return self.available.other
