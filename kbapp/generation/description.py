"""The standardized text of one view of the graph: subject first, every fact once, in words that the report reader reads back."""

import re
from collections.abc import Iterable

from kbapp.core.candidate import Description, Resolution
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.triple import Status
from kbapp.generation.state_wording import capital
from kbapp.generation.wording import Statement, statements
from kbapp.priors.schema import DomainPrior

_WORD = re.compile(r"\w+")


def describe(graph: KnowledgeGraph, subject: str, prior: DomainPrior, resolutions: Iterable[Resolution] = ()) -> Description:
    """graph: with the resolutions applied. Source: paper section 2.3, "standardized text descriptions"."""
    text = " ".join(standard_sentence(said, prior) for said in led_by(subject, statements(graph, prior, prose=False)))
    return Description(subject, text, graph, tuple(resolutions), coverage(text, graph))


def led_by(subject: str, told: Iterable[Statement]) -> tuple[Statement, ...]:
    """What tells of the subject first, then the rest of its group, then all else; within each the given order (by importance)."""
    told = tuple(told)
    lead = [s for s in told if subject in s.heads] or [s for s in told if subject in s.places]
    groups = {s.group for s in lead}
    return tuple(sorted(told, key=lambda s: 0 if s in lead else 1 if s.group in groups else 2))


def standard_sentence(said: Statement, prior: DomainPrior, *, home: bool = True) -> str:
    """Always the same words for the same statement. home: name the finding's own site too."""
    if said.sentences:
        return said.sentences[0]
    noun = said.noun + (said.home if home else "")
    if said.status is Status.ABSENT:
        return capital(f"{denials(noun, prior)[0]} {noun}.")
    if said.status is Status.UNCERTAIN:
        return doubts(noun, said, prior)[0]
    return capital(f"{noun}.")


def denials(nouns: str, prior: DomainPrior) -> tuple[str, ...]:
    """Up to two of the prior's cues that an English noun can follow ("no", "no evidence of") and that deny these nouns and say no more:
    where the prior has a phrase "no ..." with a meaning of its own, "no" is left to that."""
    fits = [c for c in prior.cues.absent_before if c.split()[0] == "no" and c.split()[-1] in ("no", "of")]
    phrases = tuple(words.casefold() for phrase in prior.phrases for words in phrase.words)
    free = [c for c in fits if not f"{c} {nouns}".casefold().startswith(phrases)] if phrases else fits
    return tuple(free[:2]) or ("no evidence of",)


def doubts(noun: str, said: Statement, prior: DomainPrior) -> tuple[str, ...]:
    """One or two sentences that doubt the noun equally, by the prior's first cues: "Possible ...", " ... cannot be excluded"."""
    before = [c for c in prior.cues.uncertain_next or prior.cues.uncertain_before if " " not in c and not c.endswith("ly")]
    after = [c for c in prior.cues.uncertain_after if c.startswith("cannot be ")]
    if said.several or said.doubt_last:
        before = before if said.several else []
        after = [] if said.several else after
    told = [f"{c} {noun}." for c in before[:1]] + [f"{noun} {c}." for c in after[:1]]
    return tuple(capital(sentence) for sentence in told) or (capital(f"possible {noun}."),)


def coverage(text: str, graph: KnowledgeGraph) -> float:
    """Share, 0-1, of the graph's nodes all of whose words stand in one sentence of the text; 1 for an empty graph."""
    if not graph.nodes:
        return 1.0
    sentences = [_words(sentence) for sentence in re.split(r"[.\n]", text)]
    for sentence in sentences:
        if "bilateral" in sentence:
            sentence |= {"left", "right"}
    return sum(any(_words(node.name) <= sentence for sentence in sentences) for node in graph.nodes) / len(graph.nodes)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
