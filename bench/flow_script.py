"""What the models are made to say in bench/flows.py, and how long. Invented; both flows are told the same."""

import json
from dataclasses import dataclass

from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.core.triple import Triple


@dataclass(frozen=True)
class Lengths:
    """Tokens of an answer. analysis: of each call of a graph extraction. caption, report: each of the n in the one answer that holds them all."""

    analysis: int = 200
    thought: int = 150
    prompt: int = 80
    refine: int = 50
    caption: int = 25
    report: int = 60
    most: int = 10_000  # of one answer that holds n texts

    def of_many(self, n: int, each: int) -> int:
        return min(n * each, self.most)


TYPICAL = Lengths()
LONG = Lengths(512, 512, 512, 512, 512, 512, most=512)  # the official cap of an answer; n captions or reports share one
TENTH = Lengths(20, 15, 8, 5, 3, 6)  # for the tests: the counters scale, the processor's time too

_SIZES = ("small", "medium", "large", "tiny", "wide", "narrow")
_BREAK = "\n---\n"


def triples_of(k: int | None) -> list[list[str]]:
    """k: number of the candidate, which tells fewer facts the later it comes; None: the source."""
    facts = [[f"thing {i}", "located in", f"place {i % 3}"] for i in range(6)] + [["thing 0", "has size", _SIZES[0]]]
    return facts if k is None else [*facts[: 6 - k % 4], ["thing 0", "has size", _SIZES[k % len(_SIZES)]]]


def graph_answer(k: int | None) -> str:
    return json.dumps({"triples": triples_of(k)})


def read_graph(answer: str) -> KnowledgeGraph:
    return graph_of((Triple(*triple) for triple in json.loads(answer)["triples"]), ())


def prose(what: str, tokens: int) -> str:
    """About as many words as tokens, so that a history grows as it would."""
    words = f"{what}: seen here are several things at their places, each with its size and its number.".split()
    return " ".join((words * (1 + tokens // len(words)))[: max(4, tokens * 3 // 4)])


def many(what: str, n: int, tokens: int) -> str:
    """n texts in one answer."""
    return _BREAK.join(prose(f"{what} {k}", tokens) for k in range(n))


def apart(answer: str) -> list[str]:
    return answer.split(_BREAK)
