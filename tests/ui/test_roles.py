"""Every function that a page can call, and every address of our own, stands in a list here: what nobody and what a viewer get from it.

A new handler, a new key's act or a new address that is not in the list fails. The services check the roles; this looks at the way to them.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from fastapi.routing import APIRoute

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.decision import Action
from kbapp.errors import NotAllowed
from kbapp.profiles import builtin
from kbapp.review.workbench import Workbench
from kbapp.settings import Settings
from kbapp.store.layout import database_path
from kbapp.ui.new_case import recorded_run
from kbapp.ui.page import build_blocks
from kbapp.ui.review_acts import ACTS
from kbapp.web.server import build, prepare_environment
from tests.web.asgi import call

VERA = Actor("vera", "Vera", Role.VIEWER)
NOBODY = "This call did not come through the page"
PLACE = "127.0.0.1:9"  # where a model server would be; it is nobody's business who keeps no engines
DOMAIN, PASSWORD = "chest-xray", "three green boats"
ROLE = r"(?i)your role (\(viewer\) does not allow|is viewer)|only an admin"  # a refusal says whose role it is
NOTHING_MINE = "no decision of yours"


@dataclass(frozen=True)
class House:
    """case, completion: not decided yet; decided: a decision on another case. `who` is asked by every handler; None is nobody."""

    workbench: Workbench
    settings: Settings
    blocks: object
    gate: object
    who: list
    case: str
    completion: str
    decided: int
    picture: str
    prior: str

    def rows(self) -> list[str]:
        """Everything that the database holds."""
        with sqlite3.connect(database_path(self.settings.storage)) as connection:
            return list(connection.iterdump())

    def functions(self) -> dict[str, list]:
        """By name: a handler's own, a lambda's with its event."""
        found: dict[str, list] = {}
        for function in self.blocks.fns.values():
            name = function.fn.__qualname__
            event = f" on {function.targets[0][1]}" if "<lambda>" in name else ""
            found.setdefault(name + event, []).append(function.fn)
        return found

    def told(self, who: Actor | None, function, *given) -> str:
        """What a call gives back as words, a refusal's words among them."""
        import gradio as gr

        self.who[0] = who
        try:
            return str(function(*given))
        except (gr.Error, NotAllowed) as refused:
            return str(getattr(refused, "message", refused))


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    """Served by a model server that is not there; two cases of the recorded run, one of them put aside."""
    settings = Settings(
        storage=tmp_path_factory.mktemp("roles"),
        profile="server",
        model="reader",
        model_url=f"http://{PLACE}/v1",
        image_model="painter",
    )
    uploads, who = os.environ.get("GRADIO_TEMP_DIR"), [None]

    def asked(request) -> Actor:
        if who[0] is None:
            raise NotAllowed(NOBODY)
        return who[0]

    prepare_environment(settings)
    with Workbench.open(settings, lambda profile: builtin(settings)) as workbench:
        run = recorded_run("recorded-film.png")[0]
        case, other = (workbench.imports.completion(LOCAL_OWNER, run, origin=origin) for origin in ("one", "two"))
        made, put_aside = (workbench.completions.latest(LOCAL_OWNER, id_) for id_ in (case, other))
        reject = {"reason": "wrong side", "revision": put_aside.revision, "idempotency_key": "roles"}
        decision = workbench.decisions.decide(LOCAL_OWNER, put_aside.id, Action.REJECT, **reject)
        blocks, mount = build_blocks(workbench, settings, asked)
        gate = build(workbench, blocks, settings, **mount)
        prior = workbench.priors.published(LOCAL_OWNER, DOMAIN).yaml
        yield House(workbench, settings, blocks, gate, who, case, made.id, decision.id, made.source_artifacts[0], prior)
    if uploads:
        os.environ["GRADIO_TEMP_DIR"] = uploads


def sent(**data):
    return SimpleNamespace(_data=data)


def asks(**query):
    return SimpleNamespace(query_params=query)


