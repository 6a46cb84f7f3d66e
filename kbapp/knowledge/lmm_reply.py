"""A language model's JSON reply -> statements: parsed, checked, mended where nothing is lost by it.

A reply is mended (fences, chatter, trailing commas, single quotes) only when it is whole: what a cut reply would lose is not known.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from kbapp.engines.asking import Unusable

MAX_CHARS = 60_000  # 64 statements take about 15,000; beyond this a reply is not worth a parser's time
MAX_STATEMENTS = 64
# Not maxLength: grammar compilers then admit raw control characters. At most 128 times: xgrammar cannot count further in a rule used often.
_TEXT = r'^[^"\\\x00-\x1f]{1,N}$'


def _lower(value):
    return value.strip().lower() if isinstance(value, str) else value


class Statement(BaseModel):
    """One entity-relation pair as the model gave it: names as it wrote them, `quote` the words it points to."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    head: str
    relation: str
    tail: str
    status: Annotated[Literal["present", "absent", "uncertain"], BeforeValidator(_lower)]
    quote: str


class _Reply(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    triples: list[Statement]


def reply_schema(relations: Sequence[str]) -> dict:
    """JSON schema of a reply, in the order of its fields; only what grammar compilers and servers agree on."""

    def text(longest: int) -> dict:
        return {"type": "string", "pattern": _TEXT.replace("N", str(longest))}

    fields = {
        "head": text(80),
        "relation": {"type": "string", "enum": list(relations)} if relations else text(40),
        "tail": text(80),
        "status": {"type": "string", "enum": ["present", "absent", "uncertain"]},
        "quote": text(120),
    }
    item = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    triples = {"type": "array", "items": item, "maxItems": MAX_STATEMENTS}
    return {"type": "object", "properties": {"triples": triples}, "required": ["triples"], "additionalProperties": False}


def parse_reply(text: str) -> tuple[list[Statement], bool]:
    """(statements, mended). Raises Unusable with what is wrong, in words a model can act on."""
    if not text.strip():
        raise Unusable("it is empty.")
    if len(text) > MAX_CHARS:
        raise Unusable(f"it has {len(text)} characters; at most {MAX_CHARS} are read.")
    found = _first_value(text)
    mended = found is None
    value = _mended(text) if mended else found
    if isinstance(value, list):
        value = {"triples": value}
    try:
        statements = _Reply.model_validate(value).triples
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        raise Unusable(f"{where or 'the reply'}: {first['msg']}.") from None
    if len(statements) > MAX_STATEMENTS:
        raise Unusable(f"it holds {len(statements)} entries; at most {MAX_STATEMENTS} are read.")
    return statements, mended


class _Duplicate(Exception):
    pass


def _unique(pairs: list[tuple[str, object]]) -> dict:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _Duplicate
    return dict(pairs)


def _first_value(text: str):
    """The first JSON value in the text that looks like a reply, whatever stands around it; None if there is none."""
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    starts = [k for k, char in enumerate(text) if char in "{["][:40]
    for start in starts:
        try:
            value, _ = decoder.raw_decode(text, start)
        except json.JSONDecodeError:
            continue
        except _Duplicate:
            raise Unusable("a key stands twice in one entry.") from None
        except RecursionError:
            raise Unusable("it is nested too deeply.") from None
        if isinstance(value, dict) and "triples" in value:
            return value
        if isinstance(value, list) and start == starts[0] and all(isinstance(item, dict) for item in value):
            return value
    return None


def _mended(text: str):
    from json_repair import repair_json

    start, end = text.find("{"), max(text.rfind("}"), text.rfind("]")) + 1
    if start < 0 or '"triples"' not in text.replace("'", '"'):
        raise Unusable('it holds no JSON object {"triples": [...]}.')
    body = text[start:]
    if body.count("{") > body.count("}") or body.count("[") > body.count("]"):
        raise Unusable("its JSON is cut off.")
    try:
        return repair_json(text[start:end], return_objects=True)
    except RecursionError:
        raise Unusable("it is nested too deeply.") from None
