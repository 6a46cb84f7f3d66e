"""Our scripts, styles and sample pictures, and vis-network from the pyvis package: a fixed list, read once, served from memory."""

import hashlib
import importlib.util
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from kbapp.errors import SettingsError
from kbapp.resources import ASSETS

_TYPES = {".css", ".js", ".svg", ".png", ".ico", ".woff2"}


@dataclass(frozen=True)
class StaticFile:
    data: bytes
    media_type: str
    etag: str


def load_static_files(folders: tuple[Path, ...] = (ASSETS / "static", ASSETS / "samples")) -> dict[str, StaticFile]:
    """By file name. What is not in this dictionary is not served, so no path is ever joined."""
    own = sorted(path for folder in folders for path in folder.glob("*") if path.suffix in _TYPES and path.is_file())
    return {path.name: _read(path) for path in [_vis_network(), *own]}


def _read(path: Path) -> StaticFile:
    data = path.read_bytes()
    kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return StaticFile(data, kind + charset, f'"{hashlib.sha256(data).hexdigest()[:20]}"')


def _vis_network() -> Path:
    """pyvis is not imported for this: it loads IPython."""
    found = importlib.util.find_spec("pyvis")
    path = Path(found.origin).parent / "templates/lib/vis-9.1.2/vis-network.min.js" if found and found.origin else None
    if path is None or not path.is_file():
        raise SettingsError("The package pyvis is missing or incomplete: install the workbench again.")
    return path
