"""How this project reads, as a section of the experts' page: the rules that hold, a form for new ones, and who changed them when."""

import gradio as gr

from kbapp.errors import UserError
from kbapp.ui import cases_view
from kbapp.ui.caller import ActorOf, Caller
from kbapp.ui.html import Html, tag
from kbapp.ui.sentences import shown_as_sentence

_READS = (("one reader decides", 1), ("two readers, the second one blind to the first", 2))


class ReadingHandlers(Caller):
    """Each returns [blind, reads, changes, message]."""

    def __init__(self, workbench, actor_of: ActorOf):
        super().__init__(actor_of)
        self.reading = workbench.reading

    @shown_as_sentence
    def load(self):
        return self._page("")

    @shown_as_sentence
    def save(self, blind: bool, reads: int):
        try:
            self.reading.set_rules(self.actor(), blind=bool(blind), reads_required=int(reads))
        except UserError as error:
            return self._page(cases_view.message(str(error)))
        return self._page(tag("div", "Saved; it holds from the next case on.", class_="kb-message good", role="status"))

    def _page(self, told: Html | str) -> list:
        rules = self.reading.rules(self.actor())
        return [rules.blind, rules.reads_required, self._changes(), told]

    def _changes(self) -> Html:
        rows = [
            tag("tr", *(tag("td", said) for said in (*_said(rules), rules.actor, rules.utc[:16].replace("T", " "))))
            for rules in self.reading.changes(self.actor())
        ]
        if not rows:
            return tag("p", "Nobody has changed this yet: scores are shown at once, and one reader decides.", class_="kb-empty")
        head = tag("tr", *(tag("th", name, scope="col") for name in ("Blind first", "Readers", "By", "When (UTC)")))
        table = tag("table", tag("thead", head), tag("tbody", *rows))
        return tag("div", table, class_="kb-list", tabindex="0", role="region", aria_label="changes of how this project reads")


def _said(rules) -> tuple[str, str]:
    return "on" if rules.blind else "off", str(rules.reads_required)


def reading_panel(workbench, blocks: gr.Blocks, actor_of: ActorOf) -> None:
    handlers = ReadingHandlers(workbench, actor_of)
    gr.HTML(tag("h3", "How this project reads", class_="kb-section"), padding=False)
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=560):
            blind = gr.Checkbox(
                label="Blind first: scores are not shown before a reader asks for them", elem_id="kb_blind", interactive=True
            )
            reads = gr.Radio(list(_READS), value=1, label="Readers of each case", elem_id="kb_reads", interactive=True)
            save = gr.Button("Save how this project reads", elem_id="kb_save_reading")
            told = gr.HTML("", elem_id="kb_reading_told", padding=False)
        with gr.Column(scale=4, min_width=420):
            changes = gr.HTML("", elem_id="kb_reading_changes", padding=False)
    private = {"api_visibility": "private", "show_progress": "hidden"}
    page = [blind, reads, changes, told]
    blocks.load(handlers.load, None, page, **private)
    save.click(handlers.save, [blind, reads], page, trigger_mode="once", **private)
