"""Activations by the settings in a model's folder."""

import json

import pytest

from kbapp.engines.catalog import recipe
from kbapp.server.plan import needs
from kbapp.server.work import work_bytes
from tests import checkpoints
from tests.server.heads import write_head


def encoder(folder, engine: str, said: dict):
    folder.mkdir()
    (folder / ("open_clip_config.json" if engine == "open-clip" else "config.json")).write_text(json.dumps(said))
    return recipe("e", {"engine": engine, "path": str(folder)})


CLIP = {"model_cfg": {"vision_cfg": {"image_size": 224, "patch_size": 14, "width": 1024, "layers": 24}}}
BLIP = {
    "vision_config": {
        "image_size": 384,
        "patch_size": 16,
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_attention_heads": 16,
    }
}


def test_an_encoders_full_batch_takes_a_fraction_of_a_gigabyte_and_more_for_larger_pictures(tmp_path):
    clip, blip = encoder(tmp_path / "c", "open-clip", CLIP), encoder(tmp_path / "b", "blip", BLIP)
    assert 0.2e9 < work_bytes(clip, 1, 2) < 1e9 and 0.5e9 < work_bytes(blip, 1, 2) < 2e9
    assert work_bytes(encoder(tmp_path / "m", "blip2-itm", BLIP), 1, 2) == work_bytes(blip, 1, 2)


@pytest.mark.parametrize("tower", [{"timm_model_name": "resnet50", "image_size": 224}, {"image_size": 224, "width": 64}, {}])
def test_a_tower_that_is_no_transformer_is_told_as_not_estimated(tmp_path, tower):
    strange = encoder(tmp_path / "s", "open-clip", {"model_cfg": {"vision_cfg": tower}})
    assert work_bytes(strange, 1, 2) == 0


@pytest.mark.models
def test_cheffs_work_follows_the_sizes_in_its_file():
    def work(batch: int, **options) -> int:
        files = {"checkpoint": str(checkpoints.cheff()), "tokenizer": "t", "latent_size": 64}
        return work_bytes(recipe("p", {"engine": "cheff", **files, **options}), batch, 4)

    assert work(256) == 2 * work(128) == work(128, guidance=3) == 12 * 32 * 64 * 64 * 256 * 4  # 32 channels at the finest level
    assert work(1) > 0 and work(1, latent_size=128) == 4 * work(1)  # one picture being decoded


def test_weights_of_which_a_part_is_missing_are_unknown_not_small(tmp_path):
    for part in ("unet", "vae", "text_encoder", "text_encoder_2"):
        write_head(tmp_path / "base" / part / "model.safetensors", {"w": (1000,)})
    write_head(tmp_path / "refiner" / "unet" / "model.safetensors", {"w": (1000,)})
    said = {"engine": "sdxl", "path": str(tmp_path / "base")}
    (base,), (both,) = (needs([recipe("p", one)], "bfloat16") for one in (said, {**said, "refiner": str(tmp_path / "refiner")}))
    assert (base.weights, both.weights) == (8000, 0)
    shards = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    write_head(tmp_path / "qwen" / "model-1.safetensors", {"a": (1000,)})
    (tmp_path / "qwen" / "model.safetensors.index.json").write_text(json.dumps(shards))
    (chat,) = needs([recipe("q", {"engine": "qwen-vl", "path": str(tmp_path / "qwen")})], "bfloat16")
    assert chat.weights == 0
