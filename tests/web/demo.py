"""A small page with everything that could fight with the gate, and a service layer of one class."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kbapp.errors import ArtifactTampered, NotFound, UserError
from kbapp.formats.picture import encode_png
from kbapp.settings import Settings
from kbapp.web.server import build, prepare_environment

RAMP = encode_png(np.tile(np.arange(0, 4096, 32, dtype=np.uint16), (64, 1)))
REPORT = b"The lungs are clear."
TAMPERED, UNFIT = "e" * 64, "d" * 64


@dataclass
class Stored:
    sha256: str
    media_type: str
    data: bytes
    synthetic: bool = False


def stored(data: bytes, media_type: str, synthetic: bool = False) -> Stored:
    return Stored(hashlib.sha256(data).hexdigest(), media_type, data, synthetic)


PICTURE = stored(RAMP, "image/png", synthetic=True)
TEXT = stored(REPORT, "text/plain; charset=utf-8")


@dataclass
class DemoArtifacts:
    files: dict = field(default_factory=lambda: {found.sha256: found for found in (PICTURE, TEXT)})

    def get(self, actor, sha256):
        if sha256 == TAMPERED:
            raise ArtifactTampered("the file at /secret/place has another hash")
        if sha256 == UNFIT:
            raise UserError("Choose another one.")
        if sha256 not in self.files:
            raise NotFound("there is no artifact")
        return self.files[sha256]


class NoAccounts:
    """The local owner alone."""

    def needed(self):
        return False


@dataclass
class DemoWorkbench:
    artifacts: DemoArtifacts = field(default_factory=DemoArtifacts)
    logins: NoAccounts = field(default_factory=NoAccounts)


def demo_blocks(seen: list):
    """seen: what the handlers got, for the tests to look at."""
    import gradio as gr

    from kbapp.web.login import actor_of

    with gr.Blocks(analytics_enabled=False, delete_cache=(300, 1800)) as blocks:
        count = gr.State(0)
        upload = gr.File(elem_id="upload", file_count="multiple")
        told = gr.Textbox(elem_id="told")
        add = gr.Button("add", elem_id="add")
        fail = gr.Button("fail", elem_id="fail")
        total = gr.Textbox(elem_id="total")
        ticks = gr.Textbox(elem_id="ticks")
        timer = gr.Timer(1)
        gr.HTML(f"<img id='film' src='/kb/artifact/{PICTURE.sha256}?w=96'>")
        picked = gr.Textbox(elem_id="picked")
        graph = gr.HTML(
            value={"nodes": [{"id": "a", "label": "<img src=x onerror=alert(1)>"}, {"id": "b", "label": "b"}], "edges": []},
            html_template="<div id='graph' style='height:300px'></div>",
            js_on_load="""let net = null; const draw = () => { const d = props.value, el = element.querySelector('#graph');
                net = new vis.Network(el, {nodes: new vis.DataSet(d.nodes), edges: new vis.DataSet(d.edges)}, {physics: false});
                window.demoNetwork = net; net.on('selectNode', p => trigger('pick', {id: p.nodes[0]})); };
                draw(); watch('value', draw);""",
        )

        def take(files, request: gr.Request):
            seen.append([Path(file).read_bytes() for file in files or []])
            return f"{len(files or [])} from {actor_of(request).id}"

        def more(number):
            return number + 1, f"total {number + 1}"

        def broken():
            raise ValueError("secret key path")

        def pick(event: gr.EventData):
            return str(event._data["id"])

        upload.change(take, upload, told)
        add.click(more, count, [count, total])
        fail.click(broken, None, total)
        timer.tick(lambda: "tick", None, ticks)
        graph.pick(pick, None, picked)
    with blocks.route("Second", "/second"):
        gr.Textbox("second page", elem_id="second")
    blocks.queue(max_size=64, default_concurrency_limit=16, api_open=False)
    return blocks


def demo_settings(storage, port: int) -> Settings:
    return Settings(storage=storage, port=port)


def demo_app(settings: Settings, seen: list):
    """Environment, blocks and gate, in the order that Gradio's import needs."""
    prepare_environment(settings)
    return build(DemoWorkbench(), demo_blocks(seen), settings, head='<script src="/kb/static/vis-network.min.js"></script>')
