import subprocess
import sys

import pytest

from kbapp.errors import SettingsError
from kbapp.store.lock import StorageLock

HOLD = """
import sys, time
from pathlib import Path
from kbapp.store.lock import StorageLock
lock = StorageLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_process_is_refused_in_one_sentence_and_the_lock_dies_with_its_owner(tmp_path):
    owner = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout.readline() == "held\n"
        with pytest.raises(SettingsError, match=f"process {owner.pid}.*stop that one") as refused:
            StorageLock(tmp_path)
        assert refused.value.code == "storage_in_use"
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()
    StorageLock(tmp_path).release()


def test_a_released_lock_can_be_taken_again(tmp_path):
    StorageLock(tmp_path).release()
    StorageLock(tmp_path).release()
