"""Prompts are text files with white-listed `{name}` placeholders; whatever fills them is data and is never read again.

No str.format (it reaches attributes), no template language. A placeholder that the caller did not allow is an error when the file is
loaded, so a mistyped one cannot reach a model. Threats: prompt injection from a report, an expert's text or a file name.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from kbapp.errors import SettingsError
from kbapp.resources import PROMPTS

_PLACEHOLDER = re.compile(r"\{([a-z][a-z_]*)\}")
# What chat templates give a meaning to: <|im_start|>, <|image_pad|>, <s>, [INST], <<SYS>>, <image>, <start_of_turn> and our own fence.
_SPECIAL = re.compile(
    r"<\|[^<>|\n]{0,40}\|?>?|\[/?INST\]|<</?SYS>>|</?s>|<(?:image|video|pad|unk|bos|eos|mask)>|<(?:start|end)_of_\w+>|<{3,}|>{3,}",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def harmless(text: str) -> str:
    """The text without hidden characters, its special tokens taken apart: "<|im_start|>" -> "< |im_start| >"."""
    return _SPECIAL.sub(lambda m: " ".join(re.findall(r"[<>\[\]]|[^<>\[\]]+", m.group())), _HIDDEN.sub("", text))


def data_slot(text: str) -> str:
    """Foreign text between fences that it cannot close itself."""
    return f"<<<\n{harmless(text)}\n>>>"


@dataclass(frozen=True)
class PromptTemplate:
    name: str
    text: str
    fields: frozenset[str]

    def fill(self, **values: str) -> str:
        """Every placeholder replaced, once and literally. Raises ValueError unless exactly the template's fields are given."""
        if values.keys() != self.fields:
            raise ValueError(f"prompt {self.name}: expected {sorted(self.fields)}, got {sorted(values)}")
        return _PLACEHOLDER.sub(lambda m: values[m.group(1)], self.text)


def parse_template(name: str, text: str, allowed: Collection[str]) -> PromptTemplate:
    """Raises SettingsError for a placeholder that is not allowed, or an allowed one that the text does not use."""
    used = frozenset(_PLACEHOLDER.findall(text))
    if used != frozenset(allowed):
        wrong = ", ".join(sorted(used ^ frozenset(allowed)))
        raise SettingsError(f"prompt {name}: expected the placeholders {sorted(allowed)}; unknown or missing: {wrong}")
    return PromptTemplate(name, text.strip(), used)


def load_template(name: str, allowed: Collection[str]) -> PromptTemplate:
    """The template prompts/<name>.txt."""
    return parse_template(name, (PROMPTS / f"{name}.txt").read_text(encoding="utf-8"), allowed)
