"""The experts' page: the prior of a domain as text, checked by line, saved as new versions, compared with the one before."""

import gradio as gr

from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import PriorError, UserError
from kbapp.priors.difference import difference
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.ui import cases_view
from kbapp.ui.caller import ActorOf, Caller
from kbapp.ui.html import Html, join, tag
from kbapp.ui.reading_panel import reading_panel
from kbapp.ui.sentences import shown_as_sentence

TITLE = "What experts know of a domain. Each save is a new version; completions keep the one they were made with."


# The editor scrolls inside; only what has a tab index counts as reachable by keyboard.
_FOCUSABLE_JS = """
const mark = () => { const text = document.querySelector('#kb_prior .cm-content'); if (text) text.tabIndex = 0; else setTimeout(mark, 200); };
mark();
"""


class ExpertHandlers(Caller):
    def __init__(self, workbench, actor_of: ActorOf):
        super().__init__(actor_of)
        self.priors = workbench.priors

    # Each returns [editor, number, versions, message, difference, reason] or a part of it, see `experts_page`.

    @shown_as_sentence
    def open(self, domain: str):
        newest = self.priors.published(self.actor(), domain)
        return [newest.yaml, newest.number, self._versions(domain), self._offer(domain), self._last_change(domain), ""]

    @shown_as_sentence
    def check(self, yaml: str, domain: str, number: int):
        """Validate what is in the editor and show what it would change."""
        try:
            prior = parse_prior(yaml)
        except PriorError as error:
            return [cases_view.message(str(error)), ""]
        published = self.priors.version(self.actor(), domain, int(number))
        draft = PriorVersion(prior, published.number + 1, yaml, "draft")
        changes = difference(published, draft)
        good = f"Valid: {len(prior.vocabulary)} entries, {len(prior.rules)} extraction rules. Not saved yet."
        return [tag("div", good, class_="kb-message good", role="status"), _difference(changes, f"{published.ref} → draft")]

    @shown_as_sentence
    def save(self, yaml: str, reason: str, domain: str, number: int):
        try:
            saved = self.priors.save(self.actor(), domain, yaml, reason, int(number))
        except UserError as error:
            return [gr.skip(), gr.skip(), gr.skip(), cases_view.message(str(error)), gr.skip(), gr.skip()]
        gr.Info(f"{saved.ref} is published; the next extraction uses it.", duration=6, title="Saved")
        return self.open(domain)

    @shown_as_sentence
    def take_shipped(self, domain: str):
        """Put the newer shipped text into the editor; nothing is saved by that."""
        newer = self.priors.newer_shipped(self.actor(), domain)
        return newer.yaml if newer else gr.skip()

    def _offer(self, domain: str) -> Html:
        if self.priors.newer_shipped(self.actor(), domain) is None:
            return join()
        said = "This version of the workbench ships a newer text of this prior. It overwrites nothing: load it, look, and save it if you agree."
        return tag("div", said, class_="kb-message good", role="status")

    def _versions(self, domain: str) -> Html:
        rows = [
            tag("tr", tag("td", v.number), tag("td", v.author), tag("td", v.utc[:16].replace("T", " ")), tag("td", v.reason))
            for v in self.priors.versions(self.actor(), domain)
        ]
        head = tag("tr", *(tag("th", name, scope="col") for name in ("Version", "By", "When (UTC)", "Why")))
        return tag(
            "div",
            tag("table", tag("thead", head), tag("tbody", *rows)),
            class_="kb-list",
            tabindex="0",
            role="region",
            aria_label="versions",
        )

    def _last_change(self, domain: str) -> Html:
        newest = self.priors.published(self.actor(), domain)
        if newest.number == 1:
            return tag("p", "Version 1 is the shipped text; there is nothing to compare yet.", class_="kb-empty")
        changes = self.priors.difference(self.actor(), domain, newest.number - 1, newest.number)
        return _difference(changes, f"version {newest.number - 1} → version {newest.number}")


def _difference(changes, title: str) -> Html:
    if not changes.text:
        return tag("p", f"{title}: no change.", class_="kb-empty")
    lines = [tag("span", line + "\n", class_=_line_class(line)) for line in changes.text.splitlines()]
    summary = (
        tag("ul", *(tag("li", line) for line in changes.lines)) if changes.lines else tag("p", "Only comments or layout differ.")
    )
    return tag(
        "div",
        tag("h3", title, class_="kb-section"),
        summary,
        tag("div", *lines, class_="kb-diff", tabindex="0", role="region", aria_label="difference"),
    )


def _line_class(line: str) -> str:
    if line.startswith("@@"):
        return "hunk"
    return {"+": "add", "-": "del"}.get(line[:1], "same")


def experts_page(workbench, blocks: gr.Blocks, actor_of: ActorOf) -> None:
    handlers = ExpertHandlers(workbench, actor_of)
    head = gr.HTML(cases_view.head(TITLE), padding=False)
    blocks.load(lambda: handlers.heading(TITLE), None, head, api_visibility="private", show_progress="hidden")
    number = gr.State(0)  # the version that the text in the editor started from
    domains = list(workbench.priors.domains(LOCAL_OWNER))  # built before anybody calls; their names are no secret
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=560):
            domain = gr.Dropdown(domains, value=domains[0], label="Domain", elem_id="kb_domain", filterable=False)
            editor = gr.Code(
                language="yaml",
                lines=28,
                max_lines=28,
                label="Prior (YAML)",
                elem_id="kb_prior",
                interactive=True,
                wrap_lines=True,
            )
            reason = gr.Textbox(
                label="Why this change", elem_id="kb_why", placeholder="e.g. add a synonym used on our wards", max_lines=2
            )
            with gr.Row():
                check = gr.Button("Check", elem_id="kb_check")
                save = gr.Button("Save as new version", variant="primary", elem_id="kb_save_prior")
                shipped = gr.Button("Load shipped text", elem_id="kb_shipped")
            told = gr.HTML("", elem_id="kb_prior_told", padding=False)
        with gr.Column(scale=4, min_width=420):
            gr.HTML(tag("h3", "Versions", class_="kb-section"), padding=False)
            versions = gr.HTML("", js_on_load=_FOCUSABLE_JS, elem_id="kb_versions", padding=False)
            change = gr.HTML("", elem_id="kb_change", padding=False)

    reading_panel(workbench, blocks, actor_of)

    private = {"api_visibility": "private", "show_progress": "hidden"}
    everything = [editor, number, versions, told, change, reason]
    blocks.load(handlers.open, domain, everything, **private)
    domain.change(handlers.open, domain, everything, **private)
    check.click(handlers.check, [editor, domain, number], [told, change], **private)
    save.click(handlers.save, [editor, reason, domain, number], everything, trigger_mode="once", **private)
    shipped.click(handlers.take_shipped, domain, editor, **private)
