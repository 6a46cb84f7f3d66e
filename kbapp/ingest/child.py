"""The decoding child: a warm, idle process that forks once for each file.

The idle one has numpy, PIL and pydicom loaded and never touches a file's bytes. Each file is read, decoded and answered by a fresh
fork under limits of memory, processor time, wall time and files, so nothing of one patient's file, and no harm done by it, is left
for the next. A fork that dies takes the idle process with it: the parent sees the closed socket and starts another.
"""

import gc
import os
import resource
import signal
import socket
import sys
import warnings

from kbapp.errors import InputError
from kbapp.ingest import dicom, picture, practice
from kbapp.ingest.limits import CHILD_CPU_S, CHILD_MEMORY_BYTES, CHILD_WALL_S, PIXELS
from kbapp.ingest.wire import READY, receive_request, send_reply

_DECODERS = {"PNG": picture.read_picture, "JPEG": picture.read_picture, "DICO": dicom.read_dicom}


def main() -> None:
    warnings.simplefilter("ignore")
    practice.warm_up()
    gc.freeze()  # a collection in a fork would copy every page it looks at
    sock = socket.socket(fileno=0)
    sock.sendall(READY)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    while sock.recv(1, socket.MSG_PEEK):
        child = os.fork()
        if not child:
            os.dup2(nowhere, 2)  # decoders print header values there
            _serve_one(sock)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status:
            os._exit(128 - status if status < 0 else status)


def _serve_one(sock: socket.socket) -> None:
    _confine()
    kind, data = receive_request(sock)
    try:
        content, notes = _DECODERS[kind](bytes(data))
    except InputError as error:
        send_reply(sock, {"code": error.code, "message": str(error)})
    except MemoryError:
        sentence = f"The file needs too much memory to decode: expected at most {PIXELS // 1_000_000} million pixels."
        send_reply(sock, {"code": "image_too_large", "message": sentence})
    except Exception as error:  # the edge of the child: whatever a decoder throws at a hostile file is one plain answer
        sentence = "The file is damaged and cannot be read: export it again from its source."
        code = "dicom_corrupt" if kind == "DICO" else "image_corrupt"
        send_reply(sock, {"code": code, "message": sentence, "detail": type(error).__name__})
    else:
        head = {
            "shape": content.pixels.shape,
            "dtype": content.pixels.dtype.name,
            "window": content.window,
            "view": content.view,
            "pixel_mm": content.pixel_mm,
            "notes": [(note.code, note.sentence) for note in notes],
        }
        send_reply(sock, head, memoryview(content.pixels).cast("B"))


def _confine() -> None:
    """No more memory, time, open files, written files or core dumps (they would hold patient data) than decoding needs."""
    signal.setitimer(signal.ITIMER_REAL, CHILD_WALL_S)
    for limit, value in (
        (resource.RLIMIT_AS, CHILD_MEMORY_BYTES),
        (resource.RLIMIT_CPU, CHILD_CPU_S),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    sys.exit(main())
