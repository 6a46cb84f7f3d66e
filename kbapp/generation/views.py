"""The n views of one graph that candidates are made from: another subject each, open facts resolved another way."""

import hashlib
import random

from kbapp.core.candidate import Description
from kbapp.core.content import Modality
from kbapp.core.graph import KnowledgeGraph
from kbapp.generation.description import describe
from kbapp.generation.resolutions import most_likely, open_facts, resolved, sampled
from kbapp.generation.subjects import subjects
from kbapp.priors.schema import DomainPrior

_TRIES = 64  # draws for another combination of open facts before one is told again


def candidate_seed(content_sha256: str, run_seed: int, index: int) -> int:
    """0 to 2**31 - 1, from what the candidate is made of alone: one candidate can be made again without the others."""
    key = hashlib.sha256(f"{content_sha256}|{run_seed}|{index}".encode()).digest()
    return int.from_bytes(key[:4], "big") >> 1


def views(
    graph: KnowledgeGraph, prior: DomainPrior, target: Modality, n: int, content_sha256: str, run_seed: int
) -> tuple[Description, ...]:
    """n descriptions. The first tells open facts as they are likeliest, the others draw them within the reader's uncertainty.

    The k-th does not depend on n: asking for more keeps those that were there.
    """
    facts = open_facts(graph, prior, target)
    told: set = set()
    led: dict[str, int] = {}
    made = []
    for index in range(n):
        rng = random.Random(candidate_seed(content_sha256, run_seed, index))
        choice = most_likely(facts) if index == 0 else _another(facts, told, rng)
        told.add(choice)
        view = resolved(graph, choice)
        names = subjects(view, prior) or (prior.root,)
        subject = min(names, key=lambda name: (led.get(name, 0), names.index(name)))
        led[subject] = led.get(subject, 0) + 1
        made.append(describe(view, subject, prior, (r for r in choice if r.before != r.after)))
    return tuple(made)


def _another(facts, told: set, rng: random.Random):
    """A combination not told yet, if one can be found."""
    choice = sampled(facts, rng)
    for _ in range(_TRIES if facts else 0):
        if choice not in told:
            break
        choice = sampled(facts, rng)
    return choice
