import hashlib
import os
import stat
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbapp.errors import ArtifactTampered, NotFound, StoreError
from kbapp.store import artifacts as room
from kbapp.store.artifacts import ArtifactStore


@pytest.fixture
def store(tmp_path):
    store = ArtifactStore(tmp_path / "artifacts")
    store.prepare()
    return store


def _file(store, sha256):
    return store.folder / sha256[:2] / sha256[2:4] / sha256


def _files(store):
    return [p for p in store.folder.rglob("*") if p.is_file()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.binary(max_size=500))
def test_what_is_put_comes_back_under_its_hash(store, data):
    sha256 = store.put(data)
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert store.get(sha256) == data


def test_the_same_data_is_one_file(store):
    assert store.put(b"twice") == store.put(b"twice")
    assert len(_files(store)) == 1


def test_files_and_folders_are_for_the_owner_alone(store):
    path = _file(store, store.put(b"private"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(p.stat().st_mode) for p in (path.parent, path.parent.parent, store.folder)} == {0o700}


def test_every_flipped_byte_is_noticed(store):
    sha256 = store.put(b"as it was")
    path = _file(store, sha256)
    for place in range(9):
        changed = bytearray(b"as it was")
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(ArtifactTampered, match="changed on disk"):
            store.get(sha256)
    path.write_bytes(b"as it was")
    assert store.get(sha256) == b"as it was"


def test_a_link_in_place_of_a_file_is_not_followed(store, tmp_path):
    sha256 = store.put(b"as it was")
    (tmp_path / "elsewhere").write_bytes(b"as it was")
    _file(store, sha256).unlink()
    _file(store, sha256).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArtifactTampered):
        store.get(sha256)


def test_putting_it_again_mends_a_damaged_file(store):
    sha256 = store.put(b"as it was")
    _file(store, sha256).write_bytes(b"damaged")
    store.put(b"as it was")
    assert store.get(sha256) == b"as it was"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "0" * 64])
def test_what_is_no_known_hash_is_not_found(store, name):
    with pytest.raises(NotFound):
        store.get(name)


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_failing_disk_leaves_nothing_and_says_so(store, monkeypatch, call):
    real = getattr(os, call)

    def failing(*args, **kwargs):
        raise OSError(28, "No space left on device")

    if call == "write":  # buffered writing does not pass os.write: fill the disk at the flush instead
        monkeypatch.setattr(room.os, "fdopen", lambda *a, **k: _Full(os.open("/dev/null", os.O_WRONLY), *a))
    else:
        monkeypatch.setattr(room.os, call, failing)
    with pytest.raises(StoreError) as caught:
        store.put(b"too much")
    assert caught.value.code == "storage_full"
    monkeypatch.setattr(room.os, call, real)
    assert not [p for p in _files(store) if p.parent.name != "tmp"]
    assert not _files(store)


class _Full:
    """A file on a full disk."""

    def __init__(self, null, file, mode):
        os.close(null)
        self._file = file

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._file)

    def write(self, data):
        raise OSError(28, "No space left on device")


def test_the_file_is_flushed_before_it_gets_its_name_and_the_folder_after(store, monkeypatch):
    calls = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(file):
        calls.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file")
        real_fsync(file)

    def replace(*args):
        calls.append("name")
        real_replace(*args)

    monkeypatch.setattr(room.os, "fsync", fsync)
    monkeypatch.setattr(room.os, "replace", replace)
    store.put(b"in order")
    assert calls == ["folder", "file", "name", "folder"]


def test_half_written_files_of_an_earlier_process_are_thrown_away(store):
    (store.folder / "tmp" / "leftover").write_bytes(b"half")
    ArtifactStore(store.folder).prepare()
    assert not _files(store)


def test_the_sweep_removes_old_files_without_a_row_and_no_others(store):
    named, orphan, fresh = store.put(b"named"), store.put(b"orphan"), store.put(b"fresh orphan")
    before = time.time() - 2 * room.SWEEP_AFTER_S
    for sha256 in (named, orphan):
        os.utime(_file(store, sha256), (before, before))
    assert store.sweep(lambda prefix: {named}) == 1
    assert store.get(named) == b"named" and store.get(fresh) == b"fresh orphan"
    with pytest.raises(NotFound):
        store.get(orphan)


def test_an_orphan_that_is_put_again_is_safe_from_the_sweep(store):
    sha256 = store.put(b"orphan")
    before = time.time() - 2 * room.SWEEP_AFTER_S
    os.utime(_file(store, sha256), (before, before))
    store.put(b"orphan")
    assert store.sweep(lambda prefix: set()) == 0
