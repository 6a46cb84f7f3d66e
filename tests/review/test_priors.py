import threading

import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.content import TextContent
from kbapp.errors import DecisionRefused, NotFound, PriorError, Stale
from tests.review.fakes import PRIOR, finished, opened, quick, shipped_folder

D = "chest-xray"
EVA = Actor("eva", "Eva", Role.EXPERT)
MORE = PRIOR.replace("synonyms: [water]", "synonyms: [water, liquid]")


def test_the_shipped_text_becomes_version_1(workbench):
    version = workbench.priors.published(LOCAL_OWNER, D)
    assert (version.ref, version.yaml, version.author) == ("chest-xray@1", PRIOR, "shipped")
    assert workbench.priors.domains(LOCAL_OWNER) == (D,)


def test_a_save_is_a_new_version_with_author_time_and_reason_and_the_old_one_stays(workbench):
    saved = workbench.priors.save(EVA, D, MORE, " more words ", 1)
    assert (saved.number, saved.author, saved.reason) == (2, "Eva", "more words")
    assert workbench.priors.published(LOCAL_OWNER, D) == saved
    assert workbench.priors.version(LOCAL_OWNER, D, 1).yaml == PRIOR
    assert [(v.number, v.author) for v in workbench.priors.versions(LOCAL_OWNER, D)] == [(2, "Eva"), (1, "shipped")]
    assert saved.utc.endswith("+00:00")


def test_a_text_keeps_its_last_line_end_which_an_editor_takes_away(workbench):
    workbench.priors.save(EVA, D, MORE.rstrip("\n"), "more words", 1)
    assert workbench.priors.version(LOCAL_OWNER, D, 2).yaml == MORE
    changed = [line for line in workbench.priors.difference(LOCAL_OWNER, D, 1, 2).text.splitlines() if line[:1] in "+-"]
    assert len(changed) == 4  # the two versions, and one line of each


def test_the_next_job_uses_the_new_version_and_old_completions_keep_theirs(tmp_path):
    used = []

    def noting(case, prior, engines, **given):
        used.append(prior.ref)
        return quick(case, prior, engines, **given)

    with opened(tmp_path / "storage", noting) as workbench:
        case_id = workbench.cases.create(LOCAL_OWNER, [TextContent("Fluid.")])
        finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 1, 0, "a"))
        workbench.priors.save(EVA, D, MORE, "more words", 1)
        finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 1, 0, "b"))
    assert used == ["chest-xray@1", "chest-xray@2"]


def test_a_save_from_an_old_version_is_stale_and_names_the_other_author(workbench):
    workbench.priors.save(EVA, D, MORE, "more words", 1)
    with pytest.raises(Stale, match="Eva saved version 2 meanwhile, you started from version 1"):
        workbench.priors.save(LOCAL_OWNER, D, MORE.replace("liquid", "wet"), "another word", 1)
    assert workbench.priors.published(LOCAL_OWNER, D).number == 2


@pytest.mark.parametrize(
    ("yaml", "reason", "error", "sentence"),
    [
        (MORE, "  ", DecisionRefused, "needs a reason"),
        ("# a comment\n" + PRIOR, "layout", DecisionRefused, "means the same"),
        (PRIOR + "colour: red\n", "more", PriorError, "line 10"),
        (MORE.replace("chest-xray", "movie-poster"), "more", PriorError, 'expected the domain "chest-xray"'),
        ("", "empty", PriorError, "mapping"),
    ],
)
def test_a_save_without_reason_change_or_sense_is_refused_and_stores_nothing(workbench, yaml, reason, error, sentence):
    with pytest.raises(error, match=sentence):
        workbench.priors.save(EVA, D, yaml, reason, 1)
    assert len(workbench.priors.versions(LOCAL_OWNER, D)) == 1


