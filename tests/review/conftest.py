import pytest

from tests.review.fakes import opened
from tests.store.memory_disk import tmp_path  # noqa: F401 - a fixture


@pytest.fixture
def workbench(tmp_path):  # noqa: F811
    with opened(tmp_path / "storage") as workbench:
        yield workbench
