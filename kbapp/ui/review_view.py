"""The review of one completion as HTML: source, graph, candidates, strip, decision. Pure: values in, HTML out."""

from collections.abc import Callable

from kbapp.core.completion import Completion, Reading
from kbapp.core.content import Content, ImageContent
from kbapp.core.decision import Reason
from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.score import PartScore
from kbapp.core.triple import Triple
from kbapp.ui.evidence import classes_of, marked_text, region_boxes, text_marks
from kbapp.ui.graph_drawing import CLASS_MARK
from kbapp.ui.html import Html, join, tag

ImageUrl = Callable[[ImageContent], str]

PART_HINT = {
    "graph": "Facts are finding, relation, place, present or absent. 100: the same facts, 0: none shared. Says nothing about facts the source lacks.",
    "clip": "How alike a general model finds picture and text. Compare within this case; the number alone has no clinical meaning.",
    "blip": "As clip, from another general model; correlated with it, so no independent proof.",
    "concepts": "How alike source and candidate are in the terms of the prior. Compare within this case.",
    "regions": "How alike source and candidate are zone by zone. Compare within this case.",
}
CLASS_WORD = {
    FactClass.CONTRADICTED: "contradicted",
    FactClass.MISSING: "missing",
    FactClass.EXTRA: "extra",
    FactClass.REWORDED: "reworded",
    FactClass.KEPT: "kept",
    FactClass.NOT_ASSESSABLE: "not assessable",
}


def review(completion: Completion, image_url: ImageUrl, *, decided: str = "") -> Html:
    """decided: one sentence about the standing decision, empty while the case is open."""
    shown = shown_first(completion)
    return join(
        tag(
            "div",
            _source_panel(completion, image_url),
            _graph_panel(completion),
            tag(
                "section",
                *(_candidate(completion, k, image_url, shown=k == shown) for k in range(len(completion.candidates))),
                class_="kb-panel kb-candidates",
                aria_label="Candidates",
            ),
            class_="kb-columns",
        ),
        _strip(completion, shown),
        _actions(decided),
        _reject_dialog(),
        _help_dialog(),
    )


def shown_first(completion: Completion) -> int:
    """The candidate that is open at first: the preselected one, else the first in the order."""
    ranking = completion.ranking
    return ranking.preselected if ranking.preselected is not None else ranking.order[0]


def _panel_head(title: str, *more: object) -> Html:
    return tag("header", tag("h2", title), *more)


# -- source ------------------------------------------------------------------------------------------------------------------------


def _source_panel(completion: Completion, image_url: ImageUrl) -> Html:
    case, reading = completion.case, completion.reading
    what = "chest film" if isinstance(case.contents[0], ImageContent) else "report"
    contents = [_content(content, k, reading, image_url, alt="source picture") for k, content in enumerate(case.contents)]
    toggle = tag(
        "button",
        "Evidence",
        type="button",
        class_="kb-toggle",
        data_do="evidence",
        aria_pressed="true",
        title="Evidence on or off (m)",
    )
    return tag(
        "section",
        _panel_head(f"Source · {what}", tag("span", "given", class_="kb-chip given"), toggle),
        *contents,
        _reading_notes(reading),
        class_="kb-panel kb-source",
        aria_label="Source",
    )


def _content(
    content: Content, k: int, reading: Reading, image_url: ImageUrl, *, alt: str, difference: Difference | None = None
) -> Html:
    if isinstance(content, ImageContent):
        return tag(
            "div",
            tag(
                "div",
                tag("img", src=image_url(content), alt=alt, draggable="false"),
                region_boxes(reading.graph, k),
                class_="kb-film-inner",
            ),
            class_="kb-film",
            tabindex="0",
            aria_label=f"{alt}; i inverts, plus and minus zoom, equals fits",
        )
    return marked_text(content.text, text_marks(reading.graph, k, classes_of(difference) if difference else None))


def _reading_notes(reading: Reading) -> Html | None:
    lines = list(reading.notes)
    if reading.dropped:
        lines.append(f"{reading.dropped} statements left out: no evidence for them")
    folded = reading.not_assessed and tag(
        "details",
        tag("summary", f"Not assessed on this source: {len(reading.not_assessed)}"),
        tag("p", ", ".join(reading.not_assessed)),
    )
    if not lines and not folded:
        return None
    return tag("div", *(tag("p", line) for line in lines), folded or None, class_="kb-notes")


# -- graph -------------------------------------------------------------------------------------------------------------------------


