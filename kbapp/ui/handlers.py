"""What the pages do when something is pressed: service calls in, component updates out. No rule of the product lives here."""

import json
import logging
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import gradio as gr

from kbapp.core.actor import LOCAL_OWNER, Actor
from kbapp.core.content import ImageContent, Modality
from kbapp.core.decision import Action
from kbapp.errors import DecisionRefused, InputError, KbError, UserError
from kbapp.ingest.intake import Intake, examine, ingest
from kbapp.ingest.name import sanitize_name
from kbapp.ingest.text import ingest_text
from kbapp.profiles import health
from kbapp.resources import ASSETS
from kbapp.ui import cases_view, review_view
from kbapp.ui.graph_drawing import review_graph

QUICK_S = 1.2  # a run that is done within this opens at once; a longer one shows its progress
PAGE = 50
_MISSING_WORD = {Modality.IMAGE: "X-ray", Modality.TEXT: "report"}
_SAVED = {
    Action.ACCEPT: "accepted candidate {k}", Action.REJECT: "rejected: {reason}", Action.DEFER: "deferred", Action.FLAG: "flagged",
    Action.UNDO: "undone", Action.ACCEPT_EDITED: "accepted candidate {k}, edited",
}  # fmt: skip

log = logging.getLogger("kbapp.ui")


def shown_as_sentence(handler: Callable) -> Callable:
    """The outermost edge of a page: our own errors become their sentence, anything else a plain one, with the traceback in the log."""

    @wraps(handler)
    def guarded(self, *args):
        try:
            return handler(self, *args)
        except KbError as error:
            raise gr.Error(
                str(error), duration=12, title="Please check" if isinstance(error, UserError) else "That did not work"
            ) from None
        except gr.Error:
            raise
        except Exception:
            log.exception("%s failed", handler.__name__)
            raise gr.Error(
                "Something went wrong on our side; nothing was changed. The log of the workbench has the details."
            ) from None

    return guarded


