"""What the gate answers to a call that it does not let through: typed, short, and never an echo of what was sent."""

import json


class Refusal(Exception):
    """status: HTTP. code: stable, for logs and scripts. The sentence is for people."""

    def __init__(self, status: int, code: str, sentence: str):
        super().__init__(f"{status} {code}")
        self.status, self.code, self.sentence = status, code, sentence

    @property
    def body(self) -> bytes:
        return json.dumps({"code": self.code, "error": self.sentence}).encode()


def not_found() -> Refusal:
    """Also for what exists but is somebody else's, where the difference would tell something."""
    return Refusal(404, "not_found", "There is nothing here.")


def too_many() -> Refusal:
    return Refusal(429, "too_many", "Too many requests at once: wait a moment and try again.")


def too_large(limit_bytes: int) -> Refusal:
    return Refusal(413, "too_large", f"Too much data in one request: at most {limit_bytes >> 20} MB.")