def _graph_panel(completion: Completion) -> Html:
    views = (("source", "Source"), ("candidate", "Candidate"), ("difference", "Difference"), ("table", "Table"))
    tabs = [
        tag("button", label, type="button", role="tab", data_view=name, aria_selected="true" if name == "source" else "false")
        for name, label in views
    ]
    legend = [tag("span", tag("b", mark), f" {CLASS_WORD[c]}", class_=f"d-{c.value}") for c, (mark, _) in CLASS_MARK.items()]
    status = [
        tag("span", tag("i", class_="sw present"), "present"),
        tag("span", tag("i", class_="sw uncertain"), "? uncertain"),
        tag("span", tag("i", class_="sw absent"), "no … absent"),
    ]
    return tag(
        "section",
        _panel_head("Knowledge graph", tag("div", *tabs, role="tablist", class_="kb-tabs", title="Next view (g)")),
        tag("div", class_="kb-net", role="img", aria_label="Knowledge graph; the table view holds the same facts as text"),
        _fact_table(completion),
        tag("p", "Point at a node or a marked place to see where a fact comes from.", class_="kb-picked", aria_live="polite"),
        tag("div", *status, tag("span", *legend, class_="kb-classes"), class_="kb-legend"),
        class_="kb-panel kb-graph",
        aria_label="Knowledge graph",
    )


def _fact_table(completion: Completion) -> Html:
    rows = [
        tag(
            "tr",
            tag("td", t.head),
            tag("td", t.relation),
            tag("td", t.tail),
            tag("td", t.status.value, class_=f"is-{t.status.value}"),
            data_nodes=t.head,
        )
        for t in completion.reading.graph.triples
    ]
    head = tag("tr", *(tag("th", name, scope="col") for name in ("Finding", "Relation", "Value", "Status")))
    empty = tag("p", "The reader found nothing that it could put into the graph.", class_="kb-empty")
    table = tag("table", tag("thead", head), tag("tbody", *rows)) if rows else empty
    return tag("div", table, class_="kb-table", hidden=True, tabindex="0")


# -- candidates --------------------------------------------------------------------------------------------------------------------


