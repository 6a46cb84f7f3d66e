from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.errors import NotAllowed, NotFound, UserError
from kbapp.review import logins as logins_module
from kbapp.review import passwords
from kbapp.review.logins import IDLE_S, LONGEST_S, Logins

GOOD = "three green boats"


class Clock:
    def __init__(self):
        self.ns = 10**12

    def __call__(self):
        return self.ns

    def wait(self, seconds):
        self.ns += int(seconds * 10**9)


@pytest.fixture(autouse=True)
def cheap_hashing(monkeypatch):
    """The real algorithm with small costs: fifty hashes of the real size would take a minute."""
    from argon2 import PasswordHasher

    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def logins(workbench, clock):
    return Logins(workbench._database, clock)


@pytest.fixture
def ada(workbench):
    return workbench.people.add(LOCAL_OWNER, "Ada", Role.ADMIN, GOOD)


def events_of(workbench):
    return [(e.actor, e.what, e.about) for e in reversed(workbench.events.newest(LOCAL_OWNER))]


def test_without_accounts_nobody_needs_to_sign_in_and_the_first_account_must_be_an_admins(workbench, logins):
    assert not logins.needed()
    with pytest.raises(UserError, match="first account must be an admin"):
        workbench.people.add(LOCAL_OWNER, "bob", "viewer", GOOD)
    assert not logins.needed()
    workbench.people.add(LOCAL_OWNER, "ada", "admin", GOOD)
    workbench.people.add(LOCAL_OWNER, "bob", "viewer", GOOD)
    assert logins.needed() and [(p.name, p.role) for p in workbench.people.list(LOCAL_OWNER)] == [
        ("ada", Role.ADMIN),
        ("bob", Role.VIEWER),
    ]


@pytest.mark.parametrize("name", ["", "a b", "ü", "-a", "x" * 61, "<b>"])
def test_an_unfit_name_is_refused_with_what_was_expected(workbench, name):
    with pytest.raises(UserError, match="expected a name"):
        workbench.people.add(LOCAL_OWNER, name, "admin", GOOD)


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_an_unfit_password_is_refused_without_being_repeated(workbench, password):
    with pytest.raises(UserError, match="10 to 200 characters") as refused:
        workbench.people.add(LOCAL_OWNER, "ada", "admin", password)
    assert not password or password not in str(refused.value)


def test_a_name_is_given_once_whatever_its_letters_look_like(workbench, ada):
    with pytest.raises(UserError, match="already"):
        workbench.people.add(LOCAL_OWNER, "ADA", "admin", GOOD)
    with pytest.raises(UserError, match="expected one of the roles"):
        workbench.people.add(LOCAL_OWNER, "bob", "boss", GOOD)


def test_who_signs_in_is_who_acts(logins, ada):
    token = logins.sign_in(" ADA ", GOOD, "127.0.0.1")
    assert logins.who(token) == Actor(ada.id, "ada", Role.ADMIN)
    assert logins.who(token + "x") is None and logins.who("") is None


def test_wrong_name_wrong_password_and_closed_account_get_the_same_sentence(workbench, logins, ada):
    workbench.people.add(LOCAL_OWNER, "bob", "viewer", GOOD)
    workbench.people.disable(LOCAL_OWNER, "bob")
    said = set()
    for name, password in (("ada", "wrong"), ("nobody", GOOD), ("bob", GOOD), ("ada", "")):
        with pytest.raises(NotAllowed) as refused:
            logins.sign_in(name, password, "a")
        said.add(str(refused.value))
    assert len(said) == 1


def test_five_failures_lock_a_name_from_one_address_for_longer_and_longer(logins, ada, clock):
    def refused(address="a", password="wrong words"):
        with pytest.raises(NotAllowed) as error:
            logins.sign_in("ada", password, address)
        return error.value.code

    assert [refused() for _ in range(5)] == ["not_allowed"] * 5
    assert refused(password=GOOD) == "locked"
    assert logins.sign_in("ada", GOOD, "another address")  # nobody else is locked out
    clock.wait(31)
    assert refused() == "not_allowed"
    clock.wait(31)
    assert refused(password=GOOD) == "locked"  # twice as long now
    clock.wait(31)
    assert logins.sign_in("ada", GOOD, "a")
    assert refused() == "not_allowed"  # counted anew


