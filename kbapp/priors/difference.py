"""What changed from one version of a prior to another, in lines an expert can read. Pure."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from kbapp.priors.schema import DomainPrior
from kbapp.priors.version import PriorVersion

# The lists of a prior: what one element is called, and by what it is known in both versions.
_LISTS: dict[str, tuple[str, Callable[[BaseModel], str]]] = {
    "rules": ("rule", lambda rule: rule.entity),
    "vocabulary": ("entry", lambda entry: entry.name),
    "phrases": ("phrase", lambda phrase: phrase.words[0] if phrase.words else ""),
    "pairings": ("pairing", lambda pairing: f"{' or '.join(pairing.anatomy)} + {' or '.join(pairing.quality)}"),
    "film_rules": ("film rule", lambda rule: f"{rule.measure} -> {rule.finding}"),
    "examples": ("example", lambda example: example.text[:60]),
}


@dataclass(frozen=True)
class PriorDifference:
    """lines: one change of meaning each; empty when only comments or layout differ. text: unified difference of the YAML."""

    lines: tuple[str, ...]
    text: str


def difference(old: PriorVersion, new: PriorVersion) -> PriorDifference:
    """From `old` to `new`. Lines start with "added", "removed" or "changed", in the order of the schema's fields."""
    text = difflib.unified_diff(  # without line ends: an editor that takes the last one away has changed nothing
        old.yaml.splitlines(), new.yaml.splitlines(), f"{old.ref}.yaml", f"{new.ref}.yaml", lineterm=""
    )
    return PriorDifference(tuple(_changes(old.prior, new.prior)), "".join(line + "\n" for line in text))


def _changes(old: DomainPrior, new: DomainPrior) -> Iterator[str]:
    for field in type(new).model_fields:
        before, after = getattr(old, field), getattr(new, field)
        if field in _LISTS:
            noun, name = _LISTS[field]
            yield from _list_changes(noun, _by_name(before, name), _by_name(after, name))
        else:
            yield from _value_changes(field, before, after)


def _by_name(elements: tuple[BaseModel, ...], name: Callable[[BaseModel], str]) -> dict[str, BaseModel]:
    """Elements of one name are told apart by counting: "x", "x (2)"."""
    named: dict[str, BaseModel] = {}
    for element in elements:
        plain = label = name(element)
        count = 1
        while label in named:
            count += 1
            label = f"{plain} ({count})"
        named[label] = element
    return named


def _list_changes(noun: str, before: Mapping[str, BaseModel], after: Mapping[str, BaseModel]) -> Iterator[str]:
    for label in after:
        if label not in before:
            yield f'added {noun} "{label}"'
        elif before[label] != after[label]:
            for field in type(after[label]).model_fields:
                yield from _value_changes(f'{noun} "{label}", {field}', getattr(before[label], field), getattr(after[label], field))
    for label in before:
        if label not in after:
            yield f'removed {noun} "{label}"'
    kept_before, kept_after = [x for x in before if x in after], [x for x in after if x in before]
    if kept_before != kept_after:
        yield f"changed the order of the {noun}s"


def _value_changes(where: str, before: object, after: object) -> Iterator[str]:
    """Goes down into models and mappings; sets of words are told as added and removed words."""
    if isinstance(before, BaseModel) and isinstance(after, BaseModel):
        for field in type(after).model_fields:
            yield from _value_changes(f"{where}, {field}", getattr(before, field), getattr(after, field))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _mapping_changes(where, before, after)
    elif isinstance(before, tuple) and isinstance(after, tuple):
        yield from _tuple_changes(where, before, after)
    elif before != after:
        yield f"changed {where}: {_shown(before)} -> {_shown(after)}"


def _mapping_changes(where: str, before: Mapping, after: Mapping) -> Iterator[str]:
    for key in after:
        if key not in before:
            yield f'added {where}, "{key}": {_shown(after[key])}'
        else:
            yield from _value_changes(f'{where}, "{key}"', before[key], after[key])
    for key in before:
        if key not in after:
            yield f'removed {where}, "{key}": {_shown(before[key])}'
    if [k for k in before if k in after] != [k for k in after if k in before]:
        yield f"changed {where}: the order"


def _tuple_changes(where: str, before: tuple, after: tuple) -> Iterator[str]:
    gone = [_shown(x) for x in before if x not in after]
    come = [_shown(x) for x in after if x not in before]
    if come:
        yield f"added {where}: {', '.join(come)}"
    if gone:
        yield f"removed {where}: {', '.join(gone)}"
    if not come and not gone and before != after:
        yield f"changed {where}: the order or how often a value stands there"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 80 else f'"{value[:79]}…"'
    if isinstance(value, BaseModel):
        return ", ".join(f"{name} {_shown(v)}" for name, v in value.model_dump(exclude_defaults=True).items())
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return "nothing" if value is None else str(value)
