"""The knowledge graph's panel: the drawing's place, the same facts as a table, the legend."""

import json
from dataclasses import dataclass

from kbapp.core.completion import Completion
from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.triple import Triple
from kbapp.ui.graph_drawing import CLASS_MARK, WORST_FIRST, class_of_candidate
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
        _fact_table(completion, hidden),
        tag(
            "div",
            tag("p", "Point at a node or a marked place to see where a fact comes from.", class_="kb-picked", aria_live="polite"),
            correct,
            class_="kb-graph-foot",
        ),
        tag("div", tag("span", *status, class_="kb-states"), tag("span", *legend, class_="kb-classes"), class_="kb-legend"),
        class_="kb-panel kb-graph",
        aria_label="Knowledge graph",
    )


def _fact_table(completion: Completion, hidden: bool) -> Html:
    """The source's facts, then what only a candidate tells. The script shows what holds for the open candidate, and sorts.

    `data-classes` of a row: per candidate the fact's class, "-" where it has none. `data-words` of the table: what to call the classes,
    the worst first. hidden: neither of them, and the source's facts alone.
    """
    rows = fact_rows(completion)
    shown = [_row(row, hidden) for row in rows if row.of_source or not hidden]
    if not shown:
        empty = tag("p", "The reader found nothing that it could put into the graph.", class_="kb-empty")
        return tag("div", empty, class_="kb-table", hidden=True, tabindex="0")
    columns = ("Finding", "Relation", "Value", "Status", *(() if hidden else ("Difference",)))
    head = [tag("th", tag("button", name, type="button", data_sort=str(k)), scope="col") for k, name in enumerate(columns)]
    words = None if hidden else json.dumps({c.value: f"{mark} {CLASS_WORD[c]}" for c, (mark, _) in CLASS_MARK.items()})
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *shown), data_words=words)
    return tag("div", table, class_="kb-table", hidden=True, tabindex="0")


@dataclass(frozen=True)
class FactRow:
    """classes: per candidate the fact's class, None where it is not judged or, of what only candidates tell, not told."""

    triple: Triple
    of_source: bool
    classes: tuple[FactClass | None, ...]


def fact_rows(completion: Completion) -> list[FactRow]:
    """The facts of the source in its order, then those that only candidates tell in the candidates' order, each once."""
    told = [_classes(difference) for difference in completion.differences]
    own = dict.fromkeys(completion.reading.graph.triples)
    more = dict.fromkeys(triple for classes in told for triple in classes if triple not in own)
    return [FactRow(t, t in own, tuple(classes.get(t) for classes in told)) for t in (*own, *more)]


def _classes(difference: Difference) -> dict[Triple, FactClass]:
    """By triple: the source's, and what the candidate tells that the source does not, alone or in place of a fact of it."""
    classes: dict[Triple, FactClass] = {}
    for fact in difference.facts:
        for triple, told in ((fact.source, fact.fact_class), (_told_instead(fact), class_of_candidate(fact))):
            if triple is not None:
                classes[triple] = min(classes.get(triple, told), told, key=WORST_FIRST.index)
    return classes


def _told_instead(fact: FactDifference) -> Triple | None:
    """A kept fact may be told in other words of the vocabulary; its own row says all there is."""
    if fact.source is not None and fact.fact_class in (FactClass.KEPT, FactClass.NOT_ASSESSABLE):
        return None
    return fact.candidate if fact.candidate != fact.source else None


def _row(row: FactRow, hidden: bool) -> Html:
    t = row.triple
    cells = [tag("td", t.head), tag("td", t.relation), tag("td", t.tail), tag("td", t.status.value, class_=f"is-{t.status.value}")]
    if hidden:
        return tag("tr", *cells, data_nodes=t.head)
    classes = " ".join(c.value if c else "-" for c in row.classes)
    return tag("tr", *cells, tag("td"), data_nodes=t.head, data_classes=classes, data_extra=not row.of_source)
