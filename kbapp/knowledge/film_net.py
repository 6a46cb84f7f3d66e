"""A small convolutional network that finds lung fields and heart on a frontal film, run in plain numpy.

Trained by `bench/film_training.py` on pictures that this project draws itself; the weights are `film_net.npz` beside this file
(float16, well under 1 MB). Input: the film at 128 x 128; output: three maps at 64 x 64, each 0-1: right lung field, left lung field
(the patient's; the parts behind the heart belong to them), heart; and what kind of picture it is: an upright frontal film, one with
dark bones, a turned one, a chest from the side, something else.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

INPUT, OUTPUT = 128, 64
DEEPEST = 56  # channels of the deepest level
KINDS = ("frontal", "inverted", "turned", "side", "other")
# name, channels in, channels out, kernel, stride
LAYERS = (
    ("a1", 1, 12, 3, 2), ("a2", 12, 12, 3, 1),
    ("b1", 12, 24, 3, 2), ("b2", 24, 24, 3, 1),
    ("c1", 24, 40, 3, 2), ("c2", 40, 40, 3, 1), ("c3", 40, 40, 3, 1),
    ("d1", 40, 56, 3, 2), ("d2", 56, 56, 3, 1), ("d3", 56, 56, 3, 1),
    ("e", 96, 40, 3, 1), ("f", 64, 24, 3, 1), ("g", 36, 12, 3, 1), ("h", 12, 3, 1, 1),
)  # fmt: skip
STRIDES = {name: stride for name, _, _, _, stride in LAYERS}


def prepare(grey: np.ndarray) -> np.ndarray:
    """(h, w) uint8 -> (1, INPUT, INPUT) float32 of mean 0 and deviation 1, outliers cut."""
    small = cv2.resize(grey, (INPUT, INPUT), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.clip((small - small.mean()) / (small.std() + 1e-3), -3, 3)[None]


@dataclass(frozen=True, eq=False)
class Seen:
    """maps: (3, OUTPUT, OUTPUT) float32 0-1. kinds: (len(KINDS),) float32, adds up to 1; uncalibrated."""

    maps: np.ndarray
    kinds: np.ndarray

    @property
    def kind(self) -> str:
        return KINDS[int(np.argmax(self.kinds))]


def look(grey: np.ndarray) -> Seen:
    """(h, w) uint8 -> what the network sees."""
    return run(prepare(grey))


def run(x: np.ndarray) -> Seen:
    """The forward pass: four levels down, three up, with the levels' own maps beside; the kind is told from the deepest level."""
    a = _conv("a2", _conv("a1", x))
    b = _conv("b2", _conv("b1", a))
    c = _conv("c3", _conv("c2", _conv("c1", b)))
    d = _conv("d3", _conv("d2", _conv("d1", c)))
    weight, bias = _weights()["k"]
    scores = weight @ np.concatenate([d.mean((1, 2)), d.max((1, 2))]) + bias[:, 0]
    kinds = np.exp(scores - scores.max())
    c = _conv("e", np.concatenate([_up(d), c]))
    b = _conv("f", np.concatenate([_up(c), b]))
    g = _conv("g", np.concatenate([_up(b), a]))
    weight, bias = _weights()["h"]
    logits = (weight @ g.reshape(len(g), -1) + bias).reshape(3, OUTPUT, OUTPUT)
    return Seen(1 / (1 + np.exp(-np.clip(logits, -30, 30))), kinds / kinds.sum())


def _conv(name: str, x: np.ndarray) -> np.ndarray:
    """3 x 3 convolution with padding 1 and ReLU: (c, h, w) -> (o, h / stride, w / stride)."""
    weight, bias = _weights()[name]
    if STRIDES[name] == 1:
        product = _nine_products(weight, x)
    else:
        product = weight.transpose(1, 0, 2).reshape(len(bias), -1) @ _columns(x, STRIDES[name])
    product += bias
    np.maximum(product, 0, out=product)
    if STRIDES[name] == 1:
        return product.reshape(len(bias), x.shape[1], x.shape[2] + 2)[:, :, :-2]
    return product.reshape(len(bias), x.shape[1] // 2, x.shape[2] // 2)


def _nine_products(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(o, h * (w + 2)): one product per tap on the flattened padded picture, where a shift is a view and nothing is copied.

    The last two of each w + 2 columns are of no meaning.
    """
    channels, height, width = x.shape
    padded = np.zeros((channels, (height + 2) * (width + 2) + 2), np.float32)
    padded[:, :-2].reshape(channels, height + 2, width + 2)[:, 1:-1, 1:-1] = x
    size = height * (width + 2)
    total = weight[0] @ padded[:, :size]
    part = np.empty_like(total)
    for k in range(1, 9):
        start = (k // 3) * (width + 2) + k % 3
        np.matmul(weight[k], padded[:, start : start + size], out=part)
        total += part
    return total


def _columns(x: np.ndarray, stride: int) -> np.ndarray:
    """(9 * c, outputs): the nine neighbours of each output, tap by tap."""
    channels, height, width = x.shape
    padded = np.zeros((channels, height + 2, width + 2), np.float32)
    padded[:, 1:-1, 1:-1] = x
    columns = np.empty((9, channels, height // stride, width // stride), np.float32)
    for k in range(9):
        columns[k] = padded[:, k // 3 : k // 3 + height : stride, k % 3 : k % 3 + width : stride]
    return columns.reshape(9 * channels, -1)


def _up(x: np.ndarray) -> np.ndarray:
    return x.repeat(2, axis=1).repeat(2, axis=2)


@lru_cache(maxsize=1)
def _weights() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Per layer the weights, (9, o, c) by tap for 3 x 3 and (o, c) else, and the bias (o, 1)."""
    with np.load(Path(__file__).with_name("film_net.npz"), allow_pickle=False) as stored:
        found = {}
        for name, *_ in LAYERS:
            weight = stored[f"{name}.weight"].astype(np.float32)
            taps = weight.transpose(2, 3, 0, 1).reshape(-1, *weight.shape[:2])
            found[name] = (
                np.ascontiguousarray(taps if len(taps) == 9 else taps[0]),
                stored[f"{name}.bias"].astype(np.float32)[:, None],
            )
        found["k"] = stored["k.weight"].astype(np.float32), stored["k.bias"].astype(np.float32)[:, None]
    return found
