"""Model files fetched ahead of time, with a list of what was fetched, so that everything runs offline and can be checked later.

Licence, commit and sizes are read from the hub at that moment and kept beside the files; nothing of the sort is known from memory.
"""

import hashlib
import json
from collections.abc import Callable
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

from kbapp.errors import ModelUnavailable, NotFound, UserError

LIST = "kb-model.json"
# Other frameworks' copies of the same weights, and pickles where safetensors are the rule.
LEFT_OUT = ("*.bin", "*.msgpack", "*.h5", "*.onnx", "*.onnx_data", "*.ckpt", "*.gguf", "*.xml", "*.png", "*.jpg", "*.mp4")


def pull(repo: str, folder: Path, revision: str = "main", keep: tuple[str, ...] = (), say: Callable[[str], None] = print) -> dict:
    """Fetch a repository of the hub into a folder and write the list. keep: patterns to fetch although they are left out by default.

    A second call fetches only what is missing, or was changed since. Raises NotFound for a repository or revision that is none, ModelUnavailable when the hub
    cannot be reached or the transfer breaks off.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        info = HfApi().model_info(repo, revision=revision, files_metadata=False)
        say(f"{repo} at {info.sha}, licence: {_licence(info)}")
        copies = _second_copies([one.rfilename for one in info.siblings or ()])
        left_out = [pattern for pattern in (*LEFT_OUT, *copies) if not any(fnmatch(pattern, kept) for kept in keep)]
        _drop_changed(folder)
        snapshot_download(repo, revision=info.sha, local_dir=folder, ignore_patterns=left_out)
    except (HFValidationError, ValueError):
        raise UserError(f'expected the name of a model as OWNER/NAME, got "{repo[:100]}"') from None
    except OfflineModeIsEnabled:
        raise ModelUnavailable("the hub is switched off (HF_HUB_OFFLINE); unset it to fetch models") from None
    except HfHubHTTPError as error:
        if error.response is not None and error.response.status_code in (401, 403, 404):
            raise NotFound(f"the hub has no model {repo} at {revision}, or it needs a licence to be accepted there first") from None
        raise ModelUnavailable(f"the hub failed while {repo} was fetched; run the command again to go on") from None
    except (LocalEntryNotFoundError, _transport_error(), OSError):
        raise ModelUnavailable(
            f"the hub cannot be reached, or the disk is full; {repo} was not fetched completely. Run it again to go on."
        ) from None
    return write_list(folder, repo, info.sha, _licence(info))


def _second_copies(names: list[str]) -> list[str]:
    """Of a pipeline's weights: the whole of it in single files beside the parts, and half precision beside whole."""
    single = [name for name in names if "/" not in name and name.endswith(".safetensors")] if "model_index.json" in names else []
    return [*single, *(name for name in names if ".fp16." in name and name.replace(".fp16.", ".") in names)]


def _drop_changed(folder: Path) -> None:
    """The hub's client keeps a file that looks fetched; one that was changed since would then be listed as if it had come that way."""
    for name, facts in _listed(folder).items():
        if (folder / name).is_file() and _facts(folder / name) != facts:
            (folder / name).unlink()


def _listed(folder: Path) -> dict:
    """Files and their facts as they were fetched; empty without a list."""
    try:
        return json.loads((folder / LIST).read_text(encoding="utf-8"))["files"]
    except (OSError, json.JSONDecodeError, KeyError):
        return {}


def _transport_error() -> type[Exception]:
    """Base of the hub client's own network errors: its HTTP library changes its name from version to version."""
    from huggingface_hub import get_session

    return import_module(type(get_session()).__module__.split(".")[0]).HTTPError


def _licence(info) -> str:
    return str((info.card_data or {}).get("license") or "not stated; look it up before use")


def write_list(folder: Path, repo: str, commit: str, licence: str) -> dict:
    listed = {"repo": repo, "commit": commit, "licence": licence, "files": {name: _facts(folder / name) for name in _names(folder)}}
    (folder / LIST).write_text(json.dumps(listed, indent=1, sort_keys=True), encoding="utf-8")
    return listed


def verify(folder: Path) -> list[str]:
    """What differs from the list, one sentence each; empty when all is as it was fetched. Raises NotFound without a list."""
    listed = _listed(folder)
    if not listed:
        raise NotFound(f"{folder} has no {LIST}; it was not fetched by kbapp models pull")
    found = set(_names(folder))
    faults = [f"{name} is missing" for name in sorted(listed.keys() - found)]
    faults += [f"{name} was not fetched with the rest" for name in sorted(found - listed.keys())]
    return faults + [f"{name} was changed" for name in sorted(found & listed.keys()) if _facts(folder / name) != listed[name]]


def size_of(folder: Path) -> int:
    """Bytes of all files of a model."""
    return sum((folder / name).stat().st_size for name in _names(folder))


def _names(folder: Path) -> list[str]:
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != LIST and ".cache" not in p.relative_to(folder).parts)
    return sorted(p.relative_to(folder).as_posix() for p in files)


def _facts(file: Path) -> dict:
    with file.open("rb") as stream:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def list_line(name: str, role: str, kind: str, folder: Path) -> str:
    """One model of the file of models with what is known of it: size, where it came from, licence."""
    head = f"{name:<16} {role:<11} {kind:<10}"
    if not folder.exists():
        return f"{head} {folder} is not there"
    whole = folder if folder.is_dir() else folder.parent
    size = f"{(size_of(whole) if folder.is_dir() else folder.stat().st_size) / 1e6:.1f} MB"
    try:
        listed = json.loads((whole / LIST).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return f"{head} {size:>12}  origin not known"
    return f"{head} {size:>12}  {listed['repo']}@{listed['commit'][:12]}  {listed['licence']}"
