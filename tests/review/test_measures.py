from kbapp.core.actor import LOCAL_OWNER
from kbapp.ingest.intake import ingest
from kbapp.resources import ASSETS
from tests.formats.completions import drawn
from tests.review.fakes import completed_case


def test_a_given_film_is_measured_once_and_in_shares_of_its_size(workbench):
    film = ingest((ASSETS / "samples" / "film-heart.png").read_bytes(), "film-heart.png")
    case_id = workbench.cases.create(LOCAL_OWNER, [film])
    (measured,) = workbench.measures.of(LOCAL_OWNER, case_id)
    places = [spot for line in measured["lines"].values() for spot in line]
    assert measured["measures"] and places
    assert all(0 <= value <= 1 for spot in places for value in spot)
    assert workbench.measures.of(LOCAL_OWNER, case_id)[0] is measured


def test_a_picture_that_is_no_film_says_why(workbench):
    case_id = workbench.cases.create(LOCAL_OWNER, [drawn()])
    (measured,) = workbench.measures.of(LOCAL_OWNER, case_id)
    assert measured["why"]


def test_a_case_of_texts_has_no_measures(workbench):
    assert workbench.measures.of(LOCAL_OWNER, completed_case(workbench)) == []
