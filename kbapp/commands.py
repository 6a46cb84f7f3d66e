"""What the commands of `kbapp.cli` do. Printed results go to standard output, progress to standard error."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from kbapp.command_files import file_bytes, opened, output_to, progress_bar, write_text
from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.case import Case
from kbapp.core.completion import Completion, Reading
from kbapp.core.content import Content, Modality
from kbapp.errors import InputError, KbError
from kbapp.formats.completion_files import write_completion
from kbapp.formats.graph_files import GRAPH_FILES
from kbapp.formats.graph_json import graph_to_json
from kbapp.ingest.intake import ingest
from kbapp.ingest.text import ingest_text
from kbapp.knowledge.findings import findings_of
from kbapp.pipeline import Progress, complete
from kbapp.prior_commands import published
from kbapp.priors.version import PriorVersion
from kbapp.profiles import engines_for
from kbapp.settings import Settings

LINES_AT_ONCE = 256


# -- extract -----------------------------------------------------------------------------------------------------------------------


def extract_one(settings: Settings, domain: str, file: Path, out: Path | None, form: str = "json") -> None:
    """form: "json", the object of design section 6, or a kind of graph file."""
    if form != "json" and form not in GRAPH_FILES:
        raise InputError(f'expected one of the formats json, {", ".join(GRAPH_FILES)}, got "{form}"')
    prior = published(settings, domain)
    content = ingested(file)
    reader = engines_for(settings).readers[content.modality]
    reading = reader.read([(content,)], prior)[0]
    if form != "json":
        write_text(out, GRAPH_FILES[form].write(reading.graph, [content.sha256], reader.id))
        return
    write_text(
        out, json.dumps(extracted(file.stem if str(file) != "-" else "stdin", reading, prior), indent=1, ensure_ascii=False) + "\n"
    )


def extract_lines(settings: Settings, domain: str, file: Path, out: Path | None, form: str = "json") -> None:
    """One line out per line in, in the same order; a line that cannot be read gives {"id", "error"} in its place."""
    if form != "json":
        raise InputError(f"--jsonl gives one JSON object a line; {form} files are made from --report or --image, one by one")
    prior = published(settings, domain)
    reader = engines_for(settings).readers[Modality.TEXT]
    with opened(file) as lines, output_to(out) as output, progress_bar("reading reports", None) as advance:
        while batch := list(islice(lines, LINES_AT_ONCE)):
            for answer in _extract_batch(reader, batch, prior):
                output.write(json.dumps(answer, ensure_ascii=False) + "\n")
            advance(len(batch))


def _extract_batch(reader, lines: list[bytes], prior: PriorVersion) -> Iterator[dict]:
    items = [_line(line) for line in lines if line.strip()]
    good = [item for item in items if "error" not in item]
    readings = iter(_read_each(reader, [item["content"] for item in good], prior))
    for item in items:
        if "error" in item:
            yield {"id": item["id"], "error": item["error"]}
            continue
        reading = next(readings)
        yield {"id": item["id"], "error": str(reading)} if isinstance(reading, KbError) else extracted(item["id"], reading, prior)


def _read_each(reader, contents: list[Content], prior: PriorVersion) -> list[Reading | KbError]:
    """The whole batch at once; if it fails, one by one, so that one bad report costs no other."""
    try:
        return list(reader.read([(content,) for content in contents], prior))
    except KbError:
        return [_read_or_error(reader, content, prior) for content in contents]


def _read_or_error(reader, content: Content, prior: PriorVersion) -> Reading | KbError:
    try:
        return reader.read([(content,)], prior)[0]
    except KbError as error:
        return error


def _line(line: bytes) -> dict:
    """{"id", "content"} or {"id", "error"} of one JSONL line."""
    try:
        given = json.loads(line)
    except ValueError as error:
        return {"id": None, "error": f"this line is no JSON: {error}"}
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        return {
            "id": given.get("id") if isinstance(given, dict) else None,
            "error": 'expected an object {"id": ..., "text": "..."}',
        }
    try:
        return {"id": given.get("id"), "content": ingest_text(given["text"])}
    except InputError as error:
        return {"id": given.get("id"), "error": str(error)}


def extracted(id_: object, reading: Reading, prior: PriorVersion) -> dict:
    """The object of design section 6: {"id", "graph", "findings"}, and what the reader could not assess, where it says so."""
    answer = {"id": id_, "graph": graph_to_json(reading.graph), "findings": findings_json(reading, prior)}
    if reading.not_assessed:
        answer["not_assessed"] = list(reading.not_assessed)
    if reading.notes:
        answer["notes"] = list(reading.notes)
    return answer


def findings_json(reading: Reading, prior: PriorVersion) -> list[dict]:
    return [asdict(finding) for finding in findings_of(reading.graph, prior.prior)]


# -- complete ----------------------------------------------------------------------------------------------------------------------


def complete_one(settings: Settings, domain: str, file: Path, n: int, seed: int, out: Path, as_json: bool) -> None:
    prior = published(settings, domain)
    case = Case((ingested(file),), domain=domain, id=file.stem, origin=file.name)
    started = datetime.now(UTC)
    with progress_bar("completing", 1.0) as advance:
        at = [0.0]

        def show(progress: Progress) -> None:
            share = progress.done / progress.total if progress.total else 0.0
            advance(max(0.0, share - at[0]))
            at[0] = max(at[0], share)

        completion = complete(case, prior, engines_for(settings), n=n, seed=seed, on_progress=show, cancelled=lambda: False)
    times = {"started": started.isoformat(), "finished": datetime.now(UTC).isoformat()}
    write_completion(out, completion, times, findings=findings_json(completion.reading, prior))
    best = completion.ranking.preselected
    if as_json:
        print(json.dumps({"out": str(out), "n": len(completion.candidates), "preselected": best, "notes": list(completion.notes)}))
        return
    print(f"{len(completion.candidates)} candidates in {out}")
    print("\n".join(_completion_lines(completion)))


def _completion_lines(completion: Completion) -> Iterator[str]:
    """The candidates from first to last, each with what it was not told or does not show, then the notes of the whole."""
    for k in completion.ranking.order:
        score, candidate = completion.scores[k], completion.candidates[k]
        parts = ", ".join(f"{name} {part.value:.1f}" for name, part in score.parts.items() if part.value is not None)
        yield f"  {k}  QS {score.qs:.1f}  ({parts})  {candidate.subject}" if score.qs is not None else f"  {k}  no QS"
        yield from (f"       {note}" for note in candidate.notes)
    yield from (f"  {note}" for note in (*completion.notes, completion.ranking.abstained) if note)


# -- audit -------------------------------------------------------------------------------------------------------------------------


def show_audit(settings: Settings, id_: int | None, as_json: bool) -> None:
    from kbapp.review.workbench import Workbench

    with Workbench.open_for_reading(settings) as workbench:
        rows = workbench.audit.show(LOCAL_OWNER, id_)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    if not rows:
        print("no decision is stored yet")
    for row in rows:
        for line in _audit_lines(row, long=id_ is not None):
            print(line)


def _audit_lines(row, *, long: bool) -> Iterator[str]:
    what = row.action if row.candidate is None else f"{row.action} candidate {row.candidate + 1}"
    why = f" ({row.reason})" if row.reason else ""
    gone = "" if row.counts else "  [no longer counts]"
    yield f"#{row.id}  {row.utc}  {row.actor} ({row.role})  {what}{why}  case {row.case}{gone}"
    if long:
        for name, value in asdict(row).items():
            yield f"    {name:<18} {json.dumps(value)}"


def ingested(file: Path) -> Content:
    return ingest(file_bytes(file), file.name)
