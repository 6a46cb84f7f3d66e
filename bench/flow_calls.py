"""The calls of the authors' control flow in our words: what is asked, with which history and pictures. Both flows of bench/flows.py make them.

docs/benchmarks/flows.md lists where this departs from the authors' code, and why.
"""

from bench.flow_engine import Call
from bench.flow_script import Lengths, graph_answer, many, prose
from kbapp.core.content import Content, ImageContent
from kbapp.engines.language_model import Turn

_SYSTEM = Turn(
    "system", "You read pictures and texts with care, state only what they show or say, and answer in the form that is asked for."
)
_FORM = 'Answer as JSON: {"triples": [[head, relation, tail], ...]}.'


def _user(text: str, *contents: Content) -> Turn:
    """Pictures go along as pictures, texts stand in the words."""
    words = [text, *(c.text for c in contents if not isinstance(c, ImageContent))]
    return Turn("user", "\n".join(words), tuple(c for c in contents if isinstance(c, ImageContent)))


# --- medical: two calls for a graph, the first the same for every case


def few_shot(examples: tuple[ImageContent, ...], lengths: Lengths) -> Call:
    asked = _user("Here are two example studies. Tell the findings of each, with side, place and degree.", *examples)
    return Call((_SYSTEM, asked), prose("examples", lengths.analysis), lengths.analysis)


def analysis(shown: Call, content: Content, k: int | None, lengths: Lengths) -> Call:
    """k: see `triples_of`."""
    asked = _user(f"Now this study, in the same way: findings, places and degrees as a graph. {_FORM}", content)
    return Call((*shown.history, asked), graph_answer(k), lengths.analysis)


def reports(source: Content, graph: str, n: int, lengths: Lengths) -> Call:
    asked = _user(f"Write {n} different reports of this study, one after the other, that agree with this graph:\n{graph}", source)
    return Call((_SYSTEM, asked), many("report", n, lengths.report), lengths.of_many(n, lengths.report))


# --- general: a chain of four calls for a graph; a picture is attached to the first and to the third


def extraction(before: Call | None, step: int, content: Content, k: int | None, lengths: Lengths) -> Call:
    """step: 0 to 3, each after the one before."""
    questions = (
        "Which entities are there, and how many of each?",
        "How does each of them look: color, size, state?",
        "Look again: how do they stand to each other?",
        f"Put all this together as a graph. {_FORM}",
    )
    attached = (content,) if step == 0 or (step == 2 and isinstance(content, ImageContent)) else ()
    turns = before.history if before else (_SYSTEM,)
    answer = graph_answer(k) if step == 3 else prose(f"step {step}", lengths.analysis)
    return Call((*turns, _user(questions[step], *attached)), answer, lengths.analysis)


EXTRACTION_STEPS = 4


def thought(source: Content, graph: str, lengths: Lengths) -> Call:
    asked = _user(f"Think step by step what the missing modality would show or say, given this and this graph:\n{graph}", source)
    return Call((_SYSTEM, asked), prose("thought", lengths.thought), lengths.thought)


def captions(before: Call, n: int, lengths: Lengths) -> Call:
    asked = _user(f"Write {n} different captions, one after the other.")
    return Call((*before.history, asked), many("caption", n, lengths.caption), lengths.of_many(n, lengths.caption))


def image_prompt(before: Call, k: int, lengths: Lengths) -> Call:
    """The k-th of a chain: every earlier prompt stands in the history, and the last one once more in the question."""
    last = f" It should differ from the last one: {before.answer}" if k else ""
    return Call(
        (*before.history, _user(f"Write prompt {k + 1} for an image model.{last}")),
        prose(f"prompt {k}", lengths.prompt),
        lengths.prompt,
    )


def refined(prompt: Call, lengths: Lengths) -> Call:
    asked = _user(f"Shorten this prompt to what an image model needs:\n{prompt.answer}")
    return Call((_SYSTEM, asked), prose(f"refined {prompt.answer[:8]}", lengths.refine), lengths.refine)
