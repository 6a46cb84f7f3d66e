from kbapp.core.triple import Triple
from kbapp.generation.state_wording import state_wording
from tests.chest import shipped

PRIOR = shipped().prior
NORMAL_HEART = Triple("heart", "has size", "normal")


def test_the_words_come_from_the_prior_and_say_what_they_deny_along():
    wording = state_wording(NORMAL_HEART, {"heart", "cardiomegaly"}, PRIOR)
    assert wording.sentences[0] == "Heart is normal." and wording.denies == ("cardiomegaly",)
    assert all(told.endswith(".") and told[0].isupper() for told in wording.told)


def test_words_that_deny_something_nobody_spoke_of_are_not_used():
    assert state_wording(NORMAL_HEART, {"heart"}, PRIOR) is None


def test_a_state_on_one_side_is_told_on_that_side():
    wording = state_wording(Triple("lung", "has state", "clear"), {"lung opacity, left", "consolidation, left"}, PRIOR)
    assert wording.sentences[0] == "Left lung is clear." and set(wording.denies) == {"lung opacity, left", "consolidation, left"}


def test_the_name_of_the_state_comes_before_its_other_words():
    wording = state_wording(Triple("bone", "has state", "intact"), {"fracture"}, PRIOR)
    assert wording.sentences[0] == "Bone is intact."


def test_a_state_that_the_prior_has_no_words_for_has_none():
    assert state_wording(Triple("heart", "has colour", "blue"), {"heart"}, PRIOR) is None
