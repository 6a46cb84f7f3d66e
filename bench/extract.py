"""How well and how fast reports are read: `KB_DATA=FOLDER python bench/extract.py`.

FOLDER holds iu_xray_train.jsonl (Indiana University reports with the annotators' MeSH lines; not part of this project). The half for
checking is fixed by the report's id, see `is_check`; the other half was looked at while the vocabulary was written, this one was not.
Beside the report reader stand two baselines over the same terms: keywords, and negspacy where the extra `bench` is installed; without
it, the figures of negspacy stay those of the run before, and the page says so.
Writes docs/benchmarks/extract.md and extract.json. Figures only: no text of a report is written anywhere.
"""

import gc
import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.machine import ROOT, stamp, stamp_line  # noqa: E402
from kbapp.core.content import TextContent  # noqa: E402
from kbapp.knowledge.findings import Finding, findings_of  # noqa: E402
from kbapp.knowledge.report_reader import ReportReader  # noqa: E402
from kbapp.priors.document import parse_prior  # noqa: E402
from kbapp.priors.schema import CHEXPERT, DomainPrior  # noqa: E402
from kbapp.priors.version import PriorVersion  # noqa: E402
from kbapp.resources import DOMAINS  # noqa: E402
from tests.knowledge.statements import holds, load_statements  # noqa: E402

DRAWS = 1000  # of the bootstrap, over reports
FEW = 10  # positives below which a label is listed apart
ATTRIBUTES = ("side", "severity", "anatomy")


def is_check(report_id: str) -> bool:
    """The half that is not looked at: sha256 of the id is odd."""
    return int(hashlib.sha256(report_id.encode()).hexdigest(), 16) % 2 == 1


def observations(findings: list[Finding], statuses: tuple[str, ...]) -> set[str]:
    """What counts as present; No Finding where nothing is present at all, be it one of the 14 or not."""
    counted = {f.observation for f in findings if f.status in statuses and f.observation}
    return counted if any(f.status == "present" for f in findings) else counted | {"No Finding"}


# --- the baselines


def terms_by_observation(prior: DomainPrior) -> dict[str, list[str]]:
    terms: dict[str, list[str]] = {}
    for entry in prior.vocabulary:
        if entry.observation:
            terms.setdefault(entry.observation, []).extend((entry.name, *entry.synonyms))
    return terms


def keyword_reader(prior: DomainPrior):
    patterns = {
        name: re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(terms, key=len, reverse=True))) + r")(?:s|es)?\b", re.IGNORECASE)
        for name, terms in terms_by_observation(prior).items()
    }
    return lambda text: {name for name, pattern in patterns.items() if pattern.search(text)} or {"No Finding"}


def negspacy_reader(prior: DomainPrior):
    """spaCy's rule matcher with negspacy's negation; None where they are not installed."""
    try:
        import spacy
        from negspacy.negation import Negex  # noqa: F401  registers the component
    except ImportError:
        print("negspacy is not installed, its figures are not taken again; `pip install kbapp[bench]` brings it", file=sys.stderr)
        return None
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns(
        [
            {"label": name, "pattern": term + plural}
            for name, terms in terms_by_observation(prior).items()
            for term in terms
            for plural in ("", "s")
        ]
    )
    nlp.add_pipe("negex", config={"ent_types": list(terms_by_observation(prior))})
    return lambda text: {e.label_ for e in nlp(text).ents if not e._.negex} or {"No Finding"}


# --- scores


def outcomes(reports: list[dict], predicted: list[set[str]]) -> np.ndarray:
    """(reports, 14, 3) counts of hit, false alarm and miss; what the gold calls unclear (-1) counts as nothing."""
    counts = np.zeros((len(reports), len(CHEXPERT), 3), int)
    for row, (report, said) in enumerate(zip(reports, predicted, strict=True)):
        for column, name in enumerate(CHEXPERT):
            gold = report["gold"][name]
            if gold == 1:
                counts[row, column, 0 if name in said else 2] = 1
            elif gold == 0 and name in said:
                counts[row, column, 1] = 1
    return counts


def f1(counts: np.ndarray) -> np.ndarray:
    """Over the last axis (hit, false alarm, miss); nan where there is nothing to find and nothing found."""
    hit, alarm, miss = np.moveaxis(counts, -1, 0)
    return np.divide(2 * hit, 2 * hit + alarm + miss, out=np.full(hit.shape, np.nan), where=(hit + alarm + miss) > 0)


def with_interval(counts: np.ndarray, figure, rng: np.random.Generator) -> tuple[float, float, float]:
    """A figure of the summed counts, with its 95 % bootstrap interval over reports."""
    drawn = [figure(counts[rng.integers(0, len(counts), len(counts))].sum(0)) for _ in range(DRAWS)]
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return float(figure(counts.sum(0))), float(low), float(high)


