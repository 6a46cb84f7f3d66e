"""The report reader on invented sentences, and the laws that it keeps."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbapp.core.content import ImageContent, TextContent
from kbapp.core.graph import graph_of
from kbapp.core.triple import HAS_COUNT, HAS_SIZE, HAS_STATE, LOCATED_IN, Status
from kbapp.errors import InputError
from kbapp.knowledge.findings import findings_of
from kbapp.knowledge.report_reader import ReportReader
from tests.chest import edited, read, shipped
from tests.knowledge.statements import holds, load_statements

FORGETFUL = ReportReader()
STATEMENTS = load_statements()
SENTENCES = sorted({s.text for s in STATEMENTS if ":" not in s.text and "\n" not in s.text and s.text.endswith(".")})


def fresh(text: str, prior=None):
    """Read with nothing remembered."""
    reader = FORGETFUL if prior is None else ReportReader()
    for vocabulary in reader._vocabularies.values():
        vocabulary.sentences.clear()
    return reader.read([(TextContent(text),)], prior or shipped())[0].graph


def keys(graph) -> list[tuple]:
    return [triple.key for triple in graph.triples]


def spans(text: str, head: str) -> set[str]:
    return {text[e.start : e.end] for t in read(text).about(head) for e in t.evidence}


# --- what the sentences say


def test_at_least_95_in_100_invented_statements_are_read_as_they_are_meant():
    cases = [(s.text, e, findings_of(read(s.text), shipped().prior)) for s in STATEMENTS for e in s.expected]
    missed = [f"{text!r}: {e}" for text, e, found in cases if not holds(e, found)]
    assert len(STATEMENTS) >= 300
    assert len(missed) <= 0.05 * len(cases), "\n".join(missed)


@pytest.mark.parametrize("status", ["present", "absent", "uncertain", "-"])
def test_no_status_is_neglected(status):
    cases = [(s, e) for s in STATEMENTS for e in s.expected if e.status == status]
    read_well = [holds(e, findings_of(read(s.text), shipped().prior)) for s, e in cases]
    assert sum(read_well) >= 0.93 * len(cases)


def test_a_normal_heart_is_a_fact_and_denies_an_enlarged_one():
    assert keys(read("Heart size is normal.")) == [
        ("cardiomegaly", "located in", "heart", "absent"),
        ("heart", "has size", "normal", "present"),
    ]


def test_bilateral_equals_left_and_right():
    both = keys(read("Bilateral pleural effusions."))
    assert both == keys(read("Left pleural effusion. Right pleural effusion."))
    assert {head for head, *_ in both} == {"pleural effusion, left", "pleural effusion, right"}


def test_a_small_left_and_a_large_right_effusion_never_merge():
    graph = read("Small left effusion and large right effusion.")
    assert ("pleural effusion, left", "has severity", "small", "present") in keys(graph)
    assert ("pleural effusion, right", "has severity", "large", "present") in keys(graph)
    assert ("pleural effusion, left", "has severity", "large", "present") not in keys(graph)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Left pleural effusion.", "pleural effusion, left"),
        ("Opacity in the right upper lobe.", "lung opacity, right upper lobe"),
        ("Atelectasis at the left lung base.", "atelectasis, left lung base"),
        ("Opacity in the left midlung.", "lung opacity, left lingula"),
        ("Nodule in the lung.", "lung nodule"),
        ("Fracture of the right clavicle.", "fracture, right clavicle"),
    ],
)
def test_a_finding_is_named_by_finding_side_and_site(text, name):
    assert name in read(text).heads


def test_every_finding_node_has_a_place():
    for statement in STATEMENTS:
        graph = read(statement.text)
        for node in graph.nodes:
            if node.kind in ("finding", "device"):
                assert [t for t in graph.about(node.name) if t.relation == LOCATED_IN], (statement.text, node.name)


def test_all_triples_of_one_mention_share_its_status():
    graph = read("Possible small left effusion.")
    assert {t.status for t in graph.triples} == {Status.UNCERTAIN}
    assert len(graph.triples) == 3


def test_what_is_absent_has_no_degree():
    assert keys(read("No large effusion.")) == keys(read("No effusion."))


@pytest.mark.parametrize(
    ("text", "name", "side"),
    [
        ("Pleural effusions, larger on the left.", "pleural effusion", "bilateral"),
        ("Basilar opacities, left more than right.", "lung opacity", "bilateral"),
        ("Opacity in the left hemithorax.", "lung opacity", "left"),
        ("Consolidation along the right heart border.", "consolidation", "right"),
        ("Nodule in one of the lung bases.", "lung nodule", None),
        ("Catheter with its tip in the left innominate vein.", "line or tube", None),
        ("Left lower lobe consolidation, appearance typical for pneumonia.", "pneumonia", "left"),
        ("Opacity consistent with pneumonia on the right.", "lung opacity", "right"),
        ("Opacity at the left base consistent with pneumonia on the right.", "lung opacity", "left"),
        ("Cardiomegaly with effusion on the right.", "cardiomegaly", None),
        ("Large left pneumothorax with mild mediastinal shift.", "mediastinal shift", None),
        ("Large left pneumothorax with mediastinal shift to the right.", "mediastinal shift", "right"),
    ],
)
def test_a_side_goes_to_what_it_is_said_of(text, name, side):
    assert {f.side for f in findings_of(read(text), shipped().prior) if f.name == name} == {side}


@pytest.mark.parametrize("device", ["jugular line", "internal jugular line", "picc", "chest tube"])
def test_the_tip_of_a_device_is_no_second_device(device):
    (found,) = findings_of(read(f"Right {device} tip at the apex."), shipped().prior)
    (alone,) = findings_of(read(f"Right {device}."), shipped().prior)
    assert (found.name, found.side) == (alone.name, "right")


@pytest.mark.parametrize(
    ("text", "relation", "value"),
    [
        ("A 12 mm nodule.", HAS_SIZE, "12 mm"),
        ("A 1.2 cm nodule.", HAS_SIZE, "12 mm"),
        ("A nodule measuring 2.1 x 3 cm.", HAS_SIZE, "21 x 30 mm"),
        ("A nodule of 3.2 cm by 2 cm.", HAS_SIZE, "32 x 20 mm"),
        ("A 4mm nodule.", HAS_SIZE, "4 mm"),
        ("A 3-4 mm nodule.", HAS_SIZE, "4 mm"),
        ("Three old rib fractures.", HAS_COUNT, "3"),
        ("Multiple nodules.", HAS_COUNT, "multiple"),
        ("Unchanged nodule.", HAS_STATE, "stable"),
        ("New nodule.", HAS_STATE, "new"),
        ("Three old rib fractures.", HAS_STATE, "old"),
    ],
)
def test_sizes_counts_and_states_are_canonical(text, relation, value):
    assert {t.tail for t in read(text).triples if t.relation == relation} == {value}


@pytest.mark.parametrize(
    "text", ["Fracture of the left 5th rib.", "Nodule 2. No effusion.", "2 views show a nodule.", "A 2 x 3 cm nodule."]
)
def test_not_every_number_is_a_count(text):
    assert not [t for t in read(text).triples if t.relation == HAS_COUNT]


def test_the_present_mention_wins_over_the_absent_one():
    graph = read("No effusion. Impression: small effusion, no pneumothorax.")
    assert graph.status_of("pleural effusion") is Status.PRESENT
    assert graph.status_of("pneumothorax") is Status.ABSENT


# --- evidence


@pytest.mark.parametrize(
    ("text", "head", "quote"),
    [
        ("There is a small left pleural effusion today.", "pleural effusion, left", "small left pleural effusion"),
        ("Opacity in the right upper lobe, new.", "lung opacity, right upper lobe", "Opacity in the right upper lobe, new"),
        ("The heart is mildly enlarged.", "cardiomegaly", "heart is mildly enlarged"),
        ("Heart size is normal.", "heart", "Heart size is normal"),
        ("No effusion or pneumothorax.", "pneumothorax", "pneumothorax"),
        ("İ ß — é: no  Pneumothorax .", "pneumothorax", "Pneumothorax"),
    ],
)
def test_the_span_holds_the_finding_and_its_modifiers(text, head, quote):
    assert spans(text, head) == {quote}


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6), st.sampled_from([" ", "  ", "\n", "\n\n"]))
@settings(max_examples=60, deadline=None)
def test_spans_stay_within_the_sentence_that_says_it(sentences, between):
    text = between.join(sentences)
    for triple in fresh(text).triples:
        assert triple.evidence
        for span in triple.evidence:
            quote = text[span.start : span.end]
            assert quote.strip() == quote != ""
            assert any(quote in sentence for sentence in sentences)


def test_the_span_names_the_content_of_the_case():
    reading = ReportReader().read([(TextContent("Left effusion."), TextContent("No pneumothorax."))], shipped())[0]
    assert {(t.head, t.evidence[0].content) for t in reading.graph.triples} == {("pleural effusion, left", 0), ("pneumothorax", 1)}


# --- laws


@given(st.lists(st.sampled_from(SENTENCES), min_size=2, max_size=6, unique=True), st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_sentences_does_not_matter(sentences, chance: random.Random):
    shuffled = list(sentences)
    chance.shuffle(shuffled)
    assert fresh(" ".join(sentences)) == fresh(" ".join(shuffled))


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_reading_sentence_by_sentence_equals_reading_the_text_as_one(sentences):
    """A heading without content makes the reader take the text as a whole."""
    apart, as_one = " ".join(sentences), "Findings: " + " ".join(sentences)
    assert fresh(apart) == fresh(as_one)


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_what_was_read_before_changes_nothing(sentences):
    text = " ".join(sentences)
    remembering, new = read(text), fresh(text)
    assert remembering == new
    assert [t.evidence for t in remembering.triples] == [t.evidence for t in new.triples]


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_the_graph_is_the_one_that_graph_of_makes_of_its_triples(sentences):
    graph = fresh(" ".join(sentences))
    again = graph_of(graph.triples, graph.nodes, graph.prior)
    assert (again.triples, again.nodes, again.prior) == (graph.triples, graph.nodes, graph.prior)


PLAIN = [
    e
    for e in shipped().prior.vocabulary
    if e.kind == "finding" and e.synonyms and e.group != "General" and e.name not in ("density", "calcification")
]


@given(
    st.sampled_from(PLAIN),
    st.data(),
    st.sampled_from(["There is {}.", "No {}.", "Possible {}.", "{} on the left.", "{} is not seen."]),
)
@settings(max_examples=150, deadline=None)
def test_a_synonym_in_place_of_the_name_leaves_the_graph_as_it_is(entry, data, sentence):
    synonym = data.draw(st.sampled_from(entry.synonyms))
    assert read(sentence.format(synonym)) == read(sentence.format(entry.name))


@given(st.sampled_from(SENTENCES))
@settings(max_examples=60, deadline=None)
def test_capital_letters_do_not_matter(sentence):
    assert read(sentence.upper()) == read(sentence)


@pytest.mark.parametrize("word", ["effusion", "nodule", "opacity", "mass", "fracture", "infiltrate"])
def test_one_or_many_is_the_same_finding(word):
    plural = {"opacity": "opacities", "mass": "masses"}.get(word, word + "s")
    assert read(f"No {word}.") == read(f"No {plural}.")


@pytest.mark.parametrize(
    "text",
    [
        "The heart is enlarged.",
        "Enlarged heart.",
        "Enlargement of the heart.",
        "Cardiac enlargement.",
        "Heart size enlarged.",
        "Cardiomegaly.",
    ],
)
def test_word_order_does_not_matter(text):
    assert read(text) == read("Cardiomegaly.")


# --- everything comes from the prior


def test_an_emptied_vocabulary_gives_an_empty_graph():
    empty = edited(vocabulary=())
    assert not any(fresh(s.text, empty) for s in STATEMENTS)


def test_without_a_rule_its_group_is_silent():
    without = edited(rules=tuple(r for r in shipped().prior.rules if r.entity != "Pleura"))
    text = "Left pleural effusion. Cardiomegaly. The pleural spaces are clear."
    assert fresh(text, without).heads == ("cardiomegaly",)


def test_a_rule_for_pictures_only_is_not_applied_to_texts():
    rules = tuple(r.model_copy(update={"modalities": ("image",)}) if r.entity == "Heart" else r for r in shipped().prior.rules)
    assert fresh("Cardiomegaly. Pneumothorax.", edited(rules=rules)).heads == ("pneumothorax",)


def test_a_new_synonym_counts_from_the_next_reading_on():
    reader, text = ReportReader(), (TextContent("Wet pleura on the left."),)
    entries = tuple(
        e.model_copy(update={"synonyms": (*e.synonyms, "wet pleura")}) if e.name == "pleural effusion" else e
        for e in shipped().prior.vocabulary
    )
    before = reader.read([text], shipped())[0].graph
    after = reader.read([text], edited(vocabulary=entries))[0].graph
    assert not before and after.heads == ("pleural effusion, left",)
    assert reader.read([text], shipped())[0].graph == before


def test_a_copy_of_a_prior_with_another_vocabulary_is_another_prior():
    copy = shipped().prior.model_copy(update={"vocabulary": ()})
    assert copy.sha256 != shipped().prior.sha256 and not copy.entry_by_name


def test_no_more_than_a_few_compiled_priors_are_kept():
    reader = ReportReader()
    for number in range(12):
        reader.read([(TextContent("Effusion."),)], edited(title=f"Chest {number}"))
    assert len(reader._vocabularies) == 8


# --- hostile and odd texts


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        ".",
        "....",
        "XXXX",
        "\u200b\ufeff",
        "🫁" * 50,
        "لا يوجد انصباب جنبي",
        "胸腔积液",
        "<script>alert(1)</script>",
    ],
)
def test_a_text_without_findings_gives_an_empty_graph(text):
    assert not read(text)


@pytest.mark.parametrize(
    "text",
    [
        "no " * 70_000,
        "left effusion and " * 12_000,
        "a" * 200_000,
        "." * 200_000,
        "effusion" + " " * 200_000 + "left",
        "1.1" * 60_000 + " cm nodule",
        "İ" * 100_000 + " effusion",
        "(" * 100_000 + "effusion" + ")" * 99_000,
        "heart " * 17_000 + "normal " * 14_000,
        "effusion versus " * 12_000,
        "left " * 40_000 + "effusion",
        "nodule, " * 25_000 + "is not seen",
    ],
    ids=[
        "cues", "findings", "one word", "stops", "blanks", "digits", "growing letters", "brackets", "subjects", "doubts", "sides", "list",
    ],
)  # fmt: skip
@pytest.mark.timeout(60)
def test_200_kB_of_nonsense_is_read_and_indexed_rightly(text):
    for triple in fresh(text).triples:
        assert all(0 <= e.start < e.end <= len(text) for e in triple.evidence)


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_without_complaint(text):
    read(text)


def test_the_memory_of_sentences_is_bounded():
    reader = ReportReader()
    reader.read([(TextContent(f"Effusion number {n} today."),) for n in range(5_000)], shipped())
    (vocabulary,) = reader._vocabularies.values()
    assert len(vocabulary.sentences) <= 4_096


def test_a_picture_is_refused_in_one_sentence():
    with pytest.raises(InputError, match="reads texts"):
        ReportReader().read([(ImageContent(np.zeros((4, 4), np.uint8)),)], shipped())
