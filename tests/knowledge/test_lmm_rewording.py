from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kbapp.core.content import TextContent
from kbapp.knowledge.lmm_names import Names
from kbapp.knowledge.lmm_reader import LmmReader
from kbapp.knowledge.lmm_reply import Statement
from kbapp.knowledge.lmm_rewording import Rewording, matched
from tests.chest import edited, shipped
from tests.scripted import ScriptedModel

LIKE = {"watery collection": "pleural effusion", "heart too big": "cardiomegaly"}


class Lexicon:
    """An encoder for which each phrase of LIKE means its name, and all else nothing that anything else means."""

    id = "lexicon"

    def __init__(self):
        self.calls = 0

    def embed(self, contents):
        self.calls += 1
        words = [LIKE.get(c.text.casefold(), c.text) for c in contents]
        rows = np.zeros((len(words), 4096), np.float32)
        for row, word in zip(rows, words, strict=True):
            row[crc32(word.encode()) % 4096] = 1
        return rows, ("",) * len(words)


def statement(head):
    return Statement(head=head, relation="located in", tail="pleura", status="present", quote="q")


def test_unknown_names_find_their_entry_and_known_ones_are_left_alone():
    prior, encoder = edited(rewording=0.9), Lexicon()
    said = [[statement("Watery collection"), statement("pneumothorax")], [statement("a green hat")]]
    rewording = Rewording(encoder)
    assert rewording.of(said, Names(prior.prior), prior) == {"Watery collection": "pleural effusion"}
    rewording.of(said, Names(prior.prior), prior)
    assert encoder.calls == 3  # the prior's names are encoded once


def test_it_is_off_unless_the_prior_asks_for_it():
    encoder = Lexicon()
    assert shipped().prior.rewording is None
    assert Rewording(encoder).of([[statement("watery collection")]], Names(shipped().prior), shipped()) == {}
    assert encoder.calls == 0


SCORES = arrays(np.float32, (3, 4), elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))


@given(SCORES, st.permutations(range(3)), st.permutations(range(4)))
def test_matching_is_one_to_one_symmetric_and_knows_no_order(similarity, rows, columns):
    unknown, known = ["a", "b", "c"], ["p", "q", "r", "s"]
    found = matched(unknown, known, similarity, 0.5)
    assert len(set(found.values())) == len(found)
    assert all(similarity[unknown.index(u), known.index(k)] >= 0.5 for u, k in found.items())
    assert matched(known, unknown, similarity.T, 0.5) == {k: u for u, k in found.items()}
    shuffled = matched([unknown[i] for i in rows], [known[k] for k in columns], similarity[np.ix_(rows, columns)], 0.5)
    assert shuffled == found


def test_nothing_below_the_least_similarity_is_matched():
    assert matched(["a"], ["p"], np.array([[0.49]]), 0.5) == {}


@pytest.mark.parametrize("asked", [True, False])
def test_the_reading_says_what_was_reworded_and_keeps_the_models_words(asked):
    prior = edited(rewording=0.9) if asked else shipped()
    text = "Watery collection on the left."
    reply = '{"triples": [{"head": "watery collection", "relation": "located in", "tail": "pleura", "status": "present", "quote": "Watery collection"}]}'
    model = ScriptedModel(lambda request: reply if request.schema else "Watery collection.")
    (reading,) = LmmReader(model, Lexicon()).read([(TextContent(text),)], prior)
    (triple,) = reading.graph.triples
    assert text[triple.evidence[0].start : triple.evidence[0].end] == "Watery collection"
    assert (triple.head == "pleural effusion") == asked
    assert any('"watery collection" was read as "pleural effusion" (reworded' in note for note in reading.notes) == asked
