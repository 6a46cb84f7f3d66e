"""An invented domain: stones with spots and cracks, so that no test here depends on the shipped vocabulary."""

from kbapp.core.graph import KnowledgeGraph, Node, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.priors.schema import DomainPrior, Entry, Rule, Scale
from kbapp.priors.version import PriorVersion

PRIOR = DomainPrior(
    domain="stones",
    title="Stones",
    role="You describe stones.",
    names={"image": "photograph", "text": "note"},
    root="stone",
    rules=(Rule(entity="Surface", prompt="Name the spots."), Rule(entity="Inside", prompt="Name what is inside.")),
    vocabulary=(
        Entry(name="stone", kind="anatomy", group="Surface"),
        Entry(name="shell", kind="anatomy", group="Surface"),
        Entry(name="top shell", kind="anatomy", group="Surface", is_a=("shell",)),
        Entry(name="bottom shell", kind="anatomy", group="Surface", is_a=("shell",)),
        Entry(name="core", kind="anatomy", group="Inside"),
        Entry(name="spot", group="Surface", site="shell"),
        Entry(name="red spot", group="Surface", site="shell", is_a=("spot",)),
        Entry(name="crack", group="Surface", site="shell"),
        Entry(name="smell", group="Inside", site="core", shown_by=("text",)),
    ),
    sides={"left": ("leftward",), "right": (), "bilateral": ("both",)},
    scales={"size": Scale(relation="has size", degrees={"small": ("tiny",), "medium": (), "large": ("huge",)})},
    relations=("located in", "on side", "has size"),
    focus=("crack", "spot"),
)
VERSION = PriorVersion(PRIOR, 1, "")


def stones(*facts: tuple[str, ...]) -> KnowledgeGraph:
    """Facts as (head, relation, tail[, status]); the label of a head is what stands before its comma."""
    triples = [Triple(f[0], f[1], f[2], Status(f[3]) if len(f) > 3 else Status.PRESENT) for f in facts]
    names = {n for t in triples for n in (t.head, t.tail)}
    return graph_of(triples, [_node(name) for name in sorted(names)], VERSION.ref)


def _node(name: str) -> Node:
    label = name.split(",")[0]
    entry = PRIOR.entry_by_name.get(label)
    return Node(name, entry.kind if entry else "value", label)


def spot(side: str, size: str = "", site: str = "shell", label: str = "spot", status: str = "present") -> list[tuple[str, ...]]:
    """The triples of one finding on a side, as a reader writes them."""
    place = " ".join(p for p in (side, "" if site == "shell" else site) if p)
    name = f"{label}, {place}" if place else label
    facts = [(name, "located in", site, status)]
    facts += [(name, "on side", side, status)] if side else []
    return facts + ([(name, "has size", size, status)] if size else [])
