"""A `tmp_path` in memory where the system has one: these tests flush to the disk some thousand times."""

import shutil
import tempfile
from pathlib import Path

import pytest

IN_MEMORY = Path("/dev/shm")


@pytest.fixture
def tmp_path(tmp_path_factory):
    if not IN_MEMORY.is_dir():
        yield tmp_path_factory.mktemp("test")
        return
    folder = Path(tempfile.mkdtemp(prefix="kbapp-test-", dir=IN_MEMORY))
    yield folder
    shutil.rmtree(folder)
