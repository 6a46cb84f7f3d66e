"""Settings: from the command line, else the environment (KB_*), else the defaults. Deploy-time only, never from a page."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import platformdirs

from kbapp.errors import SettingsError

MOST_JOBS_AT_ONCE = 4  # each sends up to 16 requests; our model server lets 64 wait
_CHECKOUT = Path(__file__).resolve().parent.parent


def default_storage() -> Path:
    """storage/ in a checkout; the user's data directory when installed from a wheel."""
    if (_CHECKOUT / "pyproject.toml").is_file():
        return _CHECKOUT / "storage"
    return Path(platformdirs.user_data_dir("kbapp"))


@dataclass(frozen=True)
class Settings:
    """storage: folder of database, artifacts and run-time files. profile: "builtin", "server" or "cuda" (see kbapp.profiles).

    model_url, model_key: the OpenAI-compatible server of the profiles "server" and "cuda" (KB_MODEL_URL, KB_MODEL_KEY). model: its chat
    model; chat_url, chat_key: the chat model's own server, where it is another. image_model: its image model. embedding_model,
    score_model: names with commas between, each of which becomes a part of the score. model_outside: host names beyond the own network
    that may be sent studies, with commas between. jobs_at_once: how many completions are under way together (see `lanes`).
    """

    storage: Path = field(default_factory=default_storage)
    profile: str = "builtin"
    host: str = "127.0.0.1"
    port: int = 7860
    model_url: str = ""
    model: str = ""
    model_key: str = field(default="", repr=False)
    image_model: str = ""
    embedding_model: str = ""
    score_model: str = ""
    chat_url: str = ""
    chat_key: str = field(default="", repr=False)
    model_outside: str = ""
    max_upload_mb: int = 64
    jobs_at_once: int = 2

    def __post_init__(self):
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"expected a port from 0 to 65535, got {self.port}")
        if not 1 <= self.jobs_at_once <= MOST_JOBS_AT_ONCE:
            raise SettingsError(f"expected 1 to {MOST_JOBS_AT_ONCE} jobs at once, got {self.jobs_at_once}")

    @property
    def lanes(self) -> int:
        """Jobs that the worker runs together: where a model server does the work, one case's pictures are made while another's words are."""
        return 1 if self.profile == "builtin" else self.jobs_at_once

    def with_(self, **changes) -> "Settings":
        """A copy with the changes that are not None."""
        return replace(self, **{name: value for name, value in changes.items() if value is not None})


_TEXTS = (
    "profile",
    "host",
    "model_url",
    "model",
    "model_key",
    "image_model",
    "embedding_model",
    "score_model",
    "chat_url",
    "chat_key",
    "model_outside",
)


def from_environment() -> Settings:
    """Raises SettingsError naming the variable when a value cannot be used."""
    given = {name: os.environ.get(f"KB_{name.upper()}") for name in _TEXTS}
    storage = os.environ.get("KB_STORAGE")
    return Settings().with_(
        storage=Path(storage).expanduser().resolve() if storage else None,
        port=_whole_number("KB_PORT"),
        jobs_at_once=_whole_number("KB_JOBS_AT_ONCE"),
        **given,
    )


def _whole_number(name: str) -> int | None:
    text = os.environ.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise SettingsError(f'{name}: expected a whole number, got "{text}"')
    return int(text)
