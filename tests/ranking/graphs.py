"""Small graphs for the tests of this room, drawn at random over a few invented names."""

from hypothesis import strategies as st

from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.core.triple import Status, Triple

NAMES = ("spot", "spot, left", "spot, right", "shell", "core", "left", "right", "small", "large")
RELATIONS = ("located in", "on side", "has severity")

triples = st.builds(Triple, st.sampled_from(NAMES), st.sampled_from(RELATIONS), st.sampled_from(NAMES), st.sampled_from(Status))
graphs = st.lists(triples, max_size=12).map(graph_of)
full_graphs = st.lists(triples, min_size=1, max_size=12).map(graph_of)


def graph(*facts: tuple[str, ...]) -> KnowledgeGraph:
    """graph(("a", "on side", "left"), ("b", "located in", "c", "absent"))"""
    return graph_of(Triple(f[0], f[1], f[2], Status(f[3]) if len(f) > 3 else Status.PRESENT) for f in facts)
