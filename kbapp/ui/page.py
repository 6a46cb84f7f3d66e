"""The Gradio app: pages, components and their wiring. Handlers are thin; what they say comes from the service layer."""

from pathlib import Path

import gradio as gr

from kbapp.resources import ASSETS
from kbapp.ui import cases_view
from kbapp.ui.audit_page import audit_page
from kbapp.ui.experts import experts_page
from kbapp.ui.handlers import Handlers
from kbapp.ui.theme import workbench_theme

TITLE = "Complete the missing X-ray or report, compare the candidates, decide."

HEAD = (
    '<script src="/kb/static/vis-network.min.js" defer></script>'
    '<script src="/kb/static/workbench.js" defer></script>'
    '<link rel="icon" href="data:,">'
)

_REVIEW_JS = """
const start = () => window.KB ? KB.mountReview(element, props, (name, data) => trigger('act', data), watch) : setTimeout(start, 30);
start();
"""
_LIST_JS = """
const send = (name, data) => name === 'open' ? trigger('open', data) : name === 'sample' ? trigger('sample', data) : trigger('more', data);
const start = () => window.KB ? KB.mountList(element, send) : setTimeout(start, 30);
start();
"""


def build_blocks(workbench, settings):
    """The app as gr.Blocks, and what belongs to its mount: {"css", "head", "theme"}. Call after `prepare_environment`."""
    with gr.Blocks(
        title="Knowledge Bridger workbench", analytics_enabled=False, delete_cache=(300, 1800), fill_width=True
    ) as blocks:
        review_page(Handlers(workbench, settings), blocks)
    blocks.pages[0] = ("", "Cases", True)  # Gradio calls the first page "Home"
    with blocks.route("Experts", "/experts") as experts:
        experts_page(workbench, experts)
    with blocks.route("Audit", "/audit") as audit:
        audit_page(workbench, audit)
    return blocks, {"css": Path(ASSETS / "static" / "workbench.css").read_text(), "head": HEAD, "theme": workbench_theme()}


def review_page(handlers: Handlers, blocks: gr.Blocks) -> None:
    gr.HTML(cases_view.head(TITLE), padding=False)
    status = gr.HTML(handlers.status(), elem_id="kb_status", padding=False)
    opened = gr.State({})  # ids only: {"case", "job"}; the database is the truth
    timer = gr.Timer(1.5, active=False)
    with gr.Tabs(elem_id="kb_tabs") as tabs:
        with gr.Tab("Cases", id="cases"), gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=360):
                gr.HTML(cases_view.tag("h3", "New case", class_="kb-section"), padding=False)
                files = gr.File(
                    label="X-ray (PNG, JPEG, DICOM) or report (.txt)",
                    file_count="multiple",
                    type="filepath",
                    height=150,
                    elem_id="kb_file",
                )
                pasted = gr.Textbox(label="or paste a report", lines=5, max_lines=12, elem_id="kb_text", placeholder="Findings: …")
                with gr.Row():
                    n = gr.Slider(1, 15, value=5, step=1, label="Candidates", elem_id="kb_n", min_width=200)
                    seed = gr.Number(0, label="Seed", precision=0, minimum=0, maximum=2**31 - 1, elem_id="kb_seed", min_width=90)
                start = gr.Button("Complete the missing part", variant="primary", elem_id="kb_start")
                told = gr.HTML("", elem_id="kb_told", padding=False)
            with gr.Column(scale=5, min_width=520):
                samples = gr.HTML(handlers.samples(), js_on_load=_LIST_JS, elem_id="kb_samples", padding=False)
                gr.HTML(cases_view.tag("h3", "Cases", class_="kb-section"), padding=False)
                cases = gr.HTML("", js_on_load=_LIST_JS, elem_id="kb_cases", padding=False)
        with gr.Tab("Review", id="review", render_children=True):
            shown = gr.HTML(
                {"html": cases_view.nothing_open()},
                html_template="${value.html}",
                js_on_load=_REVIEW_JS,
                elem_id="kb_review",
                padding=False,
            )

    page = [status, cases, shown, tabs, timer, opened]
    private = {"api_visibility": "private", "show_progress": "hidden"}
    start.click(handlers.start, [files, pasted, n, seed], [*page, told, files, pasted], trigger_mode="once", **private)
    samples.sample(handlers.sample, [n, seed], page, trigger_mode="once", **private)
    cases.open(handlers.open, None, page, **private)
    cases.more(handlers.more, None, cases, **private)
    shown.act(handlers.act, opened, page, **private)
    timer.tick(handlers.tick, opened, page, **private)
    blocks.load(handlers.load, None, page, **private)
