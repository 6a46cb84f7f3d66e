"""Files of weights that have a head and nothing behind it: enough for whoever counts."""

import json
import struct
from collections.abc import Mapping
from math import prod
from pathlib import Path


def write_head(file: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """A safetensors file in bfloat16."""
    head, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 2 * prod(shape)
        head[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [begin, end]}
    said = json.dumps(head).encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(struct.pack("<Q", len(said)) + said)
