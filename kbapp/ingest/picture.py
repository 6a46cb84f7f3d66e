"""PNG and JPEG to pixels. Runs in the decoding child only."""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from kbapp.core.content import ImageContent
from kbapp.errors import InputError
from kbapp.ingest.limits import PIXELS
from kbapp.ingest.note import Note
from kbapp.ingest.window import sixteen_bit_window

Image.MAX_IMAGE_PIXELS = PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)

# A picture counts as coloured when more than this share of it is off the tint of its brightness by more than this many levels.
# Films saved as RGB, photographed on a blue light box or with a coloured marker stay below; photographs of the world do not.
_COLOURED_SHARE, _COLOURED_LEVELS = 0.05, 20


def read_picture(data: bytes) -> tuple[ImageContent, list[Note]]:
    """Grey stays grey with its depth (8 or 16 bit); alpha lies over black; palette and CMYK become RGB; RGB without colour becomes grey.

    16 bits per *colour* channel are read as 8. Orientation by EXIF is applied once. Nothing but pixels is kept.
    """
    try:
        opened = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
        _check_header(opened)
        opened.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise InputError("The picture is damaged or cut short: export or copy it again.", code="image_corrupt") from None
    pixels, notes = _pixels(ImageOps.exif_transpose(opened))
    if pixels.min() == pixels.max():
        raise InputError("The picture is blank: every pixel has the same value. Choose another file.", code="image_blank")
    window = sixteen_bit_window(pixels) if pixels.dtype == np.uint16 else None
    return ImageContent(np.ascontiguousarray(pixels), window), notes


def _check_header(opened: Image.Image) -> None:
    width, height = opened.size
    if width * height > PIXELS:
        raise _too_large()
    if getattr(opened, "is_animated", False) and opened.format == "PNG":
        raise InputError("The picture is animated: expected a single picture.", code="image_animated")


def _pixels(image: Image.Image) -> tuple[np.ndarray, list[Note]]:
    if image.mode in ("I;16", "I;16B", "I"):
        return np.asarray(image).astype(np.uint16), []
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L")), []
    if image.has_transparency_data:
        image = _over_black(image)
    rgb = np.asarray(image.convert("RGB"))
    if _is_coloured(rgb):
        return rgb, []
    grey = np.asarray(Image.fromarray(rgb).convert("L"))
    return grey, [Note("grey_from_colour", "The picture is stored in colour but shows at most a tint: it is read as grey.")]


def _over_black(image: Image.Image) -> Image.Image:
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer)


def _is_coloured(rgb: np.ndarray) -> bool:
    """More than one tint: Cb and Cr are compared with their median among pixels of like brightness (16 classes)."""
    step = max(1, max(rgb.shape[:2]) // 512)
    luma, *chroma = np.moveaxis(np.asarray(Image.fromarray(rgb[::step, ::step]).convert("YCbCr")), 2, 0)
    off = np.zeros(luma.shape, dtype=bool)
    for brightness in range(16):
        alike = luma >> 4 == brightness
        if alike.any():
            off[alike] = sum(abs(plane[alike] - np.median(plane[alike])) for plane in chroma) > _COLOURED_LEVELS
    return float(off.mean()) > _COLOURED_SHARE


def _too_large() -> InputError:
    return InputError(f"The picture is too large: expected at most {PIXELS // 1_000_000} million pixels.", code="image_too_large")
