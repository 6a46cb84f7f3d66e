"""The authors' control flow, minimally repaired: one call after the other, batch 1, every picture through a file, every pair scored alone."""

from collections import Counter
from pathlib import Path

from bench import flow_calls as calls
from bench.flow_engine import Call, Engine
from bench.flow_result import Job, Result, result_of
from bench.flow_script import apart, read_graph
from kbapp.core.content import Content, TextContent


def flow_official(engine: Engine, job: Job) -> Result:
    return _Official(engine, job).result()


class _Official:
    def __init__(self, engine: Engine, job: Job):
        self.engine, self.job = engine, job

    def result(self) -> Result:
        with self.engine.fresh(remembers=False) as counts:
            graph = self._extract(None, self._shown(self.job.source))
            texts = self._medical_texts(graph) if self.job.medical else self._general_texts(graph)
            made = self._pictures(texts) if self.job.makes_pictures else [TextContent(text) for text in texts]
            graphs = [read_graph(self._extract(k, self._shown(content))) for k, content in enumerate(made)]
            parts = {name: self._pairwise(name, made) for name in ("clip", "blip")}
        spent = Counter(counts)
        return result_of(read_graph(graph), [self._shown(content) for content in made], graphs, parts, spent)

    def _shown(self, content: Content | Path) -> Content:
        return self.engine.opened(content) if isinstance(content, Path) else content

    def _ask(self, call: Call) -> Call:
        return self.engine.chat([call])[0]

    def _extract(self, k: int | None, content: Content) -> str:
        """A conversation of its own for every content; the medical one shows its examples each time."""
        lengths = self.job.lengths
        if self.job.medical:
            examples = tuple(map(self.engine.opened, self.job.examples))
            return self._ask(calls.analysis(self._ask(calls.few_shot(examples, lengths)), content, k, lengths)).answer
        call = None
        for step in range(calls.EXTRACTION_STEPS):
            call = self._ask(calls.extraction(call, step, content, k, lengths))
        return call.answer

    def _medical_texts(self, graph: str) -> list[str]:
        return apart(self._ask(calls.reports(self._shown(self.job.source), graph, self.job.n, self.job.lengths)).answer)

    def _general_texts(self, graph: str) -> list[str]:
        job, lengths = self.job, self.job.lengths
        call = self._ask(calls.thought(self._shown(job.source), graph, lengths))
        if not job.makes_pictures:
            return apart(self._ask(calls.captions(call, job.n, lengths)).answer)
        told = []
        for k in range(job.n):
            call = self._ask(calls.image_prompt(call, k, lengths))
            told.append(self._ask(calls.refined(call, lengths)).answer)
        return told

    def _pictures(self, prompts: list[str]) -> list[Path]:
        """One after the other, each to a file."""
        files = []
        for k, prompt in enumerate(prompts):
            (picture,) = self.engine.paint([prompt], [self.job.seeds[k]], self.job.prior)
            files.append(self.engine.saved(picture, self.job.folder / f"{k}.png"))
        return files

    def _pairwise(self, name: str, made: list[Path | TextContent]) -> list[float]:
        return [self.engine.likeness(name, self._shown(self.job.source), [self._shown(content)])[0] for content in made]
