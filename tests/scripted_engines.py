"""A large multimodal model by script, in the roles of a real one.

It "sees" with the builtin readers: a text is found between the fences of the prompt, a picture in the turn. What it answers goes the whole
way of a model's reply: JSON, schema, quotes, canonical names. Its report tells the description's sentences, each on its own.
"""

import json
import re

from kbapp.core.completion import Reading
from kbapp.core.content import Content, Modality, TextContent
from kbapp.engines.language_model import ChatRequest
from kbapp.generation.lmm_writer import LmmWriter
from kbapp.knowledge.lmm_reader import LmmReader
from kbapp.pipeline import Engines
from kbapp.priors.version import PriorVersion
from tests.scripted import ScriptedModel

_SLOT = re.compile(r"<<<\n(.*?)\n>>>", re.DOTALL)


class SeeingScript:
    """builtin: the engines it sees with."""

    def __init__(self, builtin: Engines, prior: PriorVersion):
        self._readers, self._prior = builtin.readers, prior

    def __call__(self, request: ChatRequest) -> str:
        turn = request.turns[-1]
        if request.schema is not None:
            return self._triples(turn.images or (TextContent(_SLOT.search(turn.text).group(1)),))
        if "Findings:" in turn.text:
            described = _SLOT.search(turn.text).group(1)
            return f"Findings: {described}\nImpression: As above, in version {request.seed % 97}."
        return "See the list."

    def _triples(self, contents: tuple[Content, ...]) -> str:
        reading: Reading = self._readers[contents[0].modality].read([contents], self._prior)[0]
        text = contents[0].text if isinstance(contents[0], TextContent) else ""
        said = []
        for t in reading.graph.triples:
            quote = text[t.evidence[0].start : t.evidence[0].end] if text else "See the list."
            said.append({"head": t.head, "relation": t.relation, "tail": t.tail, "status": t.status.value, "quote": quote})
        return json.dumps({"triples": said})


def scripted_engines(builtin: Engines, prior: PriorVersion) -> tuple[Engines, ScriptedModel]:
    """LMM reader and writer over one scripted model; pictures and scores as in `builtin`."""
    model = ScriptedModel(SeeingScript(builtin, prior))
    reader = LmmReader(model)
    readers = {modality: reader for modality in Modality}
    return Engines("scripted", readers, LmmWriter(model), builtin.image_generator, builtin.scorers), model
