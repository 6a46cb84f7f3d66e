"""The strip under the panels: one option per candidate, what the ranking says, and what people said."""

from collections.abc import Sequence

from kbapp.core.completion import Completion
from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.triple import Status, Triple
from kbapp.ranking.agreement import dissents
from kbapp.ranking.order import compared
from kbapp.ui.graph_drawing import CLASS_MARK
from kbapp.ui.html import Html, tag
from kbapp.ui.review_score_words import dissent_words
from kbapp.ui.review_words import utc_time


def strip(
    completion: Completion,
    shown: int,
    chosen: int | None,
    comments: Sequence[tuple[str, str, str]],
    versions: Html | None = None,
    *,
    order: Sequence[int] = (),
    hidden: bool = False,
) -> Html:
    """order: candidate indices as they stand; as made when empty. hidden: nothing of scores, ranking and differences."""
    ranking = completion.ranking
    if ranking.abstained:
        margin = f"No recommendation: {ranking.abstained}"
    elif ranking.margin is None:
        unread = len(ranking.order) > 1 and not compared(completion.differences[ranking.order[1]])
        margin = "No lead: of the next candidate no fact could be compared." if unread else ""
    elif ranking.margin_kind == "clear":
        margin = f"Lead of the first: {ranking.margin:.1f}, clear"
    else:
        margin = f"Lead of the first: {ranking.margin:.1f}, {ranking.margin_kind}. Read the alternatives."
    made = _blind_option if hidden else _option
    options = [made(completion, k, k == shown, k == chosen) for k in order or range(len(completion.candidates))]
    told = (_dissent(completion), *map(_note, completion.notes))
    notes = [] if hidden else [tag("p", margin, class_=f"kb-margin {ranking.margin_kind}"), *told]
    said = [tag("p", tag("b", who), " ", utc_time(utc), f": {text}", class_="kb-comment") for who, utc, text in comments]
    return tag(
        "div",
        tag(
            "div",
            *options,
            role="listbox",
            aria_label="Candidates, in an order of your own" if order else "Candidates, in the order they were made",
            aria_activedescendant=f"kb-option-{shown}",
            class_="kb-strip",
            tabindex="0",
        ),
        tag(
            "div",
            versions,
            *said,
            *notes,
            class_="kb-strip-notes",
            tabindex="0",
            role="note",
            aria_label="Comments" if hidden else "Ranking and comments",
        ),
        class_="kb-strip-row",
    )


def versions_field(versions: Sequence[tuple[str, str]], version: str) -> Html | None:
    """To look at the case as it was made before; nothing where there is one version only."""
    if len(versions) < 2:
        return None
    made = [tag("option", words, value=id_, selected=id_ == version) for id_, words in versions]
    return tag("select", *made, aria_label="Version of this case", data_version="1")


def _dissent(completion: Completion) -> Html | None:
    found = dissents(completion.scores, completion.ranking)
    if not found:
        return None
    return tag("p", tag("b", "Scorers disagree"), ": " + "; ".join(map(dissent_words, found)) + ".", class_="kb-dissent")


def _note(note: str) -> Html:
    return tag("p", note)


def _blind_option(completion: Completion, k: int, shown: bool, chosen: bool) -> Html:
    subject = completion.candidates[k].subject
    return tag(
        "div",
        tag("span", str(k + 1), class_="kb-k"),
        tag("span", subject, class_="kb-mini-subject", title=f"written around: {subject}"),
        role="option",
        aria_label=f"candidate {k + 1}, written around {subject}",
        aria_selected="true" if shown else "false",
        data_k=str(k),
        id=f"kb-option-{k}",
    )


def _option(completion: Completion, k: int, shown: bool, chosen: bool) -> Html:
    score, difference = completion.scores[k], completion.differences[k]
    total = max(1, len(difference.facts))
    bar = [
        tag("i", class_=f"d-{c.value}", style=f"width:{difference.count(c) / total * 100:.1f}%")
        for c in CLASS_MARK
        if difference.count(c)
    ]
    against, speaks = difference.count(FactClass.CONTRADICTED), fault(difference, completion.candidates[k].notes)
    star = tag("span", "★", title="preselected", class_="kb-star") if completion.ranking.preselected == k else None
    done = tag("span", "✓", title="accepted", class_="kb-done") if chosen else None
    qs = f"{score.qs:.1f}" if score.qs is not None else "–"
    said = f"candidate {k + 1}, QS {qs}, {against} contradicted, {speaks}" + (
        ", accepted" if chosen else ", preselected" if star else ""
    )
    return tag(
        "div",
        tag("span", str(k + 1), class_="kb-k"),
        done or star,
        tag("span", qs, class_="kb-mini-qs"),
        tag("span", f"≠ {against}", class_="kb-against", title="contradicted facts") if against else None,
        tag("div", *bar, class_="kb-mini"),
        tag("span", speaks, class_="kb-mini-subject", title=f"written around: {completion.candidates[k].subject}"),
        role="option",
        aria_label=said,
        aria_selected="true" if shown else "false",
        data_k=str(k),
        id=f"kb-option-{k}",
    )


def fault(difference: Difference, notes: Sequence[str] = ()) -> str:
    """What speaks most against a candidate, in a few words: "≠ pleural effusion, right and 1 more". notes: of the candidate; what it was
    not told, or has no means to show, is no difference that its reader could find."""
    for fact_class in (FactClass.CONTRADICTED, FactClass.MISSING, FactClass.EXTRA):
        facts = [f for f in difference.facts if f.fact_class is fact_class]
        heads = list(dict.fromkeys((f.source or f.candidate).head for f in facts))
        if heads:
            more = f" and {len(heads) - 1} more" if len(heads) > 1 else ""
            return f"{CLASS_MARK[fact_class][0]} {_named(facts[0].source or facts[0].candidate)}{_degree(facts[0])}{more}"
    if notes:
        return notes[0].rstrip(".")
    if all(f.fact_class is FactClass.NOT_ASSESSABLE for f in difference.facts):
        return "nothing to compare"
    return "no fact missing, none added"


def _named(told: Triple) -> str:
    """Its head as it was said: a denial is no finding."""
    return {Status.ABSENT: f"no {told.head}", Status.UNCERTAIN: f"{told.head}?"}.get(told.status, told.head)


def _degree(fact: FactDifference) -> str:
    if fact.fact_class is not FactClass.MISSING or fact.candidate is None:
        return ""
    return f": {fact.source.tail} → {fact.candidate.tail}"
