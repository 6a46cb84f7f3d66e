"""Cheff, the report-to-chest-X-ray latent diffusion model, from its published checkpoint file, with its own short DDIM loop.

diffusers' stock pipeline for such models does not fit: it reads 77 tokens instead of 150 and takes the latent as an eighth of the
picture instead of a quarter.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from kbapp.core.content import ImageContent
from kbapp.engines.checkpoint import Placement, engine_id, model_folder, placement, room_on_card, tensors_of
from kbapp.engines.cheff_checkpoint import CheffParts, convert, read_checkpoint
from kbapp.engines.cheff_layout import HEADS
from kbapp.engines.picture import from_array
from kbapp.errors import ModelUnavailable
from kbapp.priors.schema import Guidance
from kbapp.priors.version import PriorVersion

if TYPE_CHECKING:
    import torch

STEPS = 100
ETA = 1.0  # of the published sampler: full noise at every step
LATENT_SIZE = 64
MAX_BATCH = 16
GUIDANCE = 1  # none, as its authors sample


class Cheff:
    """An ImageGenerator. Make it with `Cheff.load`. Pictures are grey, four times the latent's size: 256 x 256.

    guidance: a setting of the engine. A prior's `guidance_scale` is meant for models that were made for guidance; this one is sampled
    without it by its authors, and with it costs twice as much.
    """

    max_prompt_words = 100  # it reads 150 tokens

    def __init__(
        self,
        parts: CheffParts,
        tokenizer,
        place: Placement,
        id: str,
        latent_size: int = LATENT_SIZE,
        max_batch: int = MAX_BATCH,
        guidance: int = GUIDANCE,
    ):
        self.unet, self.vae = (_placed(part, place) for part in (parts.unet, parts.vae))
        self.text = {name: tensor.to(place.device, place.torch_dtype) for name, tensor in parts.text.items()}
        self.tokenizer, self.place, self.id, self.scale = tokenizer, place, id, parts.scale
        self.latent_size, self.max_batch, self.guidance = latent_size, max_batch, guidance
        self._one_at_a_time = Lock()
        _check_schedule(_scheduler(), parts.alphas)

    @classmethod
    def load(
        cls,
        checkpoint: str | Path,
        tokenizer: str | Path,
        *,
        autoencoder: str | Path | None = None,
        device: str = "auto",
        dtype: str = "auto",
        latent_size: int = LATENT_SIZE,
        max_batch: int = MAX_BATCH,
        guidance: int = GUIDANCE,
    ) -> "Cheff":
        """checkpoint: .pt or .safetensors in the published layout. tokenizer: folder of bert-base-uncased's vocabulary.

        autoencoder: its file, when the checkpoint does not hold it. Raises ModelUnavailable when anything is missing or left over.
        """
        words = model_folder(tokenizer, "Cheff's tokenizer (bert-base-uncased)")
        from transformers import BertTokenizer

        place = placement(device, dtype)
        parts = convert(read_checkpoint(checkpoint), read_checkpoint(autoencoder) if autoencoder else None)
        try:
            read = BertTokenizer.from_pretrained(words, local_files_only=True)
        except (OSError, ValueError) as error:
            raise ModelUnavailable(f"the folder {words} holds no usable tokenizer.") from error
        if len(read) > parts.text["token_emb.weight"].shape[0]:
            raise ModelUnavailable(f"the tokenizer in {words} knows more words than the checkpoint; expected bert-base-uncased.")
        file = Path(checkpoint).expanduser().absolute()
        id = engine_id(file.stem, file) + (f" guidance {guidance}" if guidance > GUIDANCE else "")
        return cls(parts, read, place, id, latent_size, max_batch, guidance)

    @property
    def size(self) -> tuple[int, int]:
        """Of its pictures: width, height."""
        side = self.latent_size * 2 ** (len(self.vae.config.block_out_channels) - 1)
        return side, side

    def weights(self) -> list["torch.Tensor"]:
        """What is only read, and may leave the card between two calls."""
        return [*tensors_of(self.unet, self.vae), *self.text.values()]

    def generate(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        prior: PriorVersion,
        *,
        on_step: Callable[[int, int], None] = lambda step, steps: None,
    ) -> list[ImageContent]:
        """See `ImageGenerator.generate`. The prior says the number of steps. With guidance the model runs on the empty prompt as well."""
        import torch

        steps = prior.prior.guidance.get("image", Guidance()).steps or STEPS
        starts = range(0, len(prompts), self.max_batch)
        pictures: list[ImageContent] = []
        with self._one_at_a_time, torch.inference_mode(), room_on_card("these pictures"):
            for number, k in enumerate(starts):
                told, own = prompts[k : k + self.max_batch], seeds[k : k + self.max_batch]

                def step(i: int, done: int = number * steps) -> None:
                    on_step(done + i, steps * len(starts))

                latents = self._sample(told, own, steps, step)
                pictures += [self._decode(latent) for latent in latents]
        return pictures

    def not_shown(self, prompt: str, prior: PriorVersion) -> tuple[str, ...]:
        """A model tries whatever its prompt says."""
        return ()

    def _sample(self, prompts: Sequence[str], seeds: Sequence[int], steps: int, on_step: Callable[[int], None]) -> "torch.Tensor":
        """(n, latent channels, size, size): DDIM with the candidates' own noise, at the start and at every step."""
        import torch

        noises = [torch.Generator("cpu").manual_seed(seed % 2**63) for seed in seeds]
        guided = self.guidance > 1
        context = self._contexts(prompts)
        if guided:
            context = torch.cat([context, self._contexts([""]).expand_as(context)])
        scheduler = _scheduler()
        scheduler.set_timesteps(steps)
        x = self._noise(noises)
        for i, t in enumerate(scheduler.timesteps):
            seen = x.to(self.place.torch_dtype)  # the sum of a hundred steps stays in float32
            predicted = self.unet(torch.cat([seen, seen]) if guided else seen, t, encoder_hidden_states=context).sample.float()
            if guided:
                told, untold = predicted.chunk(2)
                predicted = untold + self.guidance * (told - untold)
            x = scheduler.step(predicted, t, x, eta=ETA, variance_noise=self._noise(noises)).prev_sample
            on_step(i + 1)
        return x

    def _noise(self, generators: list["torch.Generator"]) -> "torch.Tensor":
        """Drawn on the processor whatever the device: the same seed gives the same picture everywhere."""
        import torch

        shape = (self.unet.config.in_channels, self.latent_size, self.latent_size)
        drawn = torch.stack([torch.randn(shape, generator=g) for g in generators])
        return drawn.to(self.place.device)

    def _contexts(self, prompts: Sequence[str]) -> "torch.Tensor":
        """(n, tokens, width). Prompts are cut or filled up to the model's length; padding is attended to, as it was in training."""
        length = self.text["pos_emb.emb.weight"].shape[0]
        ids = self.tokenizer(list(prompts), truncation=True, max_length=length, padding="max_length", return_tensors="pt")[
            "input_ids"
        ]
        return encode_text(self.text, ids.to(self.place.device))

    def _decode(self, latent: "torch.Tensor") -> ImageContent:
        """One by one: decoding takes more room than sampling."""
        made = self.vae.decode((latent[None] / self.scale).to(self.place.torch_dtype)).sample[0].float().clamp(-1, 1)
        grey = made.mean(dim=0)  # the model paints three equal channels, give or take noise
        return from_array(np.repeat(np.rint((grey.cpu().numpy() + 1) * 127.5).astype(np.uint8)[..., None], 3, axis=2))


