"""What a processor would need, against the arithmetic that was counted operation by operation for the published sizes."""

import json

import pytest

from kbapp.engines.catalog import recipe
from kbapp.server.pace import Machine, Work, measured, pace_line, work_of
from tests.server.heads import write_head

SLOW = Machine(flops=1e11, reads=1e10)


@pytest.fixture
def served(tmp_path):
    """Qwen2-VL-7B, SDXL, Cheff and CLIP by their numbers of parameters."""
    write_head(tmp_path / "qwen" / "model.safetensors", {"w": (8_291_000_000,)})
    for part, count in {
        "unet": 2_567_000_000,
        "vae": 84_000_000,
        "text_encoder": 124_000_000,
        "text_encoder_2": 695_000_000,
    }.items():
        write_head(tmp_path / "sdxl" / part / "model.safetensors", {"w": (count,)})
    (tmp_path / "sdxl" / "unet" / "config.json").write_text(json.dumps({"sample_size": 128, "block_out_channels": [320]}))
    write_head(
        tmp_path / "cheff.safetensors",
        {
            "model.diffusion_model.w": (518_000_000,),
            "cond_stage_model.transformer.w": (582_000_000,),
            "model_ema.w": (518_000_000,),
        },
    )
    write_head(tmp_path / "clip" / "open_clip_model.safetensors", {"w": (304_000_000,)})
    tower = {"image_size": 224, "patch_size": 14, "width": 1024}
    (tmp_path / "clip" / "open_clip_config.json").write_text(json.dumps({"model_cfg": {"vision_cfg": tower}}))
    return {
        "qwen": recipe("qwen", {"engine": "qwen-vl", "path": str(tmp_path / "qwen")}),
        "sdxl": recipe("sdxl", {"engine": "sdxl", "path": str(tmp_path / "sdxl")}),
        "cheff": recipe("cheff", {"engine": "cheff", "checkpoint": str(tmp_path / "cheff.safetensors"), "tokenizer": "t"}),
        "clip": recipe("clip", {"engine": "open-clip", "path": str(tmp_path / "clip")}),
    }


@pytest.mark.parametrize(
    ("name", "flop"),
    [
        ("sdxl", 40 * 2 * 6.761e12),  # FLOP of a step of its U-Net, with and without the prompt
        ("cheff", 100 * 321.8e9),
        ("clip", 162.0e9),
        ("qwen", 1000 * 13.05e9),
    ],
)
def test_the_estimate_is_near_the_counted_arithmetic(served, name, flop):
    assert work_of(served[name]).flop == pytest.approx(flop, rel=0.3)


def test_an_answer_reads_the_weights_once_for_each_token(served):
    work = work_of(served["qwen"], width=2)
    assert work.read == 200 * 16_582_000_000
    assert Work("x", 1e11, 1e10).seconds(SLOW) == 2


def test_one_line_tells_each_models_request_in_a_unit_that_fits(served, tmp_path):
    gone = recipe("gone", {"engine": "blip", "path": str(tmp_path / "gone")})
    line = pace_line([*served.values(), gone], SLOW)
    assert "(100 GFLOP/s, 10 GB/s measured)" in line
    assert "qwen about 14 min for an answer" in line and "sdxl about 2 h for a picture of" in line
    assert "clip about 2 s for a picture compared" in line and "gone unknown" in line


@pytest.mark.models
def test_a_machine_is_measured():
    machine = measured()
    assert 1e8 < machine.flops < 1e15 and 1e7 < machine.reads < 1e13
