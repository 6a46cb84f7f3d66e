"""A completion into its rows and back. The files must be stored before the rows."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Row, insert, select

from kbapp.core.candidate import Candidate
from kbapp.core.case import Case
from kbapp.core.completion import Completion, Provenance
from kbapp.core.content import Content
from kbapp.core.difference import FactClass
from kbapp.core.score import PartScore, QualityScore
from kbapp.formats import completion_json as as_json
from kbapp.store import tables
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.clock import utc_now


@dataclass(frozen=True)
class StoredContent:
    """A content whose file is on disk: its hash and what the bytes do not say (see `content_to_file`)."""

    sha256: str
    size: int
    meta: Mapping[str, object]

    @property
    def media_type(self) -> str:
        return as_json.MEDIA_TYPES[self.meta["type"]]


def store_content(artifacts: ArtifactStore, content: Content, *, synthetic: bool = False) -> StoredContent:
    """Write the file. Slow (it is flushed to the disk): never inside a transaction."""
    data, meta = as_json.content_to_file(content, synthetic=synthetic)
    return StoredContent(artifacts.put(data), len(data), meta)


def store_contents(artifacts: ArtifactStore, contents: Sequence[Content], *, synthetic: bool = False) -> list[StoredContent]:
    """`store_content` of each, in order, at the same time: flushes that wait together cost little more than one."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(partial(store_content, artifacts, synthetic=synthetic), contents))


def insert_artifact(connection: Connection, stored: StoredContent) -> None:
    """The row of the file, unless there is one: equal contents share it."""
    known = select(tables.artifacts.c.sha256).where(tables.artifacts.c.sha256 == stored.sha256)
    if connection.execute(known).first() is None:
        row = {"sha256": stored.sha256, "media_type": stored.media_type, "bytes": stored.size, "utc": utc_now()}
        connection.execute(insert(tables.artifacts).values(row))


def insert_completion(
    connection: Connection,
    completion_id: str,
    completion: Completion,
    files: Sequence[StoredContent],
    *,
    job_id: str | None,
    times: Mapping[str, object],
) -> None:
    """The completion, its candidates and their scores. `files`: the stored contents of the candidates, in their order."""
    connection.execute(insert(tables.completions).values(_completion_row(completion_id, completion, job_id, times)))
    for position, stored in enumerate(files):
        insert_artifact(connection, stored)
        connection.execute(insert(tables.candidates).values(_candidate_row(completion_id, completion, position, stored)))
    parts = [row for c, s in zip(completion.candidates, completion.scores, strict=True) for row in _part_rows(completion_id, c, s)]
    if parts:
        connection.execute(insert(tables.scores), parts)


@dataclass(frozen=True)
class CaseRows:
    """What the database holds of a case. Fetched inside a transaction, turned into values (`case`) outside of it."""

    row: Row
    contents: Sequence[Row]

    def case(self, artifacts: ArtifactStore) -> Case:
        """Pictures are read when their pixels are asked for. Raises ArtifactTampered, then too."""
        contents = tuple(as_json.content_read_later(partial(artifacts.get, c.artifact), c.meta) for c in self.contents)
        return Case(contents, self.row.domain, self.row.id, self.row.origin)


def fetch_case(connection: Connection, row: Row) -> CaseRows:
    """`row`: of the table `cases`."""
    of_it = select(tables.contents).where(tables.contents.c.case_id == row.id).order_by(tables.contents.c.position)
    return CaseRows(row, connection.execute(of_it).all())


