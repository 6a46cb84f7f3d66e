"""Does a graph survive being told and read again? `KB_DATA=FOLDER python bench/round_trip.py`.

    report -> graph -> written report -> graph       with the builtin writer, three wordings of each graph
    report -> graph -> drawn film -> graph           with the schematic renderer and the film reader, as the pipeline does it

FOLDER holds iu_xray_train.jsonl (not part of this project). Causes of losses were looked for in the tuning half alone (sha256 of the id is
even); the other half is the figure. Writes docs/benchmarks/round_trip.md. Names of the vocabulary only: no text of a report is written.
"""

import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.extract import is_check  # noqa: E402
from bench.machine import ROOT, stamp_line  # noqa: E402
from kbapp.core.content import Modality, TextContent  # noqa: E402
from kbapp.core.difference import FactClass  # noqa: E402
from kbapp.core.graph import KnowledgeGraph  # noqa: E402
from kbapp.core.triple import HAS_SEVERITY, LOCATED_IN, ON_SIDE, Status, Triple  # noqa: E402
from kbapp.generation.builtin_writer import BuiltinWriter  # noqa: E402
from kbapp.generation.description import describe  # noqa: E402
from kbapp.generation.prompt import condense  # noqa: E402
from kbapp.generation.schematic import SchematicRenderer  # noqa: E402
from kbapp.generation.subjects import subjects  # noqa: E402
from kbapp.generation.views import candidate_seed, views  # noqa: E402
from kbapp.knowledge.film_reader import FilmReader  # noqa: E402
from kbapp.knowledge.report_reader import ReportReader  # noqa: E402
from kbapp.priors.document import parse_prior  # noqa: E402
from kbapp.priors.version import PriorVersion  # noqa: E402
from kbapp.ranking.assessable import can_be_told  # noqa: E402
from kbapp.ranking.difference import difference  # noqa: E402
from kbapp.resources import DOMAINS  # noqa: E402

WORDINGS = 3  # seeds of the writer
FILMS = 250  # reports of each half whose film is drawn; the first ones in the file
DRAWS = 1000  # of the bootstrap, over reports
KEPT = (FactClass.KEPT, FactClass.REWORDED)
READER = ReportReader()


def read(text: str, prior: PriorVersion) -> KnowledgeGraph:
    return READER.read([(TextContent(text),)], prior)[0].graph


