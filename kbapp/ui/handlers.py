"""What the pages do when something is pressed: service calls in, component updates out. No rule of the product lives here."""

import time

import gradio as gr

from kbapp.errors import ModelUnavailable, NotFound, UserError
from kbapp.profiles import health, refuse_unready
from kbapp.review.access import EXPERTS, may_review
from kbapp.review.transitions import DECIDED
from kbapp.ui import case_page, cases_view, listing, new_case, replies
from kbapp.ui.caller import ActorOf, Caller
from kbapp.ui.html import join, tag
from kbapp.ui.review_acts import ACTS, Acts
from kbapp.ui.review_words import utc_time
from kbapp.ui.sentences import shown_as_sentence, word

QUICK_S = 1.2  # a run that is done within this opens at once; a longer one shows its progress


class Handlers(Caller):
    """One per app. The page's state holds ids only: {"case": ..., "job": ...}, and what of the list is shown."""

    def __init__(self, workbench, settings, actor_of: ActorOf):
        super().__init__(actor_of)
        self.workbench, self.settings = workbench, settings
        self.acts = Acts(self)

    # -- pieces of the page -------------------------------------------------------------------------------------------------------

    def status(self, lease=None) -> str:
        actor = self.actor()
        counts = self.workbench.worklist.counts(actor)
        mine = "" if counts.read is None else f" · {counts.read} read by you"
        parts = [("", f"{counts.decided} of {counts.completed} decided{mine}")] if counts.completed else []
        if lease:
            parts.append(("yours until" if lease.mine else f"being read by {lease.actor} until", utc_time(lease.until)))
        last = self.workbench.decisions.history(actor, limit=1, mine=True)
        if last:
            decision = last[0].decision
            words = join(f"#{decision.id} {replies.said(decision, last[0].returned)} ", utc_time(decision.utc))
            parts.append(
                ("saved", tag("button", words, type="button", class_="kb-link", data_do="history", title="your last decisions (H)"))
            )
        trouble = health(self.settings, places=actor.role in EXPERTS)
        return cases_view.status_strip(parts, self.settings.profile, not trouble, trouble, actor)

    def samples(self) -> str:
        return cases_view.sample_cards(new_case.samples())

    def page(self, shown: dict, *, tab: str | None = "review", opened=None, lease=None, reply=None, cases=None) -> list:
        """Updates for [status, cases, shown, tabs, opened, reply]. The list is made when somebody looks at it. tab: None leaves it."""
        return [
            self.status(lease),
            gr.skip() if cases is None else cases,
            shown,
            gr.Tabs(selected=tab) if tab else gr.skip(),
            opened or {},
            reply or gr.skip(),
        ]

    def answer(self, reply: dict) -> list:
        """The page as it is, and a word to it."""
        return [*[gr.skip()] * 5, reply]

    def list_page(self, state: dict, reply=None) -> list:
        cases = listing.listed(self.workbench, self.actor(), state)
        return self.page({"html": cases_view.nothing_open()}, tab="cases", cases=cases, reply=reply)

    def case_page(
        self,
        case_id: str,
        before: str = "",
        reply=None,
        candidate: int | None = None,
        version: str = "",
        tab: str | None = "review",
    ) -> list:
        """Open a case: claim it if it waits for a decision, and give back the claim on the one before. candidate: to show at first.
        version: id of the completion to look at; the newest if empty."""
        actor = self.actor()
        if before and before != case_id and may_review(actor):
            self.workbench.leases.release(actor, before)
        job = self.workbench.jobs.active(actor, case_id)
        if job is not None:
            opened = {"case": case_id, "job": job.id}
            return self.page(case_page.progress(case_id, job), opened=opened, reply=reply)
        stored = self._stored(case_id, version)
        if stored is None:
            shown = case_page.failure(self.workbench, actor, case_id)
            return self.page(shown, tab=tab, opened={"case": case_id}, reply=reply)
        undecided = stored.status not in DECIDED
        lease = self.workbench.leases.claim(actor, case_id) if undecided and may_review(actor) else None
        shown = case_page.review(self.workbench, actor, case_id, stored, lease, candidate)
        return self.page(shown, tab=tab, opened={"case": case_id}, lease=lease, reply=reply)

    def _stored(self, case_id: str, version: str):
        if not version:
            return self.workbench.completions.latest(self.actor(), case_id)
        stored = self.workbench.completions.get(self.actor(), version)
        if stored.completion.case.id != case_id:
            raise NotFound("this case has no such version")
        return stored

    def next_page(self, case_id: str, state: dict, reply=None) -> list:
        """The next case on the worklist, or the list when nothing waits."""
        following = self.workbench.worklist.next(self.actor(), case_id)
        if following:
            return self.case_page(following, case_id, reply)
        if case_id and may_review(self.actor()):
            self.workbench.leases.release(self.actor(), case_id)
        return self.list_page(state, reply or replies.told("No other case waits for a decision."))

    def refuse_unready(self) -> None:
        """Raises ModelUnavailable for those who may begin work; the services tell the others that they may not."""
        if may_review(self.actor()):
            refuse_unready(self.settings, places=self.actor().role in EXPERTS)

    def wait_a_moment(self, case_id: str) -> None:
        until = time.monotonic() + QUICK_S
        while time.monotonic() < until and self.workbench.jobs.active(self.actor(), case_id) is not None:
            time.sleep(0.02)

    # -- events -------------------------------------------------------------------------------------------------------------------

    @shown_as_sentence
    def load(self, request: gr.Request):
        """Without a case only the list is filled: somebody may have begun one before this answer comes."""
        case_id = request.query_params.get("case", "")
        if not case_id:
            return [self.status(), listing.listed(self.workbench, self.actor(), listing.FIRST), *[gr.skip()] * 4]
        try:
            return self.case_page(case_id)
        except NotFound:
            sentence = "It may belong to another storage, or the link was cut. The list of cases has all there are."
            return self.page({"html": cases_view.trouble("There is no such case", sentence)})

    @shown_as_sentence
    def form(self):
        """What the form of a new case offers: the domains, where there is a choice, and a button that is off for a role that makes none."""
        actor, priors = self.actor(), self.workbench.priors
        known = [priors.published(actor, domain).prior for domain in priors.domains(actor)]
        offered, may = new_case.offered(known, self.settings.profile == "builtin"), may_review(actor)
        choice = gr.Dropdown(offered, value=new_case.FIRST_DOMAIN, visible=len(offered) > 1)
        return [choice, gr.Button("Complete the missing part" if may else "Your role looks only", interactive=may)]

    @shown_as_sentence
    def fields(self, domain):
        """The fields of a new case, in the words of its domain. Returns [files, pasted]."""
        names = self.workbench.priors.published(self.actor(), word({"domain": domain}, "domain")).prior.names
        files, pasted = new_case.field_labels(**names)
        return [gr.File(label=files), gr.Textbox(label=pasted)]

    @shown_as_sentence
    def start(self, files, pasted, n, seed, opened, domain):
        """Returns the page, the message under the form, and the emptied form."""
        try:
            contents, origin = new_case.given(files, pasted)
            page = self._start_case(contents, origin, n, seed, opened, domain)
        except (UserError, ModelUnavailable) as error:
            return [*[gr.skip()] * 6, cases_view.message(str(error)), gr.skip(), gr.skip()]
        return [*page, "", None, ""]

    @shown_as_sentence
    def sample(self, n, seed, opened, event: gr.EventData):
        name = word(event._data, "name")
        if new_case.is_recorded(name):
            completion, origin = new_case.recorded_run(name)
            case_id = self.workbench.imports.completion(self.actor(), completion, origin=origin)
            return self.case_page(case_id, opened.get("case", ""))
        return self._start_case(*new_case.sample_contents(name), n, seed, opened)

    def _start_case(self, contents, origin, n, seed, opened, domain=new_case.FIRST_DOMAIN) -> list:
        actor = self.actor()
        self.workbench.priors.published(actor, domain)  # a domain that is none is refused before the case is made
        self.refuse_unready()
        case_id = self.workbench.cases.create(actor, contents, origin=origin, domain=domain)
        self.workbench.jobs.submit(actor, case_id, n=int(n), seed=int(seed or 0), idempotency_key=f"start-{case_id}")
        self.wait_a_moment(case_id)
        return self.case_page(case_id, opened.get("case", ""))

    @shown_as_sentence
    def open(self, opened, event: gr.EventData):
        return self.case_page(word(event._data, "case"), opened.get("case", ""))

    @shown_as_sentence
    def filter(self, state, event: gr.EventData):
        """A chip, an order, words to search, or another page of the list. Returns [list, its state]."""
        state = listing.asked_for(event._data, state)
        return [listing.listed(self.workbench, self.actor(), state), state]

    @shown_as_sentence
    def refresh(self, state):
        return [listing.listed(self.workbench, self.actor(), state), self.status()]

    @shown_as_sentence
    def tick(self, event: gr.EventData):
        """How far the work on a case is, or its review; somebody who is at the list meanwhile stays there."""
        case_id = word(event._data, "case")
        job = self.workbench.jobs.active(self.actor(), case_id)
        if job is not None:
            return [gr.skip(), gr.skip(), case_page.progress(case_id, job), *[gr.skip()] * 3]
        return self.case_page(case_id, tab=None)

    @shown_as_sentence
    def act(self, opened, state, event: gr.EventData):
        data = event._data
        act = ACTS.get(word(data, "do"))
        if act is None:
            raise gr.Error("The page is older than the workbench; reload it.")
        return act(self.acts, word(data, "case") or opened.get("case", ""), data, state)

    # Quiet ones: they answer the script, and leave the page as it is. Each returns {"kind", ..., "at"}.

    @shown_as_sentence
    def draft(self, event: gr.EventData):
        return self.acts.draft(event._data)

    @shown_as_sentence
    def beat(self, event: gr.EventData):
        """Renew the claim on the open case. Returns [status, answer]."""
        lease = self.workbench.leases.claim(self.actor(), word(event._data, "case"))
        return [self.status(lease), {"kind": "lease", "mine": lease.mine, "actor": lease.actor, "at": time.monotonic_ns()}]

    @shown_as_sentence
    def measure(self, event: gr.EventData):
        pictures = self.workbench.measures.of(self.actor(), word(event._data, "case"))
        return {"kind": "measures", "case": word(event._data, "case"), "pictures": pictures, "at": time.monotonic_ns()}

    @shown_as_sentence
    def ahead(self, event: gr.EventData):
        addresses = case_page.pictures_ahead(self.workbench, self.actor(), word(event._data, "case"))
        return {"kind": "ahead", "addresses": addresses, "at": time.monotonic_ns()}
