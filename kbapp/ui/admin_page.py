"""The administrators' page: who may do what, who reads which case, the engines' health, and what happened around people."""

from collections.abc import Sequence

import gradio as gr

from kbapp.core.actor import LOCAL_OWNER, Role
from kbapp.errors import NotAllowed, UserError
from kbapp.ingest.name import sanitize_name
from kbapp.profiles import Backend, backends, call_models
from kbapp.ui import cases_view
from kbapp.ui.caller import ActorOf, Caller
from kbapp.ui.html import Html, join, tag
from kbapp.ui.sentences import shown_as_sentence

TITLE = "Accounts and their roles, who reads which case, the engines' health, and what happened around people."
EVENTS = 100
_ROLES = {
    Role.VIEWER: "looks at everything, changes nothing",
    Role.ANNOTATOR: "reviews cases",
    Role.CLINICIAN: "reviews cases",
    Role.EXPERT: "reviews cases and edits domain priors",
    Role.ADMIN: "reviews, edits priors, takes cases over, keeps the accounts",
}


class AdminHandlers(Caller):
    """Each returns [people, engines, events, message, names to choose from] or a part of it, see `admin_page`."""

    def __init__(self, workbench, settings, actor_of: ActorOf):
        super().__init__(actor_of)
        self.people, self.events, self.leases, self.settings = workbench.people, workbench.events, workbench.leases, settings
        self._health = workbench.engines_health

    @shown_as_sentence
    def load(self):
        actor = self.actor()
        if actor.role is not Role.ADMIN:
            return [
                cases_view.message(f"This page is for administrators; your role is {actor.role}."),
                "",
                "",
                "",
                gr.Dropdown(choices=[]),
            ]
        return self._page()

    @shown_as_sentence
    def usual_role(self):
        """The role suggested for a new account: the first one must be able to keep the others. Returns [it, the forms, the
        test call]."""
        keeps = self.actor().role is Role.ADMIN
        first = keeps and not self.people.list(self.actor())
        models = keeps and self.settings.profile != "builtin"
        return [
            gr.Dropdown(value=(Role.ADMIN if first else Role.CLINICIAN).value),
            gr.Column(visible=keeps),
            gr.Button(visible=models),
        ]

    @shown_as_sentence
    def add(self, name: str, role: str, password: str):
        """Returns the page and the emptied form; after a refusal the form as it is."""
        first = not self.people.list(self.actor())
        try:
            person = self.people.add(self.actor(), name, role, password)
        except UserError as error:
            return [*[gr.skip()] * 3, cases_view.message(str(error)), gr.skip(), gr.skip(), gr.skip()]
        said = f"{person.name} can sign in now." + (
            " From now on everybody must: reload the page and sign in yourself." if first else ""
        )
        if first:  # nobody is the local owner any more, not even for the rest of this call
            return [
                tag("p", "Reload the page and sign in to see the accounts.", class_="kb-empty"),
                gr.skip(),
                tag("p", f"The account of {person.name} was made. Sign in to see what happens from now on.", class_="kb-empty"),
                _good(said),
                gr.skip(),
                "",
                "",
            ]
        return [*self._page(said), "", ""]

    @shown_as_sentence
    def set_role(self, name: str, role: str):
        return self._changed(lambda: self.people.set_role(self.actor(), name, role), f"{name} is {role} now and signs in again.")

    @shown_as_sentence
    def set_password(self, name: str, password: str):
        done = self._changed(lambda: self.people.set_password(self.actor(), name, password), f"{name} has a new password.")
        return [*done, ""]

    @shown_as_sentence
    def close(self, name: str):
        return self._changed(lambda: self.people.disable(self.actor(), name), f"{name} is signed out and cannot come back.")

    @shown_as_sentence
    def reopen(self, name: str):
        return self._changed(lambda: self.people.disable(self.actor(), name, False), f"{name} can sign in again.")

    @shown_as_sentence
    def claims(self):
        """Returns [the claims, the cases to choose from, the row where one is chosen]."""
        if self.actor().role is not Role.ADMIN:
            return ["", gr.skip(), gr.Row(visible=False)]
        live = self.leases.live(self.actor())
        choices = [(f"{sanitize_name(claim.origin)} · {claim.actor}", claim.case) for claim in live]
        return [_claims(live), gr.Dropdown(choices, value=None), gr.Row(visible=bool(live))]

    @shown_as_sentence
    def end_claim(self, case_id: str | None):
        """Returns what `claims` does, [the events, message]."""
        if not case_id:
            return [*self.claims(), gr.skip(), cases_view.message("Choose the case that is given back.")]
        try:
            said = f"{self.leases.end(self.actor(), case_id)} reads the case no longer; anybody may."
        except UserError as error:
            return [*self.claims(), gr.skip(), cases_view.message(str(error))]
        return [*self.claims(), _events(self.events.newest(self.actor(), limit=EVENTS)), _good(said)]

    @shown_as_sentence
    def call_models(self):
        """Ask each model one tiny thing. Returns the engines with their answers."""
        if self.actor().role is not Role.ADMIN:
            raise NotAllowed("only an admin calls the models for a test; your own cases use them as they are")
        answers = call_models(self.settings)
        return _engines(backends(self.settings), self._health()[1], answers)

    def _changed(self, change, said: str) -> list:
        try:
            change()
        except UserError as error:
            return [*[gr.skip()] * 3, cases_view.message(str(error)), gr.skip()]
        return self._page(said)

    def _page(self, said: str = "") -> list:
        people = self.people.list(self.actor())
        events = self.events.newest(self.actor(), limit=EVENTS)
        return [
            _people(people),
            _engines(backends(self.settings), self._health()[1]),
            _events(events),
            _good(said),
            gr.Dropdown(choices=[p.name for p in people]),
        ]


