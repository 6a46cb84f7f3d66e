"""A graph that another program wrote down -> the same triples under one prior, so that two such graphs can be compared here.

A name that is an entry of the prior or a synonym of one takes its canonical name; every other name, and every relation that the prior
does not know, is kept in its own words, in small letters. Nothing is left out, nothing is added, no name is taken apart: "man in red"
stays what it is.
"""

import unicodedata

from kbapp.core.evidence import ModelAnswer
from kbapp.core.graph import KnowledgeGraph, Node, graph_of
from kbapp.core.triple import Triple
from kbapp.knowledge.canonical import finding_name, node_of
from kbapp.knowledge.lmm_names import Names, words_of
from kbapp.priors.version import PriorVersion


def under_prior(given: KnowledgeGraph, prior: PriorVersion, names: Names, origin: str) -> KnowledgeGraph:
    """origin: who wrote the graph, for the evidence: the triples are that program's answers, and no place in the content is known."""
    relations = {words_of(relation): relation for relation in prior.prior.relations}
    nodes = {name: _node(name, names) for triple in given.triples for name in (triple.head, triple.tail)}
    triples = [
        _renamed(triple, nodes, relations.get(words_of(triple.relation)) or _own_words(triple.relation), origin)
        for triple in given.triples
    ]
    return graph_of(triples, nodes.values(), prior.ref)


def own_words(graph: KnowledgeGraph, prior: PriorVersion) -> int:
    """How many names of the graph are not in the prior."""
    return sum(node.label not in prior.prior.entry_by_name for node in graph.nodes)


def _renamed(triple: Triple, nodes: dict[str, Node], relation: str, origin: str) -> Triple:
    head, tail = nodes[triple.head].name, nodes[triple.tail].name
    said = ModelAnswer(origin, f"{triple.head} – {triple.relation} – {triple.tail}")
    return Triple(head, relation, tail, triple.status, (said,))


def _node(name: str, names: Names) -> Node:
    found = names.entry_of(name)
    if found is None:
        own = _own_words(name)
        return Node(own, "other", own)
    return node_of(names.prior, finding_name(names.prior, found.label, found.side), found.label)


def _own_words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
