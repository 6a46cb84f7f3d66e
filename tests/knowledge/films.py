"""Drawn films and what can happen to a picture on its way: for the tests of the film reader."""

import cv2
import numpy as np

from kbapp.core.content import ImageContent
from kbapp.core.triple import LOCATED_IN, Status
from kbapp.knowledge.film_reader import FilmReader
from tests.chest import draw, shipped

READER = FilmReader()


def jpeg(pixels: np.ndarray) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 70])[1], cv2.IMREAD_GRAYSCALE)


def noisy(pixels: np.ndarray) -> np.ndarray:
    grain = np.random.default_rng(3).standard_normal(pixels.shape) * 0.05 * 255
    return np.clip(pixels + grain, 0, 255).astype(np.uint8)


def cropped(pixels: np.ndarray) -> np.ndarray:
    """4 % off every side: the strip with the words is gone."""
    cut = round(0.04 * len(pixels))
    return np.ascontiguousarray(pixels[cut:-cut, cut:-cut])


def resized(pixels: np.ndarray) -> np.ndarray:
    return cv2.resize(pixels, (420, 390), interpolation=cv2.INTER_AREA)


SPOILED = {"as drawn": lambda p: p, "JPEG 70": jpeg, "5 % noise": noisy, "cropped": cropped, "resized": resized}


def drawn(text: str, seed: int, spoil: str = "as drawn") -> ImageContent:
    return ImageContent(SPOILED[spoil](np.array(draw([text], seed)[0].pixels)))


def graph(content: ImageContent):
    return READER.read([(content,)], shipped())[0].graph


def told(content: ImageContent) -> dict[str, Status]:
    """Finding node -> status, as the film reader tells it."""
    found = graph(content)
    return {t.head: t.status for t in found.triples if t.relation == LOCATED_IN}


def present(content: ImageContent) -> set[str]:
    return {name for name, status in told(content).items() if status is Status.PRESENT}