def _placed(network, place: Placement):
    """torch's own `to`: that of diffusers warns of modules to be kept in float32, of which these have none."""
    import torch

    return torch.nn.Module.to(network, place.device, place.torch_dtype).eval().requires_grad_(False)


def encode_text(weights: dict, ids: "torch.Tensor") -> "torch.Tensor":
    """The text encoder: transformer with norms before the layers and exact GELU, no mask. ids: (n, t). Returns (n, t, width)."""
    from torch.nn import functional as f

    def norm(x: "torch.Tensor", name: str) -> "torch.Tensor":
        return f.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"])

    def linear(x: "torch.Tensor", name: str) -> "torch.Tensor":
        return f.linear(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"))

    x = f.embedding(ids, weights["token_emb.weight"]) + weights["pos_emb.emb.weight"][: ids.shape[1]]
    for k in range(sum(name.endswith(".1.to_q.weight") for name in weights)):
        attention, forward = f"attn_layers.layers.{2 * k}", f"attn_layers.layers.{2 * k + 1}"
        h = norm(x, f"{attention}.0")
        q, key, v = (
            linear(h, f"{attention}.1.to_{c}").unflatten(-1, (HEADS, -1)).transpose(1, 2) for c in "qkv"
        )  # (n, heads, t, d)
        x = x + linear(f.scaled_dot_product_attention(q, key, v).transpose(1, 2).flatten(2), f"{attention}.1.to_out")
        h = f.gelu(linear(norm(x, f"{forward}.0"), f"{forward}.1.net.0.0"))
        x = x + linear(h, f"{forward}.1.net.2")
    return norm(x, "norm")


def _scheduler():
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_start=0.0015,
        beta_end=0.0295,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        timestep_spacing="leading",
    )


def _check_schedule(scheduler, alphas: "torch.Tensor | None") -> None:
    """The file's noise schedule, where it has one, must be the one we sample with."""
    import torch

    if alphas is not None and not torch.allclose(alphas.float().cpu(), scheduler.alphas_cumprod, atol=1e-4):
        raise ModelUnavailable("this checkpoint was trained with another noise schedule than Cheff's; it cannot be used.")
