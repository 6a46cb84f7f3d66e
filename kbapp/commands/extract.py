"""What `kbapp extract` does: step 1 alone, for one file or for lines of reports."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from kbapp.commands.files import ingested, opened, output_to, progress_bar, write_text
from kbapp.commands.priors import published
from kbapp.core.completion import Reading
from kbapp.core.content import Content, Modality
from kbapp.errors import InputError, KbError
from kbapp.formats.graph_files import GRAPH_FILES
from kbapp.formats.graph_json import graph_to_json
from kbapp.ingest.text import ingest_text
from kbapp.knowledge.findings import findings_of
from kbapp.priors.version import PriorVersion
from kbapp.profiles import engines_for
from kbapp.settings import Settings

LINES_AT_ONCE = 256


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