def _good(said: str) -> Html:
    return tag("div", said, class_="kb-message good", role="status") if said else join()


def _people(people) -> Html:
    if not people:
        text = f"No account yet: the workbench is for the {LOCAL_OWNER.name} on this machine, who may do everything. From the first account on, which must be an admin's, everybody signs in."
        return tag("p", text, class_="kb-empty")
    rows = [(p.name, p.role, _ROLES[p.role], "closed" if p.disabled else "open", _when(p.utc)) for p in people]
    return _table(("Name", "Role", "May", "Account", "Since (UTC)"), rows, "accounts")


def _claims(claims) -> Html:
    if not claims:
        return tag("p", "Nobody is reading a case just now.", class_="kb-empty")
    rows = [
        (tag("a", sanitize_name(c.origin), href=f"/?case={c.case}"), c.actor, _when(c.taken)[11:], _when(c.until)[11:])
        for c in claims
    ]
    return _table(("Case", "Read by", "Last renewed (UTC)", "Until (UTC)"), rows, "claims")


def _engines(found: Sequence[Backend], trouble: str, answers: Sequence[tuple[float | None, str]] = ()) -> Html:
    """trouble: of the last job with its engines, or empty. answers: to the test calls, in the order of the models, where they were made."""
    if not found:
        return _table(("Engine", "State"), [("builtin engines", trouble or "ready")], "engines")
    called = [_answer(*answer) for answer in answers] or ["not made"] * len(found)
    rows = [
        (b.model, b.role, b.state, _number(b.context), _number(b.waiting), answer) for b, answer in zip(found, called, strict=True)
    ]
    table = _table(("Engine", "Role", "State", "Context (tokens)", "Waiting", "Test call"), rows, "engines")
    return join(
        table,
        tag("p", f"The last job had trouble: {trouble}" if trouble else "No job has had trouble with them.", class_="kb-hint"),
    )


def _answer(seconds: float | None, trouble: str) -> str:
    return trouble if seconds is None else f"answered in {seconds:.2f} s"


def _number(told: int | None) -> str:
    return "not told" if told is None else str(told)


def _events(events) -> Html:
    if not events:
        return tag("p", "Nothing happened yet.", class_="kb-empty")
    return _table(
        ("#", "When (UTC)", "Who", "What", "About"), [(e.id, _when(e.utc), e.actor, e.what, e.about) for e in events], "events"
    )


def _when(utc: str) -> str:
    return utc[:19].replace("T", " ")


def _table(head, rows, label: str) -> Html:
    body = [tag("tr", *(tag("td", cell) for cell in row)) for row in rows]
    table = tag("table", tag("thead", tag("tr", *(tag("th", name, scope="col") for name in head))), tag("tbody", *body))
    return tag("div", table, class_="kb-list", tabindex="0", role="region", aria_label=label)


