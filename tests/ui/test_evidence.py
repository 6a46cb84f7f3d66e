from kbapp.core.difference import FactClass
from kbapp.core.evidence import ImageRegion, Measurement, TextSpan
from kbapp.core.graph import graph_of
from kbapp.core.triple import Status, Triple
from kbapp.ui.evidence import Mark, marked_text, region_boxes, text_marks

WORDS = "Small left stone and no pebble."


def graph():
    return graph_of(
        [
            Triple("stone, left", "located in", "garden", evidence=(TextSpan(0, 16),)),
            Triple("stone, left", "has size", "small", evidence=(TextSpan(0, 16),)),
            Triple("pebble", "located in", "garden", Status.ABSENT, evidence=(TextSpan(21, 30),)),
        ]
    )


def test_a_mark_covers_exactly_the_words_of_its_span():
    html = marked_text(WORDS, text_marks(graph()))
    assert ">Small left stone</mark>" in html and ">no pebble</mark>" in html


def test_a_node_is_marked_once_however_many_triples_share_the_place():
    assert len([m for m in text_marks(graph()) if m.node == "stone, left"]) == 1


def test_where_marks_overlap_the_stretch_names_both_nodes():
    html = marked_text("abcdef", [Mark(0, 4, "one"), Mark(2, 6, "two")])
    assert 'data-nodes="one\ntwo">cd</mark>' in html


def test_a_span_outside_the_text_is_left_out_and_the_text_stays_whole():
    assert "abc" in marked_text("abc", [Mark(2, 9, "x"), Mark(-1, 2, "y")])


def test_the_status_is_told_by_a_class():
    assert 'class="is-absent"' in marked_text(WORDS, text_marks(graph()))


def test_a_region_becomes_a_box_in_shares_of_the_picture_with_its_measurement():
    seen = graph_of([Triple("a", "b", "c", evidence=(ImageRegion((0.1, 0.2, 0.5, 0.6), Measurement("width_ratio", 0.5, 0.03)),))])
    html = region_boxes(seen)
    assert "left:10.00%;top:20.00%;width:40.00%;height:40.00%" in html and "width ratio 0.50 ± 0.03" in html


def test_a_place_is_marked_with_the_worst_class_of_what_is_said_there():
    classes = {t.fact: FactClass.REWORDED for t in graph().triples}
    classes["stone, left", "located in", "garden"] = FactClass.CONTRADICTED
    mark = next(m for m in text_marks(graph(), classes=classes) if m.node == "stone, left")
    assert mark.css == "is-present d-contradicted"
