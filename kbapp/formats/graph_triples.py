"""The knowledge graph as the triple list of the paper's official project: a JSON list of {"head", "relation", "tail"}.

Programs for that list look at these three alone, and it has no place for a status. So that no denial is ever taken for a finding, the
relation itself says it: "not located in" (absent), "possibly located in" (uncertain). A fourth key, `status`, which those programs do not
look at, lets the list be read back without guessing. Codes, kinds and evidence have no place in it.
"""

from collections.abc import Sequence

from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.errors import InputError

_SAID = {Status.PRESENT: "", Status.ABSENT: "not ", Status.UNCERTAIN: "possibly "}


def graph_to_triples(graph: KnowledgeGraph) -> list[dict[str, str]]:
    """Plain data, ready for json.dumps, in the order of the graph."""
    return [
        {"head": t.head, "relation": _SAID[t.status] + t.relation, "tail": t.tail, "status": t.status.value} for t in graph.triples
    ]


def graph_from_triples(data: Sequence, prior: str = "") -> KnowledgeGraph:
    """The graph of such a list. One without `status`, as the official project writes it, is taken by its words: present, with the
    relation as it stands. Raises InputError."""
    if not isinstance(data, list):
        raise InputError('expected a list of objects with "head", "relation" and "tail"')
    return graph_of(map(_triple, data), prior=prior)


def _triple(item: object) -> Triple:
    given = [item.get(key) for key in ("head", "relation", "tail")] if isinstance(item, dict) else []
    if not given or not all(isinstance(value, str) and value for value in given):
        raise InputError(f'expected an object with the texts "head", "relation" and "tail", got {str(item)[:80]}')
    head, relation, tail = given
    try:
        status = Status(item.get("status", Status.PRESENT))
    except ValueError:
        raise InputError(f'expected the status present, absent or uncertain, got "{str(item["status"])[:40]}"') from None
    return Triple(head, relation.removeprefix(_SAID[status]) if "status" in item else relation, tail, status)
