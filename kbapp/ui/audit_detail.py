"""One decision in the audit: what was decided, how it was read, what was shown, what it was made with. Pure: a row in, HTML out."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from kbapp.core.decision import FINAL
from kbapp.review.second_reads import RETURNED
from kbapp.ui.html import Html, join, tag


def detail(row, *, accepts: bool = False) -> Html:
    """row: an AuditRow. accepts: its case stands accepted by it, for good. What is said in words here stands below them exactly as it is
    stored."""
    kept = tag(
        "a",
        "Download",
        href=f"/kb/audit/{row.id}.zip",
        class_="kb-button",
        download=True,
        title="source, accepted content (SYNTHETIC), completion and decision as a zip",
    )
    return tag(
        "div",
        tag(
            "header",
            tag("h3", f"Decision #{row.id}", class_="kb-section"),
            tag("span", kept if accepts else None, tag("a", "Open the case", href=f"/?case={row.case}", class_="kb-button")),
        ),
        _facts("", _decided(row)),
        _facts("How it was read", _read(row)),
        _shown(row),
        tag("details", tag("summary", "The edit, as a text difference"), tag("pre", row.text_difference))
        if row.text_difference
        else None,
        _facts("What it was made with", _made(row)),
        tag(
            "details",
            tag("summary", "Every field as it is stored"),
            tag("pre", json.dumps(asdict(row), indent=1, ensure_ascii=False)),
        ),
        class_="kb-list kb-detail",
        role="region",
        aria_label=f"Decision #{row.id}",
        tabindex="-1",
        data_decision=row.id,
    )


def action_words(row) -> str:
    """ "accept candidate 2", "reject: wrong side", "returned to the first reader" (stored as an undo)."""
    if _returns(row):
        return "returned to the first reader"
    which = "" if row.candidate is None else f" candidate {row.candidate + 1}"
    return row.action.replace("_", " ") + which + (f": {row.reason}" if row.reason else "")


def _returns(row) -> bool:
    return bool(row.adjudication) and row.adjudication["outcome"] == RETURNED


def counts_words(row) -> str:
    """Whether a decision counts, and if not, what came in its place."""
    if row.counts:
        return _waits(row) or "yes"
    if row.settled_by:
        return f"{'returned' if row.settled_as == RETURNED else 'settled'} by #{row.settled_by}"
    if row.action == "undo" or not row.superseded_by:
        return "–"
    return f"taken back by #{row.superseded_by}"


def _waits(row) -> str:
    """For whom, until this decision is settled."""
    if row.second_read:
        return "" if row.second_read["agrees"] else "waits for an expert"
    return "waits for a second reader" if row.reads_required == 2 and row.action in FINAL else ""


def _facts(title: str, pairs: Iterable[tuple[str, object]]) -> Html | None:
    rows = [tag("tr", tag("th", name, scope="row"), tag("td", value)) for name, value in pairs if value not in (None, "")]
    if not rows:
        return None
    return join(tag("h4", title) if title else None, tag("table", tag("tbody", *rows)))


def _decided(row) -> list[tuple[str, object]]:
    return [
        ("decision", tag("b", action_words(row))),
        ("case", row.origin or row.case),
        ("note", row.note),
        ("confirmed", "accepted although it contradicts the source" if row.confirmed else ""),
        ("by", f"{row.actor} ({row.role})"),
        ("when", f"{row.utc[:19].replace('T', ' ')} UTC"),
        ("counts", counts_words(row)),
        ("takes back" if row.action == "undo" else "in place of", f"#{row.supersedes}" if row.supersedes else ""),
    ]


def _read(row) -> list[tuple[str, object]]:
    second = row.second_read
    return [
        ("looked at for", _seconds(row.ms_visible)),
        ("scores", "" if row.blind is None else "hidden until the decision" if row.blind else _revealed(row.ms_to_reveal)),
        ("second reader", second and _second(second)),
        ("second note", second and second["note"]),
        ("settles", "what two readers differ on" if row.adjudication and not _returns(row) else ""),
    ]


def _revealed(ms: int | None) -> str:
    return "shown from the start" if ms is None else f"revealed after {_seconds(ms)}"


def _second(read: dict) -> str:
    which = "" if read["candidate"] is None else f" candidate {read['candidate'] + 1}"
    why = f": {read['reason']}" if read["reason"] else ""
    same = "agrees" if read["agrees"] else "differs"
    return f"{same} – {read['action']}{which}{why}, {read['actor']} ({read['role']}), {read['utc'][:16].replace('T', ' ')} UTC"


def _seconds(ms: int | None) -> str:
    return "" if ms is None else f"{ms / 1000:.1f} s"


def _shown(row) -> Html:
    """The candidates in the order in which they stood on the screen, with the scores that were shown or could have been."""
    scores = {score["index"]: score for score in row.scores}
    parts = list(dict.fromkeys(name for score in row.scores for name in score["parts"]))
    head = tag("tr", *(tag("th", name, scope="col") for name in ("Candidate", "QS", *parts, "File")))
    lines = [
        tag(
            "tr",
            tag("td", f"{k + 1}", " ✓" if k == row.candidate else ""),
            tag("td", _one_decimal(scores[k]["qs"]) if k in scores else "–"),
            *(tag("td", _one_decimal(scores[k]["parts"].get(name)) if k in scores else "–") for name in parts),
            tag("td", tag("code", row.candidate_sha256[k][:12], title=row.candidate_sha256[k])),
        )
        for k in row.order_shown
    ]
    return join(
        tag("h4", "What was shown, in this order"), tag("table", tag("thead", head), tag("tbody", *lines), class_="kb-shown")
    )


def _one_decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _made(row) -> list[tuple[str, object]]:
    return [
        ("prior", row.prior),
        ("profile", f"{row.profile}, seed {row.seed}, workbench {row.app_version}"),
        *((name, engine) for name, engine in row.engines.items()),
        ("source file", join(*(tag("code", sha[:12] + " ", title=sha) for sha in row.source_sha256))),
        ("accepted file", row.after_sha256 and tag("code", row.after_sha256[:12], title=row.after_sha256)),
    ]
