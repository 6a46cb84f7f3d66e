from tests.store.memory_disk import tmp_path  # noqa: F401 - a fixture
