"""Stable Diffusion XL in this process, through diffusers: base and optional refiner, n prompts in one batch.

The components are loaded one by one, because a pipeline's own loader does not say which weights it made up.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from kbapp.core.content import ImageContent
from kbapp.engines.checkpoint import Placement, engine_id, loaded, model_folder, placement, room_on_card, tensors_of
from kbapp.engines.picture import from_array
from kbapp.errors import ModelUnavailable
from kbapp.priors.schema import Guidance
from kbapp.priors.version import PriorVersion

if TYPE_CHECKING:
    import torch

STEPS = 40  # without a word of the prior; the paper's setting, with the refiner for the last fifth
GUIDANCE = 5.0
BASE_SHARE = 0.8  # of the noise levels, when a refiner does the rest
MAX_BATCH = 16


class Sdxl:
    """An ImageGenerator. Make it with `Sdxl.load`."""

    max_prompt_words = 50  # its text encoders read 77 tokens

    def __init__(self, base, refiner, place: Placement, id: str, max_batch: int):
        self.base, self.refiner, self.place, self.id, self.max_batch = base, refiner, place, id, max_batch
        self._one_at_a_time = Lock()

    @classmethod
    def load(
        cls,
        path: str | Path,
        refiner: str | Path | None = None,
        *,
        device: str = "auto",
        dtype: str = "auto",
        max_batch: int = MAX_BATCH,
    ) -> "Sdxl":
        """From folders in the hub's layout. Raises ModelUnavailable when one is incomplete or its weights do not fit."""
        place = placement(device, dtype)
        folder = model_folder(
            path, "SDXL", "unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "scheduler"
        )
        base = _base(folder, place)
        id = engine_id(folder.name, folder)
        if refiner is None:
            return cls(base, None, place, id, max_batch)
        second = model_folder(refiner, "the SDXL refiner", "unet", "text_encoder_2", "tokenizer_2", "scheduler")
        return cls(base, _refiner(second, base, place), place, f"{id}+{engine_id(second.name, second)}", max_batch)

    @property
    def size(self) -> tuple[int, int]:
        """Of its pictures: width, height."""
        side = self.base.unet.config.sample_size * self.base.vae_scale_factor
        return side, side

    def weights(self) -> list["torch.Tensor"]:
        """What is only read, and may leave the card between two calls."""
        pipelines = [self.base] if self.refiner is None else [self.base, self.refiner]
        return tensors_of(*(getattr(p, name) for p in pipelines for name in ("unet", "vae", "text_encoder", "text_encoder_2")))

    def generate(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        prior: PriorVersion,
        *,
        on_step: Callable[[int, int], None] = lambda step, steps: None,
    ) -> list[ImageContent]:
        """See `ImageGenerator.generate`. Each picture has its own noise, so that one of them can be made again alone."""
        guidance = prior.prior.guidance.get("image", Guidance())
        batches = [slice(k, k + self.max_batch) for k in range(0, len(prompts), self.max_batch)]
        pictures: list[ImageContent] = []
        with self._one_at_a_time, room_on_card("these pictures"):
            for number, batch in enumerate(batches):
                progress = _Progress(on_step, guidance.steps or STEPS, number, len(batches))
                pixels = self._batch(prompts[batch], seeds[batch], guidance, progress)
                pictures += [from_array(np.rint(picture * 255).astype(np.uint8)) for picture in pixels]
        return pictures

    def not_shown(self, prompt: str, prior: PriorVersion) -> tuple[str, ...]:
        """A model tries whatever its prompt says."""
        return ()

    def _batch(self, prompts: Sequence[str], seeds: Sequence[int], guidance: Guidance, progress: "_Progress") -> np.ndarray:
        """(n, height, width, 3) float in 0-1."""
        import torch

        # Noise is drawn on the processor and in float32 whatever the device and the weights: the same seed is the same everywhere.
        generators = [torch.Generator("cpu").manual_seed(seed % 2**63) for seed in seeds]
        told = {
            "prompt": list(prompts),
            "negative_prompt": [guidance.negative_prompt] * len(prompts),
            "guidance_scale": GUIDANCE if guidance.guidance_scale is None else guidance.guidance_scale,
            "num_inference_steps": guidance.steps or STEPS,
            "callback_on_step_end": progress,
            "generator": generators,
        }
        noise = self._noise(generators)
        with torch.inference_mode():
            if self.refiner is None:
                return self.base(**told, latents=noise, output_type="np").images
            latents = self.base(**told, latents=noise, denoising_end=BASE_SHARE, output_type="latent").images
            return self.refiner(**told, image=latents, denoising_start=BASE_SHARE, output_type="np").images

    def _noise(self, generators: list["torch.Generator"]) -> "torch.Tensor":
        """(n, channels, side, side) on the device, one row a generator."""
        import torch

        unet = self.base.unet.config
        shape = (unet.in_channels, unet.sample_size, unet.sample_size)
        drawn = torch.stack([torch.randn(shape, generator=generator) for generator in generators])
        return drawn.to(self.place.device, self.place.torch_dtype)


