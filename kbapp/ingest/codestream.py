"""The size of a JPEG or JPEG 2000 picture from its first markers, without decoding it."""

import struct

_START_OF_CODESTREAM = b"\xff\x4f\xff\x51"
_NOT_A_FRAME = {0xC4, 0xC8, 0xCC}  # tables and an extension among the start-of-frame markers


def size_of(data: bytes) -> tuple[int, int] | None:
    """(width, height), None when no size is found where it belongs."""
    try:
        if data.startswith(b"\xff\xd8"):
            return _jpeg_size(data)
        start = data.find(_START_OF_CODESTREAM, 0, 4096)  # a JP2 file has a few boxes before it
        return _jpeg_2000_size(data, start) if start >= 0 else None
    except (struct.error, IndexError):
        return None


def _jpeg_2000_size(data: bytes, start: int) -> tuple[int, int]:
    right, bottom, left, top = struct.unpack_from(">IIII", data, start + 8)
    return right - left, bottom - top


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    position = 2
    while data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
        elif 0xC0 <= marker <= 0xCF and marker not in _NOT_A_FRAME:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        else:
            position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    return None
