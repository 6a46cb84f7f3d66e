"""The file of models, the plan and the door of `kbapp serve`."""

import json
import socket
from pathlib import Path

import pytest

from kbapp.engines.catalog import KINDS, recipe
from kbapp.errors import SettingsError
from kbapp.server.plan import Need, needs, plan_lines
from kbapp.server.serve import ServeSettings, read_settings

GOOD = """
port = 9000
device = "cpu"
[models.reader]
engine = "qwen-vl"
path = "/models/qwen"
max_pixels = 200000
[models.painter]
engine = "cheff"
checkpoint = "/models/cheff.pt"
tokenizer = "/models/bert"
"""


def written(tmp_path, text: str):
    file = tmp_path / "models.toml"
    file.write_text(text)
    return file


def test_a_file_of_models_is_read_and_the_command_line_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_MODEL_KEY", "sesame")
    settings = read_settings(written(tmp_path, GOOD), port=9001, host=None)
    assert (settings.port, settings.host, settings.device, settings.token) == (9001, "127.0.0.1", "cpu", "sesame")
    assert [(r.name, r.kind, r.role) for r in settings.recipes] == [("reader", "qwen-vl", "chat"), ("painter", "cheff", "images")]
    assert settings.recipes[0].options == {"path": "/models/qwen", "max_pixels": 200000}
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "at least one table"),
        ("port = 'x'\n[models.a]\nengine='blip'\npath='p'", "port is 'x'"),
        ("prot = 1\n[models.a]\nengine='blip'\npath='p'", "unknown: prot"),
        ("token = 'x'\n[models.a]\nengine='blip'\npath='p'", "unknown: token"),
        ("[models.a]\nengine = 'gpt'\npath = 'p'", "expected engine = one of qwen-vl"),
        ("[models.a]\npath = 'p'", "expected engine"),
        ("[models.a]\nengine = 'blip'", "unknown or missing: path"),
        ("[models.a]\nengine = 'blip'\npath = 'p'\ntrust_remote_code = true", "unknown or missing: trust_remote_code"),
        ("[models.a]\nengine = 'sdxl'\npath = 'p'\nmax_batch = 0", "max_batch is 0"),
        ("[models.a]\nengine = 'sdxl'\npath = 7", "path is 7"),
        ("models = 3", "at least one table"),
        ("[models]\na = 3", r"expected a table \[models.a\]"),
        ("port = = 3", "no TOML"),
    ],
)
def test_a_fault_in_the_file_is_named(tmp_path, text, words):
    with pytest.raises(SettingsError, match=words):
        read_settings(written(tmp_path, text))


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).resolve().parents[2] / "docs" / "deploy").glob("*.toml")), ids=lambda f: f.stem
)
def test_the_shipped_examples_can_be_read(file):
    assert {r.role for r in read_settings(file).recipes} >= {"chat", "images", "embeddings"}


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(SettingsError, match="docs/models.md"):
        read_settings(tmp_path / "none.toml")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "workstation.example"])
def test_an_address_that_others_can_reach_needs_a_token(host):
    with pytest.raises(SettingsError, match="KB_MODEL_KEY"):
        ServeSettings((), host=host)
    assert ServeSettings((), host=host, token="x")


def test_every_kind_of_engine_exists_and_takes_its_options():
    import importlib
    import inspect

    for name, kind in KINDS.items():
        module, cls = kind.target.split(":")
        taken = inspect.signature(getattr(importlib.import_module(module), cls).load).parameters
        assert {*kind.needed, *kind.optional, *kind.numbers, "device", "dtype"} <= taken.keys(), name


