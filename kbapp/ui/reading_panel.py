"""How this project reads, as a fold at the top of the experts' page: the rules that hold, a form for new ones, who changed them when, and
how each reader fares with decoys."""

import gradio as gr

from kbapp.errors import UserError
from kbapp.review.access import EXPERTS
from kbapp.review.reading import MOST_DECOYS
from kbapp.ui import cases_view
from kbapp.ui.caller import ActorOf, Caller
from kbapp.ui.html import Html, join, tag
from kbapp.ui.sentences import shown_as_sentence

_READS = (("one reader decides", 1), ("two readers, the second one blind to the first", 2))


class ReadingHandlers(Caller):
    """Each returns [blind, reads, decoys, changes and readers, message]."""

    def __init__(self, workbench, actor_of: ActorOf):
        super().__init__(actor_of)
        self.reading, self.decoys = workbench.reading, workbench.decoys

    @shown_as_sentence
    def load(self):
        return self._page("")

    @shown_as_sentence
    def save(self, blind: bool, reads: int, decoys: float | None):
        try:
            self.reading.set_rules(self.actor(), blind=bool(blind), reads_required=int(reads), decoys=int(decoys or 0))
        except UserError as error:
            return self._page(cases_view.message(str(error)))
        return self._page(tag("div", "Saved; it holds from the next case on.", class_="kb-message good", role="status"))

    def _page(self, told: Html | str) -> list:
        rules = self.reading.rules(self.actor())
        return [rules.blind, rules.reads_required, rules.decoys, join(self._changes(), self._readers()), told]

    def _changes(self) -> Html:
        rows = [
            tag("tr", *(tag("td", said) for said in (*_said(rules), rules.actor, rules.utc[:16].replace("T", " "))))
            for rules in self.reading.changes(self.actor())
        ]
        if not rows:
            return tag("p", "Nobody has changed this yet: scores are shown at once, and one reader decides.", class_="kb-empty")
        return _table(("Blind first", "Readers", "Decoys", "By", "When (UTC)"), rows, "changes of how this project reads")

    def _readers(self) -> Html | str:
        """How each reader fares with decoys, for those who set the rules."""
        if self.actor().role not in EXPERTS:
            return ""
        records = self.decoys.readers(self.actor())
        if not records:
            return tag("p", "No decoy has been decided upon yet.", class_="kb-empty")
        rows = [tag("tr", *(tag("td", str(said)) for said in (r.actor, r.met, r.taken, r.edited))) for r in records]
        return _table(("Reader", "Decoys met", "Taken", "Taken with edits"), rows, "decoys met and taken by each reader")


def _said(rules) -> tuple[str, str, str]:
    return "on" if rules.blind else "off", str(rules.reads_required), f"in {rules.decoys} of 100 cases" if rules.decoys else "off"


def _table(names: tuple[str, ...], rows: list[Html], label: str) -> Html:
    head = tag("tr", *(tag("th", name, scope="col") for name in names))
    table = tag("table", tag("thead", head), tag("tbody", *rows))
    return tag("div", table, class_="kb-list", tabindex="0", role="region", aria_label=label)


def reading_panel(workbench, blocks: gr.Blocks, actor_of: ActorOf) -> None:
    handlers = ReadingHandlers(workbench, actor_of)
    fold = gr.Accordion("How this project reads", open=False, elem_id="kb_reading")
    with fold, gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=560):
            blind = gr.Checkbox(
                label="Blind first: scores are not shown before a reader asks for them", elem_id="kb_blind", interactive=True
            )
            reads = gr.Radio(list(_READS), value=1, label="Readers of each case", elem_id="kb_reads", interactive=True)
            decoys = gr.Slider(
                0,
                MOST_DECOYS,
                value=0,
                step=1,
                label="Decoys, in so many of 100 new cases: one candidate has a known error, and its reader is told. Tell your readers first.",
                elem_id="kb_decoys",
                interactive=True,
            )
            save = gr.Button("Save how this project reads", elem_id="kb_save_reading")
            told = gr.HTML("", elem_id="kb_reading_told", padding=False)
        with gr.Column(scale=4, min_width=420):
            changes = gr.HTML("", elem_id="kb_reading_changes", padding=False)
    private = {"api_visibility": "private", "show_progress": "hidden"}
    page = [blind, reads, decoys, changes, told]
    blocks.load(handlers.load, None, page, **private)
    save.click(handlers.save, [blind, reads, decoys], page, trigger_mode="once", **private)
