"""The shapes of requests: OpenAI's names, our limits.

Unknown fields are ignored, as OpenAI's clients expect; a known one that would change the answer and is not served is refused.
"""

import base64
import binascii
from collections.abc import Mapping
from io import BytesIO
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from PIL import Image
from pydantic import BaseModel, Field, model_validator

from kbapp.core.content import Content, ImageContent, TextContent
from kbapp.engines.language_model import ChatRequest, Turn
from kbapp.engines.picture import from_array
from kbapp.errors import InputError
from kbapp.priors.schema import DomainPrior, Guidance
from kbapp.priors.version import PriorVersion

MAX_BODY_BYTES = 48 * 1024 * 1024
MAX_TOKENS = 8192
MAX_TEXT = 200_000
MAX_PICTURE_PIXELS = 40_000_000
Name = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class TextPart(BaseModel):
    type: Literal["text"]
    text: Text


class ImageUrl(BaseModel):
    url: str


class ImagePart(BaseModel):
    type: Literal["image_url"]
    image_url: ImageUrl


class Message(BaseModel):
    role: Literal["system", "user", "assistant"]
    content: Text | Annotated[list[Annotated[TextPart | ImagePart, Field(discriminator="type")]], Field(max_length=32)]


class JsonSchema(BaseModel):
    name: Name = "reply"
    schema_: dict = Field(alias="schema")


class ResponseFormat(BaseModel):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(BaseModel):
    include_usage: bool = False


class Body(BaseModel):
    """neutral: fields that are not served, with the values that ask for nothing."""

    neutral: ClassVar[Mapping[str, tuple]] = {}

    @model_validator(mode="before")
    @classmethod
    def _refuse_what_is_not_served(cls, said: Any) -> Any:
        for name, values in cls.neutral.items():
            if isinstance(said, dict) and name in said and said[name] is not None and said[name] not in values:
                raise ValueError(f"{name} is not served here; leave it out")
        return said


class ChatBody(Body):
    neutral: ClassVar[Mapping[str, tuple]] = {
        "stop": ([], ""),
        "tools": ([],),
        "functions": ([],),
        "logprobs": (False,),
        "logit_bias": ({},),
        "top_p": (1,),
        "frequency_penalty": (0,),
        "presence_penalty": (0,),
    }
    model: Name
    messages: Annotated[list[Message], Field(min_length=1, max_length=64)]
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    seed: Seed = 0
    n: Literal[1] = 1
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    response_format: ResponseFormat | None = None

    def request(self) -> ChatRequest:
        """Raises InputError for a picture that is none, or a schema that is missing."""
        room = self.max_completion_tokens or self.max_tokens or 512
        return ChatRequest(tuple(map(_turn, self.messages)), self._schema(), room, self.temperature, self.seed)

    def _schema(self) -> dict | None:
        form = self.response_format
        if form is None or form.type == "text":
            return None
        if form.type == "json_object":
            return {"type": "object"}
        if form.json_schema is None:
            raise InputError("response_format json_schema needs its json_schema")
        return form.json_schema.schema_


def _turn(message: Message) -> Turn:
    if isinstance(message.content, str):
        return Turn(message.role, message.content)
    texts = [part.text for part in message.content if isinstance(part, TextPart)]
    images = tuple(picture(part.image_url.url) for part in message.content if isinstance(part, ImagePart))
    return Turn(message.role, "\n".join(texts), images)


class ImagesBody(BaseModel):
    """seed, negative_prompt, guidance_scale and num_inference_steps are ours; picture k of n has seed + k."""

    model: Name
    prompt: Annotated[str, Field(min_length=1, max_length=8000)]
    n: Annotated[int, Field(ge=1, le=16)] = 1
    size: Annotated[str, Field(pattern=r"^(auto|\d{1,4}x\d{1,4})$")] | None = None
    response_format: Literal["b64_json"] = "b64_json"
    seed: Annotated[int, Field(ge=0, lt=2**62)] = 0
    negative_prompt: Annotated[str, Field(max_length=4000)] = ""
    guidance_scale: Annotated[float, Field(ge=0, le=30)] | None = None
    num_inference_steps: Annotated[int, Field(ge=1, le=200)] | None = None

    @property
    def guidance(self) -> tuple:
        """What must be equal in one batch."""
        return self.negative_prompt, self.guidance_scale, self.num_inference_steps


def prior_of(guidance: tuple) -> PriorVersion:
    """A prior that holds nothing but guidance: what an ImageGenerator looks at."""
    negative, scale, steps = guidance
    told = Guidance(negative_prompt=negative, guidance_scale=scale, steps=steps)
    return PriorVersion(DomainPrior(domain="served", title="served", role="", names={}, root="-", guidance={"image": told}), 1, "")


class EmbeddingsBody(Body):
    """input: texts, or pictures as data URLs in the place of a text."""

    neutral: ClassVar[Mapping[str, tuple]] = {"dimensions": ()}
    model: Name
    input: Annotated[str, Field(max_length=MAX_BODY_BYTES)] | Annotated[list[str], Field(min_length=1, max_length=256)]
    encoding_format: Literal["float", "base64"] = "float"

    def contents(self) -> list[Content]:
        return [content(text) for text in ([self.input] if isinstance(self.input, str) else self.input)]


class ScoreBody(BaseModel):
    """Every text_1 with its text_2, or one text_1 with all of text_2; texts or data URLs, as in embeddings."""

    model: Name
    text_1: str | Annotated[list[str], Field(min_length=1, max_length=128)]
    text_2: str | Annotated[list[str], Field(min_length=1, max_length=128)]

    def pairs(self) -> tuple[list[Content], list[Content]]:
        first = [self.text_1] if isinstance(self.text_1, str) else self.text_1
        second = [self.text_2] if isinstance(self.text_2, str) else self.text_2
        if len(first) not in (1, len(second)):
            raise InputError(f"expected one text_1, or as many as text_2 ({len(second)}), got {len(first)}")
        return [content(t) for t in first], [content(t) for t in second]


def content(text: str) -> Content:
    if text.startswith("data:"):
        return picture(text)
    if len(text) > MAX_TEXT:
        raise InputError(f"expected a text of at most {MAX_TEXT} characters, got {len(text)}")
    return TextContent(text)


def picture(url: str) -> ImageContent:
    """A picture sent along as a data URL. No address is ever fetched. Raises InputError."""
    head, _, data = url.partition(",")
    if head not in ("data:image/png;base64", "data:image/jpeg;base64", "data:image/webp;base64"):
        raise InputError("expected a picture as data:image/png;base64,... (PNG, JPEG or WebP); addresses are not fetched")
    try:
        with Image.open(BytesIO(base64.b64decode(data, validate=True)), formats=("PNG", "JPEG", "WEBP")) as found:
            if found.width * found.height > MAX_PICTURE_PIXELS:
                raise InputError(f"expected a picture of at most {MAX_PICTURE_PIXELS // 10**6} million pixels")
            return from_array(np.asarray(found.convert("RGB")))
    except (ValueError, OSError, SyntaxError, binascii.Error, Image.DecompressionBombError):
        raise InputError("this picture cannot be read; expected PNG, JPEG or WebP") from None
