"""What a model's weights take once they are loaded, read from the heads of the files that its loader opens."""

import json
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kbapp.engines.catalog import Recipe
from kbapp.engines.checkpoint import found_folder
from kbapp.engines.cheff_checkpoint import VAE_PARTS, read_checkpoint
from kbapp.engines.cheff_layout import PARTS
from kbapp.errors import ModelUnavailable

_FLOATS = ("F64", "F32", "F16", "BF16")  # loaded in the format that is asked for; others (packed, quantised) stay as they are
_SDXL = {"path": ("unet", "vae", "text_encoder", "text_encoder_2"), "refiner": ("unet", "text_encoder_2")}
_UNREADABLE = (ValueError, KeyError, TypeError, struct.error, ModelUnavailable)
_HEAD_BYTES = 100_000_000  # of a safetensors file at most, as the format says


def weight_bytes(recipe: Recipe, width: int) -> int:
    """Bytes on the card; 0 when a part of them is not there. width: bytes of a number in the format it is loaded in.

    Counted are the files the loader reads: a published folder may hold the same weights in several formats.
    """
    if recipe.kind == "cheff":
        return _whole([_bytes_in(file, width, begins) for file, begins in _cheff_files(recipe)])
    return _whole([_in_folder(folder, width) for folder in _folders(recipe)])


def unet_bytes(recipe: Recipe, width: int) -> int:
    """Of an image model's diffusion network alone; 0 when it is not there."""
    if recipe.kind == "cheff":
        return _bytes_in(Path(recipe.options["checkpoint"]).expanduser(), width, (PARTS["unet"],))
    return _in_folder(recipe.paths[0] / "unet", width)


def shapes_of(file: Path) -> Mapping[str, tuple[int, ...]]:
    """Name -> shape of each tensor; empty when there is no such file or its head cannot be read."""
    try:
        return {name: tuple(shape) for name, (shape, _, _) in _tensors(file).items()} if file.is_file() else {}
    except _UNREADABLE:
        return {}


def _in_folder(folder: Path, width: int) -> int:
    return _whole([_bytes_in(file, width) for file in _files(folder)])


def _whole(parts: list[int]) -> int:
    """A sum without one of its parts would be taken for what the model needs."""
    return sum(parts) if all(parts) else 0


def _cheff_files(recipe: Recipe) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Each with the beginnings of the names that are loaded: averaged copies and what served training stay behind."""
    own = "autoencoder" in recipe.options
    vae = () if own else tuple(PARTS["vae"] + part for part in VAE_PARTS)
    yield Path(recipe.options["checkpoint"]).expanduser(), (PARTS["unet"], PARTS["text"], *vae)
    if own:
        yield Path(recipe.options["autoencoder"]).expanduser(), VAE_PARTS


def _folders(recipe: Recipe) -> list[Path]:
    if recipe.kind != "sdxl":
        return [recipe.paths[0]]
    return [found_folder(recipe.options[name]) / part for name, parts in _SDXL.items() if name in recipe.options for part in parts]


def _files(folder: Path) -> list[Path]:
    """As the libraries choose: safetensors before pickles, open_clip's own before others, whole precision before half, shards by their list."""
    for pattern in ("open_clip_*.safetensors", "*.safetensors", "*.bin", "*.pt"):
        found = sorted(folder.glob(pattern))
        listed = [folder / name for name in _shards(folder)] if pattern == "*.safetensors" else []
        whole = [file for file in found if ".fp16." not in file.name]
        if listed or found:
            return listed or whole or found
    return []


def _shards(folder: Path) -> list[str]:
    try:
        said = json.loads((folder / "model.safetensors.index.json").read_text(encoding="utf-8"))["weight_map"]
    except (OSError, ValueError, KeyError):
        return []
    return sorted(set(said.values()))


def _bytes_in(file: Path, width: int, begins: tuple[str, ...] = ("",)) -> int:
    """Of the tensors whose names begin so. A file whose head cannot be read counts as it lies there; loading says what is the matter."""
    if not file.is_file():
        return 0
    try:
        tensors = _tensors(file)
    except _UNREADABLE:
        return file.stat().st_size
    return sum(
        math.prod(shape) * width if is_float else size
        for name, (shape, is_float, size) in tensors.items()
        if name.startswith(begins)
    )


def _tensors(file: Path) -> Mapping[str, tuple[Sequence[int], bool, int]]:
    return _head(file) if file.suffix == ".safetensors" else _pickled(file)


def _head(file: Path) -> Mapping[str, tuple[Sequence[int], bool, int]]:
    """Name -> (shape, whether its numbers are floats, bytes in the file)."""
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > _HEAD_BYTES:
            raise ValueError("no head of a safetensors file")
        said = json.loads(stream.read(length))
    said.pop("__metadata__", None)
    return {
        name: (one["shape"], one["dtype"] in _FLOATS, one["data_offsets"][1] - one["data_offsets"][0]) for name, one in said.items()
    }


def _pickled(file: Path) -> Mapping[str, tuple[Sequence[int], bool, int]]:
    """The same of a pickle; its numbers stay on the disk."""
    return {name: (t.shape, t.is_floating_point(), t.nbytes) for name, t in read_checkpoint(file).items()}
