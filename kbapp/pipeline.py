"""The three steps in order: read, generate, rank. Knows no store and no web."""

from collections.abc import Mapping
from dataclasses import dataclass

from kbapp.core.content import Modality
from kbapp.engines.image_generator import ImageGenerator
from kbapp.generation.writer import Writer
from kbapp.knowledge.reader import Reader
from kbapp.ranking.scorer import Scorer


@dataclass(frozen=True)
class Engines:
    """Which engine plays each role: what a profile is made of."""

    profile: str
    readers: Mapping[Modality, Reader]
    writer: Writer
    image_generator: ImageGenerator
    scorers: tuple[Scorer, ...]
