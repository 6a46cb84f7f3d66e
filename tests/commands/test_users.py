import io

import pytest

from kbapp.cli import main
from kbapp.settings import Settings
from kbapp.store.lock import StorageLock


@pytest.fixture
def users(tmp_path, capsys, monkeypatch):
    def run(*words, password=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        more = ["--password-stdin"] if password else []
        with pytest.raises(SystemExit) as left:
            main(["users", *words, *more, "--storage", str(tmp_path / "storage")])
        said = capsys.readouterr()
        return left.value.code or 0, said.out + said.err

    return run


def test_an_account_is_made_listed_changed_and_closed_from_the_terminal(users):
    assert users("list") == (0, "No account: the workbench is for the local owner alone.\n")
    assert users("add", "ada", "--role", "admin", password="three green boats")[1].startswith(
        "ada (admin) can sign in now. From now on"
    )
    users("add", "bob", "--role", "viewer", password="three green boats")
    assert users("role", "bob", "--role", "expert")[0] == 0
    assert users("disable", "bob")[0] == 0
    assert [line.split("  ")[:3] for line in users("list")[1].splitlines()] == [
        ["ada", "admin", "open"],
        ["bob", "expert", "closed"],
    ]
    assert [line.split("  ")[3] for line in users("events")[1].splitlines()][0] == "account closed"


def test_what_is_wrong_is_one_sentence_and_nothing_is_made(users):
    code, said = users("add", "ada", "--role", "admin", password="short")
    assert code == 2 and "10 to 200 characters" in said and "short" not in said.split("expected")[1].split(",")[0]
    assert users("role", "nobody", "--role", "viewer")[0] == 2
    assert "No account" in users("list")[1]


def test_an_account_is_made_while_the_workbench_has_the_storage(users, tmp_path):
    users("list")  # makes the storage
    lock = StorageLock(Settings(storage=tmp_path / "storage").storage)
    try:
        assert users("add", "ada", "--role", "admin", password="three green boats")[0] == 0
    finally:
        lock.release()


def test_a_password_typed_differently_twice_changes_nothing(users, monkeypatch):
    typed = iter(["three green boats", "three grey boats"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    code, said = users("add", "ada", "--role", "admin")
    assert code == 2 and "differ" in said
