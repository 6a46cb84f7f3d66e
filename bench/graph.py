"""How long the graph of a case takes to lay out and to make ready for the page: `python bench/graph.py`.

The graphs are invented: findings of the chest prior, one per side and place, until the source has the wanted number of nodes; each of five
candidates has a tenth of the facts otherwise. Times are wall time, median of several runs. In a browser the page then draws what it was
given, without layout or physics. Writes docs/benchmarks/graph.md.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.machine import ROOT, stamp_line  # noqa: E402
from kbapp.core.candidate import Candidate, Description  # noqa: E402
from kbapp.core.case import Case  # noqa: E402
from kbapp.core.completion import Completion, Provenance, Reading  # noqa: E402
from kbapp.core.content import TextContent  # noqa: E402
from kbapp.core.graph import KnowledgeGraph, graph_of  # noqa: E402
from kbapp.core.graph_view import lay_out  # noqa: E402
from kbapp.core.score import QualityScore, Ranking  # noqa: E402
from kbapp.core.triple import HAS_SEVERITY, Status, Triple  # noqa: E402
from kbapp.knowledge.canonical import finding_triples, node_of  # noqa: E402
from kbapp.priors.document import parse_prior  # noqa: E402
from kbapp.priors.schema import DomainPrior  # noqa: E402
from kbapp.ranking.difference import difference  # noqa: E402
from kbapp.resources import DOMAINS  # noqa: E402
from kbapp.ui.graph_drawing import review_graph, standalone_html  # noqa: E402

SIZES = (20, 50, 100, 200)
CANDIDATES = 5
RUNS = 5
BUDGET_MS = 50.0  # the layout alone, at 200 nodes: well under what a person sees as a pause (100 ms)


def invented(prior: DomainPrior, nodes: int) -> KnowledgeGraph:
    """A graph of that many nodes or one or two more: every finding on each side, with a severity, a few absent or uncertain."""
    findings = [entry for entry in prior.vocabulary if entry.kind == "finding"]
    severities = list(prior.scales["severity"].degrees)
    triples: list[Triple] = []
    names: dict[str, str] = {}
    for k, (site, entry, side) in enumerate(product(("", "lower lobe", "upper lobe"), findings, ("left", "right"))):
        if len({n for t in triples for n in (t.head, t.tail)}) >= nodes:
            break
        status = (Status.PRESENT, Status.PRESENT, Status.ABSENT, Status.UNCERTAIN)[k % 4]
        facts = ((HAS_SEVERITY, severities[k % len(severities)]),) if status is Status.PRESENT else ()
        said = finding_triples(prior, entry.name, status, (), side if entry.paired else "", site, facts)
        names[said[0].head] = entry.name
        triples += said
    return graph_of(triples, [node_of(prior, name, label) for name, label in names.items()], "bench@1")


def completion_of(prior: DomainPrior, source: KnowledgeGraph) -> Completion:
    graphs = [graph_of(t for j, t in enumerate(source.triples) if j % 10 != k) for k in range(CANDIDATES)]
    graphs = [graph_of(g.triples, source.nodes, source.prior) for g in graphs]
    case = Case((TextContent("An invented report."),))
    made = tuple(Candidate(k, Description("", "", source), TextContent(f"Candidate {k}."), k, "bench") for k in range(len(graphs)))
    return Completion(
        case,
        Reading(source),
        made,
        tuple(Reading(g) for g in graphs),
        (QualityScore({}, None),) * len(graphs),
        tuple(difference(source, g, prior, target=case.missing) for g in graphs),
        Ranking(tuple(range(len(graphs))), None, None, ""),
        Provenance("", "bench", {}, "bench@1", "", 0, len(graphs)),
    )


def measured(prior: DomainPrior, nodes: int) -> dict:
    source = invented(prior, nodes)
    completion = completion_of(prior, source)
    graphs = [source, *(reading.graph for reading in completion.candidate_readings)]
    groups = {entry.name: entry.group for entry in prior.vocabulary}
    bands = [rule.entity for rule in prior.rules]
    data = review_graph(completion, prior)
    return {
        "nodes": len(source.nodes),
        "facts": len(source.triples),
        "drawn": len(data["nodes"]),
        "layout_ms": median_ms(lambda: lay_out(graphs, groups, bands)),
        "page_ms": median_ms(lambda: review_graph(completion, prior)),
        "page_kb": len(json.dumps(data)) / 1000,
        "file_ms": median_ms(lambda: standalone_html(source, prior)),
        "file_kb": len(standalone_html(source, prior).encode()) / 1000,
    }


def median_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main() -> None:
    prior = parse_prior((DOMAINS / "chest-xray.yaml").read_text(encoding="utf-8"))
    rows = [measured(prior, size) for size in SIZES]
    page = as_markdown(rows)
    (ROOT / "docs" / "benchmarks" / "graph.md").write_text(page, encoding="utf-8")
    print(page)
    if rows[-1]["layout_ms"] > BUDGET_MS:
        sys.exit(
            f"the layout of {rows[-1]['nodes']} nodes took {rows[-1]['layout_ms']:.0f} ms, over the budget of {BUDGET_MS:.0f} ms"
        )


def as_markdown(rows: list[dict]) -> str:
    head = ["nodes", "facts", "boxes drawn", "layout ms", "page data ms", "page data kB", "file ms", "file kB"]
    lines = [
        "# Laying out the graph",
        "",
        f"`python bench/graph.py` · {stamp_line()}",
        "",
        f"An invented source graph and {CANDIDATES} candidates. Layout: of their union, done once per case. Page data: layout, difference views and",
        "vis-network data for source, candidates and differences, sent once; switching views asks the server for nothing. File: the",
        "standalone HTML of the source graph, vis-network inside.",
        f"Budget: {BUDGET_MS:.0f} ms for the layout of 200 nodes.",
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
    ]
    for r in rows:
        cells = [
            r["nodes"],
            r["facts"],
            r["drawn"],
            *(f"{r[k]:.1f}" for k in ("layout_ms", "page_ms", "page_kb", "file_ms", "file_kb")),
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
