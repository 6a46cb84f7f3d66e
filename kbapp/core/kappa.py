"""Cohen's kappa: how far two readers agree beyond what chance alone would give. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

_Z = 1.96  # 95 of 100 intervals made this way hold the true value


@dataclass(frozen=True)
class Kappa:
    """observed, expected: shares 0-1 of equal verdicts, as seen and as by chance, None without pairs. value, low, high: -1 to 1, None
    where kappa is undefined; then `why` says why, as a sentence."""

    pairs: int
    observed: float | None
    expected: float | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> Kappa:
    """pairs: the first and the second reader's verdict on each case.

    (observed - expected) / (1 - expected): J. Cohen, A coefficient of agreement for nominal scales, 1960. The interval takes `expected`
    as given, as Cohen's does, and `observed` with E. B. Wilson's of 1927: Cohen's own has no width where all agree or none, however few
    they are. It is cut at -1.
    """
    n = len(pairs)
    if not n:
        return Kappa(0, None, None, why="No case has been read twice yet.")
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    equal = sum(a == b for a, b in pairs)
    by_chance = sum(first[verdict] * second[verdict] for verdict in first)  # of n * n
    observed, expected = equal / n, by_chance / n**2
    if by_chance == n**2:
        return Kappa(
            n, observed, expected, why="Both readers gave the same one verdict throughout, so chance alone explains it all."
        )
    value = (observed - expected) / (1 - expected)
    low, high = ((end - expected) / (1 - expected) for end in _wilson(equal, n))
    return Kappa(n, observed, expected, value, max(-1.0, low), high)


def _wilson(count: int, of: int) -> tuple[float, float]:
    """Ends of the interval of a share, 0-1."""
    z2, share = _Z**2, count / of
    middle, half = share + z2 / (2 * of), _Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return min(share, (middle - half) / (1 + z2 / of)), max(share, (middle + half) / (1 + z2 / of))
