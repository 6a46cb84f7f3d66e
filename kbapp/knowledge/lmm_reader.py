"""Step 1 with a large multimodal model (paper section 2.2): a concise answer per extraction rule, then unique entity-relation pairs.

All rules of all studies of one `read` go to the model as one batch, then one JSON question per study as a second. System prompt and
few-shot turns are the same for every study of a prior version, and pictures stand before words, so that an engine can share the prefix.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kbapp.core.completion import Reading
from kbapp.core.content import Content, ImageContent, Modality
from kbapp.core.graph import graph_of
from kbapp.engines.asking import GaveUp, Unusable, ask
from kbapp.engines.encoder import Encoder
from kbapp.engines.language_model import ChatReply, ChatRequest, LanguageModel, Turn
from kbapp.engines.prompt_template import data_slot, harmless, load_template
from kbapp.errors import ExtractionError
from kbapp.knowledge.lmm_graph import graph_from
from kbapp.knowledge.lmm_names import Names, words_of
from kbapp.knowledge.lmm_reply import Statement, parse_reply, reply_schema
from kbapp.knowledge.lmm_rewording import Rewording, reworded
from kbapp.priors.schema import Example, Rule
from kbapp.priors.version import PriorVersion

MAX_SOURCE_CHARS = (
    12_000  # about 3,000 tokens; with names, examples, six answers and the reply that makes 7,500 of a context of 8,192
)
_ANSWER_TOKENS = 256
_ANSWER_CHARS = 4_000
_TRIPLE_TOKENS = 1536
_NAMES_SHOWN = 250  # the shipped chest prior has 131; the schema holds nobody to them
_MAX_EXAMPLES = 4


@dataclass(frozen=True)
class _Study:
    """One study with what is told about it: `material` the words for the prompt, `notes` what was cut."""

    contents: tuple[Content, ...]
    modality: Modality
    rules: tuple[Rule, ...]
    material: str
    notes: tuple[str, ...]

    @property
    def images(self) -> tuple[ImageContent, ...]:
        return tuple(c for c in self.contents if isinstance(c, ImageContent))


class LmmReader:
    """A Reader over any LanguageModel. encoder: for names that no word of the prior fits, where the prior asks for it."""

    def __init__(self, model: LanguageModel, encoder: Encoder | None = None):
        self.model = model
        self.id = f"lmm-reader-2({model.id})"
        self._rewording = Rewording(encoder) if encoder else None

    def read(self, studies: Sequence[tuple[Content, ...]], prior: PriorVersion) -> list[Reading]:
        """See `Reader.read`. A study whose modality has no rule gives an empty graph. Raises ExtractionError with the raw reply."""
        told = [_study(contents, prior) for contents in studies]
        asked = [study for study in told if study.rules]
        try:
            answers = self._answers(asked, prior)
            replies = self._statements(asked, answers, prior)
        except GaveUp as end:
            raise ExtractionError(
                f"the model gave no usable answer after several tries: {end} Try again, or choose another model.",
                raw_reply=end.raw_reply,
            ) from None
        names = Names(prior.prior)
        likely = self._rewording.of((statements for statements, _ in replies), names, prior) if self._rewording else {}
        read = iter(zip(answers, replies, strict=True))
        return [_reading(study, *next(read), prior, names, likely) if study.rules else _nothing_asked(study) for study in told]

    def _answers(self, studies: Sequence[_Study], prior: PriorVersion) -> list[dict[str, str]]:
        """Per study the concise answer to each of its rules, by the rule's entity."""
        asked = [(study, rule) for study in studies for rule in study.rules]
        replies = ask(self.model, [_answer_request(study, rule, prior) for study, rule in asked], _usable_answer)
        given = iter(replies)
        return [{rule.entity: next(given) for rule in study.rules} for study in studies]

    def _statements(self, studies: Sequence[_Study], answers: Sequence[Mapping[str, str]], prior: PriorVersion):
        requests = [_triples_request(study, said, prior) for study, said in zip(studies, answers, strict=True)]
        return ask(self.model, requests, lambda _, reply: parse_reply(reply.text))


def _study(contents: tuple[Content, ...], prior: PriorVersion) -> _Study:
    modality = contents[0].modality
    rules = prior.prior.rules_for(modality)
    if modality is Modality.IMAGE:
        views = ", ".join(c.view or "view not stated" for c in contents)
        return _Study(contents, modality, rules, data_slot(f"{len(contents)} picture(s), in this order: {views}"), ())
    text = "\n\n".join(c.text for c in contents)
    notes = ()
    if len(text) > MAX_SOURCE_CHARS:
        notes = (f"the model was given the first {MAX_SOURCE_CHARS} of {len(text)} characters",)
    return _Study(contents, modality, rules, data_slot(text[:MAX_SOURCE_CHARS]), notes)


