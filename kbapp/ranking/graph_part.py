"""The graph part of the score and the difference, for all candidates of a completion at once and by the same yardstick."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kbapp.core.candidate import Resolution
from kbapp.core.completion import Reading
from kbapp.core.content import Modality
from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.score import PartScore
from kbapp.priors.schema import DomainPrior
from kbapp.ranking.assessable import answering_part, assessable_part, assessed_by_any, shown_part
from kbapp.ranking.difference import difference
from kbapp.ranking.graph_similarity import typed_similarity

# Of a candidate that came from elsewhere without its graph: nobody has read it, so it must not count as one that tells nothing.
NO_GRAPH = PartScore(None, "there is no graph of the candidate")


def graph_parts(
    source: KnowledgeGraph, candidates: Sequence[Reading], prior: DomainPrior, target: Modality
) -> tuple[PartScore, ...]:
    """Typed Eq. 1 of each candidate, over what its modality can show and its reader judges; the note says what that leaves."""
    assesses = assessed_by_any(reading.assesses for reading in candidates)
    part = assessable_part(source, prior, target, assesses)
    if not source:
        return tuple(PartScore(None, "nothing was read from the source") for _ in candidates)
    if not part:
        return tuple(PartScore(None, _left_out(source, part, prior, target, "what the source says")) for _ in candidates)
    left = f"; {_left_out(source, part, prior, target)}" if len(part.triples) < len(source.triples) else ""
    over = f"over {len(part.triples)} of {len(source.triples)} facts"
    unjudged = [len(part.triples) - len(assessable_part(part, prior, target, r.assesses).triples) for r in candidates]
    graphs = (
        answering_part(assessable_part(reading.graph, prior, target, assesses), part, prior, target) for reading in candidates
    )
    notes = (f"{over}{_unjudged_here(n)}{left}" if left or n else "" for n in unjudged)
    return tuple(PartScore(typed_similarity(part, graph), "", note) for graph, note in zip(graphs, notes, strict=True))


def _unjudged_here(n: int) -> str:
    return f", {n} of which the reader could not judge on this one: they count as not told" if n else ""


def _left_out(source: KnowledgeGraph, part: KnowledgeGraph, prior: DomainPrior, target: Modality, what: str = "the others") -> str:
    """Why the rest of the source is not compared: no such content shows it, or this reader does not judge it. The second says nothing
    about the content."""
    name, shown = prior.names.get(target.value, target.value), shown_part(source, prior, target)
    hidden, unjudged = len(source.triples) - len(shown.triples), len(shown.triples) - len(part.triples)
    if hidden and unjudged:
        return f"a {name} cannot show {hidden} of {what}, and the reader does not judge {unjudged}"
    return f"the reader does not judge {what} on a {name}" if unjudged else f"a {name} cannot show {what}"


def differences(
    source: KnowledgeGraph,
    candidates: Sequence[Reading],
    prior: DomainPrior,
    target: Modality,
    resolutions: Sequence[Sequence[Resolution]] = (),
) -> tuple[Difference, ...]:
    """Of each candidate's whole graph to the source's. resolutions: per candidate, the open facts that it was made to tell another way;
    where such a fact differs, the reason says that this was chosen."""
    found = (difference(source, reading.graph, prior, target=target, assesses=reading.assesses) for reading in candidates)
    chosen = resolutions or [()] * len(candidates)
    return tuple(_with_choices(d, {r.node: r for r in of_one}) for d, of_one in zip(found, chosen, strict=True))


def _with_choices(found: Difference, chosen: Mapping[str, Resolution]) -> Difference:
    facts = [replace(f, why=_chosen(f, chosen[f.source.head])) if f.source and f.source.head in chosen else f for f in found.facts]
    return Difference(tuple(facts))


def _chosen(fact: FactDifference, choice: Resolution) -> str:
    if fact.fact_class is FactClass.KEPT:
        return fact.why
    told = f"{choice.before} in the source, told as {choice.after} in this candidate by choice"
    return told if not fact.why else f"{fact.why}; {told}"


def mean_pairwise_similarity(graphs: Sequence[KnowledgeGraph]) -> float | None:
    """How alike the candidates are among themselves, 0-100; None with fewer than two graphs that say anything."""
    told = [graph for graph in graphs if graph]
    pairs = [typed_similarity(a, b) for k, a in enumerate(told) for b in told[k + 1 :]]
    return sum(pairs) / len(pairs) if pairs else None
