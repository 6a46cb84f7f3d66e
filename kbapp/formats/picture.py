"""Pictures out of the workbench: PNG for keeping, JPEG for a quick look; and our own PNG back in."""

import io

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kbapp.errors import InputError


def encode_png(pixels: np.ndarray, synthetic: str = "") -> bytes:
    """(h, w) uint8/uint16 or (h, w, 3) uint8 to PNG with all its bits and no metadata; the same pixels give the same bytes.

    synthetic: what made the picture, for generated ones: the file then says SYNTHETIC in its Description, whoever copies it.
    """
    buffer = io.BytesIO()
    mark = None
    if synthetic:
        mark = PngInfo()
        mark.add_itxt("Description", f"SYNTHETIC, not for diagnosis: {synthetic}")
    # Level 1 is four times as fast as the default and a tenth larger.
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=1, pnginfo=mark)
    return buffer.getvalue()


def decode_png(data: bytes) -> np.ndarray:
    """Pixels of a PNG that `encode_png` wrote, bit by bit. For stored artifacts whose hash was checked; uploads go through `kbapp.ingest`."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            pixels = np.asarray(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError("The stored picture cannot be read: restore it from a backup.", code="image_corrupt") from error
    return pixels.astype(np.uint16) if image.mode.startswith("I") else pixels


def thumbnail_jpeg(display: np.ndarray, width: int) -> bytes:
    """(h, w[, 3]) uint8 as shown, to a JPEG at most `width` pixels wide and twice as high; never enlarged."""
    image = Image.fromarray(np.ascontiguousarray(display))
    image.thumbnail((width, 2 * width), Image.Resampling.BOX, reducing_gap=2.0)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
