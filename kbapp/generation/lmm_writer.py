"""Step 2 for a missing text with a large multimodal model: each description becomes a text in the form the prior asks for."""

import re
from collections.abc import Sequence

from kbapp.core.candidate import Description
from kbapp.core.content import Modality
from kbapp.engines.asking import GaveUp, Unusable, ask
from kbapp.engines.language_model import ChatReply, ChatRequest, LanguageModel, Turn
from kbapp.engines.prompt_template import data_slot, harmless, load_template
from kbapp.errors import GenerationError
from kbapp.priors.schema import Guidance
from kbapp.priors.version import PriorVersion

_TOKENS = 768
_MAX_CHARS = 12_000
_TEMPERATURE = 0.7  # candidates of one subject differ by their seed; 0 would give the same words again
_FENCE = re.compile(r"^```\w*\n(.*?)\n?```$", re.DOTALL)


class LmmWriter:
    """A Writer over any LanguageModel."""

    def __init__(self, model: LanguageModel):
        self.model = model
        self.id = f"lmm-writer-1({model.id})"

    def write(self, descriptions: Sequence[Description], prior: PriorVersion, seeds: Sequence[int]) -> list[str]:
        """See `Writer.write`: one batch. Raises GenerationError when a text is empty, cut or lacks a section after its retries."""
        if len(descriptions) != len(seeds):
            raise ValueError(f"expected one seed per description, got {len(seeds)} for {len(descriptions)}")
        guidance = prior.prior.guidance.get(Modality.TEXT.value, Guidance())
        requests = [_request(d, prior, guidance, seed) for d, seed in zip(descriptions, seeds, strict=True)]
        try:
            return ask(self.model, requests, lambda _, reply: _usable(reply, guidance.sections))
        except GaveUp as end:
            raise GenerationError(
                f"the model wrote no usable text for candidate {end.index + 1} after several tries: {end} Try again, or choose another model."
            ) from None


def _request(description: Description, prior: PriorVersion, guidance: Guidance, seed: int) -> ChatRequest:
    form = "Give the text alone, without remarks."
    if guidance.sections:
        form = f"Use exactly these headings, each on a line of its own: {', '.join(f'{s}:' for s in guidance.sections)}. {form}"
    text = load_template("write_text", {"kind", "description", "subject", "instruction", "style", "form"}).fill(
        kind=harmless(prior.prior.names.get("text", "text")),
        description=data_slot(description.text),
        subject=harmless(description.subject),
        instruction=harmless(guidance.instruction),
        style=harmless(guidance.style),
        form=harmless(form),
    )
    system = load_template("system", {"role"}).fill(role=harmless(prior.prior.role))
    return ChatRequest((Turn("system", system), Turn("user", text)), max_tokens=_TOKENS, temperature=_TEMPERATURE, seed=seed)


def _usable(reply: ChatReply, sections: Sequence[str]) -> str:
    """The text: without fences and emphasis, each heading written as the prior writes it."""
    text = harmless(reply.text).strip()
    fenced = _FENCE.match(text)
    text = (fenced.group(1) if fenced else text).replace("**", "").strip()
    if not text:
        raise Unusable("it is empty.")
    if len(text) > _MAX_CHARS:
        raise Unusable(f"it has {len(text)} characters; at most {_MAX_CHARS} are used.")
    return _in_sections(text, sections) if sections else text


def _in_sections(text: str, sections: Sequence[str]) -> str:
    """Each section on a line of its own, its heading as the prior writes it; what stands before the first heading is chatter."""
    marks: list[re.Match] = []
    for section in sections:
        heading = re.compile(rf"^[#\s]*{re.escape(section)}[ \t]*$|\b{re.escape(section)}[ \t]*:", re.IGNORECASE | re.MULTILINE)
        found = heading.search(text, marks[-1].end() if marks else 0)
        if found is None:
            raise Unusable(f'the heading "{section}:" is missing, or stands in the wrong order.')
        marks.append(found)
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    bodies = [text[mark.end() : end].strip(" \t\n#") for mark, end in zip(marks, ends, strict=True)]
    for section, body in zip(sections, bodies, strict=True):
        if not body:
            raise Unusable(f'the section "{section}:" is empty.')
    return "\n".join(f"{section}: {body}" for section, body in zip(sections, bodies, strict=True))
