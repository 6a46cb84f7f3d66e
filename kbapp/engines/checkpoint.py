"""What every in-process engine does when it loads and runs: find the folder, refuse random layers, choose device and number format."""

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbapp.engines.card_faults import fault_of
from kbapp.errors import ModelUnavailable, SettingsError

if TYPE_CHECKING:
    import torch

# Buffers that old checkpoints carry and new code computes: no weights are lost without them.
_HARMLESS = ("position_ids", "inv_freq")
_HUB_NAME = re.compile(r"(?!.*(\.\.|--))[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class Placement:
    """device: "cpu", "cuda", "cuda:1". dtype: "float32", "bfloat16" or "float16"; always given, since libraries differ in their defaults."""

    device: str = "cpu"
    dtype: str = "float32"

    @property
    def torch_dtype(self) -> "torch.dtype":
        import torch

        return getattr(torch, self.dtype)


def placement(device: str = "auto", dtype: str = "auto") -> Placement:
    """The card with bfloat16 where there is one, else the processor with float32. Raises SettingsError for what is not there."""
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise SettingsError(f'no CUDA device is found; expected "cpu" or "auto" as the device, got "{device}"')
    if dtype == "auto":
        dtype = "bfloat16" if device.startswith("cuda") else "float32"
    if dtype not in ("float32", "bfloat16", "float16"):
        raise SettingsError(f'expected float32, bfloat16 or float16, got "{dtype}"')
    return Placement(device, dtype)


def model_folder(path: str | Path, what: str, *needed: str) -> Path:
    """The absolute folder of a checkpoint: at the path, or for a name of the hub in its local cache. Nothing is ever downloaded here.

    Raises ModelUnavailable when the folder, or one of the files `needed` in it, is missing.
    """
    folder = found_folder(path)
    if not folder.is_dir() and is_hub_name(path):
        raise ModelUnavailable(
            f"expected {what} at {path}, which is neither a folder here nor in the hub's local cache; fetch it with: kbapp models pull {path}"
        )
    if not folder.is_dir():
        raise ModelUnavailable(
            f"expected the folder of {what} at {folder}, which is not there; fetch it with kbapp models pull, or mend the path."
        )
    missing = [name for name in needed if not (folder / name).exists()]
    if missing:
        raise ModelUnavailable(f"the folder {folder} is no complete copy of {what}: {', '.join(missing)} is missing.")
    return folder


def found_folder(path: str | Path) -> Path:
    """Absolute. A folder that is there comes first, then the hub's local cache; else the path, whatever is or is not there."""
    here = Path(path).expanduser().absolute()
    if here.exists() or not is_hub_name(path):
        return here
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        # Not every file of the repository is fetched (pickles beside safetensors); what a loader misses it says itself.
        return Path(snapshot_download(str(path), local_files_only=True, ignore_patterns="*"))
    except LocalEntryNotFoundError:
        return here


def is_hub_name(path: str | Path) -> bool:
    """Whether it reads as OWNER/NAME; a folder may be written so too."""
    return _HUB_NAME.fullmatch(str(path)) is not None


def loaded(load: Callable[..., tuple[Any, Mapping]], folder: Path, what: str, place: Placement, **options):
    """A network by its `from_pretrained`, on its device, ready to infer. Raises ModelUnavailable unless every weight was in the files.

    The libraries only warn when a weight is missing, and go on with a random one.
    """
    _no_progress_bars()
    try:
        network, info = load(folder, local_files_only=True, output_loading_info=True, **options)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelUnavailable(f"{what} in {folder} cannot be loaded: {_first_line(error)}") from error
    refuse_random_layers(info, what, folder)
    return network.to(place.device).eval().requires_grad_(False)


def tensors_of(*networks) -> list["torch.Tensor"]:
    """Parameters and buffers of the networks, each once. A network may be None."""
    found = (t for network in networks if network is not None for t in (*network.parameters(), *network.buffers()))
    return list({id(tensor): tensor for tensor in found}.values())


def _no_progress_bars() -> None:
    """Bars of layers being filled say nothing to a person, and fill a server's log."""
    import diffusers
    import transformers

    transformers.utils.logging.disable_progress_bar()
    diffusers.utils.logging.disable_progress_bar()


def refuse_random_layers(info: Mapping, what: str, where: Path) -> None:
    """info: missing_keys, unexpected_keys and mismatched_keys as the loading libraries report them."""
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        keys = sorted(str(key) for key in info.get(kind) or () if not str(key).endswith(_HARMLESS))
        if keys:
            shown = ", ".join(keys[:3]) + (" ..." if len(keys) > 3 else "")
            word = kind.removesuffix("_keys")
            raise ModelUnavailable(
                f"the weights in {where} are not those of {what}: {len(keys)} {word} ({shown}); fetch the model again, or mend the path."
            )


@contextmanager
def room_on_card(what: str):
    """Errors of the card as CardFull (the work can be tried again, smaller or later) and CardBroken; others pass."""
    try:
        yield
    except RuntimeError as error:
        fault = fault_of(error, what)
        if fault is None:
            raise
        raise fault from None


def engine_id(name: str, path: Path) -> str:
    """Name and short hash of the configuration and of the weight files' names and sizes: what the provenance can afford to tell apart."""
    digest = hashlib.sha256()
    files = sorted(
        p for p in (path.rglob("*") if path.is_dir() else [path]) if p.is_file() and ".cache" not in p.relative_to(path).parts
    )
    for file in files:
        small = file.suffix in (".json", ".txt", ".jinja")
        digest.update(f"{file.relative_to(path)}:{file.stat().st_size}\n".encode())
        digest.update(file.read_bytes() if small else b"")
    cached = path.parent.name == "snapshots"  # of the hub's cache: the folder's own name is a commit there
    shown = path.parents[1].name.removeprefix("models--").replace("--", "/") if cached else name
    return f"{shown}@{digest.hexdigest()[:12]}"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
