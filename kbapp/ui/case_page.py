"""A case as the page shows it: its work under way, its failure, or its review."""

import json
from collections.abc import Callable
from dataclasses import replace

from kbapp.core.actor import Actor, Role
from kbapp.core.content import ImageContent
from kbapp.pipeline import CORRECTED_BY
from kbapp.review.access import EXPERTS, may_review
from kbapp.review.leases import Lease
from kbapp.review.second_reads import ADJUDICATION, RETURNED, SECOND_READ
from kbapp.review.transitions import DECIDED
from kbapp.ui import cases_view, review_view
from kbapp.ui.correction_panel import again_dialog, correction_dialog
from kbapp.ui.graph_drawing import review_graph
from kbapp.ui.html import Html, join
from kbapp.ui.replies import standing_sentence
from kbapp.ui.review_candidate import Edit
from kbapp.ui.review_reads import Reads
from kbapp.ui.review_truth import truth_view

_STEP = {"read": "Reading the source", "generate": "Making the candidates", "rank": "Ranking the candidates"}


def progress(case_id: str, job) -> dict:
    share = job.done / job.total if job.total else 0.0
    html = cases_view.progress(_STEP.get(job.step, "Waiting for its turn"), job.text, share)
    return {"html": html, "case": case_id, "job": job.id, "working": True}


def failure(workbench, actor: Actor, case_id: str) -> dict:
    job = workbench.jobs.latest(actor, case_id)
    said = job.error if job else "No work was started on this case yet."
    html = cases_view.trouble("This case has no candidates", said or "The work was stopped.", retry=True)
    return {"html": html, "case": case_id, "job": job.id if job else ""}


def _failed_since(workbench, actor: Actor, case_id: str, stored) -> Html | None:
    """A notice, when the last work on the case failed after these candidates were made."""
    job = workbench.jobs.latest(actor, case_id)
    since = job is not None and job.failed and job.finished > stored.utc
    return cases_view.failed_again(job.error or "The work was stopped.") if since else None


def review(workbench, actor: Actor, case_id: str, stored, lease: Lease | None, shown: int | None = None) -> dict:
    """shown: the candidate to open, where the page has said so."""
    stored = workbench.decoys.shown(actor, stored)
    completion = stored.completion
    domain, number = completion.provenance.prior.rsplit("@", 1)
    prior = workbench.priors.version(actor, domain, int(number)).prior
    named = prior.names[completion.case.available.value]
    standing = replace(_standing(workbench, actor, case_id, stored, lease, shown), source=named)
    if stored.latest and stored.reading in ("", RETURNED) and not standing.final and not standing.reader:
        published, made = workbench.priors.published(actor, domain).ref, completion.provenance
        again = again_dialog(made.n_requested, made.seed + 1, published, made.prior, made.engines.get(CORRECTED_BY, ""))
        standing = replace(standing, changing=join(correction_dialog(completion.reading.graph, prior), again))
        standing = replace(standing, failure=_failed_since(workbench, actor, case_id, stored))
    if truth := workbench.truths.of(actor, case_id):
        standing = replace(standing, truth=truth_view(truth, prior.names[completion.case.missing.value]))
    html = review_view.review(completion, _image_url(stored), standing)
    return {
        "html": html,
        "graph": json.dumps(review_graph(completion, prior, differences=not standing.reads.blind)),
        "case": case_id,
        "completion": stored.id,
        "revision": stored.revision,
        "claimed": bool(lease and lease.mine),
        "second": standing.reads.second,
        "blind": standing.reads.blind,
    }


def pictures_ahead(workbench, actor: Actor, case_id: str) -> list[str]:
    """Addresses of the pictures that the case after this one shows first."""
    following = workbench.worklist.next(actor, case_id)
    stored = workbench.completions.latest(actor, following) if following else None
    if stored is None:
        return []
    stored = workbench.decoys.shown(actor, stored)
    standing = _standing(workbench, actor, following, stored, None, None)
    first = stored.completion.candidates[review_view.shown_first(stored.completion, standing)]
    contents, url = (*stored.completion.case.contents, first.content), _image_url(stored)
    return [url(content) for content in contents if isinstance(content, ImageContent)]