def _system(prior: PriorVersion, *more: str) -> Turn:
    return Turn("system", "\n\n".join([load_template("system", {"role"}).fill(role=harmless(prior.prior.role)), *more]))


def _rules(modality: Modality, prior: PriorVersion) -> str:
    """How statements are given; before the examples and the picture, since it is the same for all studies of a modality."""
    shown = [e.name for e in prior.prior.vocabulary if modality.value in e.shown_by][:_NAMES_SHOWN]
    return load_template("extract_rules", {"names", "relations", "degrees"}).fill(
        names=harmless("; ".join(shown)),
        relations=harmless("; ".join(prior.prior.relations)) or "your choice, two or three words",
        degrees=harmless("; ".join(f"{s.relation}: {', '.join(s.degrees)}" for s in prior.prior.scales.values())) or "your choice",
    )


def _kind(modality: Modality, prior: PriorVersion) -> str:
    return harmless(prior.prior.names.get(modality.value, modality.value))


def _answer_request(study: _Study, rule: Rule, prior: PriorVersion) -> ChatRequest:
    text = load_template("extract_answer", {"kind", "material", "entity", "question"}).fill(
        kind=_kind(study.modality, prior), material=study.material, entity=harmless(rule.entity), question=harmless(rule.prompt)
    )
    return ChatRequest((_system(prior), Turn("user", text, study.images)), max_tokens=_ANSWER_TOKENS)


def _usable_answer(_: int, reply: ChatReply) -> str:
    text = harmless(reply.text).strip()
    if not text:
        raise Unusable("it is empty.")
    if len(text) > _ANSWER_CHARS:
        raise Unusable(f"it has {len(text)} characters; at most {_ANSWER_CHARS} are read.")
    return text


def _triples_request(study: _Study, answers: Mapping[str, str], prior: PriorVersion) -> ChatRequest:
    text = load_template("extract_triples", {"kind", "material", "answers"}).fill(
        kind=_kind(study.modality, prior),
        material=study.material,
        answers=data_slot("\n".join(f"{rule}: {said}" for rule, said in answers.items())),
    )
    turns = (_system(prior, _rules(study.modality, prior)), *_examples(prior), Turn("user", text, study.images))
    return ChatRequest(turns, reply_schema(prior.prior.relations), max_tokens=_TRIPLE_TOKENS)


def _examples(prior: PriorVersion) -> list[Turn]:
    template = load_template("extract_example", {"kind", "material"})
    turns: list[Turn] = []
    for example in prior.prior.examples[:_MAX_EXAMPLES]:
        asked = template.fill(kind=_kind(Modality.TEXT, prior), material=data_slot(example.text))
        turns += [Turn("user", asked), Turn("assistant", harmless(_example_reply(example)))]
    return turns


def _example_reply(example: Example) -> str:
    sentences = [s.strip() for s in re.split(r"(?<=[.!?])\s+|\n+", example.text) if s.strip()]
    triples = [
        Statement(head=head, relation=relation, tail=tail, status=status, quote=_best_sentence(f"{head} {tail}", sentences))
        for head, relation, tail, status in example.triples
    ]
    return json.dumps({"triples": [t.model_dump() for t in triples]}, ensure_ascii=False)


def _best_sentence(words: str, sentences: Sequence[str]) -> str:
    wanted = set(words_of(words))
    return max(sentences, key=lambda s: len(wanted & set(words_of(s))), default="")


def _reading(
    study: _Study,
    answers: Mapping[str, str],
    reply: tuple[list[Statement], bool],
    prior: PriorVersion,
    names: Names,
    likely: dict[str, str],
) -> Reading:
    said, mended = reply
    statements, pairs = reworded(said, likely)
    graph, dropped = graph_from(statements, study.contents, answers, prior, names)
    unseen = tuple(e.name for e in prior.prior.vocabulary if study.modality.value not in e.shown_by)
    assesses = (
        frozenset({e.name for e in prior.prior.vocabulary} - set(unseen)) | {n.label for n in graph.nodes} if unseen else None
    )
    notes = (*study.notes, *pairs, *(("the model's JSON had to be mended",) if mended else ()), *_drop_notes(dropped))
    return Reading(graph, unseen, assesses, sum(dropped.values()), notes)


def _drop_notes(dropped: Counter) -> tuple[str, ...]:
    return tuple(f"{count} statement(s) of the model dropped: {why}" for why, count in sorted(dropped.items()))


def _nothing_asked(study: _Study) -> Reading:
    return Reading(graph_of((), ()), notes=(*study.notes, f"the prior has no extraction rule for {study.modality.value}"))
