"""Pictures as PNG: lossless, 8 or 16 bits kept, no times inside, the same bytes for the same pixels."""

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from kbapp.errors import InputError

SYNTHETIC = {"synthetic": "true"}  # the text chunk that every generated picture carries


def encode_png(pixels: np.ndarray, text: Mapping[str, str] | None = None) -> bytes:
    """(h, w) uint8 or uint16, or (h, w, 3) uint8 -> PNG; `text` becomes iTXt chunks in key order.

    Written here and not by Pillow, which takes three times as long for a larger file: it tries every filter on every row.
    """
    height, width = pixels.shape[:2]
    rows = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, 2 if pixels.ndim == 3 else 0, 0, 0, 0)
    said = [(b"iTXt", key.encode("latin-1") + bytes(5) + value.encode()) for key, value in sorted((text or {}).items())]
    chunks = [(b"IHDR", head), *said, (b"IDAT", _packed(rows, rows.shape[1] // width)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*chunks, strict=True)))


def _packed(rows: np.ndarray, step: int) -> bytes:
    """(h, bytes of a row) -> filtered (each byte less that of the pixel to its left; filter 1, "sub") and compressed."""
    filtered = np.empty((rows.shape[0], 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = 1
    filtered[:, 1 : 1 + step] = rows[:, :step]
    np.subtract(rows[:, step:], rows[:, :-step], out=filtered[:, 1 + step :])
    packer = zlib.compressobj(
        1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE
    )  # grain holds no repeats to look for
    return packer.compress(filtered.data) + packer.flush()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


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
