"""The knowledge graph's panel: the drawing's place, the same facts as a table, the legend."""

from kbapp.core.completion import Completion
from kbapp.ui.graph_drawing import CLASS_MARK
from kbapp.ui.html import Html, tag
from kbapp.ui.review_words import CLASS_WORD, panel_head


def graph_panel(completion: Completion, *, hidden: bool = False, may_correct: bool = False) -> Html:
    """hidden: nothing of how the candidates differ from the source. may_correct: offer the dialog that puts the source graph right."""
    correct = (
        tag("button", "Correct", tag("kbd", "V"), type="button", data_do="correct", class_="kb-toggle") if may_correct else None
    )
    views = (("source", "Source"), ("candidate", "Candidate"), ("difference", "Difference"), ("table", "Table"))
    tabs = [
        tag("button", label, type="button", role="tab", data_view=name, aria_selected="true" if name == "source" else "false")
        for name, label in views
        if not (hidden and name == "difference")
    ]
    legend = [
        tag("span", tag("b", mark), f" {CLASS_WORD[c]}", class_=f"d-{c.value}") for c, (mark, _) in CLASS_MARK.items() if not hidden
    ]
    status = [
        tag("span", tag("i", class_="sw present"), "present"),
        tag("span", tag("i", class_="sw uncertain"), "? uncertain"),
        tag("span", tag("i", class_="sw absent"), "no … absent"),
    ]
    return tag(
        "section",
        panel_head("Knowledge graph", tag("div", *tabs, role="tablist", class_="kb-tabs", title="Next view (g)")),
        tag("div", class_="kb-net", role="img", aria_label="Knowledge graph; the table view holds the same facts as text"),
        _fact_table(completion),
        tag("p", "Point at a node or a marked place to see where a fact comes from.", class_="kb-picked", aria_live="polite"),
        tag("div", *status, tag("span", *legend, class_="kb-classes"), correct, class_="kb-legend"),
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
