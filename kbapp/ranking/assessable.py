"""What can be checked at all: facts that the candidate's modality can show and its reader can tell."""

from collections.abc import Iterable

from kbapp.core.content import Modality
from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.priors.schema import DomainPrior


def is_assessable(label: str, prior: DomainPrior, target: Modality, assesses: frozenset[str] | None) -> bool:
    """target: the modality of the candidate. assesses: labels that its reader can tell, None for all.

    A name outside the vocabulary is taken to be visible: nobody said that it is not.
    """
    entry = prior.entry_by_name.get(label)
    shown = entry is None or target.value in entry.shown_by
    return shown and (assesses is None or label in assesses)


def assessable_part(graph: KnowledgeGraph, prior: DomainPrior, target: Modality, assesses: frozenset[str] | None) -> KnowledgeGraph:
    """The triples whose head is assessable. The graph itself when that is all of it."""
    labels = {node.name: node.label for node in graph.nodes}
    kept = [t for t in graph.triples if is_assessable(labels.get(t.head) or t.head, prior, target, assesses)]
    return graph if len(kept) == len(graph.triples) else graph_of(kept, graph.nodes, graph.prior)


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
