import numpy as np
import pytest

from kbapp.ranking.learned_weights import RIDGE, Choice, _likelihood, _stacked, fitted, learned_weights

TRUTH = np.array([6.0, 1.0, 0.0])
NAMES = ("graph", "clip", "blip")
EVEN = dict.fromkeys(NAMES, 1.0)


def decisions(count, truth=TRUTH, seed=0):
    """What people with these weights would accept, with the chance of the model."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        parts = 100 * rng.random((int(rng.integers(2, 7)), len(truth)))
        score = parts / 100 @ truth
        chance = np.exp(score - score.max())
        made.append(Choice(parts, int(rng.choice(len(parts), p=chance / chance.sum()))))
    return made


def test_known_weights_are_found_again_and_beat_even_ones_on_cases_left_out():
    learned = learned_weights(decisions(400), NAMES, EVEN)
    found = np.array([learned.weights[name] for name in NAMES])
    assert found @ TRUTH / np.linalg.norm(found) / np.linalg.norm(TRUTH) > 0.95
    assert found.mean() == pytest.approx(1) and (found >= 0).all()
    assert learned.agreed > learned.agreed_now and learned.cases == 400


def test_the_answer_is_the_best_on_a_grid():
    parts, there, accepted = _stacked(decisions(80, np.array([3.0, 1.0])))
    best = fitted(parts, there, accepted)
    value = _likelihood(best, parts, there, accepted)[0]
    grid = [np.array([a, b]) for a in np.linspace(0, 8, 41) for b in np.linspace(0, 8, 41)]
    assert value >= max(_likelihood(w, parts, there, accepted)[0] for w in grid) - 1e-6


def test_the_slope_is_the_one_of_the_value():
    parts, there, accepted = _stacked(decisions(30))
    at, small = np.array([1.0, 2.0, 0.5]), 1e-5
    slope = _likelihood(at, parts, there, accepted)[1]
    for k in range(3):
        ahead, behind = at.copy(), at.copy()
        ahead[k], behind[k] = at[k] + small, at[k] - small
        numeric = (_likelihood(ahead, parts, there, accepted)[0] - _likelihood(behind, parts, there, accepted)[0]) / (2 * small)
        assert slope[k] == pytest.approx(numeric, abs=1e-4)


def test_choices_against_every_score_leave_the_weights_as_they_are():
    against = [Choice(np.array([[90.0, 90.0, 90.0], [10.0, 10.0, 10.0]]), 1)] * 20
    assert learned_weights(against, NAMES, EVEN).weights == EVEN
    assert RIDGE > 0
