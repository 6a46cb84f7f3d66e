"""A candidate's panel: its content, its scores, how its facts differ, and the editor of a text."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kbapp.core.band import Band
from kbapp.core.completion import Completion
from kbapp.core.content import TextContent
from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.ui.graph_drawing import CLASS_MARK
from kbapp.ui.html import Html, join, tag
from kbapp.ui.review_scores import scores
from kbapp.ui.review_words import CLASS_WORD, ImageUrl, content_view, panel_head, said, utc_time
from kbapp.ui.text_difference import changed_words


@dataclass(frozen=True)
class Edit:
    """Somebody's text in place of a candidate's. accepted: it was decided upon; else a draft of `utc`."""

    utc: str
    accepted: bool
    text: str = field(repr=False)


def candidate_panel(
    completion: Completion,
    k: int,
    image_url: ImageUrl,
    bands: Mapping[str, Band],
    *,
    shown: bool,
    chosen: bool = False,
    edit: Edit | None = None,
    editable: bool = True,
    hidden: bool = False,
) -> Html:
    """hidden: nothing of its scores and its difference to the source. chosen: it is the accepted one. bands: by part, those that hold for this completion.
    editable: else a text has no editor, and a draft of it is there to be read."""
    candidate, difference = completion.candidates[k], completion.differences[k]
    content = candidate.content
    body = content_view(
        content,
        0,
        completion.candidate_readings[k],
        image_url,
        alt=f"synthetic candidate {k + 1}",
        difference=None if hidden else difference,
    )
    judged = (_blind(),) if hidden else (scores(completion, k, bands), _facts(difference), _told(candidate))
    return tag(
        "article",
        panel_head(
            f"Candidate {k + 1} of {len(completion.candidates)}",
            tag("span", "SYNTHETIC", class_="kb-chip synthetic"),
            tag("span", "accepted", class_="kb-chip accepted") if chosen else None,
            tag("span", f"written around: {candidate.subject}", class_="kb-subject", title=candidate.subject),
        ),
        None if hidden else _alert(difference),
        body,
        _edited(content, edit) if edit and (edit.accepted or not editable) else None,
        _editor(content, k, edit) if editable and isinstance(content, TextContent) else None,
        *judged,
        class_="kb-candidate",
        data_k=str(k),
        data_contradicted=None if hidden else str(difference.count(FactClass.CONTRADICTED)),
        tabindex="0",
        role="group",
        aria_label=f"Candidate {k + 1}",
        hidden=not shown,
    )


def _blind() -> Html:
    button = tag("button", "Reveal scores", tag("kbd", "Space"), type="button", class_="kb-button", data_do="reveal")
    words = tag("p", "This project reads blind first: compare with the source, then look at the scores.")
    return tag("div", words, button, class_="kb-blind")


def _edited(content: TextContent, edit: Edit) -> Html:
    title = "Accepted with these edits" if edit.accepted else "Your draft, not accepted"
    return tag("div", tag("h3", title, class_="kb-small"), changed_words(content.text, edit.text))


def _editor(content: TextContent, k: int, edit: Edit | None) -> Html:
    """The field of an edit, hidden until it is asked for. With a draft it holds the draft, and the page opens it."""
    draft = edit if edit and not edit.accepted else None
    state = join("draft kept ", utc_time(draft.utc)) if draft else "not changed yet"
    return tag(
        "div",
        tag("textarea", draft.text if draft else content.text, aria_label=f"edited text of candidate {k + 1}", spellcheck="false"),
        tag("textarea", content.text, class_="kb-original", hidden=True, aria_hidden="true", tabindex="-1", readonly=True),
        tag(
            "div",
            tag("button", "Accept as edited", tag("kbd", "Ctrl+↵"), type="button", class_="kb-button primary", data_do="save_edit"),
            tag("button", "Close", tag("kbd", "Esc"), type="button", class_="kb-button", data_do="leave_edit"),
            tag("button", "Discard draft", type="button", class_="kb-button quiet", data_do="discard_edit"),
            tag("span", state, class_="kb-draft", role="status"),
            class_="kb-editor-foot",
        ),
        class_="kb-editor",
        hidden=True,
        data_draft="1" if draft else None,
    )


def _alert(difference: Difference) -> Html | None:
    against = [f for f in difference.facts if f.fact_class is FactClass.CONTRADICTED]
    if not against:
        return None
    return tag(
        "div",
        tag("b", f"≠ {len(against)} contradicted"),
        *(tag("p", _fact_line(f)) for f in against[:3]),
        class_="kb-alert",
        role="note",
    )


def _facts(difference: Difference) -> Html:
    counts = difference.counts
    order = (
        FactClass.KEPT,
        FactClass.REWORDED,
        FactClass.MISSING,
        FactClass.EXTRA,
        FactClass.CONTRADICTED,
        FactClass.NOT_ASSESSABLE,
    )
    chips = [
        tag(
            "span",
            f"{CLASS_MARK[c][0]} {counts[c.value]} {CLASS_WORD[c]}",
            class_=f"kb-count d-{c.value}" + ("" if counts[c.value] else " none"),
        )
        for c in order
    ]
    groups = []
    for c in (FactClass.CONTRADICTED, FactClass.MISSING, FactClass.EXTRA, FactClass.REWORDED):
        lines = [tag("li", _fact_line(f)) for f in difference.facts if f.fact_class is c]
        if lines:
            groups.append(
                tag(
                    "details",
                    tag("summary", f"{CLASS_MARK[c][0]} {CLASS_WORD[c]} ({len(lines)})"),
                    tag("ul", *lines),
                    open=c is not FactClass.REWORDED,
                )
            )
    for c in (FactClass.NOT_ASSESSABLE, FactClass.KEPT):
        lines = [tag("li", _fact_line(f)) for f in difference.facts if f.fact_class is c]
        if lines:
            groups.append(tag("details", tag("summary", f"{CLASS_MARK[c][0]} {CLASS_WORD[c]} ({len(lines)})"), tag("ul", *lines)))
    return tag("div", tag("div", *chips, class_="kb-counts"), *groups, class_="kb-facts")


def _fact_line(fact: FactDifference) -> Html:
    why = tag("span", f" – {fact.why}", class_="kb-fact-why") if fact.why else None
    return join(said(fact.source or fact.candidate), why)


def _told(candidate) -> Html:
    resolved = [f"{r.node}: {r.before} → {r.after}" for r in candidate.description.resolutions]
    return tag(
        "details",
        tag("summary", "How it was made"),
        tag("p", candidate.description.text, class_="kb-description"),
        tag("p", "Resolved differently here: " + "; ".join(resolved)) if resolved else None,
        *(tag("p", note) for note in candidate.notes),
        tag(
            "p",
            f"{candidate.model} · seed {candidate.seed} · the description names {_covered(candidate.description)} nodes of the graph",
        ),
        class_="kb-told",
    )


def _covered(description) -> str:
    nodes = len(description.graph.nodes)
    return f"{round(description.coverage * nodes)} of {nodes}"
