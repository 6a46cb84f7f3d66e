"""A request may name only files that its own login uploaded (threats B1 to B4)."""

import json

import pytest

from kbapp.web.gate_files import FileOwners
from kbapp.web.refusal import Refusal

ORIGIN = "http://127.0.0.1:7860"
META = {"_type": "gradio.FileData"}


@pytest.fixture
def upload(tmp_path):
    path = tmp_path / "hash" / "film 1.png"
    path.parent.mkdir()
    path.write_bytes(b"x")
    return str(path.resolve())


@pytest.fixture
def owners(upload):
    made = FileOwners()
    made.learn("alice", json.dumps([upload]).encode())
    return made


def refused(owners, body, owner="alice") -> bool:
    try:
        owners.check_body(owner, body, ORIGIN)
    except Refusal as refusal:
        return refusal.status == 403
    return False


def test_an_own_upload_may_be_named_with_its_address_plain_or_encoded(owners, upload):
    for url in (
        None,
        "",
        f"{ORIGIN}/gradio_api/file={upload}",
        f"/gradio_api/file={upload}",
        f"{ORIGIN}/gradio_api/file={upload}".replace(" ", "%20"),
    ):
        assert not refused(owners, {"data": [{"path": upload, "url": url, "meta": META}]})
    assert not refused(owners, {"data": [{"path": upload, "meta": META}]})


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/proc/self/environ", "etc/passwd", "", None, 7, ["/etc/passwd"], "file:///etc/passwd", "//evil.example/x", "http://169.254.169.254/",
     "http://[::ffff:127.0.0.1]/", "http://2130706433/", "\\\\evil\\x", "C:\\x", "/etc/pass\0wd"],
)  # fmt: skip
def test_any_other_path_is_refused(owners, path):
    assert refused(owners, {"data": [{"path": path, "meta": META}]})
    assert not owners.owns("alice", path)


def test_another_login_may_not_name_it(owners, upload):
    assert refused(owners, {"data": [{"path": upload, "meta": META}]}, owner="bob")


def test_another_way_to_write_the_same_path_is_refused(owners, upload):
    for path in (
        upload + "/",
        upload.replace("/hash/", "/./hash/"),
        upload.replace("/hash/", "/hash/../hash/"),
        "/" + upload,
        upload.upper(),
    ):
        assert not owners.owns("alice", path)


def test_an_upload_that_became_a_link_is_no_longer_owned(owners, upload, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "hash" / "film 1.png").unlink()
    (tmp_path / "hash" / "film 1.png").symlink_to(tmp_path / "secret")
    assert not owners.owns("alice", upload)


@pytest.mark.parametrize(
    "url", ["http://evil.example/x", "file:///etc/passwd", "//evil.example", f"{ORIGIN}/gradio_api/file=/etc/passwd", 7, ["x"]]
)
def test_an_own_path_with_a_foreign_address_is_refused(owners, upload, url):
    assert refused(owners, {"data": [{"path": upload, "url": url, "meta": META}]})


@pytest.mark.parametrize(
    "wrap",
    [
        lambda bad: {"data": [bad]},
        lambda bad: {"data": [[{"deep": [{"deeper": bad}]}]]},
        lambda bad: {"data": [], "event_data": {"value": bad}},
        lambda bad: {"data": [{"path": "ok?", "meta": {"inner": bad}}]},
        lambda bad: {"data": [{"video": bad, "subtitles": None}]},
    ],
)
def test_a_file_object_is_found_at_any_depth(owners, wrap):
    for bad in (
        {"path": "/etc/passwd"},
        {"path": "/etc/passwd", "meta": META},
        {"meta": META, "url": "http://evil.example"},
        {"_type": "gradio.FileData"},
    ):
        assert refused(owners, wrap(bad))


def test_deep_nesting_does_not_exhaust_the_search(owners):
    value = {"path": "/etc/passwd"}
    for _ in range(5000):
        value = [value]
    assert refused(owners, {"data": value})


def test_data_without_files_passes(owners):
    assert not refused(owners, {"data": ["/etc/passwd", 7, None, {"id": "a", "meta": {"x": 1}}], "event_data": {"index": 3}})


@pytest.mark.parametrize("answer", [b"", b"{", b'{"path": "/etc/passwd"}', b'"/etc/passwd"', b"[7, null]", b"\xff"])
def test_an_answer_of_another_shape_teaches_nothing(answer):
    owners = FileOwners()
    owners.learn("alice", answer)
    assert not owners.owns("alice", "/etc/passwd")


def test_ownership_ends_and_is_bounded(upload):
    now = [0.0]
    owners = FileOwners(ttl_s=10, total=3, clock=lambda: now[0])
    owners.learn("alice", json.dumps([upload]).encode())
    now[0] = 9
    assert owners.owns("alice", upload)  # use renews it
    now[0] = 18
    assert owners.owns("alice", upload)
    now[0] = 30
    assert not owners.owns("alice", upload)
    owners.learn("alice", json.dumps([upload, "/a", "/b", "/c", "/d"]).encode())
    assert not owners.owns("alice", upload)
