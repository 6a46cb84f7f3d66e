"""A completion as JSON plus named files, without loss: from_json(to_json(x)) is x, evidence and all.

Each part has its own pair of functions, because the store keeps the parts in columns of their own.
"""

from collections.abc import Callable, Mapping

from kbapp.core.candidate import Candidate, Description, Resolution
from kbapp.core.case import Case
from kbapp.core.completion import Completion, Provenance, Reading
from kbapp.core.content import Content, ImageContent, StoredImage, TextContent
from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.score import PartScore, QualityScore, Ranking
from kbapp.errors import InputError
from kbapp.formats.graph_json import graph_from_json, graph_to_json, triple_from_json, triple_to_json
from kbapp.formats.picture import SYNTHETIC, decode_png, encode_png

MEDIA_TYPES = {"txt": "text/plain; charset=utf-8", "png": "image/png"}


def completion_to_json(completion: Completion) -> tuple[dict, dict[str, bytes]]:
    """Plain data, and the files that it names: "contents/0.txt", "candidates/0.png" ..."""
    files: dict[str, bytes] = {}
    case = completion.case
    contents = [_filed(c, f"contents/{k}", files) for k, c in enumerate(case.contents)]
    made = [_filed(c.content, f"candidates/{c.index}", files, synthetic=True) for c in completion.candidates]
    data = {
        "case": {"id": case.id, "domain": case.domain, "origin": case.origin, "contents": contents},
        "reading": reading_to_json(completion.reading),
        "candidates": [
            {**candidate_to_json(c), "content": content} for c, content in zip(completion.candidates, made, strict=True)
        ],
        "candidate_readings": [reading_to_json(r) for r in completion.candidate_readings],
        "scores": [score_to_json(s) for s in completion.scores],
        "differences": [difference_to_json(d) for d in completion.differences],
        "ranking": ranking_to_json(completion.ranking),
        "provenance": provenance_to_json(completion.provenance),
        "notes": list(completion.notes),
    }
    return data, files


