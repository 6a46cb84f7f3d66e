"""The file of models, the plan and the door of `kbapp serve`."""

import json
import socket
from pathlib import Path

import pytest

from kbapp.engines import prefix_memory, vision_memory
from kbapp.engines.catalog import KINDS, recipe
from kbapp.errors import SettingsError
from kbapp.server.plan import Need, by_turns, needs, plan_lines, together
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
        ("in_turns = 1\n[models.a]\nengine='blip'\npath='p'", "in_turns is 1; expected true or false"),
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


SHAPE = {
    "num_hidden_layers": 28,
    "num_key_value_heads": 4,
    "num_attention_heads": 28,
    "hidden_size": 3584,
    "intermediate_size": 18_944,
}


def chat_folder(tmp_path) -> str:
    """The settings of Qwen2-VL-7B, with a file that is no real one of 4000 bytes."""
    folder = tmp_path / "qwen"
    folder.mkdir()
    (folder / "model-1.safetensors").write_bytes(b"x" * 3000)
    (folder / "model-2.safetensors").write_bytes(b"x" * 1000)
    (folder / "notes.md").write_text("x" * 500)
    (folder / "config.json").write_text(json.dumps({"text_config": SHAPE}))
    return str(folder)


@pytest.mark.models
def test_the_plan_counts_weights_and_the_cache_of_a_chat_model_and_what_it_remembers(tmp_path):
    file = tmp_path / "cheff.pt"
    file.write_bytes(b"x" * 700)
    path = chat_folder(tmp_path)
    said = [
        recipe("a", {"engine": "qwen-vl", "path": path}),
        recipe("b", {"engine": "cheff", "checkpoint": str(file), "tokenizer": str(tmp_path / "no")}),
    ]
    first, second = needs(said, "bfloat16")
    assert (first.weights, first.cache) == (4000, 57_344 * 4096 * 15)  # 57,344 bytes a token: the published figure for Qwen2-VL-7B
    assert first.kept == prefix_memory.MOST_BYTES + 334 * 3584 * 2 * 64  # 64 pictures of 334 tokens
    assert (second.weights, second.cache, second.kept) == (700, 0, 0)
    assert any("does not fit" in line for line in plan_lines([first, second], room=10**9))
    assert not any("does not fit" in line for line in plan_lines([first, second], room=10**10))
    (fewer,) = needs([recipe("a", {"engine": "qwen-vl", "path": path, "max_batch": 5})], "bfloat16")
    assert fewer.cache == first.cache // 3 and fewer.work == first.work // 3
    (large,) = needs([recipe("a", {"engine": "qwen-vl", "path": path, "max_pixels": 1024 * 1024})], "float32")
    assert large.kept == prefix_memory.MOST_BYTES + vision_memory.MOST_BYTES


def test_the_plan_estimates_what_is_taken_at_work_and_names_the_cards_that_hold_it(tmp_path):
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "config.json").write_text(json.dumps({"sample_size": 128, "block_out_channels": [320, 640, 1280]}))
    (sdxl,) = needs([recipe("p", {"engine": "sdxl", "path": str(tmp_path), "max_batch": 1})], "bfloat16")
    assert 0.2e9 < sdxl.work < 1e9  # about a gigabyte a picture has been reported
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "config.json").write_text(json.dumps({"sample_size": 1024, "block_out_channels": [128, 256, 512, 512]}))
    (sdxl,) = needs([recipe("p", {"engine": "sdxl", "path": str(tmp_path), "max_batch": 1})], "bfloat16")
    assert 2e9 < sdxl.work < 3e9  # one picture is decoded at a time
    chat = Need("c", "chat", 16_580_000_000, 1_900_000_000, 800_000_000, 600_000_000)
    assert plan_lines([chat], None)[-1] == "a card of 24 GB: fits; a card of 80 GB: fits"
    clip = Need("s", "embeddings", 9_660_000_000)
    assert plan_lines([chat, clip], None)[-1] == "a card of 24 GB: does not fit; a card of 80 GB: fits"
    assert "keys and values up to 1.9 GB, at work up to 0.8 GB, remembered up to 0.6 GB" in plan_lines([chat], None)[0]


# Bytes of general scenes in bfloat16: Qwen2-VL-7B, SDXL with refiner, CLIP and BLIP.
SCENES = [
    Need("qwen", "chat", 16_580_000_000, 1_880_000_000, 770_000_000, 620_000_000),
    Need("sdxl", "images", 11_560_000_000, 0, 2_700_000_000),
    Need("clip", "embeddings", 860_000_000),
    Need("blip", "embeddings", 890_000_000),
]


def test_the_plan_says_when_models_have_to_take_turns():
    assert together(SCENES) > 34e9 and 21e9 < by_turns(SCENES) < 23e9
    assert plan_lines(SCENES, None)[-1] == "a card of 24 GB: fits in turns (in_turns = true); a card of 80 GB: fits"
    assert "in turns it does" in plan_lines(SCENES, 24 * 2**30)[-1] and "in_turns = true" in plan_lines(SCENES, 24 * 2**30)[-1]
    assert "smaller or quantised" in plan_lines(SCENES, 12 * 2**30)[-1]
    told = plan_lines(SCENES, 24 * 2**30, in_turns=True)
    assert told[-2].startswith("in turns") and told[-1] == "The host keeps 28.1 GB of weights that come to the card in turns."
    assert plan_lines(SCENES, None, in_turns=True)[-1] == "a card of 24 GB: fits; a card of 80 GB: fits"


def test_the_plan_does_not_say_that_models_fit_whose_weights_are_not_there():
    said = plan_lines([*SCENES, Need("blip2", "scores", 0)], None)
    assert said[-1] == "Whether it fits cannot be said before these are fetched: blip2." and not any("card of" in s for s in said)
    assert said[-2].split() == ["together", "unknown"] and "blip2" in said[-3] and "unknown" in said[-3]


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
    with pytest.raises(SettingsError, match="GFLOP/s.*a unknown.*--cpu"):
        serve(settings, say=said.append)
    assert said[0].startswith("a ") and "weights" in said[0]


@pytest.mark.models
def test_the_plan_alone_can_be_asked_for_whatever_lies_in_the_folders(tmp_path):
    from kbapp.server.serve import serve

    (tmp_path / "config.json").write_text("{} and more")
    settings = ServeSettings((recipe("a", {"engine": "qwen-vl", "path": str(tmp_path)}),), device="cpu")
    said = []
    serve(settings, plan=True, say=said.append)
    assert "no weights are there" in said[0] and said[-1].endswith("before these are fetched: a.")