def test_a_login_ends_when_nobody_is_there_and_after_twelve_hours_in_any_case(logins, ada, clock):
    token = logins.sign_in("ada", GOOD, "a")
    for _ in range(int(LONGEST_S / (IDLE_S - 60))):
        clock.wait(IDLE_S - 60)
        if clock.ns - 10**12 < LONGEST_S * 10**9:
            assert logins.who(token), "a sign of life keeps it"
    clock.wait(IDLE_S - 60)
    assert logins.who(token) is None
    token = logins.sign_in("ada", GOOD, "a")
    clock.wait(IDLE_S + 1)
    assert logins.who(token) is None


def test_a_login_outlives_the_app_but_not_the_machines_boot(workbench, logins, ada, clock, monkeypatch):
    token = logins.sign_in("ada", GOOD, "a")
    assert Logins(workbench._database, clock).who(token)
    monkeypatch.setattr(logins_module, "boot_id", lambda: "another boot")
    assert logins.who(token) is None


@pytest.mark.parametrize("change", ["set_role", "disable", "set_password"])
def test_a_change_of_the_account_ends_its_logins_at_once(workbench, logins, ada, change):
    workbench.people.add(LOCAL_OWNER, "bob", "annotator", GOOD)
    token = logins.sign_in("bob", GOOD, "a")
    {
        "set_role": lambda: workbench.people.set_role(LOCAL_OWNER, "bob", "viewer"),
        "disable": lambda: workbench.people.disable(LOCAL_OWNER, "bob"),
        "set_password": lambda: workbench.people.set_password(LOCAL_OWNER, "bob", "four grey boats"),
    }[change]()
    assert logins.who(token) is None


def test_signing_out_ends_that_login_only(logins, ada):
    first, second = (logins.sign_in("ada", GOOD, "a") for _ in range(2))
    logins.sign_out(first)
    assert logins.who(first) is None and logins.who(second)


def test_the_last_admin_can_neither_be_closed_nor_made_something_else(workbench, ada):
    for change in (
        lambda: workbench.people.disable(LOCAL_OWNER, "ada"),
        lambda: workbench.people.set_role(LOCAL_OWNER, "ada", "expert"),
    ):
        with pytest.raises(UserError, match="last admin"):
            change()
    workbench.people.add(LOCAL_OWNER, "eve", "admin", GOOD)
    workbench.people.disable(LOCAL_OWNER, "ada")
    with pytest.raises(NotFound, match="no account"):
        workbench.people.disable(LOCAL_OWNER, "nobody")


def test_what_happens_is_kept_without_passwords_and_tokens(workbench, logins, ada):
    token = logins.sign_in("ada", GOOD, "a")
    with pytest.raises(NotAllowed):
        logins.sign_in("ada", "not my words", "a")
    logins.sign_out(token)
    assert [(what, actor) for actor, what, _ in events_of(workbench)] == [
        ("account made", "local owner"),
        ("signed in", "ada"),
        ("refused", "ada"),
        ("signed out", "ada"),
    ]
    with workbench._database.read() as connection:
        held = str(connection.execute(text("SELECT * FROM people")).all())
        held += str(connection.execute(text("SELECT * FROM events")).all())
        held += str(connection.execute(text("SELECT * FROM login_sessions")).all())
    assert GOOD not in held and "not my words" not in held and token not in held and "$argon2id$" in held


def test_a_sign_of_life_that_another_one_overtook_ends_no_login(workbench, ada):
    """Two events of one page: the second looks at the clock later and is done first."""
    token = Logins(workbench._database).sign_in("ada", GOOD, "here")
    logins = Logins(workbench._database)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(logins.who, [token] * 400))