def _standing(workbench, actor: Actor, case_id: str, stored, lease: Lease | None, shown: int | None) -> review_view.Standing:
    reads = _reads(workbench, actor, case_id, stored)
    decision, final = stored.decision, stored.status in DECIDED and not reads.settles
    edits = {d.candidate: Edit(d.utc, False, d.text) for d in workbench.drafts.of(actor, stored.id)} if not final else {}
    if final and stored.status == "accepted_edited":
        text = workbench.decisions.accepted(actor, case_id).data.decode()
        edits[decision.candidate] = Edit(decision.utc, True, text)
    return review_view.Standing(
        decided=_decided(stored, reads),
        final=final,
        chosen=decision.candidate if decision and final else None,
        reader=("" if stored.latest else _EARLIER) or _why_not(actor, lease) or _unsettled(reads),
        may_take_over=lease is not None and not lease.mine and actor.role is Role.ADMIN,
        may_review=may_review(actor),
        edits=edits,
        comments=[(c.actor, c.utc, c.text) for c in workbench.comments.of(actor, case_id)],
        bands={} if reads.blind else workbench.bands.of(actor, stored.completion),
        reads=reads,
        open=shown,
        versions=_versions(workbench, actor, case_id),
        version=stored.id,
    )


_EARLIER = "An earlier version of this case, to look at; decisions are made on the newest."


def _versions(workbench, actor: Actor, case_id: str) -> list[tuple[str, str]]:
    """(id, what it is) of each completion of the case, newest first."""
    rows = workbench.completions.list(actor, case_id)
    return [
        (row.id, f"version {len(rows) - k} of {len(rows)} · {_minute(row.utc)} · seed {row.seed}") for k, row in enumerate(rows)
    ]


def _minute(utc: str) -> str:
    return f"{utc[:16].replace('T', ' ')} UTC"


def _reads(workbench, actor: Actor, case_id: str, stored) -> Reads:
    sight = workbench.reading.sight(actor, stored.id)
    both = workbench.second_reads.both(actor, case_id) if stored.reading == ADJUDICATION else None
    return Reads(
        second=stored.status == SECOND_READ,
        both=both,
        settles=both is not None and actor.role in EXPERTS and not both.read_by(actor),
        feedback=workbench.second_reads.feedback(actor, case_id) if stored.reading == RETURNED else None,
        blind=sight.hidden,
        order=sight.order,
    )


def _decided(stored, reads: Reads) -> str:
    if reads.settles:
        return ""
    return standing_sentence(stored.decision) + (
        " It waits for a second reader." if stored.reading == SECOND_READ and stored.decision else ""
    )


def _unsettled(reads: Reads) -> str:
    return "Two readers differ; an expert who has read it neither time settles it." if reads.both and not reads.settles else ""


def _why_not(actor: Actor, lease: Lease | None) -> str:
    """Why this person decides nothing here just now, as a sentence; empty when nothing is in the way."""
    if not may_review(actor):
        return f"Your role ({actor.role}) looks at everything and decides nothing."
    return f"Being read by {lease.actor} until {lease.until[11:16]} UTC." if lease and not lease.mine else ""


def _image_url(stored) -> Callable[[ImageContent], str]:
    completion = stored.completion
    contents = (*completion.case.contents, *(c.content for c in completion.candidates))
    # by identity: to compare two pictures is to read their files
    artifact_of = dict(zip(map(id, contents), (*stored.source_artifacts, *stored.candidate_artifacts), strict=True))

    def url(content: ImageContent) -> str:
        through = f"?low={content.window[0]:g}&high={content.window[1]:g}" if content.window else ""
        return f"/kb/artifact/{artifact_of[id(content)]}{through}"

    return url
