"""The audit page: every decision, newest first, and everything it was made upon."""

from urllib.parse import parse_qsl

import gradio as gr

from kbapp.errors import InputError
from kbapp.review.audit_filter import EVERYTHING, AuditFilter
from kbapp.ui import cases_view
from kbapp.ui.audit_detail import action_words, counts_words, detail
from kbapp.ui.audit_filters import FILTERS_JS, filter_fields, list_head, nothing_fits
from kbapp.ui.caller import ActorOf, Caller
from kbapp.ui.html import Html, join, tag
from kbapp.ui.insight_view import insight_view
from kbapp.ui.sentences import shown_as_sentence, word

TITLE = "Who decided what, when, and upon what. Rows are never changed; an undo is a row of its own."
PAGE = 50

_JS = """
const events = ['open', 'filter'], start = () => window.KB && KB.ready ? KB.mountList(element, props, trigger, watch) : setTimeout(start, 30);
start();
"""


# Whoever opens a decision is led to it, also by keyboard and where it stands below the list; Escape leads back to its row.
_DETAIL_JS = """
const row = (name) => document.querySelector(`#kb_audit [${name}="${element.querySelector('.kb-detail')?.dataset.decision}"]`);
const shown = () => {
  const detail = element.querySelector('.kb-detail');
  if (!detail) return;
  document.querySelector('#kb_audit [aria-current]')?.removeAttribute('aria-current');
  row('data-row')?.setAttribute('aria-current', 'true');
  detail.closest('.kb-side').scrollTop = 0;
  detail.focus({ preventScroll: true });
  const top = detail.getBoundingClientRect().top;
  if (top < 0 || top > innerHeight / 2) detail.scrollIntoView();
};
watch('value', shown);
element.addEventListener('keydown', (event) => { if (event.key === 'Escape') row('data-case')?.focus(); });
"""


class AuditHandlers(Caller):
    def __init__(self, workbench, actor_of: ActorOf):
        super().__init__(actor_of)
        self.audit, self._workbench = workbench.audit, workbench

    @shown_as_sentence
    def load(self, request: gr.Request):
        """Returns [the fields, the list, the place of the detail]. The address says what is asked."""
        asked, trouble = _asked(dict(request.query_params))
        fields = filter_fields(asked, self.audit.choices(self.actor()))
        shown = cases_view.message(trouble) if trouble else self._list(asked, 0)
        return [fields, shown, tag("p", "Choose a decision to see what it rests on.", class_="kb-empty")]

    @shown_as_sentence
    def load_insight(self):
        """Returns [the versions of priors to choose from, what the decisions under the first of them say]."""
        priors = self._workbench.insights.priors(self.actor())
        first = priors[0] if priors else None
        return [gr.Dropdown(priors, value=first, visible=len(priors) > 1), self.insight(first)]

    @shown_as_sentence
    def insight(self, prior: str | None):
        if not prior:
            return tag(
                "p", "Nothing is decided yet. From the first decisions on, this says what the scores are worth.", class_="kb-empty"
            )
        domain, number = prior.rsplit("@", 1)
        weights = self._workbench.priors.version(self.actor(), domain, int(number)).prior.weights
        found = self._workbench.insights.of(self.actor(), prior, weights)
        return insight_view(found, weights, self._workbench.agreement.of(self.actor()))

    @shown_as_sentence
    def filter(self, event: gr.EventData):
        """Returns the list."""
        asked, trouble = _asked(event._data)
        return cases_view.message(trouble) if trouble else self._list(asked, 0)

    @shown_as_sentence
    def older(self, event: gr.EventData):
        """The list goes on. Its button knows what was asked, because a server that started anew does not."""
        asked, _ = _asked(dict(parse_qsl(word(event._data, "asked", 2_000))))
        return self._list(asked, int(word(event._data, "after") or 0))

    @shown_as_sentence
    def open(self, event: gr.EventData):
        (row,) = self.audit.show(self.actor(), int(event._data.get("case") or 0))
        return detail(row, accepts=self._workbench.exports.accepts(self.actor(), row.id))

    def _list(self, asked: AuditFilter, before: int) -> Html:
        rows = self.audit.show(self.actor(), asked=asked, before=before, limit=PAGE)
        if not rows:
            return tag("div", nothing_fits(asked), class_="kb-list")
        head = tag(
            "tr", *(tag("th", name, scope="col") for name in ("#", "When (UTC)", "By", "Decision", "Read", "Case", "Counts"))
        )
        more = _older_button(rows[-1].id, asked) if len(rows) == PAGE else None
        table = tag("div", tag("table", tag("thead", head), tag("tbody", *map(_row, rows))), more, class_="kb-list")
        return join(list_head(asked, self.audit.count(self.actor(), asked)), table)


