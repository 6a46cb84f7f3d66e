"""Decisions as files: JSON Lines with everything that is stored, and CSV for a spreadsheet, one line per decision."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from kbapp.formats.spreadsheet import csv_lines


@dataclass(frozen=True)
class DecisionFile:
    """lines(rows): the file, line by line, line ends included. rows: of `kbapp.review.audit`."""

    media_type: str
    lines: Callable[[Iterable], Iterator[str]]


def _jsonl(rows: Iterable) -> Iterator[str]:
    for row in rows:
        yield json.dumps(asdict(row), ensure_ascii=False) + "\n"


def _csv(rows: Iterable) -> Iterator[str]:
    return csv_lines(_COLUMNS, ([cell(row) for cell in _COLUMNS.values()] for row in rows))


def _stored(name: str) -> Callable[[object], object]:
    return lambda row: getattr(row, name)


def _number(index: int | None) -> int | None:
    """Candidates count from 1 where people read."""
    return None if index is None else index + 1


def _seconds(ms: int | None) -> str | None:
    return None if ms is None else f"{ms / 1000:.1f}"


def _yes(flag: bool | None) -> str | None:
    return None if flag is None else "yes" if flag else "no"


def _accepted_qs(row) -> str | None:
    found = next((score["qs"] for score in row.scores if score["index"] == row.candidate), None)
    return None if found is None else f"{found:.1f}"


def _second(name: str) -> Callable[[object], object]:
    return lambda row: row.second_read and row.second_read[name]


_COLUMNS: Mapping[str, Callable] = {
    "decision": _stored("id"),
    "utc": _stored("utc"),
    "person": _stored("actor"),
    "role": _stored("role"),
    "action": _stored("action"),
    "candidate_number": lambda row: _number(row.candidate),
    "reason": _stored("reason"),
    "note": _stored("note"),
    "counts": lambda row: _yes(row.counts),
    "confirmed": lambda row: _yes(row.confirmed),
    "supersedes": _stored("supersedes"),
    "superseded_by": _stored("superseded_by"),
    "settled_by": _stored("settled_by"),
    "settled_as": _stored("settled_as"),
    "case": _stored("case"),
    "completion": _stored("completion"),
    "seconds_visible": lambda row: _seconds(row.ms_visible),
    "blind": lambda row: _yes(row.blind),
    "seconds_to_reveal": lambda row: _seconds(row.ms_to_reveal),
    "second_reader": _second("actor"),
    "second_action": _second("action"),
    "second_candidate_number": lambda row: row.second_read and _number(row.second_read["candidate"]),
    "second_reason": _second("reason"),
    "second_note": _second("note"),
    "second_agrees": lambda row: row.second_read and _yes(row.second_read["agrees"]),
    "numbers_shown": lambda row: " ".join(str(_number(k)) for k in row.order_shown),
    "qs_of_accepted": _accepted_qs,
    "scores": lambda row: json.dumps(row.scores, ensure_ascii=False),
    "text_difference": _stored("text_difference"),
    "prior": _stored("prior"),
    "profile": _stored("profile"),
    "engines": lambda row: json.dumps(row.engines, ensure_ascii=False),
    "seed": _stored("seed"),
    "app_version": _stored("app_version"),
    "source_sha256": lambda row: " ".join(row.source_sha256),
    "before_sha256": _stored("before_sha256"),
    "after_sha256": _stored("after_sha256"),
}

DECISION_FILES: Mapping[str, DecisionFile] = {
    "csv": DecisionFile("text/csv; charset=utf-8", _csv),
    "jsonl": DecisionFile("application/x-ndjson; charset=utf-8", _jsonl),
}