def test_of_two_editors_who_save_at_once_one_wins(workbench):
    barrier, outcomes = threading.Barrier(2), []

    def save(word):
        barrier.wait()
        try:
            outcomes.append(workbench.priors.save(EVA, D, PRIOR.replace("water", word), word, 1).number)
        except Stale:
            outcomes.append("stale")

    threads = [threading.Thread(target=save, args=(word,)) for word in ("wet", "liquid")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [2, "stale"]


def test_the_difference_of_two_versions_is_told_in_words(workbench):
    workbench.priors.save(EVA, D, MORE, "more words", 1)
    change = workbench.priors.difference(LOCAL_OWNER, D, 1, 2)
    assert change.lines == ('added entry "fluid", synonyms: "liquid"',)
    assert "chest-xray@1.yaml" in change.text and "liquid" in change.text


def test_what_does_not_exist_is_not_found(workbench):
    for call in (
        lambda: workbench.priors.published(LOCAL_OWNER, "nothing"),
        lambda: workbench.priors.versions(LOCAL_OWNER, "nothing"),
        lambda: workbench.priors.version(LOCAL_OWNER, D, 7),
        lambda: workbench.priors.save(EVA, "other", PRIOR.replace("chest-xray", "other"), "r", 1),
    ):
        with pytest.raises(NotFound):
            call()


def test_an_upgrade_offers_its_changed_text_and_overwrites_nothing(tmp_path):
    shipped = shipped_folder(tmp_path / "domains")
    with opened(tmp_path / "storage", shipped=shipped) as workbench:
        workbench.priors.save(EVA, D, MORE, "more words", 1)
        assert workbench.priors.newer_shipped(LOCAL_OWNER, D) is None
    newer = PRIOR.replace("You read", "You carefully read")
    shipped_folder(tmp_path / "domains", newer)
    with opened(tmp_path / "storage", shipped=shipped) as workbench:
        assert workbench.priors.published(LOCAL_OWNER, D).number == 2
        offered = workbench.priors.newer_shipped(LOCAL_OWNER, D)
        assert (offered.yaml, offered.number) == (newer, 3)
        workbench.priors.save(EVA, D, offered.yaml, "taken over from the upgrade", 2)
        assert workbench.priors.newer_shipped(LOCAL_OWNER, D) is None
        assert [v.number for v in workbench.priors.versions(LOCAL_OWNER, D)] == [3, 2, 1]


def test_a_shipped_text_that_only_looks_different_is_not_offered(tmp_path):
    shipped = shipped_folder(tmp_path / "domains")
    opened(tmp_path / "storage", shipped=shipped).close()
    shipped_folder(tmp_path / "domains", "# the same\n" + PRIOR)
    with opened(tmp_path / "storage", shipped=shipped) as workbench:
        assert workbench.priors.newer_shipped(LOCAL_OWNER, D) is None


def test_a_new_domain_becomes_its_version_1_with_its_author_and_only_once(workbench):
    yaml = PRIOR.replace("chest-xray", "stones")
    made = workbench.priors.create(EVA, yaml, " a new kind of study ")
    assert (made.ref, made.author, made.reason) == ("stones@1", "Eva", "a new kind of study")
    assert workbench.priors.published(LOCAL_OWNER, "stones") == made and "stones" in workbench.priors.domains(LOCAL_OWNER)
    with pytest.raises(DecisionRefused, match="there already"):
        workbench.priors.create(EVA, yaml, "again")
    with pytest.raises(DecisionRefused, match="needs a reason"):
        workbench.priors.create(EVA, PRIOR.replace("chest-xray", "sticks"), " ")
    assert workbench.priors.domains(LOCAL_OWNER) == (D, "stones")


def test_a_roll_back_is_a_new_version_with_the_old_text_and_says_so(workbench):
    workbench.priors.save(EVA, D, MORE, "more words", 1)
    back = workbench.priors.roll_back(EVA, D, 1, 2)
    assert (back.number, back.yaml, back.author, back.reason) == (3, PRIOR, "Eva", "back to 1")
    assert [v.number for v in workbench.priors.versions(LOCAL_OWNER, D)] == [3, 2, 1]
    assert workbench.priors.text(LOCAL_OWNER, D, 2) == MORE and workbench.priors.published(LOCAL_OWNER, D) == back


@pytest.mark.parametrize(
    ("number", "expected", "error", "sentence"),
    [(2, 2, DecisionRefused, "means the same"), (1, 1, Stale, "saved version 2 meanwhile"), (7, 2, NotFound, "no version 7")],
)
def test_a_roll_back_that_changes_nothing_or_comes_late_or_from_nowhere_is_refused(workbench, number, expected, error, sentence):
    workbench.priors.save(EVA, D, MORE, "more words", 1)
    with pytest.raises(error, match=sentence):
        workbench.priors.roll_back(EVA, D, number, expected)
    assert workbench.priors.published(LOCAL_OWNER, D).number == 2
