import pytest

from kbapp.core.candidate import Resolution
from kbapp.core.completion import Reading
from kbapp.core.content import Modality
from kbapp.core.difference import FactClass
from kbapp.ranking.graph_part import differences, graph_parts, mean_pairwise_similarity
from kbapp.ranking.graph_similarity import typed_similarity
from tests.ranking.small_prior import PRIOR, spot, stones

SOURCE = stones(*spot("left", "small"), ("smell", "located in", "core"), ("crack", "located in", "core", "absent"))
SPOT_ONLY = frozenset({"spot"})


def parts(source, *readings: Reading, target=Modality.IMAGE):
    return graph_parts(source, readings, PRIOR, target)


def test_what_cannot_be_told_from_a_picture_costs_nothing_and_the_note_says_how_much_is_left():
    (part,) = parts(SOURCE, Reading(stones(*spot("left", "small")), assesses=SPOT_ONLY))
    assert (
        part.value == 100
        and part.note == "over 3 of 5 facts; a photograph cannot show 1 of the others, and the reader does not judge 1"
    )


def test_what_this_reader_does_not_judge_is_not_called_invisible():
    crack = stones(*spot("left"), ("crack", "located in", "core"))
    blind = Reading(stones(*spot("left")), assesses=SPOT_ONLY)
    assert parts(crack, blind)[0].note == "over 2 of 3 facts; the reader does not judge the others on a photograph"
    smelling = stones(*spot("left"), ("smell", "located in", "core"))
    assert parts(smelling, blind)[0].note == "over 2 of 3 facts; a photograph cannot show the others"
    (part,) = parts(stones(("crack", "located in", "core")), blind)
    assert part.reason == "the reader does not judge what the source says on a photograph"


def test_a_reader_of_everything_is_held_to_everything_that_the_modality_shows():
    (part,) = parts(SOURCE, Reading(stones(*spot("left", "small"))))
    assert part.value < 100 and part.note.startswith("over 4 of 5 facts")


def test_a_candidate_of_which_little_can_be_told_is_measured_like_the_others():
    clear, dim = Reading(stones(*spot("left", "small")), assesses=SPOT_ONLY), Reading(stones(), assesses=frozenset())
    told, untold = parts(SOURCE, clear, dim)
    assert (told.value, untold.value) == (100, 0)
    assert "could not judge" not in told.note
    assert untold.note.startswith("over 3 of 5 facts, 3 of which the reader could not judge on this one: they count as not told; ")


def test_texts_are_compared_whole():
    (part,) = parts(SOURCE, Reading(SOURCE), target=Modality.TEXT)
    assert part.value == 100 and part.note == ""
    other = stones(*spot("right"))
    assert parts(SOURCE, Reading(other), target=Modality.TEXT)[0].value == typed_similarity(SOURCE, other)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (stones(), "nothing was read from the source"),
        (stones(("smell", "located in", "core")), "a photograph cannot show what the source says"),
    ],
)
def test_nothing_to_compare_is_not_computed_and_said(source, reason):
    (part,) = parts(source, Reading(stones(*spot("left"))))
    assert part.value is None and reason in part.reason


def test_a_fact_that_was_told_another_way_by_choice_says_so_and_the_others_do_not():
    source = stones(*spot("left", status="uncertain"), ("crack", "located in", "core"))
    told = stones(*spot("left", status="absent"))
    choice = Resolution("spot, left", "status", "uncertain", "absent")
    (found,) = differences(source, [Reading(told)], PRIOR, Modality.TEXT, [(choice,)])
    whys = {fact.source.head: fact.why for fact in found.facts if fact.fact_class is FactClass.MISSING}
    assert "told as absent in this candidate by choice" in whys["spot, left"] and "choice" not in whys["crack"]
    (plain,) = differences(source, [Reading(told)], PRIOR, Modality.TEXT)
    assert plain.counts == found.counts and not any("choice" in fact.why for fact in plain.facts)


def test_pairwise_likeness_of_candidates():
    left, right = stones(*spot("left")), stones(*spot("right"))
    assert mean_pairwise_similarity([left, left]) == 100
    assert mean_pairwise_similarity([left, right, left]) == pytest.approx((100 + 2 * typed_similarity(left, right)) / 3)
    assert mean_pairwise_similarity([left, stones()]) is None
