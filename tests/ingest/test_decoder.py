"""The child: warm, limited, replaced after a fault."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from kbapp.errors import InputError
from kbapp.ingest import decoder as room
from kbapp.ingest import ingest
from kbapp.ingest.decoder import Decoder
from kbapp.ingest.sniff import Kind
from tests.hostile import dicoms, pictures

GOOD = pictures.saved(pictures.ramp())


@pytest.fixture
def decoder():
    made = Decoder()
    made.start()
    yield made
    made.stop()


def test_one_child_serves_many_files(decoder):
    child = decoder._process.pid
    for _ in range(3):
        assert np.array_equal(decoder.decode(Kind.PNG, GOOD)[0].pixels, pictures.ramp())
        with pytest.raises(InputError):
            decoder.decode(Kind.PNG, GOOD[:40])
    assert decoder._process.pid == child


def test_a_killed_child_is_replaced(decoder):
    decoder._process.kill()
    decoder._process.wait()
    assert np.array_equal(decoder.decode(Kind.PNG, GOOD)[0].pixels, pictures.ramp())


def test_a_fork_that_dies_at_work_is_a_fault_of_the_file_and_the_next_file_reads(decoder):
    killer = threading.Thread(target=_kill_fork_of, args=(decoder._process.pid,))
    killer.start()
    with pytest.raises(InputError) as caught:
        decoder.decode(Kind.DICOM, dicoms.run_length_bomb(rows=64, columns=64, megabytes=48))
    killer.join()
    assert caught.value.code in ("decode_failed", "decode_timeout")
    assert np.array_equal(decoder.decode(Kind.PNG, GOOD)[0].pixels, pictures.ramp())


def _kill_fork_of(parent: int) -> None:
    for _ in range(2000):
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        if children:
            os.kill(int(children[0]), signal.SIGSEGV)
            return
        time.sleep(0.001)


def test_a_child_that_answers_nonsense_is_replaced(decoder, monkeypatch):
    monkeypatch.setattr(
        room.wire, "receive_reply", lambda sock, longest_payload: ({"shape": [2, 2], "dtype": "object"}, bytearray(4))
    )
    with pytest.raises(InputError) as caught:
        decoder.decode(Kind.PNG, GOOD)
    assert caught.value.code == "decode_failed" and decoder._process is None
    monkeypatch.undo()
    assert np.array_equal(decoder.decode(Kind.PNG, GOOD)[0].pixels, pictures.ramp())


def test_a_child_that_hangs_is_killed(decoder, monkeypatch):
    monkeypatch.setattr(room, "CHILD_WALL_S", -1.9)
    decoder._process.send_signal(signal.SIGSTOP)
    with pytest.raises(InputError) as caught:
        decoder.decode(Kind.PNG, GOOD)
    assert caught.value.code == "decode_timeout" and decoder._process is None


def test_a_sentence_of_the_child_is_cut_and_cleaned():
    with pytest.raises(InputError) as caught:
        room._content({"code": "Rm -rf", "message": "\x1b[31m" + "x" * 1000}, bytearray())
    assert caught.value.code == "decode_failed" and len(str(caught.value)) <= 300 and "\x1b" not in str(caught.value)


def test_more_files_than_children_wait_their_turn():
    got = []
    threads = [threading.Thread(target=lambda: got.append(ingest(GOOD).pixels.shape)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [(48, 64)] * 6


def test_the_fork_at_work_can_open_no_file_start_no_program_and_take_no_memory():
    """The limits themselves, in a process of their own."""
    script = """
import os, sys
from kbapp.ingest import child
child._confine()
told = []
for attempt in (lambda: open("/etc/hostname"), lambda: bytearray(3 * 2**30)):
    try:
        attempt(); told.append("allowed")
    except (OSError, MemoryError):
        told.append("refused")
os.write(1, " ".join(told).encode())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=os.getcwd())
    assert done.stdout == b"refused refused", done.stderr


def test_the_child_loads_nothing_it_does_not_need():
    script = "import sys; from kbapp.ingest import child; print([m for m in ('torch', 'gradio', 'sqlalchemy', 'cv2', 'fastapi') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=os.getcwd())
    assert done.stdout.strip() == "[]", done.stderr


def test_the_childs_processor_time_is_limited():
    script = """
from kbapp.ingest import child
child.CHILD_CPU_S = 1  # instead of 10: the test waits for it
child._confine()
while True: pass
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=os.getcwd())
    assert -done.returncode in (signal.SIGXCPU, signal.SIGKILL)
