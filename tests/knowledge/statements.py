"""The invented sentences of statements.txt as values."""

from dataclasses import dataclass
from pathlib import Path

STATUSES = ("present", "absent", "uncertain", "-")


@dataclass(frozen=True)
class Expected:
    """status "-": the finding is not mentioned at all. side, severity: None where the sentence is silent or it does not matter."""

    name: str
    status: str
    side: str | None = None
    severity: str | None = None


@dataclass(frozen=True)
class Statement:
    text: str
    expected: tuple[Expected, ...]


def load_statements() -> list[Statement]:
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    return [_statement(line) for line in lines if "=>" in line and not line.startswith("#")]


def _statement(line: str) -> Statement:
    text, said = line.split(" => ")
    return Statement(text.replace("\\n", "\n"), tuple(_expected(part.split()) for part in said.split(";")))


def _expected(words: list[str]) -> Expected:
    at = next(i for i, word in enumerate(words) if word in STATUSES)
    side, severity = ([None if word == "-" else word for word in words[at + 1 :]] + [None, None])[:2]
    return Expected(" ".join(words[:at]), words[at], side, severity)


def holds(expected: Expected, findings) -> bool:
    """The finding is read with just this status; side and severity are among those read, where the sentence names them."""
    mine = [f for f in findings if f.name == expected.name]
    if {f.status for f in mine} != ({expected.status} - {"-"}):
        return False
    if expected.side and not any(f.side == expected.side for f in mine):
        both = {f.side for f in mine}
        if not (expected.side == "bilateral" and {"left", "right"} <= both):
            return False
    return not expected.severity or any(
        f.severity == expected.severity and (not expected.side or f.side == expected.side) for f in mine
    )
