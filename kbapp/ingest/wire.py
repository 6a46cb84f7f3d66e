"""What travels between the workbench and its decoding child: length-prefixed frames over a socket, no pickles."""

import json
import socket
import struct

_REQUEST = struct.Struct("!4sQ")
_REPLY = struct.Struct("!IQ")
READY = b"R"  # the child has loaded what it needs
LONGEST_HEAD = 16_384


class Closed(ConnectionError):
    """The other side hung up in the middle."""


def send_request(sock: socket.socket, kind: str, data: bytes) -> None:
    sock.sendall(_REQUEST.pack(kind[:4].encode(), len(data)))
    sock.sendall(data)


def receive_request(sock: socket.socket) -> tuple[str, bytearray]:
    kind, length = _REQUEST.unpack(receive_exactly(sock, _REQUEST.size))
    return kind.rstrip(b"\0").decode(), receive_exactly(sock, length)


def send_reply(sock: socket.socket, head: dict, payload: bytes | memoryview = b"") -> None:
    encoded = json.dumps(head).encode()
    sock.sendall(_REPLY.pack(len(encoded), memoryview(payload).nbytes) + encoded)
    sock.sendall(payload)


def receive_reply(sock: socket.socket, longest_payload: int) -> tuple[dict, bytearray]:
    """Raises ValueError on a reply that no honest child sends."""
    head_length, payload_length = _REPLY.unpack(receive_exactly(sock, _REPLY.size))
    if head_length > LONGEST_HEAD or payload_length > longest_payload:
        raise ValueError(f"reply of {head_length} + {payload_length} bytes")
    head = json.loads(receive_exactly(sock, head_length))
    if not isinstance(head, dict):
        raise ValueError("reply head is no object")
    return head, receive_exactly(sock, payload_length)


def receive_exactly(sock: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view, got = memoryview(data), 0
    while got < length:
        count = sock.recv_into(view[got:])
        if not count:
            raise Closed(f"{got} of {length} bytes")
        got += count
    return data
