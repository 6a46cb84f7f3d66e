"""The kinds of files a graph can be kept as, by the ending of their name."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kbapp.core.graph import KnowledgeGraph
from kbapp.formats.graph_graphml import graph_to_graphml
from kbapp.formats.graph_jsonld import graph_to_jsonld
from kbapp.formats.graph_triples import graph_to_triples


@dataclass(frozen=True)
class GraphFile:
    """write: (graph, SHA-256 of the contents it was read from, id of its reader) -> text."""

    media_type: str
    write: Callable[[KnowledgeGraph, Sequence[str], str], str]


def _graphml(graph: KnowledgeGraph, sources: Sequence[str], reader: str) -> str:
    return graph_to_graphml(graph)


def _jsonld(graph: KnowledgeGraph, sources: Sequence[str], reader: str) -> str:
    return _json(graph_to_jsonld(graph, sources, reader))


def _triples(graph: KnowledgeGraph, sources: Sequence[str], reader: str) -> str:
    return _json(graph_to_triples(graph))


def _json(data: object) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


GRAPH_FILES = {
    "graphml": GraphFile("application/xml; charset=utf-8", _graphml),
    "jsonld": GraphFile("application/ld+json; charset=utf-8", _jsonld),
    "triples": GraphFile("application/json; charset=utf-8", _triples),
}
