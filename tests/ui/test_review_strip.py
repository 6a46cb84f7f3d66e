"""The strip: the words under a candidate's number, and what is said of the ranking."""

from dataclasses import replace

import pytest

from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.triple import LOCATED_IN, Status, Triple
from kbapp.formats.completion_files import read_completion
from kbapp.ranking.order import rank
from kbapp.resources import ASSETS
from kbapp.ui.review_strip import fault, strip

COMPLETION, _ = read_completion(ASSETS / "recorded" / "chest-film")

EFFUSION = Triple("pleural effusion, left", LOCATED_IN, "pleura")
NOTES = ("Not drawn: cavitation, right upper lobe.", "The description names 7 of 8 nodes of the graph.")


def test_what_was_not_drawn_is_said_where_nothing_worse_is():
    faultless = Difference((FactDifference(FactClass.KEPT, EFFUSION, EFFUSION),))
    assert fault(faultless, NOTES) == "Not drawn: cavitation, right upper lobe"
    assert fault(faultless) == "no fact missing, none added"
    missing = Difference((FactDifference(FactClass.MISSING, EFFUSION, None),))
    assert fault(missing, NOTES) == "− pleural effusion, left"
    assert fault(Difference(()), NOTES) == "Not drawn: cavitation, right upper lobe"
    assert fault(Difference(())) == "nothing to compare"


@pytest.mark.parametrize(("status", "words"), [("present", "scar"), ("absent", "no scar"), ("uncertain", "scar?")])
def test_a_denial_and_a_doubt_are_named_as_such(status, words):
    told = Triple("scar", LOCATED_IN, "lung", Status(status))
    assert fault(Difference((FactDifference(FactClass.EXTRA, None, told),))) == f"+ {words}"
    assert fault(Difference((FactDifference(FactClass.MISSING, told, None),))) == f"− {words}"


def test_the_strip_says_that_the_scorers_disagree_but_not_to_a_blind_reader():
    first = replace(COMPLETION, ranking=replace(COMPLETION.ranking, preselected=0))
    told = "by graph, candidate 1 is 5 of 5; by regions, candidate 1 is 5 of 5."
    assert told in str(strip(first, 0, None, ())) and "disagree" not in str(strip(first, 0, None, (), hidden=True))
    assert "disagree" not in str(strip(COMPLETION, 0, None, ()))


def test_without_a_lead_over_the_next_candidate_the_reason_is_said():
    differences, second = list(COMPLETION.differences), COMPLETION.ranking.order[1]
    unread = tuple(replace(fact, fact_class=FactClass.NOT_ASSESSABLE) for fact in differences[second].facts)
    differences[second] = Difference(unread)
    ranking = rank(COMPLETION.scores, differences)
    assert "No lead: of the next candidate no fact could be compared." in strip(
        replace(COMPLETION, differences=tuple(differences), ranking=replace(ranking, abstained="")), 0, None, ()
    )
