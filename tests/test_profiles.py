"""The composition root: what the settings name becomes engines, and how those are is said in one line."""

import time
from pathlib import Path

import pytest

from kbapp.core.content import Modality
from kbapp.engines.served import _asked
from kbapp.errors import ModelUnavailable, SettingsError
from kbapp.profiles import Backend, backends, call_models, engines_for, health, part_names, refuse_unready
from kbapp.server.house import House, Model
from kbapp.settings import _TEXTS, Settings, from_environment
from tests.engines.stub_server import serving
from tests.server.processes import free_port
from tests.server.running import Echo, house, running

ROOT = Path(__file__).resolve().parent.parent
NAMED = {"profile": "server", "model": "echo", "image_model": "flat", "embedding_model": "count"}


@pytest.fixture(autouse=True)
def nothing_remembered():
    _asked.cache_clear()


def test_each_named_model_plays_its_role_and_the_rest_stays_builtin():
    plain = engines_for(Settings())
    some = engines_for(Settings(profile="cuda", model="qwen"))
    assert some.readers[Modality.TEXT].id == "lmm-reader-2(qwen at 127.0.0.1:8600)"
    assert some.image_generator.id == plain.image_generator.id and [s.id for s in some.scorers] == [s.id for s in plain.scorers]
    whole = Settings(profile="cuda", model="qwen", image_model="sdxl", embedding_model="biomedclip, blip", score_model="blip2")
    made = engines_for(whole)
    assert made.image_generator.id == "sdxl at 127.0.0.1:8600"
    assert [(s.name, s.id) for s in made.scorers] == [
        ("clip", "biomedclip at 127.0.0.1:8600"),
        ("blip", "blip at 127.0.0.1:8600"),
        ("blip2", "blip2 at 127.0.0.1:8600"),
    ]


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (["clip", "blip"], ["clip", "blip"]),
        (["ViT-L-14-CLIP", "blip-itm-large"], ["clip", "blip"]),
        (["clip-a", "clip-b"], ["clip-a", "clip-b"]),
        (["siglip", "other"], ["siglip", "other"]),
        ([], []),
    ],
)
def test_a_part_is_called_by_its_family_where_that_is_clear(models, names):
    assert part_names(models) == names


def test_a_chat_model_may_have_an_address_and_a_key_of_its_own(monkeypatch):
    said = {"KB_PROFILE": "cuda", "KB_CHAT_URL": "https://hosted.example/v1", "KB_CHAT_KEY": "theirs", "KB_MODEL": "gpt-4o"}
    for name, value in (said | {"KB_MODEL_KEY": "ours", "KB_IMAGE_MODEL": "sdxl", "KB_SCORE_MODEL": "blip2"}).items():
        monkeypatch.setenv(name, value)
    settings = from_environment()
    made = engines_for(settings)
    assert made.writer.model.server.api_key == "theirs" and made.writer.model.server.place == "hosted.example"
    assert made.image_generator.server.api_key == "ours" and made.image_generator.server.place == "127.0.0.1:8600"
    assert "theirs" not in repr(settings) and "ours" not in repr(settings)


