"""A completion as a folder: what `kbapp complete --out DIR` writes.

    graph.json        {"id", "graph", "findings"?}          the source's knowledge graph
    contents/0.txt    what was given                         (0.png: 8 or 16 bits, lossless)
    candidates/0.txt  what was made, in order of generation  (0.png: marked synthetic inside)
    scores.json       one object per candidate, see `scores_to_json`
    completion.json   everything else, provenance included; the only file with times

Same completion, same bytes of all but completion.json.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from kbapp.core.completion import Completion
from kbapp.errors import InputError
from kbapp.formats.completion_json import completion_from_json, completion_to_json
from kbapp.formats.graph_json import graph_to_json

_FILE = re.compile(r"(contents|candidates)/\d{1,4}\.(txt|png)")


def completion_files(
    completion: Completion, times: Mapping[str, object], *, findings: list[dict] | None = None
) -> dict[str, bytes]:
    """The files above, by name. findings: the flat list of the source, for those who have one."""
    data, files = completion_to_json(completion)
    source = {"id": completion.case.id, "graph": graph_to_json(completion.reading.graph)}
    files["graph.json"] = _json(source if findings is None else {**source, "findings": findings})
    files["scores.json"] = _json(scores_to_json(completion))
    files["completion.json"] = _json({**data, "times": dict(times)})
    return files


def write_completion(
    folder: Path, completion: Completion, times: Mapping[str, object], *, findings: list[dict] | None = None
) -> None:
    """Write `completion_files` into `folder` (made if missing).

    Candidates left there by an earlier and longer run are removed. Raises InputError when the folder cannot be written.
    """
    files = completion_files(completion, times, findings=findings)
    try:
        for name in ("contents", "candidates"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            for old in (folder / name).iterdir():
                if _FILE.fullmatch(f"{name}/{old.name}") and f"{name}/{old.name}" not in files:
                    old.unlink()
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise InputError(f"expected a folder that can be written, but {error.filename}: {error.strerror}") from error


def read_completion(folder: Path) -> tuple[Completion, dict]:
    """What `write_completion` wrote: the completion, equal to the one written, and its times. Raises InputError."""
    try:
        data = json.loads((folder / "completion.json").read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"expected a completion's folder with completion.json in it, got {folder}: {error}") from error

    def file(name: str) -> bytes:
        if not _FILE.fullmatch(name):
            raise InputError(f'expected files in "contents" and "candidates" only, got "{name}"')
        try:
            return (folder / name).read_bytes()
        except OSError as error:
            raise InputError(f"the file {name} of the completion cannot be read: {error.strerror}") from error

    return completion_from_json(data, file), dict(data.get("times", {}))


def scores_to_json(completion: Completion) -> list[dict]:
    """By candidate, in order of generation. Parts and QS are 0-100, null where not computed; rank counts from 1."""
    place = {index: k + 1 for k, index in enumerate(completion.ranking.order)}
    return [
        {
            "index": made.index,
            "subject": made.subject,
            "parts": {name: part.value for name, part in score.parts.items()},
            "qs": score.qs,
            "rank": place.get(made.index),
            "difference": difference.counts,
        }
        for made, score, difference in zip(completion.candidates, completion.scores, completion.differences, strict=True)
    ]


def _json(data: object) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()
