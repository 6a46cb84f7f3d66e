"""Names and shapes of the published latent-diffusion checkpoint (CompVis layout), as diffusers' modules call them.

A converter needs two things: for every tensor of our modules its name in the file, and the sizes of the modules, which are read from
the file's own tensors. Nothing here needs torch.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

PARTS = {"unet": "model.diffusion_model.", "vae": "first_stage_model.", "text": "cond_stage_model.transformer."}
HEADS = 8  # of every attention, in U-Net and text encoder
GROUPS = 32

_UNET_ENDS = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_MIDDLE = {"resnets.0": "0", "attentions.0": "1", "resnets.1": "2"}
_VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class UnetShape:
    """channels: of each level, finest first. layers: resnets of a level. attends: whether the level has cross-attention."""

    channels: tuple[int, ...]
    layers: int
    attends: tuple[bool, ...]
    context: int
    latent: int

    @property
    def config(self) -> dict:
        """Arguments of UNet2DConditionModel. `attention_head_dim` means the number of heads there."""
        down = ["CrossAttnDownBlock2D" if a else "DownBlock2D" for a in self.attends]
        up = ["CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(self.attends)]
        return {
            "in_channels": self.latent,
            "out_channels": self.latent,
            "block_out_channels": self.channels,
            "layers_per_block": self.layers,
            "down_block_types": tuple(down),
            "up_block_types": tuple(up),
            "cross_attention_dim": self.context,
            "attention_head_dim": HEADS,
            "norm_num_groups": GROUPS,
        }


@dataclass(frozen=True)
class VaeShape:
    channels: tuple[int, ...]
    layers: int
    latent: int

    @property
    def config(self) -> dict:
        """Arguments of AutoencoderKL."""
        levels = len(self.channels)
        return {
            "latent_channels": self.latent,
            "block_out_channels": self.channels,
            "layers_per_block": self.layers,
            "down_block_types": ("DownEncoderBlock2D",) * levels,
            "up_block_types": ("UpDecoderBlock2D",) * levels,
            "norm_num_groups": GROUPS,
        }


def unet_shape(shapes: Shapes) -> UnetShape:
    """shapes: by the names in the file, without prefix. Raises KeyError for a file of another kind."""
    layers = min(int(k.split(".")[1]) for k in shapes if k.startswith("input_blocks.") and k.endswith(".0.op.weight")) - 1
    channels, attends = [], []
    while (key := f"input_blocks.{1 + len(channels) * (layers + 1)}.0.out_layers.3.weight") in shapes:
        channels.append(shapes[key][0])
        attends.append(key.replace("0.out_layers.3", "1.proj_in") in shapes)
    context = shapes["middle_block.1.transformer_blocks.0.attn2.to_k.weight"][1]
    return UnetShape(tuple(channels), layers, tuple(attends), context, shapes["input_blocks.0.0.weight"][1])


def vae_shape(shapes: Shapes) -> VaeShape:
    channels = []
    while (key := f"encoder.down.{len(channels)}.block.0.conv2.weight") in shapes:
        channels.append(shapes[key][0])
    layers = sum(bool(re.fullmatch(r"encoder\.down\.0\.block\.\d+\.conv1\.weight", k)) for k in shapes)
    return VaeShape(tuple(channels), layers, shapes["post_quant_conv.weight"][1])


def unet_name(key: str, shape: UnetShape) -> str:
    """The name in the file of a tensor of UNet2DConditionModel, "down_blocks.0.resnets.1.conv1.bias" -> "input_blocks.2.0.in_layers.2.bias"."""
    for ours, theirs in _UNET_ENDS.items():
        if key.startswith(ours + "."):
            return theirs + key[len(ours) :]
    block, rest = key.split(".", 1)
    if block == "mid_block":
        part, number, tail = rest.split(".", 2)
        return f"middle_block.{_MIDDLE[f'{part}.{number}']}.{_resnet(tail) if part == 'resnets' else tail}"
    level, part, number, tail = rest.split(".", 3)
    i, j, n = int(level), int(number), shape.layers
    if part == "downsamplers":
        return f"input_blocks.{(i + 1) * (n + 1)}.0.op{tail.removeprefix('conv')}"
    if part == "upsamplers":
        place = 2 if shape.attends[-1 - i] else 1
        return f"output_blocks.{i * (n + 1) + n}.{place}.{tail}"
    head = f"input_blocks.{1 + i * (n + 1) + j}" if block == "down_blocks" else f"output_blocks.{i * (n + 1) + j}"
    return f"{head}.0.{_resnet(tail)}" if part == "resnets" else f"{head}.1.{tail}"


def _resnet(tail: str) -> str:
    name, end = tail.rsplit(".", 1)
    return f"{_RESNET[name]}.{end}"


def vae_name(key: str, shape: VaeShape) -> str:
    """The name in the file of a tensor of AutoencoderKL."""
    key = key.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    key = key.replace("mid_block.resnets.0.", "mid.block_1.").replace("mid_block.resnets.1.", "mid.block_2.")
    for ours, theirs in _VAE_ATTENTION.items():
        key = key.replace(f"mid_block.attentions.0.{ours}.", f"mid.attn_1.{theirs}.")
    key = re.sub(r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block.", key)
    key = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0\.", r"down.\1.downsample.", key)
    last = len(shape.channels) - 1
    key = re.sub(r"up_blocks\.(\d+)\.resnets\.", lambda m: f"up.{last - int(m[1])}.block.", key)
    return re.sub(r"up_blocks\.(\d+)\.upsamplers\.0\.", lambda m: f"up.{last - int(m[1])}.upsample.", key)


def text_names(layers: int) -> list[str]:
    """Every tensor that the text encoder reads, in the file's own names."""
    names = ["token_emb.weight", "pos_emb.emb.weight", "norm.weight", "norm.bias"]
    for k in range(layers):
        attention, forward = f"attn_layers.layers.{2 * k}", f"attn_layers.layers.{2 * k + 1}"
        names += [f"{part}.0.{end}" for part in (attention, forward) for end in ("weight", "bias")]
        names += [f"{attention}.1.to_{x}.weight" for x in "qkv"]
        names += [
            f"{part}.{end}"
            for part in (f"{attention}.1.to_out", f"{forward}.1.net.0.0", f"{forward}.1.net.2")
            for end in ("weight", "bias")
        ]
    return names
