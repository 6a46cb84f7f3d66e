"""Builders of PNG and JPEG files, good and hostile. Every byte is made here; nothing comes from a patient or a corpus."""

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

MARK = "Zyxmarker^Patient <img src=x onerror=alert(1)>"


def ramp(height: int = 48, width: int = 64, top: int = 255, dtype=np.uint8) -> np.ndarray:
    """(height, width) rising from 0 to top, no two rows alike."""
    flat = np.linspace(0, top, height * width)
    return flat.reshape(height, width).astype(dtype)


def saved(pixels: np.ndarray | Image.Image, form: str = "PNG", **options) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def zeros_png(width: int, height: int, depth: int = 8, channels: int = 1, extra: bytes = b"") -> bytes:
    """A PNG of zeros, packed without ever being in memory."""
    colour = {1: 0, 3: 2, 4: 6}[channels]
    engine = zlib.compressobj(9)
    row = bytes(1 + (width * depth * channels + 7) // 8)
    packed = b"".join(engine.compress(row) for _ in range(height)) + engine.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def header_only_png(width: int, height: int, depth: int = 8) -> bytes:
    """A size, and next to nothing behind it."""
    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


@cache
def zeros_packed(length: int) -> bytes:
    engine = zlib.compressobj(1)
    block = bytes(2**20)
    return b"".join(engine.compress(block) for _ in range(length >> 20)) + engine.flush()


def text_bomb_png(length: int) -> bytes:
    """A picture of 8 x 8 with a comment that inflates to `length` bytes."""
    return zeros_png(8, 8, extra=chunk(b"zTXt", b"Comment\0\0" + zeros_packed(length)))


def profile_bomb_png(length: int) -> bytes:
    return zeros_png(8, 8, extra=chunk(b"iCCP", b"icc\0\0" + zeros_packed(length)))


def flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]


def telling_png() -> bytes:
    info = PngInfo()
    info.add_text("Description", MARK)
    info.add_itxt("Author", MARK)
    exif = Image.Exif()
    exif[0x010E] = MARK
    return saved(ramp(), pnginfo=info, exif=exif)


def telling_jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = MARK
    return saved(ramp(), "JPEG", exif=exif, comment=MARK.encode(), icc_profile=MARK.encode())


def turned_jpeg(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(ramp(), "JPEG", quality=95, exif=exif)


def sixteen_bit_png() -> bytes:
    """All 65,536 levels once."""
    return saved(np.arange(65536, dtype=np.uint16).reshape(256, 256))


def coloured() -> Image.Image:
    """A picture of many hues."""
    hue = np.tile(np.linspace(0, 255, 64), (48, 1)).astype(np.uint8)
    return Image.merge("HSV", [Image.fromarray(hue), Image.new("L", (64, 48), 220), Image.fromarray(ramp())]).convert("RGB")


def tinted() -> Image.Image:
    """A grey ramp seen on a blue light box."""
    grey = ramp().astype(np.float64)
    return Image.fromarray(np.stack([grey * 0.6, grey * 0.85, np.minimum(grey * 1.1, 255)], axis=2).astype(np.uint8))


def foreign_files() -> dict[str, bytes]:
    """Types that Pillow would open, and some that it would not, under a harmless name."""
    frames = [Image.new("L", (8, 8), shade) for shade in range(0, 255, 5)]
    tiff = saved(Image.new("1", (2000, 2000)), "TIFF", compression="group4")
    return {
        "gif": saved(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "tiff": tiff,
        "bmp": saved(Image.new("L", (8, 8)), "BMP"),
        "webp": saved(Image.new("L", (8, 8)), "WEBP"),
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(file) (w) file\n",
        "psd": b"8BPS\0\x01" + bytes(20),
        "fits": b"SIMPLE  =                    T" + bytes(2850),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "svg with declaration": b'\xef\xbb\xbf\n<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg/>',
        "html": b"<!DOCTYPE html><script>alert(1)</script>",
        "pdf": b"%PDF-1.7\n1 0 obj<</Length 3>>stream\n",
        "zip": b"PK\x03\x04" + bytes(30),
        "gzip": b"\x1f\x8b\x08" + bytes(30),
        "program": b"\x7fELF" + bytes(60),
        "windows program": b"MZ\x90\0\x03" + bytes(60),
        "rtf": b"{\\rtf1\\ansi The lungs are clear.}",
        "jpeg 2000": saved(Image.new("L", (16, 16)), "JPEG2000"),
    }


def animated_png() -> bytes:
    frames = [Image.new("L", (8, 8), shade) for shade in (10, 200)]
    return saved(frames[0], "PNG", save_all=True, append_images=frames[1:])


def polyglots() -> dict[str, bytes]:
    """Valid pictures with something else behind or inside."""
    script = b"<script>alert('zyxmarker')</script>"
    return {
        "png with script behind": saved(ramp()) + script,
        "jpeg with zip behind": saved(ramp(), "JPEG", quality=95) + b"PK\x03\x04zyxmarker" + bytes(30),
        "png with script chunk": saved(ramp())[:33] + chunk(b"tEXt", b"Comment\0" + script) + saved(ramp())[33:],
    }
