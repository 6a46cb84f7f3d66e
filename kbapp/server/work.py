"""What a run of an image model or an encoder takes on the card besides its weights, estimated from the settings beside them.

Activations are counted at their widest place, times the copies that are alive there; nothing was measured on a card.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kbapp.engines.catalog import Recipe
from kbapp.engines.cheff import LATENT_SIZE
from kbapp.engines.cheff_checkpoint import VAE_PARTS
from kbapp.engines.cheff_layout import PARTS, unet_shape, vae_shape
from kbapp.engines.joint_encoder import MAX_BATCH
from kbapp.server.weights import shapes_of

_UNET_COPIES = 12  # of the finest level's activations at one time, skips and attention included
_VAE_COPIES = 10  # of a picture's finest level while it is decoded, alone
_WIDE_COPIES, _COPIES = 2, 6  # in a transformer's layer: of its inner width; of its own (input, output, query, key, value, sum)
_SCORES = 2  # of attention, where a library keeps the whole matrix: before and after the softmax


def work_bytes(recipe: Recipe, batch: int, width: int) -> int:
    """Bytes; 0 when the settings do not say. batch: pictures made at once; encoders have a batch of their own. width: bytes of a number."""
    if recipe.kind == "cheff":
        return _cheff(recipe, batch, width)
    if recipe.role == "images":
        return _sdxl(recipe, batch, width)
    return _encoder(recipe, width)


def picture_tokens(recipe: Recipe) -> int:
    """Of one picture in an encoder's vision tower; 0 when its settings do not say."""
    tower = _tower(recipe)
    return (tower["image_size"] // tower["patch_size"]) ** 2 + 1 if tower else 0


def latent_side(recipe: Recipe) -> int:
    """Of an image model's latents; 0 when its settings do not say."""
    if recipe.kind == "cheff":
        return recipe.options.get("latent_size", LATENT_SIZE)
    return config_of(recipe.paths[0] / "unet" / "config.json", "sample_size").get("sample_size", 0)


def config_of(file: Path, key: str) -> Mapping[str, Any]:
    """The settings in a file, those of its text part first; empty when there is no such file or it does not hold the key."""
    if not file.is_file():
        return {}
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}  # loading the model says what is the matter
    said = {**said, **said.get("text_config", {})}
    return said if key in said else {}


def _sdxl(recipe: Recipe, batch: int, width: int) -> int:
    unet = config_of(recipe.paths[0] / "unet" / "config.json", "sample_size")
    if not unet:
        return 0
    pixels = unet["sample_size"] ** 2 * 2 * batch  # two of each: with and without the prompt
    sampling = _UNET_COPIES * unet["block_out_channels"][0] * pixels * width
    vae = config_of(recipe.paths[0] / "vae" / "config.json", "block_out_channels")
    return max(sampling, _decoding(vae["block_out_channels"][0], vae.get("sample_size", 0), width) if vae else 0)


def _cheff(recipe: Recipe, batch: int, width: int) -> int:
    """From the sizes of the tensors in its file, which has no settings."""
    options = recipe.options
    named = shapes_of(Path(options["checkpoint"]).expanduser())
    own = shapes_of(Path(options["autoencoder"]).expanduser()) if "autoencoder" in options else _under(named, PARTS["vae"])
    try:
        unet = unet_shape(_under(named, PARTS["unet"]))
        vae = vae_shape({name: shape for name, shape in own.items() if name.startswith(VAE_PARTS)})
    except (KeyError, ValueError, IndexError):
        return 0  # loading the model says what is the matter
    side = latent_side(recipe)
    pixels = side**2 * batch * (2 if options.get("guidance", 1) > 1 else 1)
    sampling = _UNET_COPIES * unet.channels[0] * pixels * width
    return max(sampling, _decoding(vae.channels[0], side * 2 ** (len(vae.channels) - 1), width))


def _decoding(channels: int, side: int, width: int) -> int:
    return _VAE_COPIES * channels * side**2 * width


def _encoder(recipe: Recipe, width: int) -> int:
    """Of a full batch of pictures in the vision tower, which is larger than the text's, and of the pictures themselves in float32."""
    tower = _tower(recipe)
    if not tower:
        return 0
    tokens = picture_tokens(recipe)
    layer = tokens * (_WIDE_COPIES * tower["inner"] + _COPIES * tower["hidden"]) + _SCORES * tower["heads"] * tokens**2
    return MAX_BATCH * (layer * width + 3 * tower["image_size"] ** 2 * 4)


def _tower(recipe: Recipe) -> Mapping[str, int]:
    """image_size, patch_size, hidden, inner, heads of a vision transformer; empty for another kind of tower or none."""
    if recipe.kind == "open-clip":
        said = config_of(recipe.paths[0] / "open_clip_config.json", "model_cfg").get("model_cfg", {}).get("vision_cfg", {})
        hidden = said.get("width")
        heads = said.get("width", 0) // said.get("head_width", 64)
        inner = int(said.get("width", 0) * said.get("mlp_ratio", 4))
    else:
        said = config_of(recipe.paths[0] / "config.json", "vision_config").get("vision_config", {})
        hidden = said.get("hidden_size")
        heads = said.get("num_attention_heads", 12)
        inner = said.get("intermediate_size", 4 * said.get("hidden_size", 0))
    found = {"image_size": said.get("image_size"), "patch_size": said.get("patch_size"), "hidden": hidden}
    return {**found, "heads": heads, "inner": inner} if all(isinstance(value, int) and value for value in found.values()) else {}


def _under(shapes: Mapping[str, tuple], prefix: str) -> dict[str, tuple]:
    return {name[len(prefix) :]: shape for name, shape in shapes.items() if name.startswith(prefix)}
