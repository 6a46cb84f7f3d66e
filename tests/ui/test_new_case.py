import gradio as gr
import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.content import TextContent
from kbapp.review.workbench import Workbench
from kbapp.settings import Settings
from kbapp.ui.handlers import Handlers
from kbapp.ui.new_case import given


@pytest.fixture
def handlers_of(tmp_path):
    """Handlers over a workbench on a profile, whose engines are never asked for."""
    opened = []

    def made(profile):
        settings = Settings(storage=tmp_path, profile=profile)
        opened.append(Workbench.open(settings, lambda profile: pytest.fail("no engine is needed here")))
        return Handlers(opened[-1], settings, lambda request: LOCAL_OWNER)

    yield made
    for workbench in opened:
        workbench.close()


def test_the_builtin_profile_offers_no_choice_of_domains(handlers_of):
    choice, _ = handlers_of("builtin").form()
    assert ([value for _, value in choice.choices], choice.visible) == (["chest-xray"], False)


def test_a_profile_with_models_offers_every_domain_of_the_storage(handlers_of):
    choice, _ = handlers_of("server").form()
    assert choice.visible and choice.value == "chest-xray"
    assert ("Everyday scene", "general-scene") in [tuple(c) for c in choice.choices]


def test_a_viewer_finds_the_button_off(handlers_of):
    handlers = handlers_of("builtin")
    assert handlers.form()[1].interactive
    handlers._actor_of = lambda request: Actor("vera", "Vera", Role.VIEWER)
    assert not handlers.form()[1].interactive


def test_the_fields_speak_the_words_of_the_domain(handlers_of):
    files, pasted = handlers_of("server").fields("general-scene")
    assert (files.label, pasted.label) == ("Photograph (PNG, JPEG, DICOM) or caption (.txt)", "or paste a caption")


def test_a_domain_that_is_none_makes_no_case(handlers_of):
    handlers = handlers_of("server")
    told = handlers.start(None, "A dog on a sofa.", 1, 0, {}, "no-such-domain")[6]
    assert "no prior for the domain" in told
    assert handlers.workbench.cases.list(LOCAL_OWNER) == []


def test_a_pasted_report_is_known_by_its_first_words():
    contents, origin = given(None, "Findings:  small left pleural effusion.\nNo pneumothorax. The heart is not enlarged at all.")
    assert origin == "pasted · Findings: small left pleural effusion. No pneumothorax. The …"
    assert given(None, "No acute finding.")[1] == "pasted · No acute finding."


def test_while_the_models_are_away_no_case_is_begun_and_the_form_keeps_what_was_given(handlers_of):
    handlers = handlers_of("server")
    *_, told, files, pasted = handlers.start(None, "Findings: small left pleural effusion.", 1, 0, {}, "chest-xray")
    assert "must wait for the model server" in told and "can be reviewed meanwhile" in told
    assert files == pasted == gr.skip() and handlers.workbench.cases.list(LOCAL_OWNER) == []
    case_id = handlers.workbench.cases.create(LOCAL_OWNER, [TextContent("Findings: small left pleural effusion.")])
    for act in (handlers.acts.again, handlers.acts.retry):
        refused = act(case_id, {"n": 1, "seed": 1, "key": "again"}, {})[-1]
        assert refused["kind"] == "refused" and "must wait for the model server" in refused["html"]
