"""The review of one completion as HTML: source, graph, candidates, strip, decision. Pure: values in, HTML out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kbapp.core.band import Band
from kbapp.core.completion import Completion
from kbapp.core.content import ImageContent
from kbapp.ui.html import Html, join, tag
from kbapp.ui.review_actions import actions, dialogs
from kbapp.ui.review_candidate import Edit, candidate_panel
from kbapp.ui.review_graph_panel import graph_panel
from kbapp.ui.review_reads import Reads, reads_notice
from kbapp.ui.review_source import source_panel, viewer_bar
from kbapp.ui.review_strip import strip, versions_field
from kbapp.ui.review_words import ImageUrl


@dataclass(frozen=True)
class Standing:
    """What stands around a completion. decided: a sentence about the decision that counts; final: it must be taken back before another
    one. chosen: index of the accepted candidate. reader: why this person decides nothing, as a sentence: another one reads the case, or
    the role does not allow it. may_take_over: from who reads it. may_review: by role. edits: by candidate.
    comments: (who, UTC, text), oldest first. bands: by part of the score, those that hold for the completion. reads: where
    it stands between its readers. open: the candidate to show, where the page has said so.
    changing: the dialogs to correct the source graph and to make candidates again, where that is possible.
    source: the name of the source's modality in this domain. versions: (id, words) of the case's completions, newest first; version: the
    id of the one that is shown. truth: the true content that the case came with, once it may be seen. failure: that newer candidates were
    asked for and could not be made, as a notice."""

    decided: str = ""
    final: bool = False
    chosen: int | None = None
    reader: str = ""
    may_take_over: bool = False
    may_review: bool = True
    edits: Mapping[int, Edit] = field(default_factory=dict)
    comments: Sequence[tuple[str, str, str]] = ()
    bands: Mapping[str, Band] = field(default_factory=dict)
    reads: Reads = Reads()
    open: int | None = None
    changing: Html | None = None
    source: str = "source"
    versions: Sequence[tuple[str, str]] = ()
    version: str = ""
    truth: Html | None = None
    failure: Html | None = None

    @property
    def editable(self) -> bool:
        """Whether this person may change a candidate's words here and now."""
        return self.may_review and not self.final and not self.reader and "edit" not in self.reads.not_now


def review(completion: Completion, image_url: ImageUrl, standing: Standing = Standing()) -> Html:
    shown = shown_first(completion, standing)
    pictures = isinstance(completion.candidates[0].content, ImageContent)
    articles = [
        candidate_panel(
            completion,
            k,
            image_url,
            standing.bands,
            shown=k == shown,
            chosen=k == standing.chosen,
            edit=standing.edits.get(k),
            editable=standing.editable,
            hidden=standing.reads.blind,
        )
        for k in range(len(completion.candidates))
    ]
    columns = tag(
        "div",
        source_panel(completion, image_url, standing.source),
        graph_panel(completion, hidden=standing.reads.blind, may_correct=standing.changing is not None),
        tag("section", *articles, viewer_bar() if pictures else None, class_="kb-panel kb-candidates", aria_label="Candidates"),
        class_="kb-columns",
    )
    options = strip(
        completion,
        shown,
        standing.chosen,
        standing.comments,
        versions_field(standing.versions, standing.version),
        order=standing.reads.order,
        hidden=standing.reads.blind,
    )
    bar = actions(
        standing.decided,
        final=standing.final,
        reader=standing.reader,
        may_take_over=standing.may_take_over,
        may_review=standing.may_review,
        editable=not pictures,
        not_now=standing.reads.not_now,
    )
    page = tag("div", standing.failure, reads_notice(standing.reads), columns, standing.truth, options, bar, class_="kb-review")
    return join(page, dialogs(), standing.changing)


def shown_first(completion: Completion, standing: Standing = Standing()) -> int:
    """The candidate that is open at first: the accepted one, else the one with a draft, the one that was asked for, the one that two
    readers differ on, the preselected, the first in the order.
    In blind reading nothing of the ranking tells: the first of this reader's own order."""
    ranking = completion.ranking
    if standing.chosen is not None:
        return standing.chosen
    drafts = [k for k, edit in standing.edits.items() if not edit.accepted]
    if drafts:
        return drafts[0]
    if standing.open in range(len(completion.candidates)):
        return standing.open
    if standing.reads.disputed is not None:
        return standing.reads.disputed
    if standing.reads.blind:
        return standing.reads.order[0]
    return ranking.preselected if ranking.preselected is not None else ranking.order[0]