def attribute_counts(report: dict, findings: list[Finding]) -> np.ndarray:
    """(3 attributes, 3 counts), over observations that are rightly said to be present; bilateral is left and right."""
    counts = np.zeros((3, 3), int)
    for name, gold in report["gold_attributes"].items():
        mine = [f for f in findings if f.status == "present" and f.observation == name]
        if not mine:
            continue
        sides = {side for f in mine if f.side for side in (("left", "right") if f.side == "bilateral" else (f.side,))}
        said = (sides, {f.severity for f in mine if f.severity}, {word for f in mine for word in f.anatomy})
        for row, attribute in enumerate(ATTRIBUTES):
            wanted = set(gold[attribute])
            counts[row] += (len(wanted & said[row]), len(said[row] - wanted), len(wanted - said[row]))
    return counts


def extra_sides(report: dict, findings: list[Finding]) -> np.ndarray:
    """(sides too many, those of them that are the left of a lingula): the annotators give the lingula no side, the reader says left."""
    extra = np.zeros(2, int)
    for name, gold in report["gold_attributes"].items():
        mine = [f for f in findings if f.status == "present" and f.observation == name]
        sides = {side for f in mine if f.side for side in (("left", "right") if f.side == "bilateral" else (f.side,))}
        more = sides - set(gold["side"])
        extra += (len(more), "left" in more and "lingula" in gold["anatomy"])
    return extra


def line_found(line: dict, findings: list[Finding], prior: DomainPrior) -> bool:
    """Whether a MeSH line of the gold has a finding (present or uncertain) whose code names it: "heading" or "heading@place"."""
    for finding in findings:
        code = prior.entry_by_name[finding.name].codes.get("mesh")
        if finding.status == "absent" or code is None:
            continue
        heading, _, place = code.code.lower().partition("@")
        if heading == line["finding"].lower() and all(word in " ".join(line["anatomy"]).lower() for word in place.split()):
            return True
    return False


# --- speed


def times_ms(read, texts: list[str]) -> np.ndarray:
    """Milliseconds of CPU time for each text."""
    gc.freeze()  # what the benchmark itself holds shall not be searched for garbage again and again
    taken = []
    for text in texts:
        start = time.thread_time()
        read(text)
        taken.append((time.thread_time() - start) * 1000)
    return np.array(taken)


def speeds(prior: PriorVersion, texts: list[str], others: dict) -> list[dict]:
    reader = ReportReader()
    reader.read([(TextContent("Warm-up."),)], prior)
    runs = {
        "report reader, each report for the first time": times_ms(lambda text: reader.read([(TextContent(text),)], prior), texts)
    }
    runs["report reader, again"] = times_ms(lambda text: reader.read([(TextContent(text),)], prior), texts)
    runs |= {name: times_ms(read, texts) for name, read in others.items()}
    keywords = runs["keywords"].mean()
    return [
        {"reader": name, "p50": np.percentile(t, 50), "p95": np.percentile(t, 95), "mean": t.mean(), "ratio": t.mean() / keywords}
        for name, t in runs.items()
    ]


# --- the run


def main() -> None:
    folder = os.environ.get("KB_DATA", "")
    source = Path(folder, "iu_xray_train.jsonl")
    if not folder or not source.is_file():
        sys.exit("set KB_DATA to the folder that holds iu_xray_train.jsonl")
    yaml = (DOMAINS / "chest-xray.yaml").read_text(encoding="utf-8")
    prior = PriorVersion(parse_prior(yaml), 1, yaml)
    reports = [r for r in map(json.loads, source.read_text(encoding="utf-8").splitlines()) if r["gold"] and is_check(r["id"])]
    figures = measure(reports, prior)
    folder = ROOT / "docs" / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "extract.json"
    if kept.is_file():
        keep_negspacy(figures, json.loads(kept.read_text(encoding="utf-8")))
    kept.write_text(json.dumps({**stamp(), **figures}, indent=1, default=float) + "\n", encoding="utf-8")
    page = as_markdown(figures)
    (folder / "extract.md").write_text(page, encoding="utf-8")
    print(page)


def keep_negspacy(figures: dict, before: dict) -> None:
    """Where negspacy did not run: its rows of the run before, if that was on as many reports and with the same keyword figures."""
    if "negspacy" in figures["averages"] or "negspacy" not in before["averages"] or before["reports"] != figures["reports"]:
        return
    if before["averages"]["keywords"]["macro"][0] != figures["averages"]["keywords"]["macro"][0]:
        return  # other terms: the two baselines share them
    figures["averages"]["negspacy"] = before["averages"]["negspacy"]
    figures["speed"] += [row for row in before["speed"] if row["reader"] == "negspacy"]
    figures["negspacy_taken"] = before.get("negspacy_taken", f"{before['date']}, {before['commit']}")


