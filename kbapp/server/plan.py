"""What the models will take on the card, computed from their files before anything is loaded."""

import json
from dataclasses import dataclass
from pathlib import Path

from kbapp.engines.catalog import Recipe

_WEIGHTS = (".safetensors", ".pt", ".ckpt", ".bin")
_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_CONTEXT_TOKENS = 4096  # of one sequence in a completion: prompts of up to 2,500 tokens, answers of up to 1,536
_SEQUENCES = 15


@dataclass(frozen=True)
class Need:
    """weights: bytes of the weight files. cache: bytes of the keys and values of 15 sequences of 4,096 tokens, for a chat model."""

    name: str
    weights: int
    cache: int = 0


def needs(recipes: list[Recipe], dtype: str) -> list[Need]:
    """Weights count as they lie in the files: a checkpoint in another number format than it is loaded in takes half or double."""
    return [Need(r.name, sum(map(_weight_bytes, r.paths)), _cache_bytes(r.paths[0], dtype)) for r in recipes]


def plan_lines(found: list[Need], room: int | None) -> list[str]:
    """A table for the terminal. room: free bytes on the card, None without one."""
    lines = [
        f"{n.name:<24} weights {_gb(n.weights)}" + (f", keys and values up to {_gb(n.cache)}" if n.cache else "") for n in found
    ]
    total = sum(n.weights + n.cache for n in found)
    lines.append(f"{'together':<24} {_gb(total)}" + (f" of {_gb(room)} free on the card" if room is not None else ""))
    if room is not None and total > room:
        lines.append("This does not fit: serve fewer models, smaller or quantised ones, or use a larger card.")
    return lines


def _weight_bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(f.stat().st_size for f in files if f.is_file() and f.suffix in _WEIGHTS)


def _cache_bytes(folder: Path, dtype: str) -> int:
    """2 x layers x key-value heads x head size x bytes, per token; 0 for what is no chat model."""
    config = folder / "config.json"
    if not config.is_file():
        return 0
    said = json.loads(config.read_text(encoding="utf-8"))
    said = {**said, **said.get("text_config", {})}
    if "num_key_value_heads" not in said:
        return 0
    head = said["hidden_size"] // said["num_attention_heads"]
    return 2 * said["num_hidden_layers"] * said["num_key_value_heads"] * head * _BYTES[dtype] * _CONTEXT_TOKENS * _SEQUENCES


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 5e7 else f"{count / 1e6:.1f} MB"
