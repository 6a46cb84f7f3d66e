"""YAML text <-> DomainPrior. Errors name the file and the line."""

import json
import math
from io import StringIO

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kbapp.errors import PriorError
from kbapp.priors.schema import DomainPrior

MAX_BYTES = 256_000  # the shipped chest prior is about a quarter of this
MAX_NODES = 20_000
MAX_DEPTH = 20


def parse_prior(text: str, source: str = "") -> DomainPrior:
    """Read and check a prior. Raises PriorError with the line of the fault; aliases, tags and duplicate keys are refused."""
    if len(text.encode()) > MAX_BYTES:
        raise PriorError(f"expected at most {MAX_BYTES // 1000} kB of YAML, got {len(text.encode()) // 1000} kB", source=source)
    tree = _compose(text, source)
    data = _plain(tree, source, 0, [0])
    try:
        return DomainPrior.model_validate_json(json.dumps(data))
    except ValidationError as error:
        # An unknown key is most often a mistyped one, and then the cause of a missing one.
        faults = sorted(error.errors(include_url=False), key=lambda fault: fault["type"] != "extra_forbidden")
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise PriorError(_in_words(faults[0]) + more, source=source, line=_line_of(tree, _path_of(faults[0]))) from None


def _path_of(fault: dict) -> tuple:
    return fault["loc"] or tuple(fault.get("ctx", {}).get("path", ()))


def _in_words(fault: dict) -> str:
    """One fault of the schema as a sentence for an expert."""
    *parents, last = fault["loc"] or ("",)
    where = f" in {'.'.join(map(str, parents))}" if parents else ""
    if fault["type"] == "extra_forbidden":
        return f'the key "{last}"{where} is not known; mend its spelling or remove it'
    if fault["type"] == "missing":
        return f'the key "{last}"{where} is missing; add it'
    said = fault["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, fault['loc']))}: {said}" if fault["loc"] else said


def _compose(text: str, source: str) -> Node:
    yaml = YAML(typ="safe")
    try:
        for event in yaml.parse(StringIO(text)):
            if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
                raise PriorError(
                    "anchors and aliases are not allowed; write the value out", source=source, line=event.start_mark.line + 1
                )
        tree = YAML(typ="safe").compose(StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PriorError(
            f"this is no YAML: {error.problem or error.context}", source=source, line=mark.line + 1 if mark else None
        ) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise PriorError(f"this is no YAML: {error}", source=source) from None
    if not isinstance(tree, MappingNode):
        raise PriorError("expected a mapping with the keys domain, title, role ...", source=source, line=1)
    return tree


def _plain(node: Node, source: str, depth: int, count: list[int]):
    """The node as plain data; scalars by YAML 1.2's core rules, so "no" and "12:30" stay text."""
    count[0] += 1
    line = node.start_mark.line + 1
    if depth > MAX_DEPTH or count[0] > MAX_NODES:
        raise PriorError(f"too deep or too large: at most {MAX_DEPTH} levels and {MAX_NODES} values", source=source, line=line)
    if isinstance(node, SequenceNode):
        return [_plain(child, source, depth + 1, count) for child in node.value]
    if isinstance(node, MappingNode):
        data = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise PriorError("a key must be a plain word", source=source, line=key.start_mark.line + 1)
            if key.value in data:
                raise PriorError(f'the key "{key.value}" stands there twice', source=source, line=key.start_mark.line + 1)
            data[key.value] = _plain(value, source, depth + 1, count)
        return data
    return _scalar(node, source, line)


def _scalar(node: ScalarNode, source: str, line: int):
    tag = str(node.tag).rsplit(":", 1)[-1]
    if node.style in ("'", '"', "|", ">") or tag == "str":
        return node.value
    if tag == "null":
        return None
    if tag == "bool":
        return node.value.lower() == "true" if node.value.lower() in ("true", "false") else node.value
    if tag == "int" and node.value.lstrip("+-").isdigit():
        return int(node.value)
    if tag == "float":
        try:
            number = float(node.value)
        except ValueError:
            number = math.nan  # ".inf" and the like, which YAML allows
        if math.isfinite(number):
            return number
        raise PriorError(f'"{node.value}" is no number that can be used here', source=source, line=line)
    if tag in ("int", "timestamp"):
        return node.value
    raise PriorError(f'the tag "{node.tag}" is not allowed', source=source, line=line)


def _line_of(tree: Node, path: tuple) -> int | None:
    """Line (1-based) of the deepest node on the path that exists."""
    node, line = tree, tree.start_mark.line + 1
    for step in path:
        child = None
        if isinstance(node, MappingNode):
            for key, value in node.value:
                if key.value == step:
                    line, child = key.start_mark.line + 1, value
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = node.value[step]
            line = child.start_mark.line + 1
        if child is None:
            return line
        node = child
    return line
