"""A case as the page shows it: its work under way, its failure, or its review."""

from collections.abc import Callable

from kbapp.core.actor import Actor, Role
from kbapp.core.content import ImageContent
from kbapp.review.access import may_review
from kbapp.review.leases import Lease
from kbapp.ui import cases_view, review_view
from kbapp.ui.graph_drawing import review_graph
from kbapp.ui.replies import standing_sentence
from kbapp.ui.review_candidate import Edit

FINAL = ("accepted", "accepted_edited", "rejected")
_STEP = {"read": "Reading the source", "generate": "Making the candidates", "rank": "Ranking the candidates"}


def progress(case_id: str, job) -> dict:
    share = job.done / job.total if job.total else 0.0
    html = cases_view.progress(_STEP.get(job.step, "Waiting for its turn"), job.text, share)
    return {"html": html, "case": case_id, "job": job.id}


def failure(workbench, actor: Actor, case_id: str) -> dict:
    job = workbench.jobs.latest(actor, case_id)
    said = job.error if job else "No work was started on this case yet."
    html = cases_view.trouble("This case has no candidates", said or "The work was stopped.", retry=True)
    return {"html": html, "case": case_id, "job": job.id if job else ""}


def review(workbench, actor: Actor, case_id: str, stored, lease: Lease | None) -> dict:
    completion = stored.completion
    domain, number = completion.provenance.prior.rsplit("@", 1)
    prior = workbench.priors.version(actor, domain, int(number)).prior
    html = review_view.review(completion, _image_url(stored), _standing(workbench, actor, case_id, stored, lease))
    return {
        "html": html,
        "graph": review_graph(completion, prior),
        "case": case_id,
        "completion": stored.id,
        "revision": stored.revision,
        "claimed": bool(lease and lease.mine),
    }


def _standing(workbench, actor: Actor, case_id: str, stored, lease: Lease | None) -> review_view.Standing:
    decision, final = stored.decision, stored.status in FINAL
    edits = {d.candidate: Edit(d.utc, False, d.text) for d in workbench.drafts.of(actor, stored.id)} if not final else {}
    if stored.status == "accepted_edited":
        text = workbench.decisions.accepted(actor, case_id).data.decode()
        edits[decision.candidate] = Edit(decision.utc, True, text)
    return review_view.Standing(
        decided=standing_sentence(decision),
        final=final,
        chosen=decision.candidate if decision and final else None,
        reader=_why_not(actor, lease),
        may_take_over=lease is not None and not lease.mine and actor.role is Role.ADMIN,
        may_review=may_review(actor),
        edits=edits,
        comments=[(c.actor, c.utc, c.text) for c in workbench.comments.of(actor, case_id)],
        bands=workbench.bands.of(actor, stored.completion),
    )


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
