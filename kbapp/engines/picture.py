"""Pictures on their way to a model and back: size cap, PNG, data URL."""

import base64
from io import BytesIO

import numpy as np
from PIL import Image

from kbapp.core.content import ImageContent
from kbapp.errors import GenerationError

_MAX_MADE_PIXELS = 4096 * 4096
_DATA_URL = "data:image/png;base64,"


def to_pil(image: ImageContent, max_pixels: int | None = None) -> Image.Image:
    """The picture as it is shown, RGB, scaled down to at most `max_pixels` with its proportions kept."""
    picture = Image.fromarray(image.display).convert("RGB")
    if max_pixels and picture.width * picture.height > max_pixels:
        scale = (max_pixels / (picture.width * picture.height)) ** 0.5
        size = max(1, int(picture.width * scale)), max(1, int(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return picture


def to_png(picture: Image.Image) -> bytes:
    """PNG without metadata; level 1, since its way is short."""
    stream = BytesIO()
    picture.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def to_data_url(image: ImageContent, max_pixels: int) -> str:
    return _DATA_URL + base64.b64encode(to_png(to_pil(image, max_pixels))).decode()


def from_base64(text: str) -> ImageContent:
    """A picture that a server made. Raises GenerationError for anything that is no PNG, JPEG or WebP of a sane size."""
    try:
        with Image.open(BytesIO(base64.b64decode(text, validate=True)), formats=("PNG", "JPEG", "WEBP")) as picture:
            if picture.width * picture.height > _MAX_MADE_PIXELS:
                raise GenerationError(
                    f"the image server sent a picture of {picture.width} x {picture.height} pixels, which is too large."
                )
            return from_array(np.asarray(picture.convert("RGB")))
    except (ValueError, OSError, SyntaxError, Image.DecompressionBombError):
        raise GenerationError("the image server sent something that is no picture. Try again, or choose another model.") from None


def from_array(pixels: np.ndarray) -> ImageContent:
    """(height, width, 3) uint8 RGB; kept as one channel when all three are the same."""
    if np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(pixels[..., 0], pixels[..., 2]):
        pixels = pixels[..., 0]
    return ImageContent(np.ascontiguousarray(pixels).copy())