class _Progress:
    """diffusers' callback after each step: counts over batches, and over base and refiner. Cancelled passes through it."""

    def __init__(self, on_step: Callable[[int, int], None], steps: int, batch: int, batches: int):
        self._on_step, self._of = on_step, steps * batches
        self._done, self._last = steps * batch, steps * (batch + 1)

    def __call__(self, pipeline, step: int, timestep, values: dict) -> dict:
        self._done = min(self._done + 1, self._last)
        self._on_step(self._done, self._of)
        return values


def _networks(folder: Path, names: Sequence[str], place: Placement) -> dict:
    import diffusers
    import transformers

    classes = {
        "unet": diffusers.UNet2DConditionModel,
        "vae": diffusers.AutoencoderKL,
        "text_encoder": transformers.CLIPTextModel,
        "text_encoder_2": transformers.CLIPTextModelWithProjection,
    }
    networks = {}
    for name in names:
        what = f"the {name} of SDXL"
        options = {"dtype": place.torch_dtype} if "text" in name else {"torch_dtype": place.torch_dtype}
        networks[name] = loaded(classes[name].from_pretrained, folder / name, what, place, **options, **_variant(folder / name))
    return networks


def _variant(folder: Path) -> dict:
    """Folders that hold half-precision files only say so in the files' names."""
    names = [file.name for file in folder.glob("*.safetensors")]
    return {"variant": "fp16"} if names and all(".fp16" in name for name in names) else {}


def _pieces(folder: Path, tokenizers: Sequence[str]) -> dict:
    from diffusers import EulerDiscreteScheduler
    from transformers import CLIPTokenizer

    try:
        pieces = {name: CLIPTokenizer.from_pretrained(folder / name, local_files_only=True) for name in tokenizers}
        return pieces | {"scheduler": EulerDiscreteScheduler.from_pretrained(folder / "scheduler", local_files_only=True)}
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailable(f"the folder {folder} holds no usable tokenizers and scheduler.") from error


def _base(folder: Path, place: Placement):
    from diffusers import StableDiffusionXLPipeline

    networks = _networks(folder, ("unet", "vae", "text_encoder", "text_encoder_2"), place)
    networks["vae"].enable_slicing()  # one picture at a time: decoding takes more room than sampling
    pipeline = StableDiffusionXLPipeline(**networks, **_pieces(folder, ("tokenizer", "tokenizer_2")), add_watermarker=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _refiner(folder: Path, base, place: Placement):
    """It shares the base's autoencoder and has no first text encoder."""
    from diffusers import StableDiffusionXLImg2ImgPipeline

    pipeline = StableDiffusionXLImg2ImgPipeline(
        **_networks(folder, ("unet", "text_encoder_2"), place),
        **_pieces(folder, ("tokenizer_2",)),
        vae=base.vae,
        text_encoder=None,
        tokenizer=None,
        requires_aesthetics_score=True,
        add_watermarker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
