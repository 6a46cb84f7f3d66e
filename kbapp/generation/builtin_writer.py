"""The builtin writer: a description's graph in plain radiology prose, from templates. No model.

Findings tells every fact once; the last section sums up the leading ones in the same words and adds none. Function words are here, every
clinical word comes from the graph and the prior.
"""

import random
from collections.abc import Sequence

from kbapp.core.candidate import Description
from kbapp.core.content import Modality
from kbapp.core.triple import Status
from kbapp.generation.description import denials, doubts, led_by
from kbapp.generation.state_wording import capital
from kbapp.generation.wording import Statement, listed, statements
from kbapp.priors.schema import DomainPrior, Guidance
from kbapp.priors.version import PriorVersion

_PRESENT = (
    "{}.",
    "{}.",
    "{} is seen.",
    "{} is present.",
    "{} is noted.",
    "{} is identified.",
    "{} is demonstrated.",
    "There is {}.",
)
_SEVERAL = (
    "{}.",
    "{}.",
    "{} are seen.",
    "{} are present.",
    "{} are noted.",
    "{} are identified.",
    "{} are demonstrated.",
    "There are {}.",
)
_IN_ONE_LIST = 4  # denied findings in one sentence; more is hard to read
_SUMMED_UP = 4  # findings in the summary
_NOTHING = "Nothing could be stated from the source."


class BuiltinWriter:
    """Implements Writer. The wording is drawn by the seed, the facts are the description's."""

    id = "builtin-writer 1"

    def write(self, descriptions: Sequence[Description], prior: PriorVersion, seeds: Sequence[int]) -> list[str]:
        return [_text(d, prior.prior, random.Random(seed)) for d, seed in zip(descriptions, seeds, strict=True)]


def _text(description: Description, prior: DomainPrior, rng: random.Random) -> str:
    told = led_by(description.subject, statements(description.graph, prior, prose=True))
    body = " ".join(_sentences(told, prior, rng)) or _NOTHING
    sections = prior.guidance.get(Modality.TEXT.value, Guidance()).sections
    if not sections:
        return body
    if len(sections) == 1:
        return f"{sections[0]}: {body}"
    return f"{sections[0]}: {body}\n{sections[-1]}: {_summary(told, prior, rng)}"


def _sentences(told: Sequence[Statement], prior: DomainPrior, rng: random.Random) -> list[str]:
    """One sentence per statement, but denials of one group that are nothing but names share one, where the first of them stands."""
    made: list[str] = []
    in_list: set[int] = set()
    for k, said in enumerate(told):
        if k in in_list:
            continue
        if _is_listable(said):
            together = [j for j in range(k, len(told)) if _is_listable(told[j]) and told[j].group == said.group][:_IN_ONE_LIST]
            in_list.update(together)
            made.append(_denial([told[j].noun for j in together], prior, rng))
        else:
            made.append(_sentence(said, prior, rng))
    return made


def _is_listable(said: Statement) -> bool:
    return said.status is Status.ABSENT and said.plain and not said.sentences


def _sentence(said: Statement, prior: DomainPrior, rng: random.Random) -> str:
    if said.sentences:
        return rng.choice(said.sentences)
    if said.status is Status.ABSENT:
        return _denial([said.noun], prior, rng)
    if said.status is Status.UNCERTAIN:
        return rng.choice(doubts(said.noun, said, prior))
    template = rng.choice(_SEVERAL if said.several else _PRESENT)
    return template.format(said.noun if not template.startswith("{}") else capital(said.noun))


def _denial(nouns: Sequence[str], prior: DomainPrior, rng: random.Random) -> str:
    """ "No a, b or c." """
    together = listed(nouns, "or")
    denial = f"{rng.choice(denials(together, prior))} {together}."
    return f"There is {denial}" if rng.random() < 0.3 else capital(denial)


def _summary(told: Sequence[Statement], prior: DomainPrior, rng: random.Random) -> str:
    """The leading findings, each in the full words of the first section, so that nothing is said of another place or degree."""
    there = [s for s in told if s.status is not Status.ABSENT and not s.sentences][:_SUMMED_UP]
    if there:
        return " ".join(
            capital(f"{s.noun}.") if s.status is Status.PRESENT else rng.choice(doubts(s.noun, s, prior)) for s in there
        )
    denied = [s.noun for s in told if _is_listable(s)][:_IN_ONE_LIST]
    if denied:
        return _denial(denied, prior, rng)
    return next((rng.choice(s.sentences) for s in told if s.sentences), _NOTHING)