def test_every_setting_of_the_profiles_is_documented():
    pages = "".join(page.read_text() for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
    assert [name for name in _TEXTS if name != "host" and f"KB_{name.upper()}`" not in pages] == []


def test_without_a_model_or_an_address_it_says_what_to_set():
    for settings in (
        Settings(profile="server", model="m"),
        Settings(profile="cuda"),
        Settings(profile="server", model_url="http://a/v1"),
    ):
        with pytest.raises(SettingsError, match="KB_MODEL"):
            engines_for(settings)
        assert "KB_MODEL" in health(settings) and "KB_MODEL" not in health(settings, places=False)


def test_health_names_each_model_and_its_state():
    def never():
        raise ModelUnavailable("no such folder")

    made, *_ = house()
    with running(made) as url:
        roles = (("echo", "chat"), ("flat", "images"), ("count", "embeddings"))
        assert backends(Settings(**NAMED, model_url=url)) == tuple(Backend(name, "ready", role, None, 0) for name, role in roles)
        assert health(Settings(**NAMED, model_url=url)) == "" == health(Settings())
    partly = House([Model("echo", "chat", Echo), Model("flat", "images", never)])
    partly.load_all()
    with running(partly) as url:
        place = url.split("/")[2]
        assert health(Settings(**NAMED, model_url=url)) == f"echo: ready · flat: failed · count: not served at {place}"
        assert health(Settings(**NAMED, model_url=url), places=False) == "not ready: flat, count"


def test_a_model_that_is_served_for_something_else_is_not_called_ready():
    made, *_ = house()
    with running(made) as url:
        settings = Settings(profile="server", model="echo", model_url=url, image_model="count", score_model="count")
        assert [b.state for b in backends(settings)] == ["ready", "is served for embeddings, not for images", "ready"]


def test_each_model_is_called_in_its_role_and_says_its_time_or_its_trouble():
    made, chat, images, encoder = house()
    with running(made) as url:
        settings = Settings(**NAMED | {"model_url": url, "score_model": "count,gone"})
        *well, gone = call_models(settings)
    assert len(well) == 4 and all(seconds > 0 and not trouble for seconds, trouble in well)
    assert gone[0] is None and "does not know this model" in gone[1]
    assert [len(calls.batches) for calls in (chat, images, encoder)] == [1, 1, 2] and images.batches[0][2].steps == 4
    assert all("cannot be reached" in trouble for _, trouble in call_models(settings)) and call_models(Settings()) == ()


def test_health_says_once_that_the_server_is_down_or_refuses_the_key():
    settings = Settings(**NAMED, model_url=f"http://127.0.0.1:{free_port()}/v1")
    said = health(settings)
    assert said.startswith("echo, flat, count: the model server 127.0.0.1:") and said.count("cannot be reached") == 1
    made, *_ = house()
    with running(made, token="sesame") as url:
        assert "refuses the key" in health(Settings(**NAMED, model_url=url))
        assert health(Settings(**NAMED, model_url=url, model_key="sesame")) == ""


def test_new_work_is_refused_in_words_while_the_model_that_reads_is_away_and_only_then():
    refuse_unready(Settings())
    away = Settings(**NAMED, model_url=f"http://127.0.0.1:{free_port()}/v1")
    with pytest.raises(ModelUnavailable, match="cannot be reached.*can be reviewed meanwhile"):
        refuse_unready(away)
    with pytest.raises(ModelUnavailable) as told:
        refuse_unready(away, places=False)
    assert "127.0.0.1" not in str(told.value) and "echo" in str(told.value)
    made, *_ = house()
    with running(made) as url:
        refuse_unready(Settings(profile="server", model="echo", model_url=url, image_model="gone"))  # a report may be missing


def listed(*entries: dict):
    return lambda path, body: (200, {"object": "list", "data": list(entries)})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (listed({"id": "qwen2.5vl:latest"}), "echo: not in the list of 127.0.0.1:"),
        (listed({"id": "echo", "state": "not-loaded"}), "echo: not-loaded"),
        (lambda path, body: (404, {"error": "no such route"}), "does not speak the OpenAI protocol"),
        (lambda path, body: (401, {"error": "the list is not for you"}), "refuses the key"),
        (lambda path, body: time.sleep(0.3) or (200, {"data": [{"id": "echo"}]}), "did not list its models within 0.1 s"),
    ],
)
def test_a_server_that_may_answer_all_the_same_is_a_warning_and_no_refusal(answer, said, monkeypatch):
    monkeypatch.setattr("kbapp.engines.served.WAIT_S", 0.1)
    with serving(answer) as stub:
        settings = Settings(profile="server", model="echo", model_url=stub.url)
        refuse_unready(settings)
        assert said in health(settings)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"id": "echo", "role": "chat", "state": "loading"}, "echo: loading"),
        ({"id": "echo", "role": "chat", "state": "failed"}, "echo: failed"),
        ({"id": "echo", "role": "images", "state": "ready"}, "served for images, not for chat"),
        ({"id": "other", "role": "chat", "state": "ready"}, "not served at"),
    ],
)
def test_what_our_own_server_says_of_its_models_refuses_new_work_with_its_reason(entry, said):
    with serving(listed(entry)) as stub, pytest.raises(ModelUnavailable, match=said):
        refuse_unready(Settings(profile="server", model="echo", model_url=stub.url))


def test_a_refusal_says_why_although_the_server_is_back_a_moment_later(monkeypatch):
    moments = iter(range(0, 1000, 10))
    monkeypatch.setattr("kbapp.engines.served.monotonic", lambda: float(next(moments)))
    states = iter(["loading", "ready"])
    told = lambda path, body: (200, {"data": [{"id": "echo", "role": "chat", "state": next(states)}]})  # noqa: E731
    with serving(told) as stub, pytest.raises(ModelUnavailable, match="echo: loading"):
        refuse_unready(Settings(profile="server", model="echo", model_url=stub.url))


def test_what_a_server_said_is_remembered_for_a_moment(monkeypatch):
    monkeypatch.setattr("kbapp.engines.served.monotonic", lambda: 30.0)
    made, *_ = house()
    with running(made) as url:
        settings = Settings(**NAMED, model_url=url)
        assert health(settings) == ""
    assert health(settings) == ""
    monkeypatch.setattr("kbapp.engines.served.monotonic", lambda: 34.0)
    assert "cannot be reached" in health(settings)


@pytest.mark.parametrize(
    ("said", "missing"), [({"profile": "cuda"}, "set KB_MODEL$"), ({"profile": "server"}, "set KB_MODEL_URL and KB_MODEL$")]
)
def test_a_profile_of_models_says_which_settings_it_misses(said, missing):
    with pytest.raises(SettingsError, match=missing):
        engines_for(Settings(**said))
