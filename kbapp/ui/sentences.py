"""The outermost edge of a page's handlers, and small readers of what a page sends."""

import logging
from collections.abc import Callable
from functools import wraps

import gradio as gr

from kbapp.errors import KbError, UserError

log = logging.getLogger("kbapp.ui")


def shown_as_sentence(handler: Callable) -> Callable:
    """Our own errors become their sentence, anything else a plain one, with the traceback in the log; a person's mistake is none for the
    log."""

    @wraps(handler)
    def guarded(self, *args):
        try:
            return handler(self, *args)
        except KbError as error:
            mistake = isinstance(error, UserError)
            title = "Please check" if mistake else "That did not work"
            raise gr.Error(str(error), duration=12, title=title, print_exception=not mistake) from None
        except gr.Error:
            raise
        except Exception:
            log.exception("%s failed", handler.__name__)
            said = "Something went wrong on our side; nothing was changed. The log of the workbench has the details."
            raise gr.Error(said, print_exception=False) from None

    return guarded


def whole(value) -> int | None:
    """A whole number from what a page sent, else None."""
    return int(value) if isinstance(value, int | float) and value == value and abs(value) < 2**53 else None


def word(data: dict, name: str, longest: int = 100) -> str:
    """A text from what a page sent, cut to `longest` characters; empty when it is missing or something else."""
    value = data.get(name)
    return value[:longest] if isinstance(value, str) else ""
