"""Optional matching of a model's wording to the prior's names by embedding, where word by word nothing is found.

Off unless the prior says from which similarity on (`rewording`), because that depends on the encoder. Always visible: the reading's notes
name each pair, and the model's own words stay in the evidence.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from kbapp.core.content import TextContent
from kbapp.engines.encoder import Encoder
from kbapp.knowledge.lmm_names import Names
from kbapp.knowledge.lmm_reply import Statement
from kbapp.priors.version import PriorVersion


class Rewording:
    """The prior's names as vectors, made once for each version of a prior."""

    def __init__(self, encoder: Encoder):
        self._encoder = encoder
        self._known: dict[str, tuple[list[str], np.ndarray]] = {}

    def of(self, statements: Iterable[Sequence[Statement]], names: Names, prior: PriorVersion) -> dict[str, str]:
        """The model's unknown heads -> canonical names, over all studies of a call; empty where the prior does not ask for it."""
        if prior.prior.rewording is None:
            return {}
        unknown = sorted({s.head for of_one in statements for s in of_one if names.mention(s.head).entry is None})
        if not unknown:
            return {}
        known, vectors = self._vectors(prior)
        said = self._encoder.embed([TextContent(name) for name in unknown])[0]
        return matched(unknown, known, said @ vectors.T, prior.prior.rewording)

    def _vectors(self, prior: PriorVersion) -> tuple[list[str], np.ndarray]:
        sha256 = prior.prior.sha256
        if sha256 not in self._known:
            known = sorted(e.name for e in prior.prior.vocabulary if e.kind != "anatomy")
            self._known = {sha256: (known, self._encoder.embed([TextContent(name) for name in known])[0])}
        return self._known[sha256]


def matched(unknown: Sequence[str], known: Sequence[str], similarity: np.ndarray, least: float) -> dict[str, str]:
    """One to one: the most similar pair first, then the most similar of what is left, down to `least`; ties by the two names.

    similarity: (len(unknown), len(known)). Exchanging the two sides gives the same pairs; so does another order of the names.
    """
    pairs = [(-float(similarity[i, k]), *sorted((unknown[i], known[k])), i, k) for i, k in np.argwhere(similarity >= least)]
    found: dict[str, str] = {}
    for *_, i, k in sorted(pairs):
        if unknown[i] not in found and known[k] not in found.values():
            found[unknown[i]] = known[k]
    return found


def reworded(statements: Sequence[Statement], names: dict[str, str]) -> tuple[list[Statement], tuple[str, ...]]:
    """The statements under the canonical names, and a note for each pair that was used."""
    used = sorted({s.head for s in statements} & names.keys())
    notes = tuple(f'"{said}" was read as "{names[said]}" (reworded, by the likeness of the words)' for said in used)
    return [s.model_copy(update={"head": names.get(s.head, s.head)}) for s in statements], notes
