"""The list of cases as the page asks for it."""

from kbapp.core.actor import Actor
from kbapp.ingest.name import sanitize_name
from kbapp.review.access import may_review
from kbapp.review.second_reads import RETURNED_PRIORITY
from kbapp.review.transitions import DECIDED
from kbapp.review.worklist import ABSTAINED, MAX_COUNT, Counts, Order, View
from kbapp.ui.html import Html
from kbapp.ui.review_words import utc_time
from kbapp.ui.sentences import word
from kbapp.ui.worklist_view import OF_SCORES, CaseLine, Shown, worklist

PAGE = 50
FIRST = {"view": View.ALL.value, "order": Order.NEWEST.value, "asked": "", "after": ""}


def asked_for(data: dict, before: dict) -> dict:
    """The list's state after the page asked for something: {"view", "order", "asked", "after"}; a new filter starts at page one."""
    state = {**FIRST, **before, "after": word(data, "after")}
    for name, known in (("view", View), ("order", Order)):
        if word(data, name) in {choice.value for choice in known}:
            state[name] = data[name]
    if isinstance(data.get("asked"), str):
        state["asked"] = word(data, "asked", 200).strip()
    return state


def listed(workbench, actor: Actor, state: dict) -> Html:
    state = {**FIRST, **state}
    blind = may_review(actor) and workbench.reading.rules(actor).blind
    if blind and state["view"] in OF_SCORES:
        state["view"] = View.ALL.value
    page = workbench.worklist.page(
        actor, view=View(state["view"]), order=Order(state["order"]), asked=state["asked"], after=state["after"], limit=PAGE
    )
    counts: Counts = workbench.worklist.counts(actor)
    shown = Shown(
        view=state["view"],
        order=state["order"],
        asked=state["asked"],
        counts=counts.views,
        most=MAX_COUNT,
        decided=counts.decided,
        completed=counts.completed,
        read=counts.read,
        after=page.after,
        first=not state["after"],
        blind=blind,
    )
    names = {d: workbench.priors.published(actor, d).prior.names for d in {row.domain for row in page.rows}}
    lines = [_line(row, actor, blind and row.status not in DECIDED, names[row.domain][row.missing.value]) for row in page.rows]
    return worklist(lines, shown)


def _line(row, actor: Actor, hidden: bool, missing: str) -> CaseLine:
    """hidden: nothing of its scores. missing: the name of what is missing, in the words of its domain."""
    margin = "" if row.margin is None else f"{row.margin:.1f} {row.margin_kind}"
    if row.priority in (ABSTAINED, ABSTAINED + RETURNED_PRIORITY):
        margin = "no recommendation"
    return CaseLine(
        row.id,
        sanitize_name(row.origin),
        missing,
        row.status,
        row.n,
        None if hidden else row.top_qs,
        "" if hidden else margin,
        None if hidden else row.contradicted,
        utc_time(row.updated),
        row.reader,
        bool(row.reader) and row.reader_id == actor.id,
    )
