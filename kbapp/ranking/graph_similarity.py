"""How alike two knowledge graphs are: Eq. 1 of the paper (section 2.4), 0-100.

Eq. 1 is the mean, over the rows of two adjacency matrices, of the rows' cosine. The paper leaves open how the rows of two graphs
come to stand for the same nodes; here both matrices stand over the union of the node names. A row that is zero in both graphs is
left out, one that is zero in one of them counts 0. Rows hold only 0 and 1, so a row is a set and its cosine is
|A_i & B_i| / sqrt(|A_i| |B_i|): no matrix is built.

    plain    row of a node = its neighbours, whatever the relation, direction and status (Eq. 1 as printed)
    typed    row of a node = its incident (relation, direction, neighbour, status): the default, because in "no effusion" and
             "effusion" the plain rows are equal

Both give None when the source says nothing (there is nothing to compare: abstain), 0 when only the candidate says nothing.
"""

from collections.abc import Callable, Hashable
from math import fsum, sqrt

from kbapp.core.graph import KnowledgeGraph

Rows = dict[str, set[Hashable]]


def plain_rows(graph: KnowledgeGraph) -> Rows:
    """Neighbours of each node: the rows of the symmetric 0/1 adjacency matrix."""
    rows: Rows = {}
    for t in graph.triples:
        rows.setdefault(t.head, set()).add(t.tail)
        rows.setdefault(t.tail, set()).add(t.head)
    return rows


def typed_rows(graph: KnowledgeGraph) -> Rows:
    """Incident (relation, direction, neighbour, status) of each node."""
    rows: Rows = {}
    for t in graph.triples:
        rows.setdefault(t.head, set()).add((t.relation, "out", t.tail, t.status))
        rows.setdefault(t.tail, set()).add((t.relation, "in", t.head, t.status))
    return rows


def mean_row_cosine(a: Rows, b: Rows) -> float:
    """Mean cosine, 0-1, over the rows that are there in `a` or in `b`; 0 when there is none.

    Exactly 1.0 for equal rows: the root of a square is exact, and so is the sum of ones. The sum is `fsum`, rounded once, so the
    order of the rows cannot change the result.
    """
    names = a.keys() | b.keys()
    cosines = [len(a[n] & b[n]) / sqrt(len(a[n]) * len(b[n])) for n in names if n in a and n in b]
    return fsum(cosines) / len(names) if names else 0.0


def plain_similarity(source: KnowledgeGraph, candidate: KnowledgeGraph) -> float | None:
    """Eq. 1 as printed, 0-100; None when the source is empty. Blind to relation, direction and status."""
    return _similarity(source, candidate, plain_rows)


def typed_similarity(source: KnowledgeGraph, candidate: KnowledgeGraph) -> float | None:
    """Eq. 1 over typed rows, 0-100; None when the source is empty.

    100 if and only if both hold the same triples; 0 if and only if they share none.
    """
    return _similarity(source, candidate, typed_rows)


def jaccard_similarity(source: KnowledgeGraph, candidate: KnowledgeGraph) -> float | None:
    """Shared triples over all triples, 0-100; None when the source is empty.

    The alternative of the authors' code, over (head, relation, tail, status) instead of pairs of nodes in order of insertion.
    """
    if not source:
        return None
    a, b = set(source.triples), set(candidate.triples)
    return 100.0 * len(a & b) / len(a | b)


def _similarity(source: KnowledgeGraph, candidate: KnowledgeGraph, rows: Callable[[KnowledgeGraph], Rows]) -> float | None:
    return 100.0 * mean_row_cosine(rows(source), rows(candidate)) if source else None