def test_the_plan_counts_weights_and_the_cache_of_a_chat_model(tmp_path):
    folder = tmp_path / "qwen"
    folder.mkdir()
    (folder / "model-1.safetensors").write_bytes(b"x" * 3000)
    (folder / "model-2.safetensors").write_bytes(b"x" * 1000)
    (folder / "notes.md").write_text("x" * 500)
    shape = {
        "num_hidden_layers": 28,
        "num_key_value_heads": 4,
        "num_attention_heads": 28,
        "hidden_size": 3584,
        "intermediate_size": 18_944,
    }
    (folder / "config.json").write_text(json.dumps({"text_config": shape}))
    file = tmp_path / "cheff.pt"
    file.write_bytes(b"x" * 700)
    said = [
        recipe("a", {"engine": "qwen-vl", "path": str(folder)}),
        recipe("b", {"engine": "cheff", "checkpoint": str(file), "tokenizer": str(tmp_path / "no")}),
    ]
    first, second = needs(said, "bfloat16")
    assert (first.weights, first.cache) == (4000, 57_344 * 4096 * 15)  # 57,344 bytes a token: the published figure for Qwen2-VL-7B
    assert (second.weights, second.cache) == (700, 0)
    assert any("does not fit" in line for line in plan_lines([first, second], room=10**9))
    assert not any("does not fit" in line for line in plan_lines([first, second], room=10**10))
    (fewer,) = needs([recipe("a", {"engine": "qwen-vl", "path": str(folder), "max_batch": 5})], "bfloat16")
    assert fewer.cache == first.cache // 3 and fewer.work == first.work // 3


def test_the_plan_estimates_what_is_taken_at_work_and_names_the_cards_that_hold_it(tmp_path):
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "config.json").write_text(json.dumps({"sample_size": 128, "block_out_channels": [320, 640, 1280]}))
    (sdxl,) = needs([recipe("p", {"engine": "sdxl", "path": str(tmp_path), "max_batch": 1})], "bfloat16")
    assert 0.2e9 < sdxl.work < 1e9  # about a gigabyte a picture has been reported
    chat = Need("c", "chat", 16_580_000_000, 1_900_000_000, 800_000_000)
    assert plan_lines([chat], None)[-1] == "a card of 24 GB: fits; a card of 80 GB: fits"
    assert (
        plan_lines([chat, Need("s", "images", 9_660_000_000)], None)[-1] == "a card of 24 GB: does not fit; a card of 80 GB: fits"
    )
    assert "keys and values up to 1.9 GB, at work up to 0.8 GB" in plan_lines([chat], None)[0]


def test_the_command_names_the_file_it_misses(tmp_path, capsys):
    from kbapp.cli import main

    with pytest.raises(SystemExit) as end:
        main(["serve", "--storage", str(tmp_path)])
    assert end.value.code == 2 and str(tmp_path / "models.toml") in capsys.readouterr().err


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(SettingsError, match="1 to 65535"):
        ServeSettings((), port=port)


@pytest.mark.models
def test_a_port_that_is_taken_is_told_before_anything_is_loaded(tmp_path):
    from kbapp.server.serve import serve

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = ServeSettings((recipe("a", {"engine": "blip", "path": str(tmp_path)}),), device="cpu", port=port)
        said = []
        with pytest.raises(SettingsError, match=f"127.0.0.1:{port}.*--port"):
            serve(settings, cpu=True, say=said.append)
    assert not any("Model server at" in line for line in said)


@pytest.mark.models
def test_without_a_card_it_refuses_politely_after_telling_what_the_models_take(tmp_path):
    from kbapp.server.serve import serve

    settings = ServeSettings((recipe("a", {"engine": "qwen-vl", "path": str(tmp_path)}),), device="cpu")
    said = []
    with pytest.raises(SettingsError, match="--cpu"):
        serve(settings, say=said.append)
    assert said[0].startswith("a ") and "weights" in said[0]


@pytest.mark.models
def test_the_plan_alone_can_be_asked_for_whatever_lies_in_the_folders(tmp_path):
    from kbapp.server.serve import serve

    (tmp_path / "config.json").write_text("{} and more")
    settings = ServeSettings((recipe("a", {"engine": "qwen-vl", "path": str(tmp_path)}),), device="cpu")
    said = []
    serve(settings, plan=True, say=said.append)
    assert "no weights are there" in said[0] and said[-1].startswith("a card of 24 GB: fits")