class Handlers:
    """One per app. The page's state holds ids only: {"case": ..., "job": ...}."""

    def __init__(self, workbench, settings):
        self.workbench, self.settings = workbench, settings

    def actor(self) -> Actor:
        return LOCAL_OWNER  # accounts come later; every service call takes the actor already

    # -- pieces of the page -------------------------------------------------------------------------------------------------------

    def status(self, saved: str = "") -> str:
        parts = [("last:", saved)] if saved else []
        trouble = health(self.settings)
        return cases_view.status_strip(parts, self.settings.profile, not trouble, trouble)

    def samples(self) -> str:
        listed = json.loads((ASSETS / "samples" / "samples.json").read_text())
        return cases_view.sample_cards([_sample(entry) for entry in listed])

    def case_list(self, before: str = "") -> str:
        rows = self.workbench.cases.list(self.actor(), before=before, limit=PAGE)
        return cases_view.case_list([_line(row) for row in rows], rows[-1].id if len(rows) == PAGE else "")

    def _page(self, shown: dict, *, tab: str, polling: bool = False, opened: dict | None = None, saved: str = "") -> list:
        """Updates for [status, cases, shown, tabs, timer, opened]."""
        return [self.status(saved), self.case_list(), shown, gr.Tabs(selected=tab), gr.Timer(active=polling), opened or {}]

    def _case_page(self, case_id: str, saved: str = "") -> list:
        """The page of a case: its work under way, its failure, or its review."""
        actor = self.actor()
        job = self.workbench.jobs.active(actor, case_id)
        if job is not None:
            return self._page(
                _progress(case_id, job), tab="review", polling=True, opened={"case": case_id, "job": job.id}, saved=saved
            )
        stored = self.workbench.completions.latest(actor, case_id)
        if stored is None:
            return self._page(self._failure(case_id), tab="review", opened={"case": case_id}, saved=saved)
        return self._page(self._review(case_id, stored), tab="review", opened={"case": case_id}, saved=saved)

    def _failure(self, case_id: str) -> dict:
        job = self.workbench.jobs.latest(self.actor(), case_id)
        said = job.error if job else "No work was started on this case yet."
        html = cases_view.trouble("This case has no candidates", said or "The work was stopped.", retry=True)
        return {"html": html, "case": case_id, "job": job.id if job else ""}

    def _review(self, case_id: str, stored) -> dict:
        completion = stored.completion
        domain, number = completion.provenance.prior.rsplit("@", 1)
        prior = self.workbench.priors.version(self.actor(), domain, int(number)).prior
        html = review_view.review(completion, _image_url(stored), decided=_decided(stored.decision))
        return {
            "html": html,
            "graph": review_graph(completion, prior),
            "case": case_id,
            "completion": stored.id,
            "revision": stored.revision,
        }

    # -- events -------------------------------------------------------------------------------------------------------------------

    @shown_as_sentence
    def load(self, request: gr.Request):
        case_id = request.query_params.get("case", "")
        if case_id:
            return self._case_page(case_id)
        return self._page({"html": cases_view.nothing_open()}, tab="cases")

    @shown_as_sentence
    def start(self, files, pasted, n, seed):
        """Returns the page, the message under the form, and the emptied form."""
        try:
            contents, origin = _given(files, pasted)
            page = self._start_case(contents, origin, n, seed)
        except UserError as error:
            return [*[gr.skip()] * 6, cases_view.message(str(error)), gr.skip(), gr.skip()]
        return [*page, "", None, ""]

    @shown_as_sentence
    def sample(self, n, seed, event: gr.EventData):
        listed = {entry["file"]: entry for entry in json.loads((ASSETS / "samples" / "samples.json").read_text())}
        entry = listed.get(event._data.get("name"))
        if entry is None:
            raise gr.Error("There is no such sample case.")
        content = ingest((ASSETS / "samples" / entry["file"]).read_bytes(), entry["file"])
        return self._start_case((content,), f"sample · {entry['title']}", n, seed)

    def _start_case(self, contents, origin, n, seed) -> list:
        actor = self.actor()
        case_id = self.workbench.cases.create(actor, contents, origin=origin)
        self.workbench.jobs.submit(actor, case_id, n=int(n), seed=int(seed or 0), idempotency_key=f"start-{case_id}")
        self._wait_a_moment(case_id)
        return self._case_page(case_id)

    def _wait_a_moment(self, case_id: str) -> None:
        until = time.monotonic() + QUICK_S
        while time.monotonic() < until and self.workbench.jobs.active(self.actor(), case_id) is not None:
            time.sleep(0.02)

    @shown_as_sentence
    def open(self, event: gr.EventData):
        return self._case_page(str(event._data.get("case", "")))

    @shown_as_sentence
    def more(self, event: gr.EventData):
        return self.case_list(before=str(event._data.get("after", "")))

    @shown_as_sentence
    def tick(self, opened):
        case_id = opened.get("case", "")
        if not case_id:
            return [gr.skip()] * 4 + [gr.Timer(active=False), gr.skip()]
        job = self.workbench.jobs.active(self.actor(), case_id)
        if job is not None:
            return [gr.skip(), gr.skip(), _progress(case_id, job), gr.skip(), gr.skip(), gr.skip()]
        return self._case_page(case_id)

    @shown_as_sentence
    def act(self, opened, event: gr.EventData):
        data = event._data
        do, case_id = data.get("do"), str(data.get("case") or opened.get("case", ""))
        if do in ("cancel", "retry"):
            return getattr(self, f"_{do}")(case_id, data)
        if do == "next":
            return self._next(case_id)
        if do == "undo":
            return self._undo(data)
        if do in ("accept", "reject"):
            return self._decide(Action(do), case_id, data)
        raise gr.Error("The page is older than the workbench; reload it.")

    def _cancel(self, case_id: str, data) -> list:
        self.workbench.jobs.cancel(self.actor(), str(data.get("job", "")))
        self._wait_a_moment(case_id)
        return self._case_page(case_id)

    def _retry(self, case_id: str, data) -> list:
        job = self.workbench.jobs.latest(self.actor(), case_id)
        n, seed = (job.n, job.seed) if job else (5, 0)
        self.workbench.jobs.submit(self.actor(), case_id, n=n, seed=seed, idempotency_key=str(data.get("key", ""))[:80])
        self._wait_a_moment(case_id)
        return self._case_page(case_id)

    def _decide(self, action: Action, case_id: str, data) -> list:
        decision = self.workbench.decisions.decide(
            self.actor(),
            str(data.get("completion", "")),
            action,
            candidate=_whole(data.get("candidate")) if action is Action.ACCEPT else None,
            reason=str(data.get("reason", "")) if action is Action.REJECT else "",
            note=str(data.get("note", ""))[:500],
            revision=_whole(data.get("revision")) or 0,
            idempotency_key=str(data.get("key", ""))[:80],
            ms_visible=_whole(data.get("ms")),
            confirm=data.get("confirm") is True,
        )
        gr.Info(f"Saved as decision #{decision.id}. U takes it back.", duration=8, title="Saved")
        return self._next(case_id, saved=_saved_as(decision))

    def _undo(self, data) -> list:
        """Take back the newest decision that still counts, whatever case it was on, and open that case again."""
        actor = self.actor()
        last = next((row for row in self.workbench.decisions.history(actor, limit=50) if row.counts), None)
        if last is None:
            raise DecisionRefused("There is no decision to take back.")
        stored = self.workbench.completions.get(actor, last.decision.completion)
        key = str(data.get("key", ""))[:80]
        undone = self.workbench.decisions.decide(actor, stored.id, Action.UNDO, revision=stored.revision, idempotency_key=key)
        return self._case_page(last.case, saved=_saved_as(undone))

    def _next(self, case_id: str, saved: str = "") -> list:
        """The next case that waits for a decision, older ones first come last; the list when there is none."""
        ready = [row.id for row in self.workbench.cases.list(self.actor(), status="ready", limit=200) if row.id != case_id]
        after = [row for row in ready if row < case_id] or ready
        if after:
            return self._case_page(after[0], saved)
        if not saved:
            gr.Info("No other case waits for a decision.", duration=4)
        return self._page({"html": cases_view.nothing_open()}, tab="cases", saved=saved)


