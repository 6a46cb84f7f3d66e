from dataclasses import replace

from kbapp.ui.worklist_view import CaseLine, Shown, worklist
from tests.ui.test_html import parse

SHOWN = Shown("all", "newest", "", {"all": 1, "unreviewed": 999}, 999, 12, 80)


def line(**given):
    return CaseLine(**{"id": "c1", "origin": "study", "missing": "report", "state": "ready", "n": 5, "qs": 70.0, "margin": "1.0 close",
                       "contradicted": 0, "when": "now"} | given)  # fmt: skip


def words(*given):
    return " ".join(parse(worklist(*given)).words)


def test_progress_and_counts_are_told_and_a_great_number_is_not_counted_out():
    said = words([line()], SHOWN)
    assert "12 of 80" in said and "999+" in said


def test_ones_own_reads_are_told_where_a_project_reads_twice():
    assert "11 read by you" in words([line()], replace(SHOWN, read=11))
    assert "read by you" not in words([line()], SHOWN)


def test_start_next_is_offered_where_anything_waits():
    for name, waits in (("unreviewed", True), ("second", True), ("adjudication", True), ("aside", False)):
        html = str(worklist([line()], replace(SHOWN, counts={name: 1})))
        assert (" disabled" not in html.split('data-do="next"')[1].split(">")[0]) == waits


def test_who_reads_a_case_is_told_and_ones_own_is_called_yours():
    assert "being read by Anna" in words([line(reader="Anna")], SHOWN)
    assert "yours" in words([line(reader="Anna", mine=True)], SHOWN)


def test_an_empty_list_says_why_it_is_empty():
    assert "No case yet" in words([], SHOWN)
    assert "zebra" in words([], Shown("all", "newest", "zebra", {}, 999, 0, 0))
    assert "No case is here just now" in words([], Shown("mine", "newest", "", {}, 999, 0, 0))


def test_hostile_origins_stay_words():
    html = worklist([line(origin='"><script>x</script>')], SHOWN)
    assert "script" not in parse(html).tags
