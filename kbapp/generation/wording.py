"""English for graphs: each occurrence as a noun phrase or sentence. Clinical words come from the graph and the prior alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from kbapp.core.graph import KnowledgeGraph
from kbapp.core.occurrence import Occurrence, occurrences
from kbapp.core.triple import HAS_COUNT, HAS_SEVERITY, HAS_SIZE, HAS_STATE, Status
from kbapp.generation.state_wording import capital, state_wording
from kbapp.priors.schema import DomainPrior

_SIDES = ("left", "right")
_HAS = "has "


@dataclass(frozen=True)
class Statement:
    """What is said in one breath.

    heads: the nodes it tells. status: of all of them. noun: "small left pleural effusion"; home: " in the pleura" where the noun leaves
    the finding's own site out, else "". sentences: whole sentences that say it, in place of a noun ("Heart is normal.").
    group: the extraction rule it belongs to. places: the anatomy it is about. plain: nothing but a label, fit for a list.
    several: the noun is a plural.
    doubt_last: a cue of doubt must follow the noun, because a word of the noun would end its reach.
    """

    heads: tuple[str, ...]
    status: Status
    noun: str
    home: str = ""
    sentences: tuple[str, ...] = ()
    group: str = ""
    places: tuple[str, ...] = ()
    plain: bool = False
    several: bool = False
    doubt_last: bool = False


def statements(graph: KnowledgeGraph, prior: DomainPrior, *, prose: bool) -> tuple[Statement, ...]:
    """All that the graph says, each fact in one statement, the most important first: findings by focus, doubts, normal states, denials.

    prose: plurals, and a normal state also tells the denials that go without saying ("heart is normal" for "no cardiomegaly"). Without
    it every node is named.
    """
    waiting = {seen.name: seen for seen in occurrences(graph)}
    told = [*_states(waiting, prior, prose), *_both_sides(waiting, prior, prose)]
    for seen in waiting.values():
        told += _of_one(seen, prior, prose)
    focus = {label: k for k, label in enumerate(prior.focus)}
    labels = {node.name: node.label for node in graph.nodes}
    return tuple(sorted(told, key=lambda s: _importance(s, focus, labels)))


def listed(words: Iterable[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    *rest, final = words
    return f"{', '.join(rest)} {last} {final}" if rest else final


def _importance(said: Statement, focus: dict[str, int], labels: dict[str, str]) -> tuple:
    rank = {Status.PRESENT: 0, Status.UNCERTAIN: 1, Status.ABSENT: 3}[said.status]
    of_focus = min(focus.get(labels.get(head, head), len(focus)) for head in said.heads)
    return (2 if said.sentences else rank, of_focus, said.heads)


def _states(waiting: dict[str, Occurrence], prior: DomainPrior, prose: bool) -> list[Statement]:
    """States of anatomy. Takes what it tells out of `waiting`."""
    told = []
    everything = dict(waiting)
    for seen in [o for o in everything.values() if _is_anatomy(o, prior)]:
        del waiting[seen.name]
        for triple in seen.triples:
            wording = state_wording(triple, everything, prior) if triple.status is Status.PRESENT else None
            denied = [n for n in wording.denies if n in waiting and waiting[n].status is Status.ABSENT] if wording and prose else []
            for name in denied:
                del waiting[name]
            words = (wording.told if prose else wording.sentences) if wording else (_plain_state(triple),)
            group, places = _group(prior, seen.label), (seen.label,)
            told.append(Statement((seen.name, *denied), triple.status, "", "", words, group, places))
    return told


def _is_anatomy(seen: Occurrence, prior: DomainPrior) -> bool:
    entry = prior.entry_by_name.get(seen.label)
    return (entry.kind if entry else seen.kind) == "anatomy"


def _plain_state(triple) -> str:
    is_so = {Status.PRESENT: "is", Status.ABSENT: "is not", Status.UNCERTAIN: "is possibly"}[triple.status]
    if triple.relation.startswith(_HAS):
        return f"{capital(triple.head)} {triple.relation.removeprefix(_HAS)} {is_so} {triple.tail}."
    return _free_sentence(triple.head, triple)


def _free_sentence(subject: str, triple) -> str:
    """A relation that is nobody's adjective: "Person holds umbrella."."""
    doubt = {Status.PRESENT: "", Status.ABSENT: "It is not so that ", Status.UNCERTAIN: "Possibly "}[triple.status]
    return capital(f"{doubt}{subject} {triple.relation} {triple.tail}.")