def admin_page(workbench, settings, blocks: gr.Blocks, actor_of: ActorOf) -> None:
    handlers = AdminHandlers(workbench, settings, actor_of)
    head = gr.HTML(cases_view.head(TITLE), padding=False)
    blocks.load(lambda: handlers.heading(TITLE), None, head, api_visibility="private", show_progress="hidden")
    told = gr.HTML("", elem_id="kb_admin_told", padding=False)
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=520):
            gr.HTML(tag("h3", "Accounts", class_="kb-section"), padding=False)
            people = gr.HTML("", elem_id="kb_people", padding=False)
            claims, claimed, chooser, given_back = _live_claims()
            gr.HTML(tag("h3", "Engines", class_="kb-section"), padding=False)
            engines = gr.HTML("", elem_id="kb_engines", padding=False)
            called = gr.Button("Call each model for a test", elem_id="kb_call_models", visible=False)
            gr.HTML(tag("h3", "Events", class_="kb-section"), padding=False)
            events = gr.HTML("", elem_id="kb_events", padding=False)
        with gr.Column(scale=3, min_width=320, visible=False) as forms:
            name, role, password, add = _new_account()
            chosen, other_role, other_password, buttons = _change_account()
    private = {"api_visibility": "private", "show_progress": "hidden"}
    page = [people, engines, events, told, chosen]
    blocks.load(handlers.load, None, page, **private)
    blocks.load(handlers.claims, None, [claims, claimed, chooser], **private)
    given_back.click(handlers.end_claim, claimed, [claims, claimed, chooser, events, told], trigger_mode="once", **private)
    waiting = private | {"show_progress": "minimal"}
    called.click(handlers.call_models, None, engines, trigger_mode="once", concurrency_limit=1, **waiting)
    blocks.load(handlers.usual_role, None, [role, forms, called], **private)
    add.click(handlers.add, [name, role, password], [*page, name, password], trigger_mode="once", **private)
    set_role, set_password, close, reopen = buttons
    set_role.click(handlers.set_role, [chosen, other_role], page, **private)
    set_password.click(handlers.set_password, [chosen, other_password], [*page, other_password], **private)
    close.click(handlers.close, chosen, page, **private)
    reopen.click(handlers.reopen, chosen, page, **private)


def _live_claims():
    gr.HTML(tag("h3", "Being read just now", class_="kb-section"), padding=False)
    claims = gr.HTML("", elem_id="kb_claims", padding=False)
    with gr.Row(elem_classes="kb-form-row", visible=False) as chooser:
        claimed = gr.Dropdown([], label="Case to give back", elem_id="kb_claim", filterable=False, min_width=220)
        button = gr.Button("Give it back", elem_id="kb_end_claim", min_width=140)
    return claims, claimed, chooser, button


def _new_account():
    gr.HTML(tag("h3", "New account", class_="kb-section"), padding=False)
    name = gr.Textbox(label="Name", elem_id="kb_new_name", placeholder="m.weber", max_lines=1)
    role = gr.Dropdown([r.value for r in Role], value=Role.ADMIN.value, label="Role", elem_id="kb_new_role", filterable=False)
    password = gr.Textbox(label="Password, at least 10 characters", type="password", elem_id="kb_new_password")
    return name, role, password, gr.Button("Make the account", variant="primary", elem_id="kb_new_account")


def _change_account():
    gr.HTML(tag("h3", "Change an account", class_="kb-section"), padding=False)
    chosen = gr.Dropdown([], label="Account", elem_id="kb_account", filterable=False)
    with gr.Row(elem_classes="kb-form-row"):
        role = gr.Dropdown(
            [r.value for r in Role], value=Role.VIEWER.value, label="New role", elem_id="kb_role", filterable=False, min_width=140
        )
        set_role = gr.Button("Change the role", elem_id="kb_set_role", min_width=140)
    with gr.Row(elem_classes="kb-form-row"):
        password = gr.Textbox(label="New password", type="password", elem_id="kb_password", min_width=140)
        set_password = gr.Button("Set the password", elem_id="kb_set_password", min_width=140)
    with gr.Row(elem_classes="kb-form-row"):
        close = gr.Button("Close the account", elem_id="kb_close_account", min_width=140)
        reopen = gr.Button("Open it again", elem_id="kb_reopen_account", min_width=140)
    return chosen, role, password, (set_role, set_password, close, reopen)
