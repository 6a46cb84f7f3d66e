"""The same calls by our schedule: candidates side by side, one diffusion batch, one batch per encoder, pictures stay in memory."""

from bench import flow_calls as calls
from bench.flow_engine import Call, Engine
from bench.flow_result import Job, Result, result_of
from bench.flow_script import apart, read_graph
from kbapp.core.content import Content, TextContent


def flow_ours(engine: Engine, job: Job, shown: Call | None = None) -> Result:
    """shown: the few-shot turn with its answer, asked once for each version of a prior (`few_shot_turn`); only medical jobs need it."""
    with engine.fresh(remembers=True) as counts:
        source = engine.opened(job.source_file) if job.source_file else job.source
        graph = _extract(engine, job, [source], [None], shown)[0]
        texts = _medical_texts(engine, job, source, graph) if job.medical else _general_texts(engine, job, source, graph)
        made = engine.paint(texts, job.seeds, job.prior) if job.makes_pictures else [TextContent(text) for text in texts]
        engine.shown()
        graphs = [read_graph(answer) for answer in _extract(engine, job, made, range(job.n), shown)]
        parts = {name: engine.likeness(name, source, made) for name in ("clip", "blip")}
    return result_of(read_graph(graph), list(made), graphs, parts, counts)


def few_shot_turn(engine: Engine, job: Job) -> Call:
    """What no case changes."""
    return engine.chat([calls.few_shot(tuple(map(engine.opened, job.examples)), job.lengths)])[0]


def _extract(engine: Engine, job: Job, contents: list[Content], names, shown: Call | None) -> list[str]:
    """All contents together: as many batches as a single conversation has calls."""
    if job.medical:
        asked = [calls.analysis(shown, content, k, job.lengths) for content, k in zip(contents, names, strict=True)]
        return [call.answer for call in engine.chat(asked)]
    now: list[Call | None] = [None] * len(contents)
    for step in range(calls.EXTRACTION_STEPS):
        asked = zip(now, contents, names, strict=True)
        now = engine.chat([calls.extraction(before, step, content, k, job.lengths) for before, content, k in asked])
    return [call.answer for call in now]


def _medical_texts(engine: Engine, job: Job, source: Content, graph: str) -> list[str]:
    return apart(engine.chat([calls.reports(source, graph, job.n, job.lengths)])[0].answer)


def _general_texts(engine: Engine, job: Job, source: Content, graph: str) -> list[str]:
    (call,) = engine.chat([calls.thought(source, graph, job.lengths)])
    if not job.makes_pictures:
        return apart(engine.chat([calls.captions(call, job.n, job.lengths)])[0].answer)
    told: list[str] = []
    waiting: list[Call] = []  # refinements need only their own prompt: each runs beside the next prompt of the chain
    for k in range(job.n):
        call, *answered = engine.chat([calls.image_prompt(call, k, job.lengths), *waiting])
        told += [one.answer for one in answered]
        waiting = [calls.refined(call, job.lengths)]
    return told + [one.answer for one in engine.chat(waiting)]
