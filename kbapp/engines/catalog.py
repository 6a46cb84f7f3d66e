"""Which engines can be loaded in this process, by kind and options: what a file of served models may say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from kbapp.engines.checkpoint import found_folder, is_hub_name
from kbapp.errors import ModelUnavailable, SettingsError


@dataclass(frozen=True)
class Kind:
    """role: "chat", "images", "embeddings" or "scores". needed, optional: paths. numbers: whole numbers above zero."""

    role: str
    target: str  # "module:class" with a `load`
    needed: tuple[str, ...] = ("path",)
    optional: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "qwen-vl": Kind("chat", "kbapp.engines.qwen_vl:QwenVl", numbers=("max_pixels", "max_batch")),
    "sdxl": Kind("images", "kbapp.engines.sdxl:Sdxl", optional=("refiner",), numbers=("max_batch",)),
    "cheff": Kind(
        "images",
        "kbapp.engines.cheff:Cheff",
        ("checkpoint", "tokenizer"),
        ("autoencoder",),
        numbers=("max_batch", "latent_size", "guidance"),
    ),
    "open-clip": Kind("embeddings", "kbapp.engines.open_clip_encoder:OpenClipEncoder"),
    "blip": Kind("embeddings", "kbapp.engines.blip_encoder:BlipEncoder"),
    "blip-itm": Kind("scores", "kbapp.engines.blip_matcher:BlipMatcher"),
    "blip2": Kind("scores", "kbapp.engines.blip2_matcher:Blip2Contrast"),
    "blip2-itm": Kind("scores", "kbapp.engines.blip2_matcher:Blip2Match"),
}


_FOLDERS = ("path", "refiner", "tokenizer")  # paths that may come from the hub; the others are files


@dataclass(frozen=True)
class Recipe:
    """One model to load: its name to the outside, its kind and its checked options.

    origins: of a path, by its option: the hub's OWNER/NAME, or OWNER/NAME@REVISION, for fetching alone.
    """

    name: str
    kind: str
    options: Mapping[str, Any]
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def role(self) -> str:
        return KINDS[self.kind].role

    @property
    def paths(self) -> tuple[Path, ...]:
        kind = KINDS[self.kind]
        return tuple(found_folder(self.options[name]) for name in (*kind.needed, *kind.optional) if name in self.options)

    def load(self, device: str, dtype: str):
        """The engine. Raises ModelUnavailable when its files or the model packages are missing."""
        kind = KINDS[self.kind]
        module, name = kind.target.split(":")
        options = dict(self.options)
        first = [options.pop(key) for key in kind.needed]
        try:
            return getattr(import_module(module), name).load(*first, **options, device=device, dtype=dtype)
        except ModuleNotFoundError as error:
            raise ModelUnavailable(
                f"the package {error.name} is missing; install the models' packages: pip install 'kbapp[models]'"
            ) from None


def recipe(name: str, said: Mapping[str, Any]) -> Recipe:
    """From one table of the file. Raises SettingsError naming what is unknown or missing."""
    options = dict(said)
    kind = KINDS.get(options.pop("engine", ""))
    if kind is None:
        raise SettingsError(f'model "{name}": expected engine = one of {", ".join(KINDS)}')
    origins = options.pop("from", {})
    allowed = {*kind.needed, *kind.optional, *kind.numbers}
    unknown, missing = sorted(options.keys() - allowed), sorted(set(kind.needed) - options.keys())
    if unknown or missing:
        raise SettingsError(
            f'model "{name}": unknown or missing: {", ".join(unknown + missing)}; expected {", ".join(sorted(allowed))}'
        )
    for key, value in options.items():
        fits = type(value) is int and value > 0 if key in kind.numbers else isinstance(value, str) and bool(value)
        if not fits:
            raise SettingsError(
                f'model "{name}": {key} is {value!r}; expected a {"number above zero" if key in kind.numbers else "path"}'
            )
    return Recipe(name, said["engine"], options, _origins(name, origins, options))


def _origins(name: str, said: Any, options: Mapping[str, Any]) -> Mapping[str, str]:
    for key, origin in said.items() if isinstance(said, dict) else [("from", said)]:
        fits = isinstance(origin, str) and is_hub_name(origin.partition("@")[0])
        if not fits or key not in options or key not in _FOLDERS:
            raise SettingsError(
                f'model "{name}": expected from = {{ path = "OWNER/NAME" }} for a folder of its own, got {key} = {origin!r}'
            )
    return said
