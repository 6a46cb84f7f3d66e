"""Realistic errors in chest reports, and what they are called."""

import json
import os
import random
from pathlib import Path

import pytest

from kbapp.core.content import Modality
from kbapp.core.difference import Difference
from kbapp.core.graph import KnowledgeGraph
from kbapp.ranking.difference import difference
from tests.chest import read, shipped

SOURCE = (
    "Small left pleural effusion. Mild cardiomegaly. Opacity in the right lower lobe. No pneumothorax. The mediastinum is normal."
)


def compared(source: str | KnowledgeGraph, candidate: str | KnowledgeGraph) -> Difference:
    source, candidate = (read(g) if isinstance(g, str) else g for g in (source, candidate))
    return difference(source, candidate, shipped().prior, target=Modality.TEXT)


def edited(old: str, new: str) -> Difference:
    assert old in SOURCE
    return compared(SOURCE, SOURCE.replace(old, new))


def told(d: Difference) -> dict[str, int]:
    return {name: n for name, n in d.counts.items() if n and name not in ("kept", "reworded")}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Small left pleural", "Small right pleural", {"contradicted": 1}),
        ("right lower lobe", "left lower lobe", {"contradicted": 1}),
        ("No pneumothorax", "Small right pneumothorax", {"contradicted": 1, "extra": 2}),
        ("Small left pleural effusion.", "No pleural effusion.", {"contradicted": 1, "missing": 2}),
        ("Mild cardiomegaly.", "", {"missing": 2}),
        ("Mild cardiomegaly", "Severe cardiomegaly", {"missing": 1}),
        ("No pneumothorax", "Right rib fracture. No pneumothorax", {"extra": 2}),
        ("Mild cardiomegaly", "Mildly enlarged heart", {}),
        ("Small left pleural effusion", "A trace of pleural fluid on the left", {}),
    ],
)
def test_an_error_in_a_report_is_called_what_it_is(old, new, expected):
    found = edited(old, new)
    assert {k: found.counts[k] for k in expected} == expected
    if "contradicted" not in expected:
        assert found.counts["contradicted"] == 0


def test_the_same_facts_in_other_order_are_all_kept():
    sentences = SOURCE.split(". ")
    assert told(compared(SOURCE, ". ".join(reversed(sentences)))) == {}


DATA = os.environ.get("KB_DATA")


@pytest.mark.skipif(not DATA, reason="KB_DATA does not name the folder of development data")
def test_findings_and_impression_of_one_real_report_hardly_ever_contradict():
    lines = (Path(DATA) / "iu_xray_train.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in random.Random(3).sample(lines, 400)]
    pairs = [(read(r["findings"]), read(r["impression"])) for r in rows if r["findings"] and r["impression"]]
    false_alarms = sum(bool(compared(a, b).counts["contradicted"]) for a, b in pairs)
    assert false_alarms / len(pairs) < 0.04