def _given(files, pasted: str):
    """Contents and origin from the upload field or the text field. Raises InputError."""
    if files and pasted.strip():
        raise InputError("Both a file and a pasted report are given: choose one of them.")
    if pasted.strip():
        return (ingest_text(pasted),), "pasted report"
    if not files:
        raise InputError("Nothing is given yet: upload an X-ray or a report, or paste a report.")
    paths = [Path(file) for file in files]
    taken = [_taken(path) for path in paths]
    for path in paths:
        path.unlink(missing_ok=True)  # what was taken is stored as pixels or text; the uploaded file need not lie about
    for intake in taken:
        for note in intake.notes:
            gr.Warning(note.sentence)
    return tuple(intake.content for intake in taken), "upload"


def _taken(path: Path) -> Intake:
    try:
        data = path.read_bytes()
    except OSError:
        raise InputError("The uploaded file is no longer here: choose it again.", code="empty") from None
    return examine(data, path.name)


def _image_url(stored) -> Callable[[ImageContent], str]:
    completion = stored.completion
    artifact_of = dict(zip(completion.case.contents, stored.source_artifacts, strict=True))
    artifact_of |= zip((c.content for c in completion.candidates), stored.candidate_artifacts, strict=True)

    def url(content: ImageContent) -> str:
        through = f"?low={content.window[0]:g}&high={content.window[1]:g}" if content.window else ""
        return f"/kb/artifact/{artifact_of[content]}{through}"

    return url


def _sample(entry: dict) -> cases_view.Sample:
    name = entry["file"]
    if name.endswith(".png"):
        return cases_view.Sample(name, entry["title"], entry["says"], picture=f"/kb/static/{name}")
    return cases_view.Sample(name, entry["title"], entry["says"], words=(ASSETS / "samples" / name).read_text())


def _line(row) -> cases_view.CaseLine:
    margin = "" if row.margin is None else f"{row.margin:.1f} {row.margin_kind}"
    when = row.updated[:16].replace("T", " ")
    missing = _MISSING_WORD[row.missing]
    return cases_view.CaseLine(
        row.id, sanitize_name(row.origin), missing, row.status, row.n, row.top_qs, margin, row.contradicted, when
    )


def _progress(case_id: str, job) -> dict:
    share = job.done / job.total if job.total else 0.0
    return {
        "html": cases_view.progress(_STEP.get(job.step, "Waiting for its turn"), job.text, share),
        "case": case_id,
        "job": job.id,
    }


_STEP = {"read": "Reading the source", "generate": "Making the candidates", "rank": "Ranking the candidates"}


def _decided(decision) -> str:
    if decision is None:
        return ""
    return f"Decision #{decision.id}: {_words(decision)}, {decision.utc[:16].replace('T', ' ')} UTC by {decision.actor}. U takes it back."


def _saved_as(decision) -> str:
    return f"#{decision.id} {_words(decision)}"


def _words(decision) -> str:
    k = "" if decision.candidate is None else decision.candidate + 1
    return _SAVED[decision.action].format(k=k, reason=decision.reason)


def _whole(value) -> int | None:
    return int(value) if isinstance(value, int | float) and value == value and abs(value) < 2**53 else None
