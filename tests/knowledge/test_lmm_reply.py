"""An adversarial corpus of replies: each is read without loss, or refused with a reason."""

import json
import time

import pytest

from kbapp.engines.asking import Unusable
from kbapp.knowledge.lmm_reply import MAX_CHARS, parse_reply, reply_schema

ITEM = {"head": "a", "relation": "located in", "tail": "b", "status": "present", "quote": "a in b"}
GOOD = json.dumps({"triples": [ITEM]})

READ = {
    "plain": GOOD,
    "fenced": f"```json\n{GOOD}\n```",
    "fenced without a language": f"```\n{GOOD}\n```",
    "chatty": f"Sure! Here is {{what}} you asked for:\n{GOOD}\nAnything else?",
    "a bare list": json.dumps([ITEM]),
    "extra fields": json.dumps({"thought": "hm", "triples": [{**ITEM, "confidence": 0.9}], "n": 1}),
    "status in capitals": GOOD.replace("present", " Present "),
    "pretty printed": json.dumps({"triples": [ITEM]}, indent=4),
    "trailing commas": '{"triples": [' + json.dumps(ITEM)[:-1] + ",},],}",
    "single quotes": GOOD.replace('"', "'"),
    "no quotes around keys": GOOD.replace('"head"', "head"),
    "HTML around it": f"<html><body><pre>{GOOD}</pre></body></html>",
    "escaped characters": GOOD.replace("a in b", "a \\u0069n b"),
}

REFUSED = {
    "empty": "",
    "blank": " \n\t ",
    "prose": "The heart is enlarged.",
    "another language": "心影增大，双侧胸腔积液。",
    "HTML": "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>",
    "cut in a string": GOOD[: len(GOOD) // 2],
    "cut between entries": json.dumps({"triples": [ITEM, ITEM]})[: len(GOOD) + 1],
    "cut and chatty": "Here you are: " + GOOD[:-2],
    "a number for a name": GOOD.replace('"a"', "7"),
    "NaN for a name": GOOD.replace('"a"', "NaN"),
    "null for a quote": GOOD.replace('"a in b"', "null"),
    "a list for a name": GOOD.replace('"a"', '["a"]'),
    "an unknown status": GOOD.replace("present", "maybe"),
    "a missing field": json.dumps({"triples": [{k: v for k, v in ITEM.items() if k != "quote"}]}),
    "an object for the list": json.dumps({"triples": ITEM}),
    "text for the list": '{"triples": "none"}',
    "a list of texts": '{"triples": ["a located in b"]}',
    "a key twice": GOOD.replace('"head": "a"', '"head": "a", "head": "z"'),
    "nested without end": '{"triples": ' + "[" * 20_000 + "]" * 20_000 + "}",
    "a megabyte": json.dumps({"triples": [ITEM] * 12_000}),
    "a megabyte of one word": "triples " * 130_000,
    "more entries than asked for": json.dumps({"triples": [ITEM] * 65}),
}


@pytest.mark.parametrize("text", READ.values(), ids=READ.keys())
def test_a_whole_reply_is_read_whatever_stands_around_it(text):
    statements, _ = parse_reply(text)
    assert [s.model_dump() for s in statements] == [ITEM]


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_a_reply_that_is_not_whole_is_refused_with_a_reason(text):
    with pytest.raises(Unusable) as fault:
        parse_reply(text)
    assert 5 < len(str(fault.value)) < 300


def test_mending_is_told():
    assert [parse_reply(READ[name])[1] for name in ("plain", "chatty", "single quotes")] == [False, False, True]


def test_an_empty_list_is_a_finding_of_nothing():
    assert parse_reply('{"triples": []}') == ([], False)


def test_the_longest_reply_that_is_read_takes_no_longer_than_a_moment():
    broken = ("{'triples': [" + "{'head': 'a', " * MAX_CHARS)[: MAX_CHARS - 20] + "}" * 10
    started = time.process_time()
    with pytest.raises(Unusable):
        parse_reply(broken)
    assert time.process_time() - started < 5


def test_the_schema_names_the_priors_relations_and_forbids_anything_else():
    schema = reply_schema(("located in", "on side"))
    item = schema["properties"]["triples"]["items"]
    assert item["properties"]["relation"]["enum"] == ["located in", "on side"]
    assert list(item["properties"]) == item["required"] == ["head", "relation", "tail", "status", "quote"]
    assert item["additionalProperties"] is schema["additionalProperties"] is False
    assert "enum" not in reply_schema(())["properties"]["triples"]["items"]["properties"]["relation"]
