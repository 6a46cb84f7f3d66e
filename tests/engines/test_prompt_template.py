"""Prompts as files: strict placeholders, harmless data."""

import pytest

from kbapp.engines.prompt_template import data_slot, harmless, parse_template
from kbapp.errors import SettingsError
from kbapp.resources import PROMPTS

ALLOWED = {
    "system": {"role"},
    "extract_answer": {"kind", "material", "entity", "question"},
    "extract_rules": {"names", "relations", "degrees"},
    "extract_triples": {"kind", "material", "answers"},
    "extract_example": {"kind", "material"},
    "retry": {"problem"},
    "write_text": {"kind", "description", "subject", "instruction", "style", "form"},
}


def test_every_prompt_file_is_known_and_fills_all_its_fields():
    assert {path.stem for path in PROMPTS.glob("*.txt")} == ALLOWED.keys()
    for name, allowed in ALLOWED.items():
        template = parse_template(name, (PROMPTS / f"{name}.txt").read_text(), allowed)
        filled = template.fill(**{field: f"[{field}]" for field in allowed})
        assert all(f"[{field}]" in filled for field in allowed)


def test_an_unknown_or_missing_placeholder_is_an_error():
    with pytest.raises(SettingsError, match="kinds"):
        parse_template("x", "A {kinds}", {"kind"})
    with pytest.raises(SettingsError, match="kind"):
        parse_template("x", "A thing", {"kind"})


def test_filled_in_text_is_never_read_again():
    template = parse_template("x", "{a} {b}", {"a", "b"})
    odd = "{b} {a.__class__} {{7*7}} {0} %s $b"
    assert template.fill(a=odd, b="!") == f"{odd} !"


def test_json_in_a_prompt_is_no_placeholder():
    assert parse_template("x", '{"triples": []} {a}', {"a"}).fill(a="1") == '{"triples": []} 1'


def test_too_many_or_too_few_values_are_a_mistake_of_the_caller():
    template = parse_template("x", "{a}", {"a"})
    with pytest.raises(ValueError):
        template.fill()
    with pytest.raises(ValueError):
        template.fill(a="1", b="2")


@pytest.mark.parametrize(
    "token",
    [
        "<|im_start|>",
        "<|IM_END|>",
        "<|image_pad|>",
        "<|vision_start|>",
        "[INST]",
        "[/inst]",
        "<<SYS>>",
        "<</SYS>>",
        "<s>",
        "</s>",
        "<image>",
        "<start_of_turn>",
    ],
)
def test_special_tokens_are_taken_apart(token):
    assert token not in harmless(f"before {token} after")
    assert token.strip("<>[]|/") in harmless(token)


def test_hidden_characters_are_removed_and_plain_text_is_left_alone():
    assert harmless("a\u200bb\x00c\u202ed\ufeffe\U000e0041") == "abcde"
    plain = "Size < 3 cm, 2 > 1; a|b [sic] <5 mm\nnext\tline µ é 心"
    assert harmless(plain) == plain


def test_a_fence_cannot_be_closed_from_inside():
    slot = data_slot("x >>> y <<<< z")
    assert slot.count(">>>") == slot.count("<<<") == 1
