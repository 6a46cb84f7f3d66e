"""Graphs as a model may give them: any names, any relations, heads that are tails."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kbapp.core.content import Modality
from kbapp.core.graph import KnowledgeGraph, Node, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.generation.builtin_writer import BuiltinWriter
from kbapp.generation.prompt import condense
from kbapp.generation.views import views
from kbapp.generation.wording import listed, plural, statements
from kbapp.priors.document import parse_prior
from kbapp.resources import DOMAINS
from tests.ranking.small_prior import PRIOR, VERSION

names = st.sampled_from(("spot", "spot, left", "shell", "left", "red thing", "Ünïcode {0}", "a.b", "%s"))
relations = st.sampled_from(("located in", "on side", "has size", "has count", "holds", "has {}"))
facts = st.builds(Triple, names, relations, names, st.sampled_from(Status))
kinds = st.sampled_from(("finding", "anatomy", "value", "other"))


@st.composite
def graphs(draw) -> KnowledgeGraph:
    said = draw(st.lists(facts, max_size=10))
    return graph_of(said, [Node(n, draw(kinds), n.split(",")[0]) for n in sorted({x for t in said for x in (t.head, t.tail)})])


@settings(max_examples=60)
@given(graphs(), st.sampled_from(Modality), st.integers(0, 5))
def test_any_graph_can_be_described_written_and_condensed(graph, target, seed):
    told = views(graph, PRIOR, target, 4, "abc", seed)
    texts = BuiltinWriter().write(told, VERSION, range(4))
    prompts = [condense(view, PRIOR, 30) for view in told]
    assert all(0 <= view.coverage <= 1 for view in told)
    assert all(texts) and all(len(p.text.split()) <= 30 for p in prompts)
    for view in told:
        for head in view.graph.heads:
            assert head.split(",")[0].casefold() in view.text.casefold()


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=5))
def test_a_list_names_every_word_once_in_order(words):
    assert listed(words, "or").replace(" or ", ", ").split(", ") == words


def test_plurals():
    assert [plural(w) for w in ("opacity", "mass", "nodule", "ray", "box")] == ["opacities", "masses", "nodules", "rays", "boxes"]


def test_what_a_domain_adds_stands_between_count_and_noun():
    yaml = (DOMAINS / "general-scene.yaml").read_text(encoding="utf-8")
    facts = [
        Triple("dog", *fact)
        for fact in (("located in", "scene"), ("has color", "brown"), ("has count", "2"), ("has size", "small"))
    ]
    graph = graph_of(facts, [Node("dog", "object", "dog")])
    (said,) = statements(graph, parse_prior(yaml), prose=True)
    assert said.noun == "2 small brown dogs"
