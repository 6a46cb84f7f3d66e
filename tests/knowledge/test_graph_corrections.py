import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.content import Modality
from kbapp.core.occurrence import occurrences
from kbapp.core.triple import HAS_COUNT, HAS_SEVERITY, Status
from kbapp.errors import UserError
from kbapp.generation.resolutions import open_facts
from kbapp.ingest.intake import ingest
from kbapp.knowledge.film_reader import FilmReader
from kbapp.knowledge.graph_corrections import Correction, corrected, degree_said, degrees_of
from kbapp.resources import ASSETS
from tests.chest import read, shipped

REPORT = (
    "Small left pleural effusion. Opacity in the right upper lobe. Mild cardiomegaly. No pneumothorax. Possible pulmonary edema."
)
GRAPH, PRIOR = read(REPORT), shipped().prior


def facts(graph):
    return {t.key for t in graph.triples}


def test_a_fact_taken_out_takes_all_that_is_said_of_it_and_nothing_else():
    left = corrected(GRAPH, [Correction(None, "pleural effusion, left")], PRIOR)
    assert facts(left) == facts(
        read("Opacity in the right upper lobe. Mild cardiomegaly. No pneumothorax. Possible pulmonary edema.")
    )


def test_another_side_gives_what_a_report_with_that_side_gives():
    moved = corrected(GRAPH, [Correction(Status.PRESENT, "pleural effusion, left", side="right")], PRIOR)
    assert facts(moved) == facts(read(REPORT.replace("left", "right")))
    assert {n.name: n.label for n in moved.nodes}["pleural effusion, right"] == "pleural effusion"
    site_kept = corrected(GRAPH, [Correction(Status.PRESENT, "lung opacity, right upper lobe", side="left")], PRIOR)
    assert facts(site_kept) == facts(read(REPORT.replace("right upper", "left upper")))


def test_another_status_keeps_the_evidence():
    denied = corrected(GRAPH, [Correction(Status.ABSENT, "pulmonary edema")], PRIOR)
    assert denied.status_of("pulmonary edema") is Status.ABSENT
    assert denied.about("pulmonary edema")[0].evidence == GRAPH.about("pulmonary edema")[0].evidence != ()


def test_an_added_finding_is_named_as_the_reader_would_and_has_no_evidence():
    more = corrected(GRAPH, [Correction(Status.PRESENT, label="atelectasis", side="left", site="lung base")], PRIOR)
    assert facts(more) == facts(read(REPORT + " Left basilar atelectasis."))
    assert all(not t.evidence for t in more.about("atelectasis, left lung base"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Correction(None, "dragon"), "says nothing about"),
        (Correction(Status.PRESENT, label="dragon"), "no finding"),
        (Correction(Status.PRESENT, label="heart"), "no finding"),
        (Correction(Status.PRESENT, label="atelectasis", site="tail"), "no place"),
        (Correction(Status.PRESENT, label="atelectasis", side="up"), "the side left, right"),
        (Correction(None, label="atelectasis"), "needs a status"),
        (Correction(Status.PRESENT, "cardiomegaly", degrees=((HAS_SEVERITY, "purple"),)), "no degree"),
        (Correction(Status.PRESENT, label="atelectasis", degrees=(("has smell", ""),)), "no degree"),
        (Correction(Status.PRESENT, "cardiomegaly"), "nothing was changed"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(change, said):
    with pytest.raises(UserError, match=said):
        corrected(GRAPH, [change], PRIOR)


@given(st.sampled_from([o.name for o in occurrences(GRAPH)]), st.sampled_from(list(Status)))
def test_saying_it_and_taking_it_back_gives_the_first_graph_again(node, status):
    before = GRAPH.status_of(node)
    if status is before:
        return
    there = corrected(GRAPH, [Correction(status, node)], PRIOR)
    assert corrected(there, [Correction(before, node)], PRIOR) == GRAPH


def test_another_degree_gives_what_a_report_with_that_degree_gives():
    graded = corrected(GRAPH, [Correction(Status.PRESENT, "cardiomegaly", degrees=((HAS_SEVERITY, "severe"),))], PRIOR)
    assert facts(graded) == facts(read(REPORT.replace("Mild", "Severe")))
    assert graded.node_by_name["severe"].kind == "value"
    ungraded = corrected(GRAPH, [Correction(Status.PRESENT, "pleural effusion, left", degrees=((HAS_SEVERITY, ""),))], PRIOR)
    assert facts(ungraded) == facts(read(REPORT.replace("Small left", "Left")))


def test_side_degree_and_count_change_together_and_an_added_finding_has_them_too():
    change = Correction(Status.PRESENT, "pleural effusion, left", side="right", degrees=((HAS_SEVERITY, "large"),))
    assert facts(corrected(GRAPH, [change], PRIOR)) == facts(read(REPORT.replace("Small left", "Large right")))
    more = corrected(GRAPH, [Correction(Status.PRESENT, label="lung nodule", side="left", degrees=((HAS_COUNT, "3"),))], PRIOR)
    assert facts(more) == facts(read(REPORT + " Three left lung nodules."))


def test_what_is_said_of_a_degree_as_before_keeps_its_evidence():
    same = ((HAS_SEVERITY, "small"), (HAS_COUNT, ""))
    denied = corrected(GRAPH, [Correction(Status.ABSENT, "pleural effusion, left", degrees=same)], PRIOR)
    (degree,) = [t for t in denied.about("pleural effusion, left") if t.relation == HAS_SEVERITY]
    assert degree.evidence and degree.status is Status.ABSENT


@given(st.sampled_from(["pleural effusion, left", "cardiomegaly", "pulmonary edema"]), st.data())
def test_a_degree_said_otherwise_and_back_gives_the_first_graph_again(node, data):
    relation = data.draw(st.sampled_from(sorted(degrees_of(PRIOR))))
    (seen,) = [o for o in occurrences(GRAPH) if o.name == node]
    before = degree_said(seen, relation)
    degree = data.draw(st.sampled_from(["", *degrees_of(PRIOR)[relation]]).filter(lambda d: d != before))
    there = corrected(GRAPH, [Correction(seen.status, node, degrees=((relation, degree),))], PRIOR)
    assert there != GRAPH
    assert corrected(there, [Correction(seen.status, node, degrees=((relation, before),))], PRIOR) == GRAPH


def test_what_a_person_puts_right_on_a_film_is_no_longer_left_open_by_what_was_measured():
    content = ingest((ASSETS / "samples" / "film-heart.png").read_bytes(), "film-heart.png")
    (reading,) = FilmReader().read([(content,)], shipped())
    said = degree_said(next(o for o in occurrences(reading.graph) if o.name == "cardiomegaly"), HAS_SEVERITY)
    other = next(degree for degree in degrees_of(PRIOR)[HAS_SEVERITY] if degree != said)
    right = corrected(reading.graph, [Correction(Status.PRESENT, "cardiomegaly", degrees=((HAS_SEVERITY, other),))], PRIOR)
    assert "cardiomegaly" not in {fact.node for fact in open_facts(right, PRIOR, Modality.TEXT)}
    places = [(e.box, e.measurement) for t in right.about("cardiomegaly") for e in t.evidence]
    assert places and all(measured is None for _, measured in places)
    kept = [t.evidence for t in right.triples if t.head != "cardiomegaly"]
    assert kept == [t.evidence for t in reading.graph.triples if t.head != "cardiomegaly"]
