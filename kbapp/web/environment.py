"""What must be set before Gradio is imported for the first time. Reading it later has no effect."""

import os
import shutil
import sys
from pathlib import Path

import platformdirs

from kbapp.errors import SettingsError
from kbapp.settings import Settings

_SET = {
    "GRADIO_ANALYTICS_ENABLED": "False",  # no calls home
    "GRADIO_RUN_HISTORY": "False",  # it keeps inputs and outputs in the browser
    "GRADIO_SHARE": "False",
    "GRADIO_MCP_SERVER": "False",
    "GRADIO_SSR_MODE": "False",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}
_UNSET = ("HF_TOKEN", "GRADIO_ALLOWED_PATHS", "GRADIO_LOCAL_DEV_MODE", "GRADIO_VIBE_MODE", "GRADIO_ROOT_PATH", "GRADIO_PROFILING")


def prepare_environment(settings: Settings) -> Path:
    """Call first. Returns the emptied folder for uploads. Raises SettingsError when it cannot be made."""
    if "gradio" in sys.modules and os.environ.get("HF_HUB_OFFLINE") != "1":
        raise RuntimeError("prepare_environment must run before the first import of gradio")
    os.environ.update(_SET)
    for name in _UNSET:
        os.environ.pop(name, None)
    folder = upload_folder(settings)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise SettingsError(
            f"The folder for uploads cannot be made: {folder}: {error.strerror}. Set XDG_CACHE_HOME to one that can."
        ) from error
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    return folder


def upload_folder(settings: Settings) -> Path:
    """In memory where the system offers it, else in the user's cache; one for each port.

    Never in the storage (blocked for Gradio), in the working directory or the system's temporary directory (both readable for it).
    """
    in_memory = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(in_memory) if in_memory and os.access(in_memory, os.W_OK) else Path(platformdirs.user_cache_path())
    return (base / "kbapp" / f"uploads-{settings.port}").resolve()