def _asked(given: dict) -> tuple[AuditFilter, str]:
    """What is asked, and what is wrong with it: then everything is."""
    try:
        return AuditFilter.of(given), ""
    except InputError as error:
        return EVERYTHING, str(error)


def _older_button(before: int, asked: AuditFilter) -> Html:
    words = "Show older decisions"
    return tag("button", words, type="button", class_="kb-button quiet", data_more=before, data_asked=asked.query)


def _row(row) -> Html:
    number = tag("button", f"#{row.id}", type="button", class_="kb-link", data_case=row.id, aria_label=f"show decision {row.id}")
    case = tag("span", row.origin or row.case, title=row.case)
    cells = (number, row.utc[:16].replace("T", " "), row.actor, action_words(row), _read(row), case, counts_words(row))
    return tag("tr", *(tag("td", cell) for cell in cells), data_row=row.id)


def _read(row) -> str:
    """How it was read: blind or after the reveal, and what a second reader or an expert did about it."""
    said = []
    if row.blind:
        said.append("blind")
    elif row.ms_to_reveal is not None:
        said.append("scores revealed")
    if row.second_read:
        said.append("second reader agrees" if row.second_read["agrees"] else "second reader differs")
    if row.adjudication:
        said.append("returned" if row.adjudication["outcome"] == "returned" else "settles two reads")
    return ", ".join(said)


def audit_page(workbench, blocks: gr.Blocks, actor_of: ActorOf) -> None:
    handlers = AuditHandlers(workbench, actor_of)
    head = gr.HTML(cases_view.head(TITLE), padding=False)
    blocks.load(lambda: handlers.heading(TITLE), None, head, api_visibility="private", show_progress="hidden")
    filters = gr.HTML("", js_on_load=FILTERS_JS, elem_id="kb_audit_filters", padding=False)
    with gr.Row(equal_height=False):
        with gr.Column(scale=9, min_width=560):
            decisions = gr.HTML("", js_on_load=_JS, elem_id="kb_audit", padding=False)
        with gr.Column(scale=5, min_width=420, elem_classes="kb-side"):
            detail = gr.HTML("", js_on_load=_DETAIL_JS, elem_id="kb_audit_detail", padding=False)
    gr.HTML(tag("h2", "What the decisions say about the scores", class_="kb-section"), padding=False)
    prior = gr.Dropdown([], label="Prior", elem_id="kb_insight_prior", filterable=False, visible=False)
    insight = gr.HTML("", elem_id="kb_insight", padding=False)
    private = {"api_visibility": "private", "show_progress": "hidden"}
    blocks.load(handlers.load, None, [filters, decisions, detail], **private)
    blocks.load(handlers.load_insight, None, [prior, insight], **private)
    prior.input(handlers.insight, prior, insight, trigger_mode="always_last", **private)
    decisions.open(handlers.open, None, detail, **private)
    filters.filter(handlers.filter, None, decisions, trigger_mode="always_last", **private)
    decisions.filter(handlers.older, None, decisions, trigger_mode="always_last", **private)