def measure(reports: list[dict], prior: PriorVersion) -> dict:
    rng, texts = np.random.default_rng(0), [r["text"] for r in reports]
    readings = ReportReader().read([(TextContent(text),) for text in texts], prior)
    found = [findings_of(reading.graph, prior.prior) for reading in readings]
    baselines = {"keywords": keyword_reader(prior.prior), "negspacy": negspacy_reader(prior.prior)}
    baselines = {name: read for name, read in baselines.items() if read}
    predicted = {
        "report reader": [observations(f, ("present",)) for f in found],
        "report reader, uncertain counted as present": [observations(f, ("present", "uncertain")) for f in found],
    } | {name: [read(text) for text in texts] for name, read in baselines.items()}
    counts = {name: outcomes(reports, said) for name, said in predicted.items()}
    own = counts["report reader"]
    attributes = np.array([attribute_counts(r, f) for r, f in zip(reports, found, strict=True)])
    lines = [(line, f) for r, f in zip(reports, found, strict=True) for line in r["gold_graph"]]
    statements = [
        (findings_of(ReportReader().read([(TextContent(s.text),)], prior)[0].graph, prior.prior), s) for s in load_statements()
    ]
    return {
        "reports": len(reports),
        "averages": {
            name: {
                "macro": with_interval(c, lambda total: np.nanmean(f1(total)), rng),
                "micro": with_interval(c, lambda total: f1(total.sum(0)), rng),
            }
            for name, c in counts.items()
        },
        "labels": {
            name: {
                "positives": int(own[:, i, (0, 2)].sum()),
                "f1": with_interval(own[:, i], f1, rng),
                "counts": own[:, i].sum(0).tolist(),
            }
            for i, name in enumerate(CHEXPERT)
        },
        "attributes": {name: with_interval(attributes[:, i], f1, rng) for i, name in enumerate(ATTRIBUTES)},
        "extra_sides": np.sum([extra_sides(r, f) for r, f in zip(reports, found, strict=True)], 0).tolist(),
        "side_counts": attributes[:, 0].sum(0).tolist(),
        "gold_lines": len(lines),
        "gold_line_recall": float(np.mean([line_found(line, f, prior.prior) for line, f in lines])),
        "triples_per_report": float(np.mean([len(r.graph.triples) for r in readings])),
        "statements": len(statements),
        "statements_right": float(np.mean([holds(e, f) for f, s in statements for e in s.expected])),
        "characters_per_report": float(np.mean([len(text) for text in texts])),
        "speed": speeds(prior, texts, baselines),
    }


def side_f1_without_lingula(figures: dict) -> float:
    hit, more, missed = figures["side_counts"]
    return float(f1(np.array([hit, more - figures["extra_sides"][1], missed])))


def as_markdown(figures: dict) -> str:
    shown = lambda value: "{:.3f} ({:.3f}-{:.3f})".format(*value)  # noqa: E731
    row = lambda *cells: "| " + " | ".join(map(str, cells)) + " |"  # noqa: E731
    label_row = lambda name, l: row(name, l["positives"], shown(l["f1"]), *l["counts"])  # noqa: E731, E741
    labels = figures["labels"]
    many = {name: label for name, label in labels.items() if label["positives"] >= FEW}
    head = [row("label", "positives", "F1 (95 % interval)", "hit", "false alarm", "miss"), row(*["---"] * 6)]
    return "\n".join(
        [
            "# Reading reports",
            "",
            f"`KB_DATA=FOLDER python bench/extract.py` · {stamp_line()}",
            "",
            f"{figures['reports']} reports of the half that was not looked at (sha256 of the id is odd); gold from the annotators' MeSH lines;",
            f"intervals from {DRAWS} bootstrap draws of reports. No Finding: nothing is present, be it one of the 14 or not.",
            "",
            row("reader", "macro F1", "micro F1"),
            row(*["---"] * 3),
            *[row(name, shown(a["macro"]), shown(a["micro"])) for name, a in figures["averages"].items()],
            "",
            *(
                [f"negspacy, here and below, is from an earlier run: {figures['negspacy_taken']}.", ""]
                if "negspacy_taken" in figures
                else []
            ),
            *head,
            *[label_row(name, label) for name, label in many.items()],
            "",
            f"Labels with under {FEW} positives (they count in the averages, but say little by themselves):",
            "",
            *head,
            *[label_row(name, label) for name, label in labels.items() if name not in many],
            "",
            "Of the observations that are rightly found present, against `gold_attributes`:",
            "",
            row(*ATTRIBUTES),
            row(*["---"] * 3),
            row(*[shown(value) for value in figures["attributes"].values()]),
            "",
            "- sides: {} right, {} too many, {} missed; of those too many, {} are the left of a lingula, to which the annotators give no side;".format(
                *figures["side_counts"], figures["extra_sides"][1]
            ),
            f"  not counting these, side F1 is {side_f1_without_lingula(figures):.3f}",
            f"- MeSH lines of the gold that are found (present or uncertain): {figures['gold_line_recall']:.3f} of {figures['gold_lines']}",
            f"- triples per report: {figures['triples_per_report']:.1f} (reports have {figures['characters_per_report']:.0f} characters)",
            f"- invented statements (tests/knowledge/statements.txt), status, side and severity right: {figures['statements_right']:.3f}"
            f" of those in {figures['statements']} sentences",
            "",
            "Milliseconds of CPU time for each report, one core, graph included; the ratio is to keywords, which give no graph:",
            "",
            row("reader", "p50", "p95", "mean", "ratio"),
            row(*["---"] * 5),
            *[row(s["reader"], *(f"{s[k]:.3f}" for k in ("p50", "p95", "mean")), f"{s['ratio']:.1f}") for s in figures["speed"]],
            "",
        ]
    )


if __name__ == "__main__":
    main()
