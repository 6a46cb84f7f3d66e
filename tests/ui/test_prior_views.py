from kbapp.core.graph_change import GraphChange
from kbapp.core.triple import Status, Triple
from kbapp.review.priors import VersionRow
from kbapp.review.trials import Trial, TriedCase
from kbapp.ui.prior_views import trial_view, version_choices

SMALL, LARGE = Triple("fluid", "has size", "small"), Triple("fluid", "has size", "large", Status.UNCERTAIN)


def _row(number, reason="why"):
    return VersionRow("stones", number, "Eva", reason, "2026-01-02T03:04:05+00:00")


def test_every_version_but_the_published_one_can_be_chosen_by_a_short_label():
    assert version_choices([_row(3), _row(2, "a very long reason " * 9), _row(1)]) == [
        ("2 · a very long reason a very long …", 2),
        ("1 · why", 1),
    ]
    assert version_choices([_row(1)]) == []


def test_a_trial_says_case_by_case_what_is_read_otherwise_and_escapes_the_names():
    changed = TriedCase("b", "<b>.txt", (2, 2), GraphChange((LARGE,), (SMALL,), ((SMALL, LARGE),)))
    cases = (TriedCase("a", "same.txt", (3, 3)), changed, TriedCase("c", "bad.txt", trouble="it is unfit"))
    shown = str(trial_view(Trial("stones@2", cases)))
    assert "Facts on the 3 newest cases of this domain: gained 1, lost 1, changed 1." in shown
    assert "reads the same, 3 facts" in shown and ": it is unfit" in shown
    assert "<b>.txt" not in shown and "&lt;b&gt;.txt" in shown
    assert shown.count("fluid · has size · small<") == 2 and shown.count("fluid · has size · large (uncertain)<") == 2


def test_a_domain_without_cases_says_so():
    assert "no case yet" in str(trial_view(Trial("stones@2", ())))
