"""Cheff's published checkpoint file -> U-Net, autoencoder and text weights, every tensor accounted for."""

import pickle
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbapp.engines.checkpoint import refuse_random_layers
from kbapp.engines.cheff_layout import PARTS, text_names, unet_name, unet_shape, vae_name, vae_shape
from kbapp.errors import ModelUnavailable

if TYPE_CHECKING:
    import torch

    Weights = Mapping[str, torch.Tensor]

SCALE = 0.18215  # of the latents, unless the file has its own
VAE_PARTS = ("encoder.", "decoder.", "quant_conv.", "post_quant_conv.")


@dataclass(frozen=True)
class CheffParts:
    """unet: UNet2DConditionModel. vae: AutoencoderKL. text: the text encoder's tensors by their names in the file.

    scale: what latents are divided by before decoding. alphas: the file's own noise schedule, (1000,), or None.
    """

    unet: Any
    vae: Any
    text: "Weights"
    scale: float
    alphas: "torch.Tensor | None"


def read_checkpoint(path: str | Path) -> "Weights":
    """The tensors of a .pt, .ckpt or .safetensors file. A pickle that holds more than tensors is refused, never run."""
    file = Path(path).expanduser().absolute()
    if not file.is_file():
        raise ModelUnavailable(
            f"expected a checkpoint file at {file}, which is not there; fetch the model first, or mend the path."
        )
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        data = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError:
        raise ModelUnavailable(
            f"{file} holds more than tensors and is not opened, because that could run foreign code; convert it to safetensors on a machine you can spare."
        ) from None
    except (OSError, RuntimeError, EOFError, SafetensorError) as error:
        raise ModelUnavailable(f"{file} is no readable checkpoint.") from error
    weights = data.get("state_dict", data) if isinstance(data, dict) else {}
    return {name: tensor for name, tensor in weights.items() if isinstance(tensor, torch.Tensor)}


def to_safetensors(source: str | Path, target: str | Path) -> None:
    """Write the tensors of a pickle once, so that it need not be opened again."""
    from safetensors.torch import save_file

    save_file({name: tensor.clone().contiguous() for name, tensor in read_checkpoint(source).items()}, target)


def convert(weights: "Weights", autoencoder: "Weights | None" = None) -> CheffParts:
    """autoencoder: of a file of its own, without prefix; by default it is looked for in `weights`.

    Raises ModelUnavailable when a tensor of any part is missing or left over.
    """
    from diffusers import AutoencoderKL, UNet2DConditionModel

    unet = _under(weights, PARTS["unet"])
    vae = autoencoder if autoencoder is not None else _under(weights, PARTS["vae"])
    vae = {name: tensor for name, tensor in vae.items() if name.startswith(VAE_PARTS)}  # the rest is its training loss
    try:
        unet_is, vae_is = unet_shape(_shapes(unet)), vae_shape(_shapes(vae))
    except (KeyError, ValueError, IndexError):
        raise ModelUnavailable(
            "this is no checkpoint of a text-conditioned latent diffusion model in the published layout."
        ) from None
    network = _filled(UNet2DConditionModel(**unet_is.config), unet, lambda key: unet_name(key, unet_is), "the diffusion model")
    decoder = _filled(AutoencoderKL(**vae_is.config), vae, lambda key: vae_name(key, vae_is), "the autoencoder")
    scale = weights.get("scale_factor")
    return CheffParts(network, decoder, _text(weights), float(scale) if scale is not None else SCALE, weights.get("alphas_cumprod"))


def _under(weights: "Weights", prefix: str) -> "Weights":
    return {name[len(prefix) :]: tensor for name, tensor in weights.items() if name.startswith(prefix)}


def _shapes(weights: "Weights") -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in weights.items()}


def _filled(network, weights: "Weights", name_of: Callable[[str], str], what: str):
    """The network with the file's tensors; 1 x 1 convolutions of the file that are linear layers here lose their two last axes."""
    wanted = {key: (name_of(key), tensor.shape) for key, tensor in network.state_dict().items()}
    missing = [name for name, _ in wanted.values() if name not in weights]
    unexpected = set(weights) - {name for name, _ in wanted.values()}
    fitting = {
        key: weights[name].float().reshape(shape)
        for key, (name, shape) in wanted.items()
        if name in weights and weights[name].numel() == shape.numel()
    }
    mismatched = [wanted[key][0] for key in wanted.keys() - fitting.keys() if wanted[key][0] in weights]
    _refuse(missing, unexpected, mismatched, what)
    network.load_state_dict(fitting)
    return network


def _text(weights: "Weights") -> "Weights":
    """Its output layer (to_logits) is of no use here."""
    text = {name: t.float() for name, t in _under(weights, PARTS["text"]).items() if not name.startswith("to_logits")}
    layers = sum(name.endswith(".1.to_q.weight") for name in text)
    wanted = set(text_names(layers))
    _refuse(wanted - text.keys(), text.keys() - wanted, (), "the text encoder")
    return text


def _refuse(missing: Iterable[str], unexpected: Iterable[str], mismatched: Iterable[str], what: str) -> None:
    info = {"missing_keys": list(missing), "unexpected_keys": list(unexpected), "mismatched_keys": list(mismatched)}
    refuse_random_layers(info, what, Path("the checkpoint file"))