@dataclass(frozen=True)
class CompletionRows:
    """What the database holds of a completion; the same division as `CaseRows`."""

    row: Row
    case: CaseRows
    candidates: Sequence[Row]
    parts: Mapping[int, Mapping[str, PartScore]]

    def completion(self, artifacts: ArtifactStore) -> Completion:
        """The completion as it was stored; its pictures are read when their pixels are asked for. Raises ArtifactTampered, then too."""
        return Completion(
            case=self.case.case(artifacts),
            reading=as_json.reading_from_json(self.row.reading),
            candidates=tuple(_candidate(artifacts, c) for c in self.candidates),
            candidate_readings=tuple(as_json.reading_from_json(c.reading) for c in self.candidates),
            scores=tuple(QualityScore(self.parts.get(c.idx, {}), c.qs, c.weights, c.left_out) for c in self.candidates),
            differences=tuple(as_json.difference_from_json(c.difference) for c in self.candidates),
            ranking=as_json.ranking_from_json(self.row.ranking),
            provenance=_provenance(self.row),
            notes=tuple(self.row.notes),
        )


def fetch_completion(connection: Connection, row: Row, case_row: Row) -> CompletionRows:
    """`row`: of the table `completions`, `case_row`: of its case."""
    made = select(tables.candidates).where(tables.candidates.c.completion_id == row.id).order_by(tables.candidates.c.idx)
    candidates = connection.execute(made).all()
    return CompletionRows(row, fetch_case(connection, case_row), candidates, _parts(connection, row.id))


def _completion_row(completion_id: str, completion: Completion, job_id: str | None, times: Mapping) -> dict:
    made, ranking = completion.provenance, completion.ranking
    qs = {c.index: s.qs for c, s in zip(completion.candidates, completion.scores, strict=True)}
    return {
        "id": completion_id,
        "case_id": completion.case.id,
        "job_id": job_id,
        "utc": utc_now(),
        "n": len(completion.candidates),
        "times": dict(times),
        "reading": as_json.reading_to_json(completion.reading),
        "ranking": as_json.ranking_to_json(ranking),
        "notes": list(completion.notes),
        "top_qs": qs[ranking.order[0]] if ranking.order else None,
        "margin": ranking.margin,
        "margin_kind": ranking.margin_kind,
        "contradicted": sum(d.count(FactClass.CONTRADICTED) > 0 for d in completion.differences),
        **as_json.provenance_to_json(made),
    }


def _candidate_row(completion_id: str, completion: Completion, position: int, stored: StoredContent) -> dict:
    difference, score = completion.differences[position], completion.scores[position]
    return {
        "completion_id": completion_id,
        "idx": completion.candidates[position].index,
        "candidate": as_json.candidate_to_json(completion.candidates[position]),
        "artifact": stored.sha256,
        "meta": dict(stored.meta),
        "reading": as_json.reading_to_json(completion.candidate_readings[position]),
        "difference": as_json.difference_to_json(difference),
        "contradicted": difference.count(FactClass.CONTRADICTED),
        "qs": score.qs,
        "weights": dict(score.weights),
        "left_out": dict(score.left_out),
    }


def _part_rows(completion_id: str, candidate: Candidate, score: QualityScore) -> list[dict]:
    where = {"completion_id": completion_id, "idx": candidate.index}
    return [
        {**where, "position": k, "part": name, "value": part.value, "reason": part.reason, "note": part.note}
        for k, (name, part) in enumerate(score.parts.items())
    ]


def _parts(connection: Connection, completion_id: str) -> dict[int, dict[str, PartScore]]:
    parts: dict[int, dict[str, PartScore]] = {}
    of_it = select(tables.scores).where(tables.scores.c.completion_id == completion_id)
    for row in connection.execute(of_it.order_by(tables.scores.c.idx, tables.scores.c.position)):
        parts.setdefault(row.idx, {})[row.part] = PartScore(row.value, row.reason, row.note)
    return parts


def _candidate(artifacts: ArtifactStore, row: Row) -> Candidate:
    return as_json.candidate_from_json(row.candidate, as_json.content_read_later(partial(artifacts.get, row.artifact), row.meta))


def _provenance(row: Row) -> Provenance:
    names = ("app_version", "profile", "engines", "prior", "prior_sha256", "seed", "n_requested", "switches")
    return Provenance(**{name: getattr(row, name) for name in names})
