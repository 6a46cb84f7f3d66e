"""Completions to test with: any one (hypothesis), and one that is easy to read. All texts and pictures are invented."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np
from hypothesis import strategies as st

from kbapp.core.candidate import Candidate, Description, Resolution
from kbapp.core.case import Case
from kbapp.core.completion import Completion, Provenance, Reading
from kbapp.core.content import ImageContent, TextContent
from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.evidence import ImageRegion, Measurement, ModelAnswer, TextSpan
from kbapp.core.graph import Node, graph_of
from kbapp.core.score import PartScore, QualityScore, Ranking
from kbapp.core.triple import Status, Triple

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
names = words.filter(bool)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 10_000)
measurements = st.builds(Measurement, words, numbers, numbers, words)
evidences = st.one_of(
    st.builds(TextSpan, counts, counts, st.integers(0, 3)),
    st.builds(ImageRegion, st.tuples(numbers, numbers, numbers, numbers), st.none() | measurements, st.integers(0, 3)),
    st.builds(ModelAnswer, words, words),
)
triples = st.builds(Triple, names, names, names, st.sampled_from(Status), st.lists(evidences, max_size=3, unique=True).map(tuple))
codes = st.dictionaries(names, words, max_size=2).map(lambda d: tuple(d.items()))


@st.composite
def graphs(draw):
    said = draw(st.lists(triples, max_size=4))
    nodes = [Node(name, draw(words), draw(words), draw(codes)) for t in said for name in (t.head, t.tail) if draw(st.booleans())]
    return graph_of(said, nodes, draw(words))


texts = st.builds(TextContent, st.text(st.characters(exclude_categories=("Cs",)), max_size=40))


@st.composite
def images(draw):
    depth = draw(st.sampled_from((np.uint8, np.uint16)))
    shape = (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    if depth is np.uint8 and draw(st.booleans()):
        shape = (*shape, 3)
    pixels = np.random.default_rng(draw(counts)).integers(0, np.iinfo(depth).max, shape, depth, endpoint=True)
    window = draw(st.none() | st.tuples(numbers, numbers))
    return ImageContent(pixels, window, draw(words), draw(st.none() | numbers))


readings = st.builds(
    Reading,
    graphs(),
    st.lists(words, max_size=2).map(tuple),
    st.none() | st.frozensets(words, max_size=2),
    counts,
    st.lists(words, max_size=2).map(tuple),
)
resolutions = st.lists(st.builds(Resolution, words, words, words, words), max_size=2).map(tuple)
descriptions = st.builds(Description, words, words, graphs(), resolutions, numbers)
scores = st.builds(
    QualityScore,
    st.dictionaries(names, st.builds(PartScore, st.none() | numbers, words, words), max_size=3),
    st.none() | numbers,
    st.dictionaries(names, numbers, max_size=2),
    st.dictionaries(names, words, max_size=2),
)
fact_differences = st.builds(FactDifference, st.sampled_from(FactClass), st.none() | triples, st.none() | triples, words)
differences = st.builds(Difference, st.lists(fact_differences, max_size=2).map(tuple))
provenances = st.builds(
    Provenance,
    words,
    words,
    st.dictionaries(names, words, max_size=2),
    words,
    words,
    counts,
    counts,
    st.dictionaries(names, st.booleans() | words, max_size=2),
)


@st.composite
def completions(draw):
    given, made = draw(st.permutations((texts, images())))
    case = Case(tuple(draw(st.lists(given, min_size=1, max_size=2))), draw(names), draw(words), draw(words))
    n = draw(st.integers(0, 2))

    def one_each(strategy):
        return tuple(draw(st.lists(strategy, min_size=n, max_size=n)))

    def candidate(k):
        given = tuple(draw(st.dictionaries(names, numbers, max_size=2)).items())
        return Candidate(k, draw(descriptions), draw(made), draw(counts), draw(words), draw(words), (draw(words),), given)

    candidates = tuple(map(candidate, range(n)))
    ranking = Ranking(tuple(draw(st.permutations(range(n)))), draw(st.none() | counts), draw(st.none() | numbers), draw(words))
    return Completion(
        case,
        draw(readings),
        candidates,
        one_each(readings),
        one_each(scores),
        one_each(differences),
        ranking,
        draw(provenances),
        tuple(draw(st.lists(words, max_size=2))),
    )


def deep(value):
    """Everything in a value, also what its own equality leaves out (nodes and evidence of a graph)."""
    if isinstance(value, ImageContent):
        return value.sha256
    if is_dataclass(value):
        return type(value), tuple(deep(getattr(value, f.name)) for f in fields(value))
    if isinstance(value, Mapping):
        return {key: deep(v) for key, v in value.items()}
    return tuple(map(deep, value)) if isinstance(value, tuple) else value


EFFUSION = Triple("fluid, left", "located in", "pleura", Status.PRESENT, (TextSpan(0, 10),))
NO_AIR = Triple("air", "located in", "pleura", Status.ABSENT, (TextSpan(12, 18), TextSpan(30, 36)))


def drawn(seed: int = 0, size: int = 48) -> ImageContent:
    """A picture of two grey ellipses in noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size] / size
    lungs = ((x - 0.3) ** 2 / 0.02 + (y - 0.5) ** 2 / 0.1 < 1) | ((x - 0.7) ** 2 / 0.02 + (y - 0.5) ** 2 / 0.1 < 1)
    return ImageContent((np.where(lungs, 60, 180) + rng.integers(0, 20, (size, size))).astype(np.uint8), view="PA")


def small_completion(case: Case, n: int = 3, seed: int = 0, contradicted: tuple[int, ...] = ()) -> Completion:
    """n candidates of the missing modality, candidate 0 best; those in `contradicted` have one contradicted fact."""
    graph = graph_of([EFFUSION, NO_AIR], [Node("fluid, left", "finding", "fluid", (("made-up", "X1"),))], "chest-xray@1")
    image = case.missing == "image"
    candidates, scores, differences = [], [], []
    for k in range(n):
        content = drawn(seed * 100 + k) if image else TextContent(f"Fluid on the left, version {k} of seed {seed}. No air.")
        description = Description("fluid, left", f"Fluid on the left, {k}.", graph, coverage=1.0)
        candidates.append(Candidate(k, description, content, seed * 1000 + k, "test-model@1", f"prompt {k}"))
        parts = {"graph": PartScore(90.0 - k / 3), "concepts": PartScore(80.0 - k), "regions": PartScore(None, "no picture")}
        weights, left_out = {"graph": 1.0, "concepts": 1.0}, {"regions": "no picture"}
        scores.append(QualityScore(parts, (170.0 - k / 3 - k) / 2, weights, left_out))
        facts = [FactDifference(FactClass.KEPT, EFFUSION, EFFUSION)]
        if k in contradicted:
            facts.append(FactDifference(FactClass.CONTRADICTED, NO_AIR, NO_AIR, "the source says absent"))
        differences.append(Difference(tuple(facts)))
    return Completion(
        case,
        Reading(graph, ("bones",), frozenset({"fluid", "air"})),
        tuple(candidates),
        tuple(Reading(graph) for _ in range(n)),
        tuple(scores),
        tuple(differences),
        Ranking(tuple(range(n)), next((k for k in range(n) if k not in contradicted), None), 0.6667, "close"),
        Provenance("0.1.0", "test", {"reader": "test-reader@1", "writer": "test-model@1"}, "chest-xray@1", "ab" * 32, seed, n),
    )
