"""Pictures as PNG: lossless, 8 or 16 bits kept, no times inside, the same bytes for the same pixels."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from kbapp.errors import InputError

SYNTHETIC = {"synthetic": "true"}  # the text chunk that every generated picture carries


def encode_png(pixels: np.ndarray, text: Mapping[str, str] | None = None) -> bytes:
    """(h, w) uint8 or uint16, or (h, w, 3) uint8 -> PNG at compression level 1; `text` becomes iTXt chunks in key order."""
    info = PngInfo()
    for key, value in sorted((text or {}).items()):
        info.add_itxt(key, value)
    out = BytesIO()
    # Level 1: level 6 takes five times as long for a tenth of the size.
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", compress_level=1, pnginfo=info)
    return out.getvalue()


def decode_png(data: bytes) -> np.ndarray:
    """The pixels of a PNG that `encode_png` wrote. For pictures from outside see `kbapp.ingest`. Raises InputError."""
    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as picture:
            if picture.mode not in ("L", "RGB", "I;16"):
                raise InputError(f"expected a grey or RGB PNG as the workbench writes it, got mode {picture.mode}")
            picture.load()
            return np.array(picture, dtype=np.uint16 if picture.mode == "I;16" else np.uint8)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise InputError("expected a PNG as the workbench writes it, but it is damaged") from error


def png_text(data: bytes) -> dict[str, str]:
    """The text chunks of a PNG, e.g. {"synthetic": "true"}."""
    with Image.open(BytesIO(data), formats=["PNG"]) as picture:
        return {str(key): str(value) for key, value in picture.text.items()}


def thumbnail_jpeg(display: np.ndarray, width: int) -> bytes:
    """(h, w) or (h, w, 3) uint8 as shown -> JPEG at most `width` wide and twice as high; never enlarged."""
    picture = Image.fromarray(np.ascontiguousarray(display))
    picture.thumbnail((width, 2 * width), Image.Resampling.BOX, reducing_gap=2.0)
    out = BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
