"""A lock that serves whoever asked first: with a plain one a busy page can starve the worker."""

import threading
from collections import deque


class Turns:
    def __init__(self):
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def take(self, timeout_s: float) -> bool:
        """Wait for the turn; False when it did not come in time."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(timeout_s):
            return True
        with self._mutex:
            if not mine.is_set():
                self._waiting.remove(mine)
            return mine.is_set()

    def give(self) -> None:
        """Pass the turn to the one who has waited longest."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
