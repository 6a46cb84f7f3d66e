"""What the lab counts of a completion, and the commands over a few invented reports."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.cli import main
from kbapp.core.content import Modality
from kbapp.lab.ablations import VARIANTS, row
from kbapp.lab.reports import read_reports
from kbapp.lab.runs import Outcome, Tally, run_set
from kbapp.pipeline import Switches
from kbapp.profiles import engines_for
from kbapp.settings import Settings
from tests.chest import shipped

ENGINES = engines_for(Settings())
REPORTS = read_reports()[:4]
counts = st.integers(0, 50)
tallies = st.builds(Tally, counts, counts, counts)


def run(missing, switches=Switches(), n=3):
    return run_set(REPORTS, ENGINES, shipped(), "chest-xray", missing, n, switches)


@given(tallies, tallies)
def test_tallies_add_up_and_f1_lies_between_its_parts(a, b):
    both = (a + b).f1
    assert (a + b) == (b + a) and 0 <= both <= 1
    if a != Tally() and b != Tally() and min(a.hit + a.extra + a.missed, b.hit + b.extra + b.missed):
        assert min(a.f1, b.f1) - 1e-9 <= both <= max(a.f1, b.f1) + 1e-9


def test_nothing_to_find_and_nothing_told_is_right():
    assert Tally().f1 == 1 and Tally(extra=1).f1 == 0 and Tally(hit=1, missed=1).f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize("missing", list(Modality))
def test_the_first_is_one_of_all_and_the_best_agrees_no_less(missing):
    for outcome in run(missing):
        assert outcome.best.f1 >= outcome.first.f1
        assert outcome.first.hit <= outcome.every.hit and 1 <= outcome.distinct <= 3


def test_the_same_set_gives_the_same_outcomes_but_for_the_time():
    def timeless(outcomes):
        return [(o.first, o.every, o.best, o.distinct, o.contradicts, o.abstained) for o in outcomes]

    assert timeless(run(Modality.TEXT)) == timeless(run(Modality.TEXT))


def test_without_knowledge_modeling_a_written_report_tells_no_finding():
    told = sum((o.every for o in run(Modality.TEXT, VARIANTS["without knowledge modeling"])), Tally())
    assert told.hit == told.extra == 0


def test_without_the_graph_part_a_candidate_can_be_put_forward():
    assert not all(outcome.abstained for outcome in run(Modality.TEXT, VARIANTS["without the graph part"]))


def test_a_row_holds_means_over_cases_and_its_figure_lies_in_its_interval():
    good, bad = Tally(hit=3, degrees=1, graded=2), Tally(hit=1, extra=1, missed=1)
    outcomes = [Outcome(good, good, good, 5, False, False, 0.1), Outcome(bad, bad, good, 3, True, True, 0.3)] * 10
    made = row(outcomes, Modality.TEXT, "the method", 5)
    assert (made.cases, made.distinct, made.contradicting, made.abstained, made.degrees) == (20, 4, 0.5, 0.5, 0.5)
    assert made.f1_first == pytest.approx(0.8) and made.interval[0] <= 0.8 <= made.interval[1]
    with pytest.raises(ValueError):
        row([], Modality.TEXT, "the method", 5)


@pytest.mark.parametrize(("command", "rows"), [(("ablations", "-n", "2"), 2 * len(VARIANTS)), (("counts",), 8)])
def test_one_command_prints_a_table_and_writes_it(tmp_path, capsys, command, rows):
    with pytest.raises(SystemExit) as left:
        main(["lab", *command, "--most", "2", "--storage", str(tmp_path)])
    assert left.value.code == 0
    kept = json.loads((tmp_path / "lab" / f"{command[0]}.json").read_text())
    assert len(kept["rows"]) == rows and "flatters" in kept["note"] and kept["reports"] == "invented reports"
    assert "F1 of the first" in capsys.readouterr().out


def test_a_set_without_reports_is_refused_with_one_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["lab", "bands", "--set", str(tmp_path / "none.jsonl"), "--storage", str(tmp_path)])
    assert left.value.code == 2 and "none.jsonl" in capsys.readouterr().err
