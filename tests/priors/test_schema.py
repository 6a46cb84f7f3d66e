"""The grammar of a prior: what it allows, what it refuses, and that it cannot run anything."""

import pytest

from kbapp.errors import PriorError
from kbapp.priors.document import MAX_BYTES, parse_prior
from tests.chest import shipped

SMALL = """domain: stones
title: Stones
role: You describe stones.
names: {image: photograph, text: note}
root: stone
rules:
  - {entity: Surface, prompt: "Name the spots."}
vocabulary:
  - {name: stone, kind: anatomy, group: Surface}
  - {name: spot, group: Surface, site: stone, synonyms: [dot]}
weights: {graph: 1.0}
"""


def refused(old: str, new: str) -> PriorError:
    assert old in SMALL
    with pytest.raises(PriorError) as caught:
        parse_prior(SMALL.replace(old, new), "stones.yaml")
    return caught.value


def test_the_shipped_chest_prior_is_valid_and_names_resolve():
    prior = shipped().prior
    known = {entry.name for entry in prior.vocabulary}
    for pairing in prior.pairings:
        assert {*pairing.anatomy, *pairing.absent, *([pairing.finding] if pairing.finding else [])} <= known
        assert set(pairing.quality) <= set(prior.qualities)
    assert {e.group for e in prior.vocabulary} <= {rule.entity for rule in prior.rules}
    assert set(prior.focus) <= known


def test_no_code_of_the_shipped_prior_claims_to_be_verified():
    assert not [c for e in shipped().prior.vocabulary for c in e.codes.values() if c.verified_by]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("title: Stones", "titel: Stones", 2, "titel"),
        ("kind: anatomy", "kind: place", 9, "kind"),
        ("site: stone", "site: moon", 8, '"moon"'),
        ("graph: 1.0", "graph: .inf", 11, ".inf"),
        ("graph: 1.0", "graph: .nan", 11, ".nan"),
        ("graph: 1.0", "graph: -1", 11, "graph"),
        ("name: spot", "name: stone", None, "twice"),
        ("group: Surface, site", "group: Surface, within: [moon], site", 8, '"moon"'),
        ("synonyms: [dot]", "synonyms: dot", 10, "synonyms"),
        ("synonyms: [dot]", "sided: {top: [dot]}", 10, "sided"),
    ],
)
def test_a_fault_is_named_with_its_line(old, new, line, words):
    error = refused(old, new)
    assert words in str(error)
    assert "stones.yaml" in str(error)
    if line:
        assert abs(error.line - line) <= 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Stones", "title: &a Stones"),
        ("title: Stones", "title: !!python/object/apply:os.system [ls]"),
        ("title: Stones", "title: Stones\ntitle: Again"),
        ("title: Stones", "title: [Stones"),
        ("title: Stones", "? [a]\n: b"),
    ],
    ids=["anchor", "tag", "double key", "no YAML", "odd key"],
)
def test_the_dangerous_parts_of_yaml_are_refused(old, new):
    assert refused(old, new).code == "prior_invalid"


def test_a_prior_of_megabytes_is_refused():
    with pytest.raises(PriorError, match="at most"):
        parse_prior(SMALL + "#" * MAX_BYTES)


def test_no_and_yes_stay_words():
    prior = parse_prior(SMALL.replace("synonyms: [dot]", "synonyms: [no, '12:30', yes]"))
    assert prior.entry_by_name["spot"].synonyms == ("no", "12:30", "yes")


def test_comments_and_layout_do_not_change_the_hash_but_a_synonym_does():
    same = parse_prior("# a comment\n" + SMALL)
    assert parse_prior(SMALL).sha256 == same.sha256
    assert parse_prior(SMALL.replace("[dot]", "[dot, speck]")).sha256 != same.sha256


def test_an_emptied_vocabulary_is_a_valid_prior():
    yaml = shipped().yaml
    start, end = yaml.index("vocabulary:"), yaml.index("\nsides:")
    assert parse_prior(yaml[:start] + "vocabulary: []\n" + yaml[end:]).vocabulary == ()
