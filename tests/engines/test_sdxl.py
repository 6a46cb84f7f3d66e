"""Sdxl on tiny random checkpoints, through the real loaders."""

import shutil

import numpy as np
import pytest

from kbapp.errors import Cancelled, ModelUnavailable
from kbapp.priors.schema import Guidance
from tests import checkpoints
from tests.lmm_prior import edited

pytestmark = pytest.mark.models

PRIOR = edited(guidance={"image": Guidance(negative_prompt="letters", guidance_scale=4.0, steps=5)})
PROMPTS = ["a large heart", "clear lungs", "fluid on the left"]


@pytest.fixture(scope="module")
def base():
    from kbapp.engines.sdxl import Sdxl

    return Sdxl.load(checkpoints.sdxl(), device="cpu")


@pytest.fixture(scope="module")
def refined():
    from kbapp.engines.sdxl import Sdxl

    return Sdxl.load(checkpoints.sdxl(), checkpoints.sdxl_refiner(), device="cpu")


def pixels(picture) -> np.ndarray:
    return picture.pixels.astype(int)


@pytest.mark.parametrize("which", ["base", "refined"])
def test_a_batch_gives_what_each_prompt_gives_alone(which, request):
    engine = request.getfixturevalue(which)
    together = engine.generate(PROMPTS, [3, 4, 5], PRIOR)
    for k, picture in enumerate(together):
        (alone,) = engine.generate([PROMPTS[k]], [3 + k], PRIOR)
        assert picture.pixels.shape == (16, 16, 3)
        assert abs(pixels(picture) - pixels(alone)).max() <= 1


def test_small_batches_give_what_one_large_batch_gives(base):
    from kbapp.engines.sdxl import Sdxl

    small = Sdxl(base.base, None, base.place, base.id, max_batch=2)
    steps = []
    parts = small.generate(PROMPTS, [3, 4, 5], PRIOR, on_step=lambda k, n: steps.append((k, n)))
    whole = base.generate(PROMPTS, [3, 4, 5], PRIOR)
    assert max(abs(pixels(a) - pixels(b)).max() for a, b in zip(parts, whole, strict=True)) <= 1
    assert steps == [(k, 10) for k in range(1, 11)]


def test_prompt_seed_and_guidance_each_change_the_picture(base):
    def make(prompt="a large heart", seed=3, **guidance):
        prior = edited(guidance={"image": Guidance(**{"steps": 5, "guidance_scale": 4.0, **guidance})})
        return base.generate([prompt], [seed], prior)[0].sha256

    assert make() == make()
    assert len({make(), make(prompt="clear"), make(seed=4), make(negative_prompt="fog"), make(guidance_scale=8.0)}) == 5


def test_the_refiner_changes_the_picture_and_counts_its_steps(base, refined):
    steps = []
    (picture,) = refined.generate(PROMPTS[:1], [3], PRIOR, on_step=lambda k, n: steps.append((k, n)))
    assert picture != base.generate(PROMPTS[:1], [3], PRIOR)[0]
    assert steps == [(k, 5) for k in range(1, 6)]
    assert refined.id.startswith(base.id + "+")


def test_the_person_can_stop_between_steps(base):
    seen = []

    def stop(k, n):
        seen.append(k)
        if k == 2:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        base.generate(PROMPTS, [1, 2, 3], PRIOR, on_step=stop)
    assert seen == [1, 2]
    assert base.generate(PROMPTS[:1], [3], PRIOR)


@pytest.mark.parametrize(
    ("part", "file"), [("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model"), ("text_encoder_2", "model")]
)
def test_a_missing_weight_in_any_part_is_refused(tmp_path, part, file):
    from safetensors.torch import load_file, save_file

    from kbapp.engines.sdxl import Sdxl

    folder = tmp_path / "copy"
    shutil.copytree(checkpoints.sdxl(), folder)
    weights = load_file(folder / part / f"{file}.safetensors")
    weights.pop(sorted(weights)[-1])
    save_file(weights, folder / part / f"{file}.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelUnavailable, match=f"the {part} of SDXL: 1 missing"):
        Sdxl.load(folder, device="cpu")


def test_a_folder_without_one_of_its_parts_is_refused(tmp_path):
    from kbapp.engines.sdxl import Sdxl

    folder = tmp_path / "copy"
    shutil.copytree(checkpoints.sdxl(), folder)
    shutil.rmtree(folder / "vae")
    with pytest.raises(ModelUnavailable, match="vae is missing"):
        Sdxl.load(folder, device="cpu")


def test_half_precision_files_are_found_by_their_name(tmp_path, base):
    from kbapp.engines.sdxl import Sdxl

    folder = tmp_path / "copy"
    shutil.copytree(checkpoints.sdxl(), folder)
    for file in folder.rglob("*.safetensors"):
        file.rename(file.with_suffix(".fp16.safetensors"))
    assert Sdxl.load(folder, device="cpu").generate(PROMPTS[:1], [3], PRIOR) == base.generate(PROMPTS[:1], [3], PRIOR)
