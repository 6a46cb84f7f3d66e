"""The fields above the list of decisions, and what stands over the list itself: how many fit, and the way to take them along. Pure."""

from collections.abc import Sequence

from kbapp.core.decision import Action
from kbapp.review.audit import Choices
from kbapp.review.audit_filter import MAX_WORD, AuditFilter
from kbapp.ui.html import Html, tag

# The fields are the address: what is asked stands in it, so that a link shows the same list.
FILTERS_JS = """
const events = ['filter'];
let waits = 0;
const send = () => {
  const form = element.querySelector('form');
  if (!form) return;
  const asked = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim()));
  const query = new URLSearchParams(asked).toString();
  history.replaceState(history.state, '', location.pathname + (query ? '?' + query : ''));
  trigger('filter', asked);
};
const soon = () => { clearTimeout(waits); waits = setTimeout(send, 250); };
element.addEventListener('input', soon);
element.addEventListener('submit', (event) => { event.preventDefault(); soon(); });
element.addEventListener('click', (event) => {
  if (!event.target.closest('[data-clear]')) return;
  for (const field of element.querySelectorAll('input, select')) field.value = '';
  soon();
});
"""


def filter_fields(asked: AuditFilter, choices: Choices) -> Html:
    actions = [(action.value, action.value.replace("_", " ")) for action in Action]
    fields = (
        _choice("By", "person", [(name, name) for name in choices.people], asked.person),
        _choice("Decision", "action", actions, asked.action),
        _choice("Reason", "reason", [(reason, reason) for reason in choices.reasons], asked.reason),
        _field("From", tag("input", type="date", name="since", value=asked.since)),
        _field("To", tag("input", type="date", name="until", value=asked.until), title="this day included, in UTC"),
        _field(
            "Case",
            tag("input", type="search", name="case", value=asked.case, maxlength=MAX_WORD, placeholder="words of it, or its id"),
        ),
    )
    clear = tag("button", "Clear", type="button", class_="kb-button quiet", data_clear="1")
    return tag("form", *fields, clear, class_="kb-audit-filters", role="search", aria_label="Which decisions", action="/audit")


def list_head(asked: AuditFilter, count: int) -> Html:
    """count: of all decisions that fit, on every page of the list."""
    query = f"?{asked.query}" if asked.query else ""
    links = [
        tag("a", name, href=f"/kb/audit/decisions.{kind}{query}", class_="kb-button", download=True)
        for kind, name in (("csv", "as CSV"), ("jsonl", "as JSON Lines"))
    ]
    many = f"{count} decision{'' if count == 1 else 's'}" + (" fit" + ("s" if count == 1 else "") if asked.query else "")
    return tag("div", tag("p", many, role="status"), tag("div", *links, class_="kb-list-tools"), class_="kb-audit-head")


def nothing_fits(asked: AuditFilter) -> Html:
    if not asked.query:
        return tag("p", "No decision is stored yet.", class_="kb-empty")
    every = tag("a", "Show all decisions", href="/audit", class_="kb-button")
    return tag("div", tag("p", "No decision fits what is asked above."), every, class_="kb-empty")


def _choice(label: str, name: str, choices: Sequence[tuple[str, str]], chosen: str) -> Html:
    """A value that is no choice any more stays one, so that a link says what it asks."""
    known = [("", "any"), *choices]
    if chosen and chosen not in dict(known):
        known.append((chosen, chosen))
    options = [tag("option", words, value=value, selected=value == chosen) for value, words in known]
    return _field(label, tag("select", *options, name=name))


def _field(label: str, field: Html, title: str | None = None) -> Html:
    return tag("label", tag("span", label), field, title=title)
