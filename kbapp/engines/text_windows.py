"""Texts longer than an encoder reads: split into windows of whole words, each encoded, their vectors averaged."""

from collections.abc import Callable, Sequence

import numpy as np


def windows(text: str, tokens_in: Callable[[str], int], room: int) -> list[str]:
    """Runs of words that need at most `room` tokens each (without start and end marks); one window for a text that fits.

    tokens_in: number of tokens of a single word. A word that alone needs more stands in a window of its own, which the encoder cuts.
    """
    found: list[list[str]] = [[]]
    used = 0
    for word in text.split():
        need = tokens_in(word)
        if found[-1] and used + need > room:
            found.append([])
            used = 0
        found[-1].append(word)
        used += need
    return [" ".join(words) for words in found]


def split_all(texts: Sequence[str], tokens_in: Callable[[str], int], room: int) -> tuple[list[str], list[int], tuple[str, ...]]:
    """(all windows in order, how many each text has, a note per text: "" or "read as 3 windows")."""
    parts = [windows(text, tokens_in, room) for text in texts]
    counts = [len(p) for p in parts]
    notes = tuple(_note(p, tokens_in, room) for p in parts)
    return [window for p in parts for window in p], counts, notes


def _note(parts: list[str], tokens_in: Callable[[str], int], room: int) -> str:
    said = [f"read as {len(parts)} windows"] if len(parts) > 1 else []
    if any(" " not in part and tokens_in(part) > room for part in parts):
        said.append("a word was cut")
    return "; ".join(said)


def pooled(vectors: np.ndarray, counts: Sequence[int]) -> np.ndarray:
    """vectors: (sum of counts, d) unit rows. (n, d) float32: the mean over each text's windows, at unit length again."""
    ends = np.cumsum(counts)
    means = np.stack([vectors[end - count : end].mean(axis=0) for end, count in zip(ends, counts, strict=True)])
    return unit(means)


def unit(rows: np.ndarray) -> np.ndarray:
    """(n, d) float32 rows of length one; a zero row stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths == 0, 1, lengths)).astype(np.float32)
