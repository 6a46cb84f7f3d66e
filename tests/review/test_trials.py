import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.content import Modality, TextContent
from kbapp.core.triple import Status
from kbapp.errors import InputError, ModelUnavailable, NotAllowed, PriorError
from kbapp.knowledge.report_reader import ReportReader
from kbapp.review.trials import MOST_CASES, Trials
from kbapp.review.workbench import Workbench
from kbapp.settings import Settings
from tests.review.fakes import PRIOR, opened

D = "chest-xray"
EVA = Actor("eva", "Eva", Role.EXPERT)
MORE = PRIOR.replace("synonyms: [water]", "synonyms: [water, flumbus]")


class Readers:
    """Engines that can only read texts."""

    def __init__(self, profile):
        self.readers = {Modality.TEXT: ReportReader()}


@pytest.fixture
def workbench(tmp_path):
    with opened(tmp_path / "storage", engines_for=Readers) as workbench:
        yield workbench


def add(workbench, text, actor=LOCAL_OWNER):
    return workbench.cases.create(actor, [TextContent(text)], origin="test")


def test_a_draft_shows_what_it_reads_more_and_nothing_is_stored(workbench):
    plain, ward = add(workbench, "There is fluid."), add(workbench, "There is flumbus.")
    trial = workbench.trials.read(EVA, D, MORE)
    assert (trial.published, [case.id for case in trial.cases]) == ("chest-xray@1", [ward, plain])
    gained = trial.cases[0].change.gained
    assert {(t.head, t.status) for t in gained} == {("fluid", Status.PRESENT)} and trial.cases[0].facts == (0, len(gained))
    assert not trial.cases[1].change and trial.cases[1].facts[0] == trial.cases[1].facts[1] > 0
    assert len(workbench.priors.versions(EVA, D)) == 1 and workbench.completions.latest(EVA, ward) is None


def test_a_draft_shows_what_it_reads_no_more(workbench):
    add(workbench, "There is water.")
    change = workbench.trials.read(EVA, D, PRIOR.replace("synonyms: [water]", "synonyms: []")).cases[0].change
    assert [t.head for t in change.lost] == ["fluid"] and not change.gained


def test_only_the_newest_few_cases_of_the_own_project_are_read(workbench):
    made = [add(workbench, f"There is water {k}.") for k in range(MOST_CASES + 1)]
    add(workbench, "There is fluid.", Actor("x", "X", Role.EXPERT, project="another"))
    assert [case.id for case in workbench.trials.read(EVA, D, PRIOR).cases] == made[:0:-1]


def test_a_case_that_cannot_be_read_says_why_and_the_others_are_read(workbench):
    class Picky(ReportReader):
        def read(self, studies, prior):
            if "bad" in studies[0][0].text:
                raise InputError("this text is unfit")
            return super().read(studies, prior)

    add(workbench, "There is fluid.")
    add(workbench, "bad")
    engines = Readers("")
    engines.readers[Modality.TEXT] = Picky()
    bad, good = _trials(workbench, "builtin", engines).read(EVA, D, MORE).cases
    assert bad.trouble == "this text is unfit" and not good.trouble and good.facts[1] > 0


def test_a_draft_of_another_domain_or_of_none_is_refused(workbench):
    with pytest.raises(PriorError, match='expected the domain "chest-xray"'):
        workbench.trials.read(EVA, D, PRIOR.replace("chest-xray", "movie-poster"))
    with pytest.raises(PriorError, match="line"):
        workbench.trials.read(EVA, D, "domain: [")


def test_only_experts_try_and_a_storage_open_for_reading_has_no_readers(workbench, tmp_path):
    add(workbench, "There is fluid.")
    with pytest.raises(NotAllowed):
        workbench.trials.read(Actor("a", "A", Role.ANNOTATOR), D, PRIOR)
    beside = Workbench.open_for_reading(Settings(storage=tmp_path / "storage"))
    with beside, pytest.raises(ModelUnavailable, match="for reading only"):
        beside.trials.read(EVA, D, MORE)


def test_models_are_called_on_every_profile_but_the_builtin_one(workbench):
    assert [_trials(workbench, profile).calls_models for profile in ("builtin", "server", "cuda")] == [False, True, True]


def _trials(workbench, profile, engines=None):
    return Trials(workbench._database, workbench.trials._artifacts, workbench.priors, profile, lambda: engines)
