"""The experts' page: the prior of a domain as text, checked by line, tried on cases, saved as new versions, and the way back to an old one."""

import gradio as gr

from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import PriorError, UserError
from kbapp.priors.difference import difference
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.ui import cases_view
from kbapp.ui.caller import ActorOf, Caller
from kbapp.ui.html import Html, join, tag
from kbapp.ui.prior_views import difference_view, text_view, trial_view, version_choices, versions_table
from kbapp.ui.reading_panel import reading_panel
from kbapp.ui.sentences import shown_as_sentence

TITLE = "What experts know of a domain. Each save is a new version; completions keep the one they were made with."


# The editor scrolls inside; only what has a tab index counts as reachable by keyboard.
_FOCUSABLE_JS = """
const mark = () => { const text = document.querySelector('#kb_prior .cm-content'); if (text) text.tabIndex = 0; else setTimeout(mark, 200); };
mark();
"""


_COSTS = "To try a draft, the models of this profile read up to five recent cases twice: that takes a while and costs calls."


class ExpertHandlers(Caller):
    def __init__(self, workbench, actor_of: ActorOf):
        super().__init__(actor_of)
        self.priors, self.trials = workbench.priors, workbench.trials

    # Each returns [editor, number, versions, message, difference, reason, older] or a part of it, see `experts_page`.

    @shown_as_sentence
    def open(self, domain: str):
        newest = self.priors.published(self.actor(), domain)
        rows = self.priors.versions(self.actor(), domain)
        older = gr.Dropdown(version_choices(rows), value=None)
        return [newest.yaml, newest.number, versions_table(rows), self._offer(domain), self._last_change(domain), "", older]

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
        return [tag("div", good, class_="kb-message good", role="status"), difference_view(changes, f"{published.ref} → draft")]

    @shown_as_sentence
    def save(self, yaml: str, reason: str, domain: str, number: int):
        try:
            saved = self.priors.save(self.actor(), domain, yaml, reason, int(number))
        except UserError as error:
            return _refused(str(error))
        return self._published(saved)

    @shown_as_sentence
    def look_back(self, older: int | None, domain: str):
        """What an older version has otherwise than the published one. Returns the difference's place."""
        if older is None:
            return gr.skip()
        published, text = self.priors.versions(self.actor(), domain)[0].number, self.priors.text(self.actor(), domain, older)
        try:
            changes = self.priors.difference(self.actor(), domain, published, older)
        except PriorError as error:  # written for an older schema; it can still be read by a person
            return join(cases_view.message(str(error)), text_view(text, older))
        return join(difference_view(changes, f"version {published} (published) → version {older}"), text_view(text, older))

    @shown_as_sentence
    def roll_back(self, older: int | None, yaml: str, domain: str, number: int):
        """Publish an older text again; refused while the editor holds what nobody has saved."""
        if older is None:
            return _refused("Choose the version to go back to.")
        if yaml.strip() != self.priors.text(self.actor(), domain, int(number)).strip():
            return _refused("The editor holds changes that are not saved. Save them first, or reload the page to drop them.")
        try:
            saved = self.priors.roll_back(self.actor(), domain, older, int(number))
        except UserError as error:
            return _refused(str(error))
        return self._published(saved)

    @shown_as_sentence
    def try_draft(self, yaml: str, domain: str):
        """Read recent cases under the text in the editor. Returns [message, what it reads otherwise]."""
        try:
            return ["", trial_view(self.trials.read(self.actor(), domain, yaml))]
        except PriorError as error:
            return [cases_view.message(str(error)), ""]

    def _published(self, saved: PriorVersion):
        gr.Info(f"{saved.ref} is published; the next extraction uses it.", duration=6, title="Saved")
        return self.open(saved.prior.domain)

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

    def _last_change(self, domain: str) -> Html:
        newest = self.priors.published(self.actor(), domain)
        if newest.number == 1:
            return tag("p", "Version 1 is the shipped text; there is nothing to compare yet.", class_="kb-empty")
        changes = self.priors.difference(self.actor(), domain, newest.number - 1, newest.number)
        return difference_view(changes, f"version {newest.number - 1} → version {newest.number}")


def _refused(sentence: str) -> list:
    return [gr.skip(), gr.skip(), gr.skip(), cases_view.message(sentence), gr.skip(), gr.skip(), gr.skip()]


def experts_page(workbench, blocks: gr.Blocks, actor_of: ActorOf) -> None:
    handlers = ExpertHandlers(workbench, actor_of)
    head = gr.HTML(cases_view.head(TITLE), padding=False)
    blocks.load(lambda: handlers.heading(TITLE), None, head, api_visibility="private", show_progress="hidden")
    reading_panel(workbench, blocks, actor_of)
    number = gr.Number(0, visible="hidden")  # the version that the text in the editor started from; on the page, as the text is
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
                attempt = gr.Button("Try on recent cases", elem_id="kb_try")
                save = gr.Button("Save as new version", variant="primary", elem_id="kb_save_prior")
                shipped = gr.Button("Load shipped text", elem_id="kb_shipped")
            told = gr.HTML("", elem_id="kb_prior_told", padding=False)
            if workbench.trials.calls_models:
                gr.HTML(tag("p", _COSTS, class_="kb-hint"), padding=False)
        with gr.Column(scale=4, min_width=420):
            gr.HTML(tag("h3", "Versions", class_="kb-section"), padding=False)
            versions = gr.HTML("", js_on_load=_FOCUSABLE_JS, elem_id="kb_versions", padding=False)
            with gr.Row(elem_classes="kb-form-row"):
                older = gr.Dropdown(
                    [], label="Look at an older version", elem_id="kb_older", filterable=False, min_width=260, scale=3
                )
                back = gr.Button("Go back to it", elem_id="kb_back", min_width=120, scale=1)
            trial = gr.HTML("", elem_id="kb_trial", padding=False)
            change = gr.HTML("", elem_id="kb_change", padding=False)

    private = {"api_visibility": "private", "show_progress": "hidden"}
    waiting = private | {"show_progress": "minimal", "show_progress_on": trial}
    everything = [editor, number, versions, told, change, reason, older]
    blocks.load(handlers.open, domain, everything, **private)
    domain.change(handlers.open, domain, everything, **private)
    domain.change(lambda: "", None, trial, **private)  # what was tried belongs to the other domain
    check.click(handlers.check, [editor, domain, number], [told, change], **private)
    save.click(handlers.save, [editor, reason, domain, number], everything, trigger_mode="once", **private)
    older.input(handlers.look_back, [older, domain], change, trigger_mode="always_last", **private)
    back.click(handlers.roll_back, [older, editor, domain, number], everything, trigger_mode="once", **private)
    attempt.click(handlers.try_draft, [editor, domain], [told, trial], trigger_mode="once", concurrency_limit=1, **waiting)
    shipped.click(handlers.take_shipped, domain, editor, **private)
