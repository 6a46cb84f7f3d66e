"""Pictures are decoded in a child process that can be limited, killed and replaced. This is the parent's side."""

import atexit
import json
import logging
import os
import queue
import re
import signal
import socket
import subprocess
import sys

import numpy as np

from kbapp.core.content import ImageContent
from kbapp.errors import EngineError, InputError
from kbapp.ingest import wire
from kbapp.ingest.limits import CHILD_WALL_S, PIXELS
from kbapp.ingest.name import sanitize_name, sanitize_sentence
from kbapp.ingest.note import Note
from kbapp.ingest.sniff import Kind

log = logging.getLogger(__name__)

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from kbapp.ingest.child import main; main()"
_START_S = 20  # on a cold disk numpy alone takes seconds
_CHILDREN = 2
_TIME_SIGNALS = {128 + 14, 128 + 24, 128 + 9}  # SIGALRM, SIGXCPU, and SIGKILL that follows it at the hard limit


class Decoder:
    """One warm child. Use it from one thread at a time."""

    def __init__(self):
        self._process: subprocess.Popen | None = None
        self._socket: socket.socket | None = None

    def decode(self, kind: Kind, data: bytes) -> tuple[ImageContent, tuple[Note, ...]]:
        """Raises InputError for a bad file; a child that dies, hangs or answers nonsense is killed and counts as a bad file."""
        self.start()
        try:
            self._socket.settimeout(CHILD_WALL_S + 2)
            wire.send_request(self._socket, kind, data)
            head, payload = wire.receive_reply(self._socket, longest_payload=3 * PIXELS)
            return _content(head, payload)
        except TimeoutError:
            self.stop()
            raise _too_slow() from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._fault(error) from None

    def start(self) -> None:
        """Raises EngineError decoder_start when the child cannot run at all."""
        if self._process is not None and self._process.poll() is None:
            return
        self.stop()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _BOOT, json.dumps([path for path in sys.path if path])],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PATH": os.defpath},
                start_new_session=True,
            )
        self._socket = ours
        self._await_ready()

    def _await_ready(self) -> None:
        self._socket.settimeout(_START_S)
        try:
            wire.receive_exactly(self._socket, len(wire.READY))
        except OSError:
            self.stop()
            raise EngineError(
                "The picture decoder could not start: run `kbapp doctor` to see what is missing.", code="decoder_start"
            ) from None

    def stop(self) -> int | None:
        """Kill the child and the fork at work. Returns the exit status the child had by itself, None if it was still running."""
        if self._process is None:
            return None
        self._socket.close()
        status = self._process.poll()
        if status is None:  # not reaped yet, so the number of its group cannot belong to anybody else
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = self._socket = None
        return status

    def _fault(self, error: Exception) -> InputError:
        if isinstance(error, ConnectionError):
            _await_exit(self._process)
        status = self.stop()
        log.warning("decoding child lost: status %s, %s", status, type(error).__name__)
        if status in _TIME_SIGNALS:
            return _too_slow()
        return InputError("The file could not be decoded safely: it is damaged, or made to do harm.", code="decode_failed")


def decode(kind: Kind, data: bytes) -> tuple[ImageContent, tuple[Note, ...]]:
    """Decode one picture in a free child; at most two at a time, more wait. Raises InputError."""
    decoder = _idle.get()
    try:
        return decoder.decode(kind, data)
    finally:
        _idle.put(decoder)


def warm_up() -> None:
    """Start a child now, so that the first file need not wait for it."""
    decoder = _idle.get()
    try:
        decoder.start()
    finally:
        _idle.put(decoder)


def _content(head: dict, payload: bytearray) -> tuple[ImageContent, tuple[Note, ...]]:
    """A reply to values. The child has read a hostile file, so its answer is checked like one."""
    if "code" in head:
        if "detail" in head:
            log.info("decoder raised %s", sanitize_name(str(head["detail"])))
        raise InputError(sanitize_sentence(str(head["message"])), code=_code(head["code"]))
    dtype = np.dtype({"uint8": np.uint8, "uint16": np.uint16}[head["dtype"]])
    shape = tuple(int(side) for side in head["shape"])
    pixels = np.frombuffer(payload, dtype).reshape(shape)
    window = None if head["window"] is None else (float(head["window"][0]), float(head["window"][1]))
    view = head["view"] if head["view"] in ("PA", "AP", "LATERAL") else ""
    pixel_mm = None if head["pixel_mm"] is None else float(head["pixel_mm"])
    notes = tuple(Note(_code(code), sanitize_sentence(str(sentence))) for code, sentence in head["notes"])
    return ImageContent(pixels, window, view, pixel_mm), notes


def _code(value) -> str:
    return value if isinstance(value, str) and re.fullmatch("[a-z_]{3,40}", value) else "decode_failed"


def _await_exit(process: subprocess.Popen) -> None:
    """The socket closes a moment before the exit status is there."""
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return


def _too_slow() -> InputError:
    return InputError("The file takes too long to decode: export it again, without compression or smaller.", code="decode_timeout")


def _new_pool() -> None:
    global _idle
    _idle = queue.LifoQueue()
    for _ in range(_CHILDREN):
        _idle.put(Decoder())


def _close_pool() -> None:
    while not _idle.empty():
        _idle.get_nowait().stop()


_new_pool()
os.register_at_fork(after_in_child=_new_pool)  # two processes on one socket would mix up their patients
atexit.register(_close_pool)
