"""The Gradio app: pages, components and their wiring. Handlers are thin; what they say comes from the service layer."""

from pathlib import Path

import gradio as gr

from kbapp.resources import ASSETS
from kbapp.ui import cases_view, first_run, listing, new_case, worklist_view
from kbapp.ui.admin_page import admin_page
from kbapp.ui.audit_page import audit_page
from kbapp.ui.caller import ActorOf
from kbapp.ui.experts import experts_page
from kbapp.ui.handlers import Handlers
from kbapp.ui.html import tag
from kbapp.ui.review_keys import keys_dialog
from kbapp.ui.theme import workbench_theme

TITLE = "Complete the missing X-ray or report, compare the candidates, decide."

SCRIPTS = (
    "vis-network.min.js",
    "workbench.js",
    "connection.js",
    "graph.js",
    "pixels.js",
    "viewer.js",
    "compare.js",
    "editor.js",
    "correct.js",
    "list.js",
    "find.js",
    "ahead.js",
    "more.js",
    "guide.js",
    "keymap.js",
    "keys.js",
)
HEAD = "".join(f'<script src="/kb/static/{name}" defer></script>' for name in SCRIPTS) + '<link rel="icon" href="data:,">'


def _mounted(how: str, *events: str) -> str:
    """The script of a component: it waits for the page's own scripts, which come deferred; until then nothing in it can be pressed.
    Gradio looks for the events' names in it."""
    named = ", ".join(f"'{event}'" for event in events)
    start = f"if (!window.KB?.ready) return setTimeout(start, 30); KB.{how}; element.dataset.mounted = '';"
    return f"const events = [{named}], start = () => {{ {start} }}; start();"


_REVIEW_JS = _mounted("mountReview(element, props, trigger, watch)", "act", "draft", "beat", "measure", "ahead", "tick")
_REPLY_JS = _mounted("mountReply(element, props, watch)")
_TIMES_JS = _mounted("mountTimes(element, watch)")
_QUIET_JS = _mounted("mountQuiet(props, watch)")
_GUIDE_JS = _mounted("mountGuide(element)")
LIST_JS = _mounted("mountList(element, props, trigger, watch)", "sample", "open", "filter", "act")


def build_blocks(workbench, settings, actor_of: ActorOf):
    """The app as gr.Blocks, and what belongs to its mount: {"css", "head", "theme"}. Call after `prepare_environment`.

    actor_of: the person behind a request, from the web room.
    """
    with gr.Blocks(
        title="Knowledge Bridger workbench", analytics_enabled=False, delete_cache=(300, 1800), fill_width=True
    ) as blocks:
        review_page(Handlers(workbench, settings, actor_of), blocks)
    blocks.pages[0] = ("", "Cases", True)  # Gradio calls the first page "Home"
    with blocks.route("Experts", "/experts") as experts:
        experts_page(workbench, experts, actor_of)
    with blocks.route("Audit", "/audit") as audit:
        audit_page(workbench, audit, actor_of)
    with blocks.route("Admin", "/admin") as admin:
        admin_page(workbench, settings, admin, actor_of)
    return blocks, {"css": Path(ASSETS / "static" / "workbench.css").read_text(), "head": HEAD, "theme": workbench_theme()}


def review_page(handlers: Handlers, blocks: gr.Blocks) -> None:
    gr.HTML(cases_view.title(TITLE), padding=False)
    status = gr.HTML("", js_on_load=_TIMES_JS, elem_id="kb_status", padding=False)
    reply = gr.HTML({"html": ""}, html_template="${value.html}", js_on_load=_REPLY_JS, elem_id="kb_reply", padding=False)
    quiet = gr.HTML({}, html_template="", js_on_load=_QUIET_JS, elem_id="kb_quiet", padding=False)
    opened = gr.State({})  # ids only: {"case", "job"}; the database is the truth
    state = gr.State(listing.FIRST)  # what of the list is shown
    with gr.Tabs(elem_id="kb_tabs") as tabs:
        with gr.Tab("Cases", id="cases") as cases_tab, gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320):
                domain, files, pasted, n, seed, start, told = _new_case()
                samples = gr.HTML(handlers.samples(), js_on_load=LIST_JS, elem_id="kb_samples", padding=False)
            with gr.Column(scale=6, min_width=520):
                gr.HTML(first_run.first_steps(), js_on_load=LIST_JS, elem_id="kb_hint", padding=False)
                search = gr.HTML(worklist_view.search_field(), js_on_load=LIST_JS, elem_id="kb_search", padding=False)
                cases = gr.HTML("", js_on_load=LIST_JS, elem_id="kb_cases", padding=False)
        with gr.Tab("Review", id="review", render_children=True):
            gr.HTML(first_run.first_case(), js_on_load=_GUIDE_JS, elem_id="kb_guide", padding=False)
            shown = gr.HTML(
                {"html": cases_view.nothing_open()},
                html_template="${value.html}",
                js_on_load=_REVIEW_JS,
                elem_id="kb_review",
                padding=False,
            )
    gr.HTML(keys_dialog(), elem_id="kb_help", padding=False)

    page = [status, cases, shown, tabs, opened, reply]
    private = {"api_visibility": "private", "show_progress": "hidden"}
    start.click(
        handlers.start, [files, pasted, n, seed, opened, domain], [*page, told, files, pasted], trigger_mode="once", **private
    )
    domain.input(handlers.fields, domain, [files, pasted], trigger_mode="always_last", **private)
    samples.sample(handlers.sample, [n, seed, opened], page, trigger_mode="once", **private)
    cases.open(handlers.open, opened, page, **private)
    for part in (cases, search):
        part.filter(handlers.filter, state, [cases, state], trigger_mode="always_last", **private)
    cases_tab.select(handlers.refresh, state, [cases, status], **private)
    for part in (shown, cases):
        part.act(handlers.act, [opened, state], page, trigger_mode="once", **private)
    shown.draft(handlers.draft, None, quiet, trigger_mode="multiple", **private)
    shown.beat(handlers.beat, None, [status, quiet], trigger_mode="multiple", **private)
    shown.measure(handlers.measure, None, quiet, trigger_mode="once", **private)
    shown.ahead(handlers.ahead, None, quiet, trigger_mode="once", **private)
    shown.tick(handlers.tick, None, page, trigger_mode="once", **private)
    blocks.load(handlers.load, None, page, **private)
    blocks.load(handlers.form, None, [domain, start], **private)


def _new_case():
    gr.HTML(tag("h3", "New case", class_="kb-section"), padding=False)
    domain = gr.Dropdown([new_case.FIRST_DOMAIN], label="Domain", elem_id="kb_new_domain", filterable=False, visible=False)
    given, written = new_case.field_labels("X-ray", "report")
    files = gr.File(
        label=given,
        file_count="multiple",
        type="filepath",
        height=140,
        elem_id="kb_file",
    )
    pasted = gr.Textbox(label=written, lines=3, max_lines=12, elem_id="kb_text", placeholder="Findings: …")
    with gr.Row():
        n = gr.Slider(1, 15, value=5, step=1, label="Candidates", elem_id="kb_n", min_width=180)
        seed = gr.Number(0, label="Seed", precision=0, minimum=0, maximum=2**31 - 1, elem_id="kb_seed", min_width=80)
    start = gr.Button("Complete the missing part", variant="primary", elem_id="kb_start")
    told = gr.HTML("", elem_id="kb_told", padding=False)
    return domain, files, pasted, n, seed, start, told