def _both_sides(waiting: dict[str, Occurrence], prior: DomainPrior, prose: bool) -> list[Statement]:
    """A left and a right occurrence of which the same is said become one statement."""
    told = []
    for name in [n for n, seen in waiting.items() if seen.sides == ("left",)]:
        left = waiting[name]
        right = next((o for o in waiting.values() if _mirrors(left, o)), None)
        if right is not None and not _free(left):
            del waiting[left.name], waiting[right.name]
            told.append(_noun_statement((left.name, right.name), left, "bilateral", prior, prose))
    return told


def _mirrors(left: Occurrence, right: Occurrence) -> bool:
    same = (left.label, left.status, left.sites) == (right.label, right.status, right.sites)
    said = [(t.relation, t.tail, t.status) for t in left.said] == [(t.relation, t.tail, t.status) for t in right.said]
    return right.sides == ("right",) and same and said


def _of_one(seen: Occurrence, prior: DomainPrior, prose: bool) -> list[Statement]:
    side = " ".join(s for s in seen.sides if s in _SIDES)
    noun = _noun_statement((seen.name,), seen, side, prior, prose)
    free = tuple(
        Statement((seen.name,), t.status, "", "", (_free_sentence(noun.noun, t),), noun.group, noun.places) for t in _free(seen)
    )
    only_free = free and len(free) == len(seen.triples)
    return list(free) if only_free else [noun, *free]


def _free(seen: Occurrence) -> list:
    return [t for t in seen.said if not t.relation.startswith(_HAS)]


def _noun_statement(heads: tuple[str, ...], seen: Occurrence, side: str, prior: DomainPrior, prose: bool) -> Statement:
    entry = prior.entry_by_name.get(seen.label)
    own = entry.site if entry and entry.site else prior.root
    elsewhere = [site for site in seen.sites if site != own]
    adjectives = [t.tail for t in sorted(seen.said, key=_adjective_order) if t.relation.startswith(_HAS)]
    several = prose and _is_several(seen)
    name = plural(seen.label) if several else seen.label
    if elsewhere:
        named = [plural(site) if prose and side == "bilateral" else site for site in elsewhere]
        place = f" in the {listed(' '.join(p for p in (side, site) if p) for site in named)}"
        noun = " ".join([*adjectives, name]) + place
    else:
        noun = " ".join([*adjectives, *([side] if side else []), name])
    return Statement(
        heads,
        seen.status,
        noun,
        f" in the {own}" if own in seen.sites else "",
        group=_group(prior, seen.label),
        places=seen.sites,
        plain=not (side or elsewhere or adjectives),
        several=several,
        doubt_last=any(word in prior.cues.scope_end for word in adjectives),
    )


def _adjective_order(triple) -> int:
    """ "two stable small 8 mm nodules"; what a domain adds (a color, a material) stands next to the noun."""
    order = (HAS_COUNT, HAS_STATE, HAS_SEVERITY, HAS_SIZE)
    return order.index(triple.relation) if triple.relation in order else len(order)


def _is_several(seen: Occurrence) -> bool:
    return any(t.relation == HAS_COUNT and t.tail not in ("1", "one") for t in seen.said)


def plural(noun: str) -> str:
    """ "opacity" -> "opacities", "mass" -> "masses"; good enough for names that are counted."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return noun + ("es" if noun.endswith(("s", "x", "sh", "ch")) else "s")


def _group(prior: DomainPrior, label: str) -> str:
    entry = prior.entry_by_name.get(label)
    return entry.group if entry else ""