def completion_from_json(data: Mapping, file: Callable[[str], bytes]) -> Completion:
    """`file` gives the bytes of a file named in `data`. Raises InputError when the data is no completion."""
    try:
        case = data["case"]
        contents = tuple(content_from_file(file(c["file"]), c) for c in case["contents"])
        return Completion(
            case=Case(contents, case["domain"], case["id"], case["origin"]),
            reading=reading_from_json(data["reading"]),
            candidates=tuple(
                candidate_from_json(c, content_from_file(file(c["content"]["file"]), c["content"])) for c in data["candidates"]
            ),
            candidate_readings=tuple(map(reading_from_json, data["candidate_readings"])),
            scores=tuple(map(score_from_json, data["scores"])),
            differences=tuple(map(difference_from_json, data["differences"])),
            ranking=ranking_from_json(data["ranking"]),
            provenance=provenance_from_json(data["provenance"]),
            notes=tuple(data["notes"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"expected a completion as the workbench writes it; unusable: {error!r}") from error


def _filed(content: Content, stem: str, files: dict[str, bytes], synthetic: bool = False) -> dict:
    data, meta = content_to_file(content, synthetic=synthetic)
    name = f"{stem}.{meta['type']}"
    files[name] = data
    return {"file": name, **meta}


def content_to_file(content: Content, *, synthetic: bool = False) -> tuple[bytes, dict]:
    """The bytes of a content, and what they do not say: {"type": "txt" | "png", "window"?, "view"?, "pixel_mm"?}."""
    if isinstance(content, TextContent):
        return content.text.encode(), {"type": "txt"}
    meta = {"type": "png", "window": list(content.window) if content.window else None}
    return (
        encode_png(content.pixels, SYNTHETIC if synthetic else None),
        {**meta, "view": content.view, "pixel_mm": content.pixel_mm},
    )


def content_from_file(data: bytes, meta: Mapping) -> Content:
    if meta["type"] == "txt":
        return TextContent(data.decode())
    return ImageContent(decode_png(data), _window(meta), meta["view"], meta["pixel_mm"])


def content_read_later(load: Callable[[], bytes], meta: Mapping) -> Content:
    """load: gives the file. A text is read at once, a picture when somebody asks for its pixels."""
    if meta["type"] == "txt":
        return content_from_file(load(), meta)
    return StoredImage(lambda: decode_png(load()), _window(meta), meta["view"], meta["pixel_mm"])


def _window(meta: Mapping) -> tuple[float, float] | None:
    return tuple(meta["window"]) if meta["window"] else None


def reading_to_json(reading: Reading) -> dict:
    return {
        "graph": _graph_to_json(reading.graph),
        "not_assessed": list(reading.not_assessed),
        "assesses": None if reading.assesses is None else sorted(reading.assesses),
        "dropped": reading.dropped,
        "notes": list(reading.notes),
    }


def reading_from_json(data: Mapping) -> Reading:
    assesses = data["assesses"]
    return Reading(
        _graph_from_json(data["graph"]),
        tuple(data["not_assessed"]),
        None if assesses is None else frozenset(assesses),
        data["dropped"],
        tuple(data["notes"]),
    )


def candidate_to_json(candidate: Candidate) -> dict:
    """Everything but the content, which is a file of its own."""
    told = candidate.description
    given = {"given_scores": dict(candidate.given_scores)} if candidate.given_scores else {}
    return {
        **given,
        "index": candidate.index,
        "description": {
            "subject": told.subject,
            "text": told.text,
            "graph": _graph_to_json(told.graph),
            "resolutions": [{"node": r.node, "kind": r.kind, "before": r.before, "after": r.after} for r in told.resolutions],
            "coverage": told.coverage,
        },
        "seed": candidate.seed,
        "model": candidate.model,
        "prompt": candidate.prompt,
        "notes": list(candidate.notes),
    }


def candidate_from_json(data: Mapping, content: Content) -> Candidate:
    told = data["description"]
    description = Description(
        told["subject"],
        told["text"],
        _graph_from_json(told["graph"]),
        tuple(Resolution(**r) for r in told["resolutions"]),
        told["coverage"],
    )
    made = (data["seed"], data["model"], data["prompt"], tuple(data["notes"]), tuple(data.get("given_scores", {}).items()))
    return Candidate(data["index"], description, content, *made)


def score_to_json(score: QualityScore) -> dict:
    return {
        "parts": {name: {"value": p.value, "reason": p.reason, "note": p.note} for name, p in score.parts.items()},
        "qs": score.qs,
        "weights": dict(score.weights),
        "left_out": dict(score.left_out),
    }


def score_from_json(data: Mapping) -> QualityScore:
    parts = {name: PartScore(**part) for name, part in data["parts"].items()}
    return QualityScore(parts, data["qs"], dict(data["weights"]), dict(data["left_out"]))


def difference_to_json(difference: Difference) -> list[dict]:
    return [
        {
            "class": fact.fact_class.value,
            "source": None if fact.source is None else triple_to_json(fact.source),
            "candidate": None if fact.candidate is None else triple_to_json(fact.candidate),
            "why": fact.why,
        }
        for fact in difference.facts
    ]


def difference_from_json(data: list) -> Difference:
    def triple(plain):
        return None if plain is None else triple_from_json(plain)

    return Difference(
        tuple(FactDifference(FactClass(f["class"]), triple(f["source"]), triple(f["candidate"]), f["why"]) for f in data)
    )


def ranking_to_json(ranking: Ranking) -> dict:
    return {
        "order": list(ranking.order),
        "preselected": ranking.preselected,
        "margin": ranking.margin,
        "margin_kind": ranking.margin_kind,
        "abstained": ranking.abstained,
    }


def ranking_from_json(data: Mapping) -> Ranking:
    return Ranking(**{**data, "order": tuple(data["order"])})


def provenance_to_json(provenance: Provenance) -> dict:
    return {
        "app_version": provenance.app_version,
        "profile": provenance.profile,
        "engines": dict(provenance.engines),
        "prior": provenance.prior,
        "prior_sha256": provenance.prior_sha256,
        "seed": provenance.seed,
        "n_requested": provenance.n_requested,
        "switches": dict(provenance.switches),
    }


def provenance_from_json(data: Mapping) -> Provenance:
    return Provenance(**data)


def _graph_to_json(graph: KnowledgeGraph) -> dict:
    return {**graph_to_json(graph), "prior": graph.prior}


def _graph_from_json(data: Mapping) -> KnowledgeGraph:
    return graph_from_json(data, data["prior"])
