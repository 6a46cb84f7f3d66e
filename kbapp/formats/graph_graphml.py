"""The knowledge graph as GraphML, for Gephi, Cytoscape, yEd and networkx.

One node per name, one edge per triple; all attributes are flat text. On a node: name, kind, label, and one `code SYSTEM` per code. On an
edge: relation, status ("present", "absent", "uncertain": an absent fact is an edge too, so filter by it) and evidence (JSON, as in
`kbapp.formats.graph_json`). Nodes and edges bear neutral ids, so that no name must be one.
"""

import json
import re
from io import BytesIO

import networkx as nx

from kbapp.core.graph import KnowledgeGraph
from kbapp.formats.graph_json import evidence_to_json

# What XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def graph_to_graphml(graph: KnowledgeGraph) -> str:
    """An XML document. The same graph gives the same text. Characters that XML cannot hold become U+FFFD."""
    out = BytesIO()
    nx.write_graphml_xml(graph_to_networkx(graph), out)
    return out.getvalue().decode()


def graph_to_networkx(graph: KnowledgeGraph) -> nx.MultiDiGraph:
    """The same as a networkx graph; `graph["prior"]` names the prior version."""
    network = nx.MultiDiGraph(prior=_text(graph.prior))
    ids = {node.name: f"n{k}" for k, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        codes = {f"code {_text(system)}": _text(code) for system, code in node.codes if code}
        network.add_node(ids[node.name], name=_text(node.name), kind=_text(node.kind), label=_text(node.label), **codes)
    for k, triple in enumerate(graph.triples):
        evidence = json.dumps([evidence_to_json(e) for e in triple.evidence])
        attributes = {"relation": _text(triple.relation), "status": triple.status.value, "evidence": evidence}
        network.add_edge(ids[triple.head], ids[triple.tail], key=f"e{k}", **attributes)
    return network


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
