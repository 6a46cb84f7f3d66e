"""`kbapp models`: fetched from a hub on loopback, listed, checked again. In a subprocess, since the hub's address is read on import."""

import json
import os
import subprocess
import sys

import pytest

from kbapp.errors import NotFound
from kbapp.server.model_files import LIST, facts_of, verify, write_list
from tests import checkpoints
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
    write_list(there, "someone/there", COMMIT, "mit", facts_of(there))
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


def test_the_size_is_told_before_the_first_file_and_counts_what_is_there_already(tmp_path, environment):
    with hub("someone/tiny", {"config.json": b"{}", "model.safetensors": b"w" * 2_000_000}) as (address, _):
        first, again = (
            kbapp("models", "pull", "someone/tiny", str(tmp_path / "m"), endpoint=address, **environment).stdout for _ in range(2)
        )
    assert "2 files of 2.0 MB\nto fetch: 2.0 MB\nall files in" in first and "to fetch: 0.0 MB" in again


def test_a_repository_without_safetensors_is_told(tmp_path, environment):
    with hub("someone/old", {"config.json": b"{}", "pytorch_model.bin": b"pickle"}) as (address, _):
        done = kbapp("models", "pull", "someone/old", str(tmp_path / "m"), endpoint=address, **environment)
    assert "--keep '*.bin'" in done.stdout


@pytest.mark.parametrize("cached", [False, True])
def test_a_file_that_arrives_spoiled_is_refused_removed_and_fetched_again(tmp_path, environment, cached):
    into = [] if cached else [str(tmp_path / "m")]
    with hub("someone/tiny", FILES, spoiled=("unet/model.safetensors",)) as (address, _):
        done = kbapp("models", "pull", "someone/tiny", *into, endpoint=address, **environment)
    assert done.returncode == 1 and "unet/model.safetensors did not arrive as the hub has it" in done.stderr
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and file.read_bytes() == b"?" * 5000]
    assert not list(tmp_path.rglob(LIST))
    with hub("someone/tiny", FILES) as (address, _):
        assert kbapp("models", "pull", "someone/tiny", *into, endpoint=address, **environment).returncode == 0
    (listed,) = tmp_path.rglob(LIST)
    assert verify(listed.parent) == []


def test_all_that_a_file_of_models_names_comes_in_one_go_each_once(tmp_path, environment):
    file = tmp_path / "models.toml"
    file.write_text(
        f"""[models.a]
engine = "blip"
path = "{tmp_path / "a"}"
from = {{ path = "someone/tiny@main" }}
[models.b]
engine = "blip-itm"
path = "{tmp_path / "a"}"
from = {{ path = "someone/tiny@main" }}
[models.c]
engine = "open-clip"
path = "someone/cached"
[models.d]
engine = "open-clip"
path = "{tmp_path / "own"}"
"""
    )
    with hub("someone/tiny", FILES, more={"someone/cached": {"open_clip_config.json": b"{}"}}) as (address, fetched):
        done = kbapp("models", "pull", "--for", str(file), endpoint=address, **environment)
    assert done.returncode == 0, done.stderr
    assert sorted(fetched) == ["config.json", "open_clip_config.json", "unet/model.safetensors"]
    assert (tmp_path / "a" / LIST).is_file()
    lines = kbapp("models", "list", "--models", str(file), **environment).stdout.splitlines()
    assert ["someone/tiny" in line for line in lines] == [True, True, False, False] and "someone/cached" in lines[2]
    assert lines[3].endswith("not there")


@pytest.mark.parametrize("arguments", [(), ("someone/tiny", "m", "--for", "models.toml")])
def test_a_name_or_a_file_of_models_is_fetched_never_both_or_neither(arguments):
    done = kbapp("models", "pull", *arguments)
    assert done.returncode == 2 and "--for" in done.stderr


def test_a_file_of_models_without_origins_is_told(tmp_path):
    file = tmp_path / "models.toml"
    file.write_text(f'[models.a]\nengine = "blip"\npath = "{tmp_path}"\n')
    done = kbapp("models", "pull", "--for", str(file))
    assert done.returncode == 2 and "from = { path" in done.stderr


HUB_NAME = """
from kbapp.engines.checkpoint import engine_id, model_folder
folder = model_folder("someone/tiny", "the model", "config.json")
print(folder, engine_id(folder.name, folder))
"""


def test_a_name_of_the_hub_is_found_in_its_local_cache_and_never_in_the_network(tmp_path, environment):
    def found(**more):
        return subprocess.run(
            [sys.executable, "-c", HUB_NAME], capture_output=True, text=True, timeout=120, env=os.environ | environment | more
        )

    with hub("someone/tiny", FILES) as (address, fetched):
        missing = found(HF_ENDPOINT=address)
        assert fetched == [] and "ModelUnavailable" in missing.stderr
        assert "kbapp models pull someone/tiny" in missing.stderr and "neither a folder here" in missing.stderr
        assert kbapp("models", "pull", "someone/tiny", endpoint=address, **environment).returncode == 0
    folder, id = found(HF_ENDPOINT="http://127.0.0.1:9").stdout.split()
    assert folder.startswith(environment["HF_HOME"]) and id.startswith("someone/tiny@")
    other = {**FILES, "config.json": b"{ }"}
    with hub("someone/tiny", other) as (address, _):
        environment["HF_HOME"] = str(tmp_path / ".cache" / "other")
        assert kbapp("models", "pull", "someone/tiny", endpoint=address, **environment).returncode == 0
    assert found().stdout.split()[1] != id  # the default place has ".cache" in its path


@pytest.mark.models
def test_cheffs_checkpoint_is_converted_once_and_nothing_is_written_over(tmp_path):
    from kbapp.engines.cheff_checkpoint import read_checkpoint

    target = tmp_path / "cheff.safetensors"
    assert kbapp("models", "convert-cheff", str(checkpoints.cheff()), str(target)).returncode == 0
    assert read_checkpoint(target).keys() == read_checkpoint(checkpoints.cheff()).keys()
    for wrong in (target, tmp_path / "cheff.pt", tmp_path / "no" / "cheff.safetensors"):
        told = kbapp("models", "convert-cheff", str(checkpoints.cheff()), str(wrong))
        assert told.returncode == 2 and "new .safetensors file" in told.stderr
    absent = kbapp("models", "convert-cheff", str(tmp_path / "gone.pt"), str(tmp_path / "b.safetensors"))
    assert absent.returncode == 1 and "which is not there" in absent.stderr and not (tmp_path / "b.safetensors").exists()
