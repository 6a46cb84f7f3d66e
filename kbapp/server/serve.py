"""`kbapp serve`: read the file of models, print what they take, load them, answer."""

import ipaddress
import logging
import os
import socket
import threading
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kbapp.engines.catalog import Recipe, recipe
from kbapp.errors import SettingsError
from kbapp.server.card import Card, memory_on
from kbapp.server.house import House, Model
from kbapp.server.pace import measured, pace_line
from kbapp.server.plan import needs, plan_lines
from kbapp.server.turns import Turns

_TYPES = {str: "a text", int: "a whole number", bool: "true or false"}
_STOP_S = 20  # what runs may end in this time when the server is told to stop; the service file kills after 30
_LAST_WORDS_S = 2  # between the card's failure and the end: who waits is answered, and /readyz says why
CARD_EXIT = 75  # EX_TEMPFAIL of sysexits.h: start it again
_KEYS = {"host", "port", "device", "dtype", "window_ms", "max_waiting", "deadline_s", "in_turns", "models"}


@dataclass(frozen=True)
class ServeSettings:
    """recipes: what to serve. device, dtype: "auto" or as in `kbapp.engines.checkpoint.placement`.

    in_turns: the chat and image models are on the card one after the other. token: from KB_MODEL_KEY, never from the file.
    """

    recipes: tuple[Recipe, ...]
    host: str = "127.0.0.1"
    port: int = 8600
    device: str = "auto"
    dtype: str = "auto"
    window_ms: int = 10
    max_waiting: int = 64
    deadline_s: int = 600
    in_turns: bool = False
    token: str = field(default="", repr=False)

    def __post_init__(self):
        if not 0 < self.port < 65536:
            raise SettingsError(f"expected a port from 1 to 65535, got {self.port}")
        if not self.token and not _is_loopback(self.host):
            raise SettingsError(f"{self.host} can be reached from other machines: set KB_MODEL_KEY to a long random token first")


def read_settings(path: str | Path, **changes) -> ServeSettings:
    """From a TOML file, see docs/models.md; changes from the command line win. Raises SettingsError naming the key."""
    file = Path(path).expanduser()
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise SettingsError(f"expected a file of models at {file}; docs/models.md shows one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is no TOML: {error}") from None
    models = said.pop("models", {})
    unknown = sorted(said.keys() - _KEYS)
    if unknown or not isinstance(models, dict) or not models:
        raise SettingsError(
            f"{file}: " + (f"unknown: {', '.join(unknown)}" if unknown else "expected at least one table [models.NAME]")
        )
    _check_types(file, said)
    recipes = tuple(recipe(name, _table(file, name, table)) for name, table in models.items())
    given = {name: value for name, value in changes.items() if value is not None}
    return ServeSettings(recipes, token=os.environ.get("KB_MODEL_KEY", ""), **{**said, **given})


def _table(file: Path, name: str, table: Any) -> Mapping[str, Any]:
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: expected a table [models.{name}]")
    return table


def _check_types(file: Path, said: Mapping[str, Any]) -> None:
    for name, value in said.items():
        wanted = {"host": str, "device": str, "dtype": str, "in_turns": bool}.get(name, int)
        if type(value) is not wanted:
            raise SettingsError(f"{file}: {name} is {value!r}; expected {_TYPES[wanted]}")


def house_of(settings: ServeSettings, card: Card | None = None) -> House:
    """The models, not yet loaded."""

    def loader(one: Recipe) -> Callable[[], Any]:
        return lambda: one.load(settings.device, settings.dtype)

    models = [Model(one.name, one.role, loader(one)) for one in settings.recipes]
    turns = Turns() if settings.in_turns else None
    return House(models, window_s=settings.window_ms / 1000, max_waiting=settings.max_waiting, turns=turns, card=card)


def serve(settings: ServeSettings, *, cpu: bool = False, plan: bool = False, say: Callable[[str], None] = print) -> None:
    """Serve until it is stopped; with `plan` say what the models take, and stop.

    Raises SettingsError without a card, unless `cpu` says that this is meant, and when the port cannot be had.
    """
    from kbapp.engines.checkpoint import placement
    from kbapp.server.app import LOCAL_HOSTS, create_app

    place = placement(settings.device, settings.dtype)
    found = needs(settings.recipes, place.dtype)
    for line in plan_lines(found, _free_on_card(place.device), in_turns=settings.in_turns):
        say(line)
    if plan:
        return
    if place.device == "cpu" and not cpu:
        raise SettingsError(f"no CUDA card is found. {pace_line(settings.recipes, measured())} Pass --cpu if that is meant.")
    _log_ours()
    listening = _listening(settings.host, settings.port)
    house = house_of(settings, Card(partial(memory_on, place.device)))
    hosts = LOCAL_HOSTS if _is_loopback(settings.host) else None
    app = create_app(house, token=settings.token, hosts=hosts, deadline_s=settings.deadline_s)
    say(f"Model server at http://{settings.host}:{settings.port}/v1; ready when /readyz says so")
    answer(app, house, listening)


def answer(app: Callable, house: House, listening: socket.socket) -> None:
    """Load the models and answer until the server is told to stop. When the card breaks, the process itself ends, with CARD_EXIT."""
    import uvicorn

    manners = {"proxy_headers": False, "access_log": False, "log_level": "warning", "timeout_graceful_shutdown": _STOP_S}
    server = uvicorn.Server(uvicorn.Config(app, **manners))

    def stop() -> None:
        server.should_exit = True

    def stop_soon() -> None:
        timer = threading.Timer(_LAST_WORDS_S, stop)
        timer.daemon = True
        timer.start()

    house.card.when_broken = stop_soon
    house.start()
    server.run(sockets=[listening])
    if house.card.broken:
        logging.shutdown()
        os._exit(CARD_EXIT)  # an ordinary end would wait for threads and destructors that the broken card may hold for ever


def _log_ours() -> None:
    """Our lines; of the libraries warnings alone: some tell every step of loading."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("kbapp").setLevel(logging.INFO)


def _listening(host: str, port: int) -> socket.socket:
    """Before the models are loaded, so that a port that is taken is told at once. Raises SettingsError."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]
        raise SettingsError(
            f"cannot listen at {host}:{port}: {why}; stop what has this address, or choose another --port"
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _free_on_card(device: str) -> int | None:
    if not device.startswith("cuda"):
        return None
    import torch

    return torch.cuda.mem_get_info(torch.device(device))[0]
