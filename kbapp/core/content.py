"""What a case holds: contents of a modality. Values only; decoding is `kbapp.ingest`'s business."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np


class Modality(StrEnum):
    IMAGE = "image"
    TEXT = "text"

    @property
    def other(self) -> "Modality":
        return Modality.TEXT if self is Modality.IMAGE else Modality.IMAGE


@dataclass(frozen=True)
class TextContent:
    """A text, NFC, "\\n" line ends, no control characters (ingest sees to that). Spans index into `text`."""

    text: str
    modality: Modality = field(default=Modality.TEXT, init=False)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class ImageContent:
    """A picture in the MONOCHROME2 sense: small values dark (air), large values bright (bone).

    pixels: (height, width) uint8 or uint16 grey levels, or (height, width, 3) uint8 RGB.
    window: (low, high) grey levels shown as black and white; None for 8-bit pictures that are shown as they are.
    view:   "PA", "AP", "LATERAL" or "" when nobody said.
    pixel_mm: side of a pixel in millimetres, None when unknown (then no length may be given in millimetres).
    """

    pixels: np.ndarray
    window: tuple[float, float] | None = None
    view: str = ""
    pixel_mm: float | None = None
    modality: Modality = field(default=Modality.IMAGE, init=False)

    def __post_init__(self):
        if self.pixels.dtype not in (np.uint8, np.uint16) or self.pixels.ndim not in (2, 3):
            raise ValueError(f"expected (h, w) uint8/uint16 or (h, w, 3) uint8, got {self.pixels.dtype} {self.pixels.shape}")
        self.pixels.setflags(write=False)

    @cached_property
    def display(self) -> np.ndarray:
        """(height, width) uint8 for grey pictures, (height, width, 3) uint8 for colour: the picture through its window."""
        if self.window is None and self.pixels.dtype == np.uint8:
            return self.pixels
        low, high = self.window or (float(self.pixels.min()), float(self.pixels.max()))
        scaled = (self.pixels.astype(np.float32) - low) * (255.0 / max(high - low, 1e-6))
        return np.clip(scaled + 0.5, 0, 255).astype(np.uint8)

    @cached_property
    def sha256(self) -> str:
        """Hash of what can be seen: shape, depth, window and pixels; not of a file, so metadata never counts."""
        head = f"{self.pixels.shape}|{self.pixels.dtype}|{self.window}|{self.view}|{self.pixel_mm}".encode()
        return hashlib.sha256(head + np.ascontiguousarray(self.pixels).tobytes()).hexdigest()

    def __eq__(self, other) -> bool:
        return isinstance(other, ImageContent) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


class StoredImage(ImageContent):
    """A picture whose file is read when its pixels are first asked for: a page that only names pictures reads none.

    load: gives the pixels, or raises what the store raises; asked once.
    """

    def __init__(self, load: Callable[[], np.ndarray], window: tuple[float, float] | None, view: str, pixel_mm: float | None):
        for name, value in (("_load", load), ("window", window), ("view", view), ("pixel_mm", pixel_mm)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "modality", Modality.IMAGE)

    @cached_property
    def pixels(self) -> np.ndarray:
        return ImageContent(self._load(), self.window).pixels

    def __repr__(self) -> str:
        return f"StoredImage(window={self.window}, view={self.view!r}, pixel_mm={self.pixel_mm})"


Content = TextContent | ImageContent
