"""What a prior most likely does not mean is told in a sentence, and never refused."""

import pytest

from kbapp.priors.document import parse_prior
from kbapp.priors.remarks import remarks

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
  - {name: crack, group: Surface, site: stone}
scales: {size: {relation: has size, degrees: {small: [], large: []}}}
qualities: {broken: []}
phrases:
  - {words: [plain stone], group: Surface, absent: [spot]}
pairings:
  - {anatomy: [stone], quality: [broken], group: Surface, finding: crack, degree: [has size, large]}
film_rules:
  - {measure: heart width, finding: spot, present: 0.5, uncertain: 0.4, scale: size, degrees: {small: 0.5}, normal: [[stone, has size, small]]}
relations: [located in, has size]
focus: [spot]
examples:
  - {text: "A small spot.", triples: [[spot, has size, small, present]]}
"""


def test_a_prior_that_means_what_it_says_gets_no_remark():
    assert remarks(parse_prior(SMALL)) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("focus: [spot]", "focus: [spots]", 'focus: "spots" is no entry'),
        ("absent: [spot]", "absent: [mark]", 'phrase "plain stone": "mark" is no entry'),
        ("finding: crack", "finding: split", '"split" is no entry'),
        ("anatomy: [stone]", "anatomy: [rock]", '"rock" is no entry'),
        ("quality: [broken]", "quality: [bent]", '"bent" is none of the qualities'),
        ("degree: [has size, large]", "degree: [has size, huge]", '"huge" is no degree'),
        ("finding: spot, present", "finding: blot, present", 'film rule "heart width -> blot": "blot" is no entry'),
        ("[[stone, has size, small]]", "[[rock, has size, small]]", '"rock" is no entry'),
        ("scale: size", "scale: length", '"length" is none of the scales'),
        ("degrees: {small: 0.5}", "degrees: {tiny: 0.5}", '"tiny" is no degree of the scale "size"'),
        ("relations: [located in, has size]", "relations: [located in]", 'scale "size": the relation "has size"'),
        ("triples: [[spot, has size", "triples: [[spot, has colour", 'example 1: the relation "has colour"'),
        ("name: crack, group: Surface", "name: crack, group: Inside", 'entry "crack": no extraction rule has the entity "Inside"'),
        ("name: crack, group: Surface", "name: crack, synonyms: [Dot], group: Surface", '"dot" stands for "spot" and "crack"'),
        ("name: crack, group: Surface", "name: crack, observation: Crack, group: Surface", "none of the CheXpert-14"),
    ],
)
def test_a_name_that_names_nothing_is_told(old, new, said):
    assert SMALL.count(old) == 1
    told = remarks(parse_prior(SMALL.replace(old, new)))
    assert any(said in remark for remark in told)


def test_emptying_the_vocabulary_is_told_entry_by_entry_and_stays_allowed():
    start, end = SMALL.index("vocabulary:"), SMALL.index("scales:")
    emptied = parse_prior(SMALL[:start] + SMALL[end:])
    assert {'focus: "spot" is no entry of the vocabulary'} < set(remarks(emptied))
