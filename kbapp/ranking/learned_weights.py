"""Weights of the parts learned from what people accepted: a conditional logit over the candidates of each case (McFadden 1974).

The chance that candidate k of a case is accepted is softmax_k(w . parts), with w >= 0 and a small ridge. Weights are on the scale of the
prior's own (their mean is 1), because only their ratios matter for Eq. 2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

RIDGE = 0.5
FOLDS = 5
_STEPS = 300


@dataclass(frozen=True)
class Choice:
    """parts: (n, p) part scores 0-100 of a case's candidates. accepted: index of the one that was."""

    parts: np.ndarray
    accepted: int


@dataclass(frozen=True)
class Learned:
    """weights: by part, mean 1. agreed, agreed_now: of `cases` held out in turn, in how many the first candidate by the learned and by the
    current weights was the accepted one."""

    weights: Mapping[str, float]
    cases: int
    agreed: int
    agreed_now: int


def learned_weights(choices: Sequence[Choice], names: Sequence[str], current: Mapping[str, float]) -> Learned:
    """Fitted on all cases; what it is worth is counted on cases left out of the fit, each once, in FOLDS turns."""
    parts, there, accepted = _stacked(choices)
    now = np.array([current.get(name, 1.0) for name in names])
    fold = np.arange(len(choices)) % FOLDS
    agreed = sum(
        _agreements(
            fitted(parts[fold != k], there[fold != k], accepted[fold != k]), parts[fold == k], there[fold == k], accepted[fold == k]
        )
        for k in range(FOLDS)
    )
    weights = fitted(parts, there, accepted)
    scaled = weights / weights.mean() if weights.any() else now
    return Learned(dict(zip(names, scaled.tolist(), strict=True)), len(choices), agreed, _agreements(now, parts, there, accepted))


def fitted(parts: np.ndarray, there: np.ndarray, accepted: np.ndarray) -> np.ndarray:
    """(p,) weights >= 0. parts: (m, n, p) 0-1; there: (m, n) which candidates exist; accepted: (m,). Projected gradient: the likelihood
    with the ridge is strictly concave, so there is one answer."""
    weights, step = np.zeros(parts.shape[2]), 1.0
    value, slope = _likelihood(weights, parts, there, accepted)
    for _ in range(_STEPS):
        tried = np.maximum(weights + step * slope, 0.0)
        new_value, new_slope = _likelihood(tried, parts, there, accepted)
        if new_value < value:
            step *= 0.5
            if step < 1e-9:
                break
            continue
        done = np.abs(tried - weights).max() < 1e-7
        weights, value, slope, step = tried, new_value, new_slope, step * 1.3
        if done:
            break
    return weights


def _likelihood(weights: np.ndarray, parts: np.ndarray, there: np.ndarray, accepted: np.ndarray) -> tuple[float, np.ndarray]:
    scores = np.where(there, parts @ weights, -np.inf)
    scores = scores - scores.max(1, keepdims=True)
    chance = np.exp(scores)
    total = chance.sum(1, keepdims=True)
    rows = np.arange(len(accepted))
    value = (scores[rows, accepted] - np.log(total[:, 0])).sum() - RIDGE / 2 * weights @ weights
    slope = (parts[rows, accepted] - ((chance / total)[..., None] * parts).sum(1)).sum(0) - RIDGE * weights
    return float(value), slope


def _agreements(weights: np.ndarray, parts: np.ndarray, there: np.ndarray, accepted: np.ndarray) -> int:
    return int((np.where(there, parts @ weights, -np.inf).argmax(1) == accepted).sum())


def _stacked(choices: Sequence[Choice]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    most, p = max(len(c.parts) for c in choices), choices[0].parts.shape[1]
    parts, there = np.zeros((len(choices), most, p)), np.zeros((len(choices), most), bool)
    for row, choice in enumerate(choices):
        parts[row, : len(choice.parts)] = choice.parts / 100
        there[row, : len(choice.parts)] = True
    return parts, there, np.array([c.accepted for c in choices])