# Name -> what it is given, and what a viewer is told: None for what everybody may read, else words of the refusal.
HANDLERS = {
    "Handlers.load": (lambda h: (asks(case=h.case),), None),
    "Handlers.form": (lambda h: (), None),
    "Handlers.fields": (lambda h: (DOMAIN,), None),
    "Handlers.open": (lambda h: ({}, sent(case=h.case)), None),
    "Handlers.filter": (lambda h: ({}, sent(view="all")), None),
    "Handlers.refresh": (lambda h: ({},), None),
    "Handlers.tick": (lambda h: (sent(case=h.case),), None),
    "Handlers.measure": (lambda h: (sent(case=h.case),), None),
    "Handlers.ahead": (lambda h: (sent(case=h.case),), None),
    "Handlers.start": (lambda h: (None, "Findings: Small left pleural effusion.", 2, 0, {}, DOMAIN), ROLE),
    "Handlers.sample": (lambda h: (2, 0, {}, sent(name="normal.txt")), ROLE),
    "Handlers.draft": (lambda h: (sent(completion=h.completion, candidate=0, text="Mine."),), ROLE),
    "Handlers.beat": (lambda h: (sent(case=h.case),), ROLE),
    "experts_page.<locals>.<lambda> on load": (lambda h: (), None),
    "ReadingHandlers.load": (lambda h: (), None),
    "ReadingHandlers.save": (lambda h: (True, 2, 0), ROLE),
    "ExpertHandlers.open": (lambda h: (DOMAIN,), None),
    "ExpertHandlers.check": (lambda h: (h.prior, DOMAIN, 1), None),
    "ExpertHandlers.look_back": (lambda h: (1, DOMAIN), None),
    "ExpertHandlers.take_shipped": (lambda h: (DOMAIN,), None),
    "ExpertHandlers.save": (lambda h: (h.prior + "# more\n", "more", DOMAIN, 1), ROLE),
    "ExpertHandlers.roll_back": (lambda h: (1, h.prior, DOMAIN, 1), ROLE),
    "ExpertHandlers.try_draft": (lambda h: (h.prior, DOMAIN), ROLE),
    "audit_page.<locals>.<lambda> on load": (lambda h: (), None),
    "AuditHandlers.load": (lambda h: (asks(),), None),
    "AuditHandlers.load_insight": (lambda h: (), None),
    "AuditHandlers.insight": (lambda h: (f"{DOMAIN}@1",), None),
    "AuditHandlers.open": (lambda h: (sent(case=h.decided),), None),
    "AuditHandlers.filter": (lambda h: (sent(),), None),
    "AuditHandlers.older": (lambda h: (sent(after="", asked=""),), None),
    "admin_page.<locals>.<lambda> on load": (lambda h: (), None),
    "AdminHandlers.load": (lambda h: (), ROLE),
    "AdminHandlers.claims": (lambda h: (), None),  # an empty list, and no form
    "AdminHandlers.usual_role": (lambda h: (), None),  # no form
    "AdminHandlers.end_claim": (lambda h: (h.case,), ROLE),
    "AdminHandlers.call_models": (lambda h: (), ROLE),
    "AdminHandlers.add": (lambda h: ("mallory", "admin", PASSWORD), ROLE),
    "AdminHandlers.set_role": (lambda h: ("vera", "admin"), ROLE),
    "AdminHandlers.set_password": (lambda h: ("ada", PASSWORD), ROLE),
    "AdminHandlers.close": (lambda h: ("ada",), ROLE),
    "AdminHandlers.reopen": (lambda h: ("ada",), ROLE),
}
ACT = "Handlers.act"  # one handler for all keys of the review: the list below
PUBLIC = {"experts_page.<locals>.<lambda> on change": ""}  # empties a field, whoever asks; name -> all that it ever says

READING = ("history", "next", "reload", "version", "list")
ACT_TELLS = {**dict.fromkeys(READING), **dict.fromkeys(set(ACTS) - set(READING), ROLE), "undo": NOTHING_MINE}
KNOWN_ACTS = {
    "accept", "accept_edited", "reject", "defer", "flag", "undo", "revise", "comment", "takeover", "correct", "discard", "cancel", "retry",
    "again", "reveal", "give_back", *READING,
}  # fmt: skip


def wish(house: House, act: str, **more):
    """What the page sends with a key, with everything that some act needs."""
    given = {"do": act, "case": house.case, "completion": house.completion, "revision": 0, "key": f"roles-{act}", "candidate": 0}
    given |= {"text": "Mine.", "note": "A note.", "reason": "wrong side", "n": 2, "seed": 1, "job": "none", "edits": []}
    return {}, {}, sent(**given | more)


def calls(house: House) -> list[tuple[str, object, tuple, str | None]]:
    """(name, function, what it is given, what a viewer is told) of everything but the public ones."""
    functions = house.functions()
    listed = [(name, f, given(house), tells) for name, (given, tells) in HANDLERS.items() for f in functions[name]]
    for act in ACTS:
        listed += [(f"{ACT} {act}", f, wish(house, act), ACT_TELLS[act]) for f in functions[ACT]]
        listed += [(f"{ACT} {act}, second", functions[ACT][0], wish(house, act, second=True), ACT_TELLS[act])]
    return listed


