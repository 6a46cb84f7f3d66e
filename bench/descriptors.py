"""What the builtin scorers' constants come from, and how well they tell pairs apart: `python bench/descriptors.py`.

Prints the usual film (mean of films drawn without findings), the steps that each shape causes, and the AUC of true against mismatched
pairs of drawn films and their texts. Only pictures that the project draws itself are used. Writes docs/benchmarks/descriptors.md.
"""

import random
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.complete import shipped  # noqa: E402
from bench.machine import ROOT, stamp_line  # noqa: E402
from kbapp.core.content import Modality, TextContent  # noqa: E402
from kbapp.profiles import engines_for  # noqa: E402
from kbapp.ranking.expected_regions import expected  # noqa: E402
from kbapp.ranking.graph_part import graph_parts  # noqa: E402
from kbapp.ranking.picture_regions import REGIONS, deviations, region_densities  # noqa: E402
from kbapp.ranking.quality_score import quality_scores  # noqa: E402
from kbapp.ranking.rank_correlation import rank_correlation  # noqa: E402
from kbapp.ranking.words import Lexicon  # noqa: E402
from kbapp.settings import Settings  # noqa: E402

SENTENCES = (
    "Heart size is normal. Lungs are clear.",
    "{degree} cardiomegaly.",
    "{amount} {side} pleural effusion.",
    "{degree} lung opacity in the {side} {zone} lobe.",
    "{amount} {side} pneumothorax.",
    "{degree} pulmonary edema.",
    "No pleural effusion or pneumothorax.",
    "Heart size is normal.",
)
SHAPES = (
    "Severe cardiomegaly.", "Mild cardiomegaly.", "Small left pleural effusion.", "Moderate right pleural effusion.",
    "Large left pleural effusion.", "Moderate lung opacity in the right upper lobe.", "Moderate lung opacity in the left middle lobe.",
    "Moderate lung opacity in the right lower lobe.", "Severe pulmonary edema.", "Moderate left pneumothorax.",
    "Moderate atelectasis in the left lower lobe.",
)  # fmt: skip
DRAWN, SETS = 24, 3


def invented(rng: random.Random) -> str:
    words = {"degree": ["Mild", "Moderate", "Severe"], "amount": ["Small", "Moderate", "Large"]}
    words |= {"side": ["left", "right"], "zone": ["upper", "middle", "lower"]}
    picked = [rng.choice(SENTENCES) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    return " ".join(sentence.format(**{k: rng.choice(v) for k, v in words.items()}) for sentence in picked)


def auc(scores: np.ndarray) -> float:
    """How often a true pair scores above a mismatched one with the same text; ties count half."""
    true = np.diag(scores)[:, None]
    others = scores[~np.eye(len(scores), dtype=bool)].reshape(len(scores), -1)
    return float(((true > others) + 0.5 * (true == others)).mean())


def qs_of_pairs(texts: list[str], films: list, engines, prior) -> np.ndarray:
    """[text, film] QS, 0-100, NaN where it was not computed. Films are read once."""
    readings = engines.readers[Modality.IMAGE].read([(film,) for film in films], prior)
    rows = []
    for text in texts:
        source = TextContent(text)
        graph = engines.readers[Modality.TEXT].read([(source,)], prior)[0].graph
        parts = [{"graph": part} for part in graph_parts(graph, readings, prior.prior, Modality.IMAGE)]
        for scorer in engines.scorers:
            for of_one, part in zip(parts, scorer.similarity([source], films, prior), strict=True):
                of_one[scorer.name] = part
        rows.append([np.nan if score.qs is None else score.qs for score in quality_scores(parts, prior.prior.weights)])
    return np.asarray(rows)


def spread(engines, prior) -> float:
    """Mean deviation of QS over films of one text that differ by seed alone."""
    texts = [invented(random.Random(7000 + k)) for k in range(10)]
    found = []
    for k, text in enumerate(texts):
        films = engines.image_generator.generate([text] * 5, range(9000 + 5 * k, 9005 + 5 * k), prior)
        found.append(float(np.std(qs_of_pairs([text], films, engines, prior))))
    return float(np.nanmean(found))


def percentiles(values: np.ndarray) -> str:
    return " | ".join(f"{p:.0f}" for p in np.nanpercentile(values, (5, 25, 50, 75, 95)))


def main() -> None:
    np.set_printoptions(precision=2, suppress=True, linewidth=150)
    prior, engines = shipped(), engines_for(Settings())
    lexicon = Lexicon(prior.prior)

    def drawn(texts, first):
        return engines.image_generator.generate(texts, range(first, first + len(texts)), prior)

    usual = np.stack([region_densities(film) for film in drawn(["Heart size is normal."] * 60, 100)])
    print(REGIONS, "\nusual", usual.mean(0), "\nsd   ", usual.std(0))
    for text in SHAPES:
        steps = np.stack([deviations(film) for film in drawn([text] * DRAWN, 400)])
        print(text, "\n  expected", expected(lexicon.mentions(text), prior.prior), "\n  drawn   ", steps.mean(0))
    rows, agreement = [], []
    for k in range(SETS):
        texts = list(dict.fromkeys(invented(random.Random(100 * k + j)) for j in range(60)))
        films = drawn(texts, 1000 * (k + 1))
        scores = {}
        for scorer in engines.scorers:
            parts = [scorer.similarity([TextContent(text)], films, prior) for text in texts]
            scores[scorer.name] = np.asarray([[part.value for part in of_one] for of_one in parts])
        agreement.append(rank_correlation(*(list(s.ravel()) for s in scores.values())))
        scores["both"] = sum(scores.values())
        rows.append([auc(s) for s in scores.values()])
    qs = qs_of_pairs(texts, films, engines, prior)
    mismatched = qs[~np.eye(len(qs), dtype=bool)]
    names = list(scores)
    lines = "\n".join(
        f"| {name} | {np.mean([r[i] for r in rows]):.3f} | {', '.join(f'{r[i]:.3f}' for r in rows)} |"
        for i, name in enumerate(names)
    )
    text = f"""# The builtin scorers on drawn films

`python bench/descriptors.py` · {stamp_line()}

{SETS} sets of about 50 invented reports, each drawn once. AUC: how often the drawn film of a text scores above the film of another text;
0.5 is chance.

| scorer | mean AUC | by set |
|---|---|---|
{lines}

Rank correlation between the two (Spearman, over all pairs): {np.mean(agreement):.2f}.

QS with the graph part, 0-100, on the last set (a reference band for drawn films, not for real ones):

| pairs | 5 % | 25 % | 50 % | 75 % | 95 % |
|---|---|---|---|---|---|
| true | {percentiles(np.diag(qs))} |
| mismatched | {percentiles(mismatched)} |

Films of one text that differ by seed alone: QS deviates by {spread(engines, prior):.1f} (mean standard deviation, 10 texts, 5 films each).
"""
    (ROOT / "docs" / "benchmarks").mkdir(parents=True, exist_ok=True)
    (ROOT / "docs" / "benchmarks" / "descriptors.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