def _candidate(completion: Completion, k: int, image_url: ImageUrl, *, shown: bool) -> Html:
    candidate, difference = completion.candidates[k], completion.differences[k]
    return tag(
        "article",
        _panel_head(
            f"Candidate {k + 1} of {len(completion.candidates)}",
            tag("span", "SYNTHETIC", class_="kb-chip synthetic"),
            tag("span", f"written around: {candidate.subject}", class_="kb-subject"),
        ),
        _alert(difference),
        _content(
            candidate.content,
            0,
            completion.candidate_readings[k],
            image_url,
            alt=f"synthetic candidate {k + 1}",
            difference=difference,
        ),
        _scores(completion, k),
        _facts(difference),
        _told(candidate),
        class_="kb-candidate",
        data_k=str(k),
        data_contradicted=str(difference.count(FactClass.CONTRADICTED)),
        hidden=not shown,
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


def _scores(completion: Completion, k: int) -> Html:
    score = completion.scores[k]
    rank = completion.ranking.order.index(k) + 1
    n = len(completion.candidates)
    head = tag(
        "div",
        tag("span", f"{score.qs:.1f}" if score.qs is not None else "–", class_="kb-qs"),
        tag("span", "QS", tag("small", " weighted mean of the parts, 0–100")),
        tag("span", f"rank {rank} of {n}", class_="kb-rank"),
        class_="kb-qs-line",
    )
    rows = [_part_row(completion, k, name, part) for name, part in score.parts.items()]
    return tag("div", head, tag("table", tag("tbody", *rows)), class_="kb-scores")


def _part_row(completion: Completion, k: int, name: str, part: PartScore) -> Html:
    weight = completion.scores[k].weights.get(name)
    title = PART_HINT.get(name, "") + (f" Weight {weight:g}." if weight is not None else " Not part of QS.")
    if part.value is None:
        return tag("tr", tag("th", name, scope="row"), tag("td", f"not computed: {part.reason}", colspan="3"), title=title)
    others = sorted((s.parts[name].value for s in completion.scores if s.parts[name].value is not None), reverse=True)
    bar = tag("div", tag("i", style=f"width:{part.value:.1f}%"), class_="kb-bar")
    place = f"{others.index(part.value) + 1}/{len(others)}"
    note = tag("td", part.note, class_="kb-note") if part.note else tag("td")
    return tag(
        "tr",
        tag("th", name, scope="row"),
        tag("td", f"{part.value:.1f}"),
        tag("td", bar),
        tag("td", place, title="place among the candidates"),
        note,
        title=title,
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


def said(triple: Triple | None) -> str:
    """A triple as a short statement: "pleural effusion, left · has severity · small (uncertain)"."""
    if triple is None:
        return ""
    status = "" if triple.status.value == "present" else f" ({triple.status.value})"
    return f"{triple.head} · {triple.relation} · {triple.tail}{status}"


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


# -- strip, actions, dialogs -------------------------------------------------------------------------------------------------------


def _strip(completion: Completion, shown: int) -> Html:
    ranking = completion.ranking
    if ranking.abstained:
        margin = f"No recommendation: {ranking.abstained}"
    elif ranking.margin is None:
        margin = ""
    elif ranking.margin_kind == "clear":
        margin = f"Lead of the first: {ranking.margin:.1f}, clear"
    else:
        margin = f"Lead of the first: {ranking.margin:.1f}, {ranking.margin_kind}. Read the alternatives."
    options = [_option(completion, k, k == shown) for k in range(len(completion.candidates))]
    notes = [tag("p", note) for note in completion.notes]
    return tag(
        "div",
        tag("div", *options, role="listbox", aria_label="Candidates, in the order they were made", class_="kb-strip", tabindex="0"),
        tag("div", tag("p", margin, class_=f"kb-margin {ranking.margin_kind}"), *notes, class_="kb-strip-notes"),
        class_="kb-strip-row",
    )


def _option(completion: Completion, k: int, shown: bool) -> Html:
    score, difference = completion.scores[k], completion.differences[k]
    total = max(1, len(difference.facts))
    bar = [
        tag("i", class_=f"d-{c.value}", style=f"width:{difference.count(c) / total * 100:.1f}%")
        for c in CLASS_MARK
        if difference.count(c)
    ]
    against = difference.count(FactClass.CONTRADICTED)
    star = tag("span", "★", title="preselected", class_="kb-star") if completion.ranking.preselected == k else None
    return tag(
        "div",
        tag("span", str(k + 1), class_="kb-k"),
        star,
        tag("span", f"{score.qs:.1f}" if score.qs is not None else "–", class_="kb-mini-qs"),
        tag("span", f"≠ {against}", class_="kb-against", title="contradicted facts") if against else None,
        tag("div", *bar, class_="kb-mini"),
        tag("span", completion.candidates[k].subject, class_="kb-mini-subject"),
        role="option",
        aria_selected="true" if shown else "false",
        data_k=str(k),
        id=f"kb-option-{k}",
    )


def _actions(decided: str) -> Html:
    def button(do: str, label: str, key: str, css: str = "") -> Html:
        return tag(
            "button",
            label,
            tag("kbd", key),
            type="button",
            data_do=do,
            class_=f"kb-button {css}",
            disabled=bool(decided) and do in ("accept", "reject"),
        )

    return tag(
        "div",
        button("accept", "Accept", "A", "primary"),
        button("reject", "Reject all", "X"),
        button("next", "Next case", "N"),
        button("undo", "Undo", "U"),
        button("graphfile", "Save graph", "", "quiet"),
        button("help", "Keys", "?", "quiet"),
        tag("span", decided, class_="kb-decided", role="status"),
        class_="kb-actions",
    )


def _reject_dialog() -> Html:
    reasons = [
        tag("button", tag("kbd", str(i + 1)), reason.value, type="button", data_reason=reason.value, class_="kb-button")
        for i, reason in enumerate(Reason)
    ]
    return tag(
        "dialog",
        tag("h3", "Reject all candidates: why?"),
        tag("div", *reasons, class_="kb-reasons"),
        tag("label", "Note (needed for “other”)", tag("input", type="text", maxlength="500", id="kb-note", autocomplete="off")),
        tag("p", "Press a digit, or Escape to go back.", class_="kb-hint"),
        id="kb-reject-dialog",
        class_="kb-dialog",
        aria_label="Reject all candidates",
    )


_KEYS = (
    ("1 … 9, ← →", "show a candidate"), ("a", "accept the candidate shown"), ("x, then a digit", "reject all, with the reason"),
    ("n", "next case"), ("u", "undo the last decision"), ("g", "graph: source, candidate, difference, table"),
    ("m", "evidence marks on or off"), ("i, + − =", "picture: invert, zoom in, out, fit"), ("?", "this help"),
)  # fmt: skip


def _help_dialog() -> Html:
    rows = [tag("tr", tag("th", keys, scope="row"), tag("td", what)) for keys, what in _KEYS]
    return tag(
        "dialog",
        tag("h3", "Keys"),
        tag("table", tag("tbody", *rows)),
        tag("label", tag("input", type="checkbox", id="kb-keys-on", checked=True), " single-letter keys are on"),
        tag("form", tag("button", "Close", class_="kb-button"), method="dialog"),
        id="kb-help-dialog",
        class_="kb-dialog",
        aria_label="Keys",
    )