def test_every_function_of_the_pages_is_in_the_list(house):
    assert set(house.functions()) == {*HANDLERS, *PUBLIC, ACT}
    assert set(ACTS) == KNOWN_ACTS


def test_nobody_is_refused_by_every_function_and_nothing_changes(house):
    before = house.rows()
    let_in = [name for name, function, given, _ in calls(house) if NOBODY not in house.told(None, function, *given)]
    assert let_in == [] and house.rows() == before


def test_what_is_public_says_the_same_to_everybody(house):
    for name, said in PUBLIC.items():
        assert [house.told(who, f) for who in (None, VERA, LOCAL_OWNER) for f in house.functions()[name]] == [said] * 3


def test_a_viewer_reads_is_refused_in_words_what_changes_something_and_changes_nothing(house):
    before = house.rows()
    wrong = []
    for name, function, given, tells in calls(house):
        said = house.told(VERA, function, *given)
        refused = re.search(rf"{ROLE}|{NOTHING_MINE}|Something went wrong", said)
        if not re.search(tells, said) if tells else refused:
            wrong.append((name, said[:200]))
        if house.rows() != before:
            wrong.append((name, "changed something"))
            before = house.rows()
    assert wrong == []


def test_where_a_model_server_stands_is_told_to_those_who_keep_the_engines_alone(house):
    load, given = house.functions()["Handlers.load"][0], (asks(case=house.case),)
    told = {role: house.told(Actor(role, role, role), load, *given) for role in Role}
    assert {role for role, said in told.items() if PLACE in said} == {Role.EXPERT, Role.ADMIN}
    assert all("reader" in said for said in told.values()), "the models are named to everybody"
    seen = [name for name, function, given, _ in calls(house) if PLACE in house.told(VERA, function, *given)]
    assert seen == []


# Addresses of our own: an example of each. The public ones are the same for everybody.
PUBLIC_ADDRESSES = {"/kb/health": lambda h: "/kb/health", "/kb/static/{name}": lambda h: "/kb/static/keys.js"}
ADDRESSES = {
    "/kb/artifact/{sha256}": lambda h: f"/kb/artifact/{h.picture}",
    "/kb/graph/{name}": lambda h: f"/kb/graph/{h.completion}.html",
    "/kb/insight/{name}": lambda h: f"/kb/insight/{DOMAIN}@1.csv",
    "/kb/audit/{name}": lambda h: "/kb/audit/decisions.csv",
}


def own_addresses(router) -> set[str]:
    """Of a router and all that it holds."""
    found = set()
    for route in getattr(router, "routes", ()):
        found |= {route.path} if isinstance(route, APIRoute) else own_addresses(getattr(route, "original_router", None))
    return {path for path in found if path.startswith("/kb/")}


@pytest.fixture(scope="module")
def vera_cookie(house) -> bytes:
    """From the first account on everybody signs in."""
    workbench = house.workbench
    workbench.people.add(LOCAL_OWNER, "ada", "admin", PASSWORD)
    workbench.people.add(LOCAL_OWNER, "vera", "viewer", PASSWORD)
    return f"kb_login_{house.settings.port}={workbench.logins.sign_in('vera', PASSWORD, 'here')}".encode()


def test_every_address_of_our_own_is_in_the_list(house):
    assert own_addresses(house.gate._app) == {*ADDRESSES, *PUBLIC_ADDRESSES}


def test_an_address_is_public_or_asks_who_is_there(house, vera_cookie):
    for example in PUBLIC_ADDRESSES.values():
        assert call(house.gate, "GET", example(house)).status == 200
    for example in ADDRESSES.values():
        address = example(house)
        assert call(house.gate, "GET", address).status == 401, address
        assert call(house.gate, "GET", address, cookie=vera_cookie).status == 200, address
        assert call(house.gate._app, "GET", address).status == 404, f"{address} asks nobody who came around the gate"
        for method in ("POST", "PUT", "DELETE"):
            assert call(house.gate, method, address, cookie=vera_cookie).status == 404


def test_what_is_typed_or_chosen_last_is_what_is_asked(house):
    """Gradio drops what comes while the same event is under way, unless it is told to keep the last."""
    fields = [f for f in house.blocks.fns.values() if {event for _, event in f.targets} & {"filter", "input"}]
    assert {f.fn.__qualname__ for f in fields if f.trigger_mode != "always_last"} == set() and len(fields) > 4
