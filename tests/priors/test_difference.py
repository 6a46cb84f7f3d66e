import pytest

from kbapp.priors.difference import difference
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion

BASE = """# a comment
domain: test-domain
title: Test
role: You read test texts.
names: {image: picture, text: report}
root: box
rules:
  - {entity: Fluid, prompt: "Is there fluid?"}
  - {entity: Air, prompt: "Is there air?"}
vocabulary:
  - {name: box, kind: anatomy, group: Fluid}
  - {name: fluid, group: Fluid, synonyms: [water, liquid], codes: {made-up: {code: X1}}}
  - {name: air, group: Air}
scales:
  severity: {relation: has severity, degrees: {small: [tiny], large: []}}
cues: {absent_before: ["no", without]}
film_rules:
  - {measure: ratio, finding: fluid, present: 0.5, uncertain: 0.45}
weights: {graph: 1.0}
guidance: {text: {sections: [Findings]}}
"""


def _changes(*replaced, base=BASE):
    new = base
    for old, fresh in replaced:
        assert old in new
        new = new.replace(old, fresh)
    first, second = (PriorVersion(parse_prior(text), number, text) for number, text in ((1, base), (2, new)))
    return difference(first, second)


def test_nothing_changed_is_nothing_to_say():
    assert _changes() == difference(*(PriorVersion(parse_prior(BASE), 1, BASE) for _ in range(2)))
    assert (_changes().lines, _changes().text) == ((), "")


def test_comments_and_layout_change_the_text_and_no_meaning():
    change = _changes(("# a comment", "# another comment"))
    assert change.lines == ()
    assert "-# a comment\n+# another comment\n" in change.text
    assert change.text.startswith("--- test-domain@1.yaml\n+++ test-domain@2.yaml\n")


def test_a_lost_line_end_at_the_end_is_no_change():
    assert BASE.endswith("guidance: {text: {sections: [Findings]}}\n")
    change = _changes(("title: Test", "title: Other"), ("[Findings]}}\n", "[Findings]}}"))
    assert [line for line in change.text.splitlines() if line[:1] in "+-"][2:] == ["-title: Test", "+title: Other"]
    assert _changes(("[Findings]}}\n", "[Findings]}}")).text == ""


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("title: Test", "title: Other", ['changed title: "Test" -> "Other"']),
        ("[water, liquid]", "[water, wet]", ['added entry "fluid", synonyms: "wet"', 'removed entry "fluid", synonyms: "liquid"']),
        ("[water, liquid]", "[liquid, water]", ['changed entry "fluid", synonyms: the order or how often a value stands there']),
        ("{name: air, group: Air}", "{name: gas, group: Air}", ['added entry "gas"', 'removed entry "air"']),
        ("{name: air, group: Air}", "{name: air, group: Air, site: box}", ['changed entry "air", site: nothing -> "box"']),
        ("{code: X1}", "{code: X2}", ['changed entry "fluid", codes, "made-up", code: "X1" -> "X2"']),
        ("Is there air?", "Is there any air?", ['changed rule "Air", prompt: "Is there air?" -> "Is there any air?"']),
        ('  - {entity: Air, prompt: "Is there air?"}\n', "", ['removed rule "Air"']),
        ("small: [tiny]", "small: [tiny, trace]", ['added scales, "severity", degrees, "small": "trace"']),
        (", large: []", "", ['removed scales, "severity", degrees, "large": []']),
        ("without]", "without, free of]", ['added cues, absent_before: "free of"']),
        ("present: 0.5", "present: 0.6", ['changed film rule "ratio -> fluid", present: 0.5 -> 0.6']),
        ("graph: 1.0}", "graph: 1.0, clip: 0.5}", ['added weights, "clip": 0.5']),
        ("[Findings]", "[Findings, Impression]", ['added guidance, "text", sections: "Impression"']),
        ("guidance: {text", "guidance: {image", ['added guidance, "image": sections ["Findings"]', 'removed guidance, "text": sections ["Findings"]']),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_one_plain_line(old, new, lines):
    assert list(_changes((old, new)).lines) == lines


def test_an_order_of_degrees_is_a_change_of_meaning():
    change = _changes(("degrees: {small: [tiny], large: []}", "degrees: {large: [], small: [tiny]}"))
    assert change.lines == ('changed scales, "severity", degrees: the order',)


def test_an_order_of_rules_is_told():
    fluid, air = '  - {entity: Fluid, prompt: "Is there fluid?"}\n', '  - {entity: Air, prompt: "Is there air?"}\n'
    assert _changes((fluid + air, air + fluid)).lines == ("changed the order of the rules",)


def test_two_elements_of_one_name_are_told_apart():
    again = '  - {entity: Fluid, prompt: "Where is it?"}\nvocabulary:'
    assert _changes(("vocabulary:", again)).lines == ('added rule "Fluid (2)"',)
