"""Does the score find the true impression of a report? `KB_DATA=... python bench/retrieval.py [REPORTS]`.

Real pairs without pictures are the findings and the impression of one report. From the findings as source, the true impression is ranked
among 20 impressions of other reports of about the same length, by each part of the score alone and by QS. Mean reciprocal rank with a
bootstrap interval; ties count with their mean rank. Only reports of the check half (by a hash of their id) are used. Writes
docs/benchmarks/retrieval.md. The reports stay where they are.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.complete import shipped  # noqa: E402
from bench.machine import ROOT, stamp_line  # noqa: E402
from kbapp.core.content import Modality, TextContent  # noqa: E402
from kbapp.profiles import engines_for  # noqa: E402
from kbapp.ranking.graph_part import graph_parts  # noqa: E402
from kbapp.ranking.graph_similarity import jaccard_similarity, plain_similarity  # noqa: E402
from kbapp.ranking.quality_score import official_qs, quality_scores  # noqa: E402
from kbapp.ranking.rank_correlation import rank_correlation  # noqa: E402
from kbapp.settings import Settings  # noqa: E402

DISTRACTORS = 20
SHORTEST = 20  # characters of a section that can be matched


def check_half(data: Path) -> list[dict]:
    rows = [json.loads(line) for line in (data / "iu_xray_train.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        row
        for row in rows
        if int(hashlib.sha256(row["id"].encode()).hexdigest(), 16) % 2
        and min(len(row["findings"] or ""), len(row["impression"] or "")) >= SHORTEST
    ]


def mean_rank(values: np.ndarray) -> float:
    """Rank of the first value among all, best is 1; equal values share their mean rank."""
    return 1 + float((values[1:] > values[0]).sum()) + float((values[1:] == values[0]).sum()) / 2


def interval(values: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    means = values[rng.integers(0, len(values), (2000, len(values)))].mean(axis=1)
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    prior, engines = shipped(), engines_for(Settings())
    rows = check_half(Path(os.environ["KB_DATA"]))
    rng = np.random.default_rng(11)
    lengths = np.asarray([len(row["impression"]) for row in rows])
    queries = rng.permutation(len(rows))[:most]
    impressions = [TextContent(row["impression"]) for row in rows]
    readings = engines.readers[Modality.TEXT].read([(text,) for text in impressions], prior)
    reciprocal: dict[str, list[float]] = {}
    pooled: dict[str, list[tuple[float, bool]]] = {}
    used = 0
    for q in queries:
        near = [
            k for k in np.argsort(np.abs(lengths - lengths[q]), kind="stable") if rows[k]["impression"] != rows[q]["impression"]
        ]
        chosen = [int(q), *(int(k) for k in rng.permutation(near[: 3 * DISTRACTORS])[:DISTRACTORS])]
        source = TextContent(rows[q]["findings"])
        graph = engines.readers[Modality.TEXT].read([(source,)], prior)[0].graph
        if not graph:
            continue
        used += 1
        candidates = [readings[k] for k in chosen]
        parts = [{"graph": part} for part in graph_parts(graph, candidates, prior.prior, Modality.TEXT)]
        for scorer in engines.scorers:
            for of_one, part in zip(parts, scorer.similarity([source], [impressions[k] for k in chosen], prior), strict=True):
                # An impression without a known word cannot be compared: it ranks last, and is not left out for all of them here.
                of_one[scorer.name] = part if part.value is not None else type(part)(0.0)
        scores = quality_scores(parts, prior.prior.weights)
        values = {name: [s.parts[name].value for s in scores] for name in scores[0].parts}
        values["graph, plain Eq. 1"] = [plain_similarity(graph, r.graph) for r in candidates]
        values["graph, Jaccard"] = [jaccard_similarity(graph, r.graph) for r in candidates]
        values["official QS"] = [official_qs(s) for s in scores]
        values["QS"] = [s.qs for s in scores]
        for name, numbers in values.items():
            if numbers[0] is None:
                continue
            reciprocal.setdefault(name, []).append(1 / mean_rank(np.asarray(numbers)))
            pooled.setdefault(name, []).extend((number, k == 0) for k, number in enumerate(numbers))
    text = report(used, reciprocal, pooled, rng)
    (ROOT / "docs" / "benchmarks").mkdir(parents=True, exist_ok=True)
    (ROOT / "docs" / "benchmarks" / "retrieval.md").write_text(text, encoding="utf-8")
    print(text)


def auc(pairs: list[tuple[float, bool]]) -> float:
    values = np.asarray([v for v, _ in pairs])
    true = np.asarray([t for _, t in pairs])
    wins = [(v > values[~true]).mean() + 0.5 * (v == values[~true]).mean() for v in values[true]]
    return float(np.mean(wins))


def report(used: int, reciprocal: dict, pooled: dict, rng: np.random.Generator) -> str:
    lines = []
    for name, values in reciprocal.items():
        array = np.asarray(values)
        low, high = interval(array, rng)
        lines.append(f"| {name} | {array.mean():.3f} | {low:.3f} - {high:.3f} | {auc(pooled[name]):.3f} |")
    best = max((n for n in ("graph", "concepts", "regions") if n in reciprocal), key=lambda n: np.mean(reciprocal[n]))
    gain = np.asarray(reciprocal["QS"]) - np.asarray(reciprocal[best])
    low, high = interval(gain, rng)
    names = [n for n in ("graph", "concepts", "regions") if n in pooled]
    agreement = [
        f"| {a} - {b} | {rank_correlation([v for v, _ in pooled[a]], [v for v, _ in pooled[b]]):.2f} |"
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    ]
    chance = float(np.mean([1 / k for k in range(1, DISTRACTORS + 2)]))
    return f"""# Finding the true impression

`python bench/retrieval.py` · {stamp_line()}

{used} development reports of the check half with both sections. From the findings, the true impression among {DISTRACTORS} impressions of
other reports of about the same length. Mean reciprocal rank (MRR; chance {chance:.3f}) with a 95 % bootstrap interval, and AUC of true
against mismatched pairs over all queries.

| by | MRR | interval | AUC |
|---|---|---|---|
{chr(10).join(lines)}

QS against the best single part, {best}, query by query: {gain.mean():+.3f} ({low:+.3f} to {high:+.3f}).

Rank correlation between the parts (Spearman, over all pairs):

| parts | rho |
|---|---|
{chr(10).join(agreement)}

Both texts are read by the builtin report reader. An impression repeats only a part of the findings, and many say the same of a normal
study: equal scores are counted with their mean rank, so the figures stay far from 1 for every method.
"""


if __name__ == "__main__":
    main()
