"""`kbapp models`: fetched from a hub on loopback, listed, checked again. In a subprocess, since the hub's address is read on import."""

import json
import os
import subprocess
import sys

import pytest

from kbapp.errors import NotFound
from kbapp.server.model_files import LIST, verify, write_list
from tests.server.stub_hub import COMMIT, hub

FILES = {"config.json": b"{}", "unet/model.safetensors": b"w" * 5000, "pytorch_model.bin": b"pickle", "flax_model.msgpack": b"flax"}


def kbapp(*arguments: str, endpoint: str = "http://127.0.0.1:9", **more) -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))} | {
        "HF_ENDPOINT": endpoint,
        **more,
    }
    script = "import sys; from kbapp.cli import main; main(sys.argv[1:])"
    return subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=120, env=environment)


@pytest.fixture
def environment(tmp_path):
    return {"HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}


def test_a_model_is_fetched_listed_and_verified(tmp_path, environment):
    folder = tmp_path / "models" / "tiny"
    with hub("someone/tiny", FILES) as (address, fetched):
        done = kbapp("models", "pull", "someone/tiny", str(folder), endpoint=address, **environment)
        assert done.returncode == 0, done.stderr
        again = kbapp("models", "pull", "someone/tiny", str(folder), endpoint=address, **environment)
        assert again.returncode == 0
        assert sorted(fetched) == ["config.json", "unet/model.safetensors"]  # once each, and no pickle
    assert "apache-2.0" in done.stdout and COMMIT in done.stdout
    listed = json.loads((folder / LIST).read_text())
    assert (listed["commit"], listed["licence"]) == (COMMIT, "apache-2.0")
    assert listed["files"]["unet/model.safetensors"]["bytes"] == 5000
    assert kbapp("models", "verify", str(folder)).returncode == 0
    (folder / "config.json").write_text("[]")  # changed, and then fetched anew, not listed as if it had come so
    with hub("someone/tiny", FILES) as (address, fetched):
        assert kbapp("models", "pull", "someone/tiny", str(folder), endpoint=address, **environment).returncode == 0
        assert fetched == ["config.json"] and (folder / "config.json").read_bytes() == FILES["config.json"]
    (folder / "config.json").write_text("{ }")
    (folder / "unet" / "model.safetensors").unlink()
    (folder / "stranger.py").write_text("")
    told = kbapp("models", "verify", str(folder))
    assert told.returncode == 1
    assert told.stdout.splitlines()[:3] == [
        "unet/model.safetensors is missing",
        "stranger.py was not fetched with the rest",
        "config.json was changed",
    ]


def test_a_pickle_comes_only_when_asked_for_and_a_missing_licence_is_told(tmp_path, environment):
    with hub("someone/tiny", FILES, licence=None) as (address, fetched):
        done = kbapp("models", "pull", "someone/tiny", str(tmp_path / "m"), "--keep", "*.bin", endpoint=address, **environment)
    assert "pytorch_model.bin" in fetched and "not stated" in done.stdout


def test_of_a_pipeline_the_parts_are_fetched_and_no_second_copies_of_their_weights(tmp_path, environment):
    files = {
        name: b"x"
        for name in (
            "model_index.json",
            "sd_whole.safetensors",
            "unet/model.safetensors",
            "unet/model.fp16.safetensors",
            "vae/model.fp16.safetensors",
        )
    }
    with hub("someone/pipeline", files) as (address, fetched):
        done = kbapp("models", "pull", "someone/pipeline", str(tmp_path / "m"), endpoint=address, **environment)
        assert done.returncode == 0, done.stderr
        assert sorted(fetched) == ["model_index.json", "unet/model.safetensors", "vae/model.fp16.safetensors"]
        kbapp("models", "pull", "someone/pipeline", str(tmp_path / "m"), "--keep", "*.fp16.*", endpoint=address, **environment)
    assert "unet/model.fp16.safetensors" in fetched and "sd_whole.safetensors" not in fetched


@pytest.mark.parametrize(("repo", "code", "words"), [("someone/else", 2, "no model someone/else"), ("../etc", 2, "OWNER/NAME")])
def test_a_name_that_is_none_is_told(tmp_path, environment, repo, code, words):
    with hub("someone/tiny", FILES) as (address, _):
        done = kbapp("models", "pull", repo, str(tmp_path / "m"), endpoint=address, **environment)
    assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr


def test_a_hub_that_cannot_be_reached_is_told(tmp_path, environment):
    done = kbapp("models", "pull", "someone/tiny", str(tmp_path / "m"), **environment)
    assert done.returncode == 1 and "cannot be reached" in done.stderr


def test_the_models_of_a_file_are_listed_with_what_is_known_of_them(tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    (there / "w.safetensors").write_bytes(b"x" * 10**6)
    write_list(there, "someone/there", COMMIT, "mit")
    file = tmp_path / "models.toml"
    file.write_text(
        f'[models.a]\nengine = "blip"\npath = "{there}"\n[models.b]\nengine = "open-clip"\npath = "{tmp_path / "gone"}"\n'
    )
    lines = kbapp("models", "list", "--models", str(file)).stdout.splitlines()
    assert lines[0].split() == ["a", "embeddings", "blip", "1.0", "MB", f"someone/there@{COMMIT[:12]}", "mit"]
    assert lines[1].split()[:3] == ["b", "embeddings", "open-clip"] and lines[1].endswith("not there")


def test_a_folder_without_a_list_cannot_be_verified(tmp_path):
    with pytest.raises(NotFound, match="models pull"):
        verify(tmp_path)