def interval(values: Sequence[float], rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean with its 95 % bootstrap interval."""
    array = np.asarray(values, float)
    drawn = [array[rng.integers(0, len(array), len(array))].mean() for _ in range(DRAWS)]
    return float(array.mean()), *map(float, np.percentile(drawn, (2.5, 97.5)))


# --- told as a report


def told_again(texts: Iterable[str], prior: PriorVersion) -> tuple[list[float], list[float], Counter]:
    """Per report the share of wordings that give an equal graph, and of triples that come back; what was lost or added, by entry."""
    writer, equal, triples, changed = BuiltinWriter(), [], [], Counter()
    for text in texts:
        graph = read(text, prior)
        subject = (subjects(graph, prior.prior) or (prior.prior.root,))[0]
        written = writer.write([describe(graph, subject, prior.prior)] * WORDINGS, prior, range(WORDINGS))
        back = [read(again, prior) for again in written]
        equal.append(np.mean([graph == other for other in back]))
        triples.append(np.mean([_overlap(graph, other) for other in back]))
        for other in back:
            changed.update(_entries_changed(graph, other))
    return equal, triples, changed


def _overlap(a: KnowledgeGraph, b: KnowledgeGraph) -> float:
    ours, theirs = ({t.key for t in graph.triples} for graph in (a, b))
    return len(ours & theirs) / max(1, len(ours | theirs))


def _entries_changed(a: KnowledgeGraph, b: KnowledgeGraph) -> set[str]:
    changed = {t.key for t in a.triples} ^ {t.key for t in b.triples}
    labels = {node.name: node.label for graph in (a, b) for node in graph.nodes}
    return {labels[key[0]] for key in changed}


# --- drawn as a film


def drawn_again(texts: Sequence[str], prior: PriorVersion) -> tuple[dict, int, int]:
    """(what kind of fact, by entry) -> [kept, all], over the facts that the film reader can assess; those, and all facts of the sources.

    An open fact is drawn as it is likeliest, and what was drawn is what must come back.
    """
    renderer, films = SchematicRenderer(read), FilmReader()
    counts: dict[tuple[str, str], list[int]] = {}
    assessed = total = 0
    for text in texts:
        graph = read(text, prior)
        key = hashlib.sha256(text.encode()).hexdigest()
        (view,) = views(graph, prior.prior, Modality.IMAGE, 1, key, 0)
        prompt = condense(view, prior.prior, renderer.max_prompt_words).text
        (film,) = renderer.generate([prompt], [candidate_seed(key, 0, 0)], prior)
        reading = films.read([(film,)], prior)[0]
        changes = difference(view.graph, reading.graph, prior.prior, target=Modality.IMAGE, assesses=reading.assesses)
        classes = {f.source.fact: f.fact_class for f in changes.facts if f.source}
        labels = {node.name: node.label for node in view.graph.nodes}
        total += len(view.graph.triples)
        for triple in view.graph.triples:
            if not can_be_told(triple, labels[triple.head], prior.prior, Modality.IMAGE, reading.assesses):
                continue
            assessed += 1
            count = counts.setdefault((labels[triple.head], _kind(triple)), [0, 0])
            count[0] += classes.get(triple.fact) in KEPT
            count[1] += 1
    return counts, assessed, total


def _kind(triple: Triple) -> str:
    if triple.status is Status.ABSENT:
        return "absent"
    return {LOCATED_IN: "present, at its place", ON_SIDE: "on its side", HAS_SEVERITY: "in its degree"}.get(
        triple.relation, "its state"
    )


# --- the run


def main() -> None:
    folder = os.environ.get("KB_DATA", "")
    source = Path(folder, "iu_xray_train.jsonl")
    if not folder or not source.is_file():
        sys.exit("set KB_DATA to the folder that holds iu_xray_train.jsonl")
    yaml = (DOMAINS / "chest-xray.yaml").read_text(encoding="utf-8")
    prior = PriorVersion(parse_prior(yaml), 1, yaml)
    reports = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    halves = {
        name: [r["text"] for r in reports if is_check(r["id"]) == check] for name, check in (("tuning", False), ("check", True))
    }
    page = as_markdown(halves, prior)
    (ROOT / "docs" / "benchmarks" / "round_trip.md").write_text(page, encoding="utf-8")
    print(page)


def as_markdown(halves: dict[str, list[str]], prior: PriorVersion) -> str:
    rng = np.random.default_rng(0)
    shown = lambda value: "{:.3f} ({:.3f}-{:.3f})".format(*value)  # noqa: E731
    lines = [
        "# Round trips",
        "",
        f"`KB_DATA=FOLDER python bench/round_trip.py` · {stamp_line()}",
        "",
        "Causes of losses were looked for in the tuning half alone. Intervals: 95 %, bootstrap over reports. Evidence does not count.",
        "",
        "## report -> graph -> written report -> graph",
        "",
        f"Builtin writer, {WORDINGS} wordings of each graph. Aim: an equal graph for at least 0.95 of the reports.",
        "",
        "| half | reports | equal graph | triples that come back (Jaccard) | entries most often changed (reports x wordings) |",
        "|---|---|---|---|---|",
    ]
    for name, texts in halves.items():
        equal, triples, changed = told_again(texts, prior)
        most = ", ".join(f"{entry} {count}" for entry, count in changed.most_common(4)) if name == "tuning" else "not looked at"
        lines.append(f"| {name} | {len(texts)} | {shown(interval(equal, rng))} | {shown(interval(triples, rng))} | {most} |")
    lines += [
        "",
        "## report -> graph -> drawn film -> graph",
        "",
        f"Schematic renderer and film reader, the first {FILMS} reports of each half. Counted are the facts of the graph that was drawn which the film",
        "reader can assess; kept means that the film's graph says the same, or the same in other words. The other facts (bones, devices, nodules,",
        "what has no measure) a film's graph leaves open, and the difference lists them as not assessable. Causes of losses, tuning half: one fact",
        "of a film answers one of the report, so where a report calls the same place an opacity and a consolidation, one of them is lost; a mild",
        "effusion is drawn and measured as a small one; counts and sizes of opacities are not measured; a denied opacity is not denied by a film",
        "that shows one elsewhere.",
        "",
    ]
    for name, texts in halves.items():
        lines += _film_lines(name, *drawn_again(texts[:FILMS], prior))
    return "\n".join(lines)


def _film_lines(name: str, counts: dict, assessed: int, total: int) -> list[str]:
    kept = sum(count[0] for count in counts.values())
    lines = [
        f"{name.capitalize()} half: {kept / assessed:.3f} of {assessed} assessable facts kept; {assessed / total:.2f} of all {total} facts are assessable.",
        "",
        "| entry | fact | kept | of |",
        "|---|---|---|---|",
    ]
    for (entry, kind), (good, count) in sorted(counts.items(), key=lambda item: (-item[1][1], item[0])):
        lines.append(f"| {entry} | {kind} | {good / count:.2f} | {count} |")
    return [*lines, ""]


if __name__ == "__main__":
    main()
