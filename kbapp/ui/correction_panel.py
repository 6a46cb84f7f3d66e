"""The dialogs in which a person puts the source graph right (a row for each finding, and one to add), or has candidates made again."""

from collections.abc import Iterable

from kbapp.core.graph import KnowledgeGraph
from kbapp.core.occurrence import Occurrence, occurrences
from kbapp.core.triple import Status
from kbapp.knowledge.graph_corrections import degree_said, degrees_of, may_have_side
from kbapp.priors.schema import DomainPrior
from kbapp.ui.html import Html, tag


def correction_dialog(graph: KnowledgeGraph, prior: DomainPrior) -> Html:
    head = tag("tr", *(tag("th", name, scope="col") for name in ("Finding", "Place", "Status", "Side", "Degree")))
    rows = [_row(seen, prior) for seen in occurrences(graph)]
    reason = tag(
        "input", type="text", maxlength="500", id="kb-correct-why", autocomplete="off", placeholder="e.g. the report says right"
    )
    foot = (
        tag("button", "Save and score again", tag("kbd", "Ctrl ↵"), type="submit", class_="kb-button primary"),
        tag("button", "Close", tag("kbd", "Esc"), type="button", class_="kb-button", data_do="close"),
    )
    form = tag(
        "form",
        tag("div", tag("table", tag("thead", head), tag("tbody", *rows, _new_row(prior))), class_="kb-correct-rows", tabindex="0"),
        tag("label", "Why", reason),
        tag("p", "", class_="kb-hint", id="kb-correct-told", role="alert"),
        tag("div", *foot, class_="kb-foot"),
        method="dialog",
    )
    hint = (
        "The candidates stay and are compared with the corrected graph; no model is asked. The graph before it is kept. "
        "Ctrl+Enter goes to Why, and saves once that is filled."
    )
    return tag("dialog", tag("h3", "Correct the source graph"), tag("p", hint, class_="kb-hint"), form, id="kb-correct-dialog", class_="kb-dialog", aria_label="Correct the source graph")  # fmt: skip


def again_dialog(n: int, seed: int, published: str, prior: str, corrected_by: str) -> Html:
    """n, seed: what is suggested. published: the version under which the source is read again; prior: that of the graph as it stands,
    which is suggested where somebody has corrected it."""
    stands = (
        f"the graph as it stands, corrected by {corrected_by} ({prior})" if corrected_by else f"the graph as it stands ({prior})"
    )
    froms = [("", f"the source, read again ({published})"), ("graph", stands)]
    fields = (
        tag("label", "From", _choice("from what", "from", froms, "graph" if corrected_by else "")),
        tag("label", "Candidates", tag("input", type="number", min="1", max="15", value=n, id="kb-again-n", required=True)),
        tag("label", "Seed", tag("input", type="number", min="0", max=2**31 - 1, value=seed, id="kb-again-seed", required=True)),
    )
    foot = (
        tag("button", "Make them", tag("kbd", "↵"), type="submit", class_="kb-button primary"),
        tag("button", "Close", tag("kbd", "Esc"), type="button", class_="kb-button", data_do="close"),
    )
    hint = "What is here now is kept as an earlier version."
    form = tag("form", *fields, tag("div", *foot, class_="kb-foot"), method="dialog")
    return tag("dialog", tag("h3", "Make candidates again"), tag("p", hint, class_="kb-hint"), form, id="kb-again-dialog", class_="kb-dialog", aria_label="Make candidates again")  # fmt: skip


def _row(seen: Occurrence, prior: DomainPrior) -> Html:
    status = _choice(f"status of {seen.name}", "status", [*_STATUSES, ("", "take out")], seen.status.value)
    side = seen.sides[0] if len(seen.sides) == 1 else ""
    sided = may_have_side(seen, prior) and len(seen.sides) < 2
    sides = _choice(f"side of {seen.name}", "side", _SIDES, side) if sided else None
    cells = (
        tag("th", seen.name, scope="row"),
        tag("td", ", ".join(seen.sites)),
        tag("td", status),
        tag("td", sides),
        _degrees(seen, prior),
    )
    return tag("tr", *cells, data_correct=seen.name)


def _degrees(seen: Occurrence | None, prior: DomainPrior) -> Html:
    """A choice for each scale of the prior, of a finding of the graph or of one to add (None). A structure of the body has no degree."""
    anatomy = seen is not None and seen.kind == "anatomy"
    choices = []
    for relation, degrees in () if anatomy else degrees_of(prior).items():
        word, said = relation.removeprefix("has "), degree_said(seen, relation) if seen else ""
        if said is None:
            continue
        options = [("", f"no {word}"), *((d, d) for d in (*degrees, *({said} - {"", *degrees})))]
        choices.append(_choice(f"{word} of {seen.name if seen else 'the finding to add'}", f"degree {relation}", options, said))
    return tag("td", *choices, class_="kb-degrees")


def _new_row(prior: DomainPrior) -> Html:
    """An empty one, which becomes a fact when a finding is chosen."""
    findings = [("", "add a finding …"), *_named(e.name for e in prior.vocabulary if e.kind != "anatomy")]
    places = [("", "its own place"), *_named(e.name for e in prior.vocabulary if e.kind == "anatomy" and e.name != prior.root)]
    label = _choice("finding to add", "label", findings, "")
    cells = (
        _choice("place of the finding to add", "site", places, ""),
        _choice("status of the finding to add", "status", _STATUSES, "present"),
    )
    return tag("tr", tag("th", label, scope="row"), *(tag("td", c) for c in cells), tag("td", _choice("side of the finding to add", "side", _SIDES, "")), _degrees(None, prior), data_correct="")  # fmt: skip


_STATUSES = [(s.value, s.value) for s in Status]
_SIDES = [("", "no side"), ("left", "left"), ("right", "right")]


def _named(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(names)]


def _choice(label: str, name: str, options, chosen: str) -> Html:
    made = [tag("option", said, value=value, selected=value == chosen) for value, said in options]
    return tag("select", *made, aria_label=label, data_field=name, data_was=chosen)
