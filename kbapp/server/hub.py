"""Models fetched from the hub: what it offers is told first, and what arrives is compared with its own checksums.

Licence, commit, sizes and checksums are what the hub says at that moment; nothing of the sort is known from memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

from kbapp.engines.catalog import Recipe
from kbapp.engines.checkpoint import found_folder, is_hub_name
from kbapp.errors import ModelUnavailable, NotFound, UserError
from kbapp.server.model_files import facts_of, listed_files, write_list

# Other frameworks' copies of the same weights, and pickles where safetensors are the rule.
LEFT_OUT = ("*.bin", "*.msgpack", "*.h5", "*.onnx", "*.onnx_data", "*.ckpt", "*.gguf", "*.xml", "*.png", "*.jpg", "*.mp4")


@dataclass(frozen=True)
class Wish:
    """A repository of the hub, OWNER/NAME, and the folder it goes to; None: the hub's local cache, where its name finds it.

    keep: patterns to fetch although they are left out by default.
    """

    repo: str
    folder: Path | None = None
    revision: str = "main"
    keep: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """What the hub has for a wish. files: name -> (bytes, SHA-256 or None where the hub gives none)."""

    wish: Wish
    commit: str
    licence: str
    files: Mapping[str, tuple[int, str | None]]
    left_out: tuple[str, ...]

    @property
    def to_fetch(self) -> int:
        """Bytes that are not there yet, by names and sizes."""
        there = self.wish.folder or found_folder(self.wish.repo)
        return sum(size for name, (size, _) in self.files.items() if not _has(there / name, size))


def wishes_of(recipes: Sequence[Recipe], keep: tuple[str, ...] = ()) -> list[Wish]:
    """All that a file of models says an origin of: a name of the hub in a path's place, or `from` beside the path. Each once."""
    found: dict[tuple, Wish] = {}
    for recipe in recipes:
        for key, path in recipe.options.items():
            origin = recipe.origins.get(key)
            if origin is not None:
                repo, _, revision = origin.partition("@")
                wish = Wish(repo, Path(path).expanduser(), revision or "main", keep)
            elif is_hub_name(str(path)) and not Path(path).exists():
                wish = Wish(path, keep=keep)
            else:
                continue
            found[wish.repo, wish.folder] = wish
    return list(found.values())


def pull(wishes: Sequence[Wish], say: Callable[[str], None] = print) -> list[Path]:
    """Fetch and list them; the folders. The size of all is told before the first byte. A second call fetches only what is missing, or was changed since.

    Raises NotFound for a repository or revision that is none, ModelUnavailable when the hub cannot be reached, the transfer breaks off
    or a file arrives spoiled, which is removed.
    """
    offers = [_offer(wish) for wish in wishes]
    for offer in offers:
        size = sum(size for size, _ in offer.files.values())
        say(f"{offer.wish.repo} at {offer.commit}, licence: {offer.licence}, {len(offer.files)} files of {_mb(size)}")
        if not any(name.endswith(".safetensors") for name in offer.files):
            say(f"{offer.wish.repo} has no weights as safetensors; --keep '*.bin' fetches its pickles too")
    say(f"to fetch: {_mb(sum(offer.to_fetch for offer in offers))}")
    return [_fetched(offer) for offer in offers]


def _offer(wish: Wish) -> Offer:
    from huggingface_hub import HfApi
    from huggingface_hub.utils import filter_repo_objects

    with _hub_errors(wish):
        info = HfApi().model_info(wish.repo, revision=wish.revision, files_metadata=True)
    said = {one.rfilename: (one.size or 0, one.lfs.sha256 if one.lfs else None) for one in info.siblings or ()}
    patterns = (*LEFT_OUT, *_second_copies(list(said)))
    left_out = tuple(pattern for pattern in patterns if not any(fnmatch(pattern, kept) for kept in wish.keep))
    files = {name: said[name] for name in filter_repo_objects(said, ignore_patterns=list(left_out))}
    return Offer(wish, info.sha, _licence(info), files, left_out)


def _fetched(offer: Offer) -> Path:
    from huggingface_hub import snapshot_download

    wish = offer.wish
    _drop_changed(wish.folder or found_folder(wish.repo))
    # Into the cache by the branch's name, which is how it is found again; into a folder by the commit that was told.
    revision = wish.revision if wish.folder is None else offer.commit
    with _hub_errors(wish):
        folder = Path(snapshot_download(wish.repo, revision=revision, local_dir=wish.folder, ignore_patterns=list(offer.left_out)))
    facts = facts_of(folder)
    _refuse_spoiled(offer, folder, facts)
    write_list(folder, wish.repo, offer.commit, offer.licence, facts)
    return folder


def _refuse_spoiled(offer: Offer, folder: Path, facts: Mapping[str, Mapping]) -> None:
    spoiled = []
    for name, (_, sha256) in offer.files.items():
        if name not in facts or (sha256 is not None and facts[name]["sha256"] != sha256):
            spoiled.append(name)
            _remove(folder / name)
    if spoiled:
        raise ModelUnavailable(
            f"{offer.wish.repo}: {', '.join(spoiled[:3])} did not arrive as the hub has it (SHA-256), and was removed; run the command again."
        )


def _drop_changed(folder: Path) -> None:
    """The hub's client keeps a file that looks fetched; one that was changed since would then be listed as if it had come that way."""
    now = facts_of(folder) if listed_files(folder) else {}
    for name, facts in listed_files(folder).items():
        if name in now and now[name] != facts:
            _remove(folder / name)


def _remove(file: Path) -> None:
    """With what it links to: files of the hub's cache are links."""
    content = file.resolve()
    file.unlink(missing_ok=True)
    content.unlink(missing_ok=True)


def _second_copies(names: list[str]) -> list[str]:
    """Of a pipeline's weights: the whole of it in single files beside the parts, and half precision beside whole."""
    single = [name for name in names if "/" not in name and name.endswith(".safetensors")] if "model_index.json" in names else []
    return [*single, *(name for name in names if ".fp16." in name and name.replace(".fp16.", ".") in names)]


@contextmanager
def _hub_errors(wish: Wish) -> Iterator[None]:
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    repo = wish.repo
    try:
        yield
    except (HFValidationError, ValueError):
        raise UserError(f'expected the name of a model as OWNER/NAME, got "{repo[:100]}"') from None
    except OfflineModeIsEnabled:
        raise ModelUnavailable("the hub is switched off (HF_HUB_OFFLINE); unset it to fetch models") from None
    except HfHubHTTPError as error:
        if error.response is not None and error.response.status_code in (401, 403, 404):
            raise NotFound(
                f"the hub has no model {repo} at {wish.revision}, or it needs a licence to be accepted there first"
            ) from None
        raise ModelUnavailable(f"the hub failed while {repo} was fetched; run the command again to go on") from None
    except (LocalEntryNotFoundError, _transport_error(), OSError):
        raise ModelUnavailable(
            f"the hub cannot be reached, or the disk is full; {repo} was not fetched completely. Run it again to go on."
        ) from None


def _transport_error() -> type[Exception]:
    """Base of the hub client's own network errors: its HTTP library changes its name from version to version."""
    from huggingface_hub import get_session

    return import_module(type(get_session()).__module__.split(".")[0]).HTTPError


def _licence(info) -> str:
    return str((info.card_data or {}).get("license") or "not stated; look it up before use")


def _has(file: Path, size: int) -> bool:
    return file.is_file() and file.stat().st_size == size


def _mb(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 5e8 else f"{count / 1e6:.1f} MB"
