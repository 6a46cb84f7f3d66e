"""What can be checked at all: facts that the candidate's modality can show and its reader can tell."""

from collections.abc import Iterable

from kbapp.core.content import Modality
from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.priors.schema import DomainPrior
from kbapp.ranking.subsumption import related


def is_assessable(label: str, prior: DomainPrior, target: Modality, assesses: frozenset[str] | None) -> bool:
    """target: the modality of the candidate. assesses: labels that its reader can tell, None for all.

    A name outside the vocabulary is taken to be visible: nobody said that it is not.
    """
    entry = prior.entry_by_name.get(label)
    shown = entry is None or target.value in entry.shown_by
    return shown and (assesses is None or label in assesses)


def can_be_shown(triple: Triple, label: str, prior: DomainPrior, target: Modality) -> bool:
    """Whether the prior says that the modality can show a fact about `label` at all, whoever reads it (one film alone shows neither
    "stable" nor "old")."""
    scales = [s for s in prior.scales.values() if s.relation == triple.relation and triple.tail in s.degrees]
    return is_assessable(label, prior, target, None) and all(target.value in scale.shown_by for scale in scales)


def can_be_told(triple: Triple, label: str, prior: DomainPrior, target: Modality, assesses: frozenset[str] | None) -> bool:
    """Whether the modality can show a fact about `label`, and the reader of the candidate judges it."""
    return (assesses is None or label in assesses) and can_be_shown(triple, label, prior, target)


def shown_part(graph: KnowledgeGraph, prior: DomainPrior, target: Modality) -> KnowledgeGraph:
    """The triples that the modality can show, whoever reads it."""
    return assessable_part(graph, prior, target, None)


def assessable_part(graph: KnowledgeGraph, prior: DomainPrior, target: Modality, assesses: frozenset[str] | None) -> KnowledgeGraph:
    """The triples that can be told. The graph itself when that is all of it."""
    labels = _labels(graph)
    return _kept(graph, [t for t in graph.triples if can_be_told(t, labels[t.head], prior, target, assesses)])


def answering_part(candidate: KnowledgeGraph, source: KnowledgeGraph, prior: DomainPrior, target: Modality) -> KnowledgeGraph:
    """A candidate's graph without what it says unasked. Texts say only what their author chose: theirs is returned as it is.

    A picture cannot but show a heart of some size, every finding in some degree, and all that is not there. So of a picture's graph are
    left out: denials of entries of which the source says nothing, statements about structures of which it says nothing of that kind,
    and degrees of findings whose degree the source leaves open. What is present in the picture is always kept.
    """
    if target is Modality.TEXT:
        return candidate
    labels, asked = _labels(candidate), _labels(source)
    mentioned = set(asked.values())
    said = {(asked[t.head], t.relation) for t in source.triples}
    degrees = {scale.relation for scale in prior.scales.values()}

    def answers(triple: Triple) -> bool:
        label = labels[triple.head]
        entry = prior.entry_by_name.get(label)
        if entry is not None and entry.kind == "anatomy":
            return (label, triple.relation) in said
        if triple.status is Status.ABSENT:
            return any(related(prior, label, other) for other in mentioned)
        if triple.relation in degrees:
            return any(relation == triple.relation and related(prior, label, other) for other, relation in said)
        return True

    return _kept(candidate, [t for t in candidate.triples if answers(t)])


def _labels(graph: KnowledgeGraph) -> dict[str, str]:
    """Label of each node; a node without one is its own."""
    return {node.name: node.label or node.name for node in graph.nodes}


def _kept(graph: KnowledgeGraph, triples: list[Triple]) -> KnowledgeGraph:
    return graph if len(triples) == len(graph.triples) else graph_of(triples, graph.nodes, graph.prior)


def assessed_by_any(abilities: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """What at least one of several readings can tell: the yardstick for all candidates of a completion.

    Were each candidate measured by its own reading alone, one on which little can be told would have little to lose.
    """
    together: set[str] = set()
    for labels in abilities:
        if labels is None:
            return None
        together |= labels
    return frozenset(together)
