"""What the plan counts as weights is what the engines load, whatever else lies in their folders."""

import json
import shutil

import pytest

from kbapp.engines.catalog import recipe
from kbapp.server.weights import weight_bytes
from tests import checkpoints

pytestmark = pytest.mark.models


def tables() -> dict[str, dict]:
    return {
        "qwen-vl": {"path": str(checkpoints.qwen_vl())},
        "sdxl": {"path": str(checkpoints.sdxl()), "refiner": str(checkpoints.sdxl_refiner())},
        "cheff": {"checkpoint": str(checkpoints.cheff()), "tokenizer": str(checkpoints.cheff_tokenizer())},
    }


@pytest.mark.parametrize("kind", ["qwen-vl", "sdxl", "cheff"])
def test_the_bytes_of_the_files_heads_are_those_of_the_loaded_parameters(kind):
    said = recipe("a", {"engine": kind, **tables()[kind]})
    loaded = said.load("cpu", "float32")
    parameters = sum(t.nbytes for t in loaded.weights() if t.is_floating_point())
    assert 0.99 < weight_bytes(said, 4) / parameters <= 1.01  # buffers that are computed are in one of them alone
    assert weight_bytes(said, 2) * 2 == pytest.approx(weight_bytes(said, 4), rel=0.01)


def test_a_pickles_weights_count_like_those_of_safetensors(tmp_path):
    from kbapp.engines.cheff_checkpoint import to_safetensors

    to_safetensors(checkpoints.cheff(), tmp_path / "cheff.safetensors")
    one, other = (
        recipe("a", {"engine": "cheff", "checkpoint": str(file), "tokenizer": "t"})
        for file in (checkpoints.cheff(), tmp_path / "cheff.safetensors")
    )
    assert weight_bytes(one, 4) == weight_bytes(other, 4) < checkpoints.cheff().stat().st_size


def test_other_formats_and_single_files_in_a_published_folder_do_not_count(tmp_path):
    shutil.copytree(checkpoints.sdxl(), tmp_path / "sdxl")
    said = recipe("a", {"engine": "sdxl", "path": str(tmp_path / "sdxl")})
    before = weight_bytes(said, 2)
    unet = tmp_path / "sdxl" / "unet" / "diffusion_pytorch_model.safetensors"
    for copy in (
        unet.with_name("diffusion_pytorch_model.fp16.safetensors"),
        unet.with_suffix(".bin"),
        unet.parents[1] / "sd_xl.safetensors",
    ):
        shutil.copy(unet, copy)
    assert weight_bytes(said, 2) == before > 0
    unet.unlink()
    assert weight_bytes(said, 2) > before * 0.99  # the half-precision file alone, which the loader takes then


def test_shards_are_those_of_their_list_and_packed_numbers_stay_as_they_are(tmp_path):
    import torch
    from safetensors.torch import save_file

    save_file({"a": torch.ones(10), "packed": torch.ones(7, dtype=torch.int32)}, tmp_path / "model-1.safetensors")
    save_file({"b": torch.ones(5, dtype=torch.bfloat16)}, tmp_path / "model-2.safetensors")
    save_file({"all": torch.ones(99)}, tmp_path / "consolidated.safetensors")
    listed = {"weight_map": {"a": "model-1.safetensors", "packed": "model-1.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(listed))
    assert weight_bytes(recipe("a", {"engine": "qwen-vl", "path": str(tmp_path)}), 2) == 2 * 15 + 4 * 7
