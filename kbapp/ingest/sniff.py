"""What a file is, told from its first bytes. Its name is hearsay."""

from enum import StrEnum


class Kind(StrEnum):
    PNG = "PNG"
    JPEG = "JPEG"
    DICOM = "DICOM"
    TEXT = "text"


# (offset, magic, what people call it): never decoded, named in the refusal.
_FOREIGN = (
    (0, b"%PDF-", "PDF"),
    (0, b"GIF8", "GIF"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"SIMPLE  =", "FITS"),
    (8, b"WEBP", "WebP"),
    (4, b"ftyp", "HEIC, AVIF or video"),
    (0, b"\0\0\0\x0cjP", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"PK\x03\x04", "ZIP or Office"),
    (0, b"PK\x05\x06", "ZIP"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"7z\xbc\xaf", "7-Zip"),
    (0, b"Rar!", "RAR"),
    (0, b"\xd0\xcf\x11\xe0", "old Office"),
    (0, b"\x7fELF", "program"),
    (0, b"{\\rtf", "RTF"),
    (344, b"n+1\0", "NIfTI"),
)
_MARKUP = (b"<svg", b"<html", b"<!doctype", b"<?xml", b"<script")


def kind_of(data: bytes) -> Kind | str:
    """The Kind of the content, or the everyday name (str) of a type that is not taken."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if data.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if data[128:132] == b"DICM" or _starts_like_bare_dicom(data):
        return Kind.DICOM
    for offset, magic, name in _FOREIGN:
        if data.startswith(magic, offset):
            return name
    if data.startswith((b"BM", b"MZ")) and b"\0" in data[:64]:  # two letters alone may begin a report
        return "BMP or program"
    if data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        return "HTML, SVG or XML"
    return Kind.TEXT


def _starts_like_bare_dicom(data: bytes) -> bool:
    """Old files lack the 128 bytes of preamble and begin with the group length of their header: (0002,0000) UL, 4 bytes."""
    return data.startswith(b"\x02\0\0\0UL\x04\0")
