"""What `kbapp import` does: the samples of an official run's folder become cases that wait for review."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from kbapp.command_files import progress_bar
from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import UserError
from kbapp.formats.run_folder import RunSample, read_sample, sample_names
from kbapp.formats.run_folder_files import RunFolder, opened_folder
from kbapp.ingest.name import sanitize_name
from kbapp.pipeline import MAX_CANDIDATES
from kbapp.prior_commands import published
from kbapp.priors.version import PriorVersion
from kbapp.settings import Settings


@dataclass(frozen=True)
class Row:
    """What became of a sample. case: its id, None in a dry run or when it was refused; then `error` says why."""

    sample: str
    case: str | None = None
    domain: str = ""
    given: str = ""
    made: str = ""
    candidates: int = 0
    remarks: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Wish:
    """pictures: where the given pictures are looked for. domain: of all samples; empty: by the path that made each."""

    folder: Path
    pictures: Path | None = None
    domain: str = ""
    dry_run: bool = False
    as_json: bool = False


def import_run(settings: Settings, wish: Wish) -> bool:
    """True when no sample was refused. One transaction per case: what was imported before a fault stays. Raises InputError for a folder of
    another kind, NotFound for a domain that is none, StoreError."""
    prior = cache(lambda domain: published(settings, domain))
    if wish.domain:
        prior(wish.domain)
    rows: list[Row] = []
    with ExitStack() as opened:
        root = opened.enter_context(opened_folder(wish.folder))
        names = sample_names(root)
        pictures = opened.enter_context(opened_folder(wish.pictures)) if wish.pictures else None
        store = _looked_at if wish.dry_run else _stored(opened, settings, root, prior)
        advance = opened.enter_context(progress_bar("importing", len(names)))
        try:
            for name in names:
                rows.append(_row(root, name, pictures, wish.domain, store))
                advance(1)
                if not wish.as_json:
                    _print(rows[-1])
        finally:
            _print_all(rows, wish)
    return not any(row.error for row in rows)


Store = Callable[[RunSample, str], str | None]  # (sample, domain) -> the case's id


def _looked_at(sample: RunSample, domain: str) -> None:
    return None


def _stored(opened: ExitStack, settings: Settings, root: RunFolder, prior: Callable[[str], PriorVersion]) -> Store:
    from kbapp.official_run import ORIGIN, completion_of
    from kbapp.review.workbench import Workbench

    workbench = opened.enter_context(Workbench.open_beside(settings))

    def store(sample: RunSample, domain: str) -> str:
        origin = f"{ORIGIN} {sanitize_name(root.name)}, sample {sample.name}"
        completion = completion_of(sample, prior(domain), origin=origin)
        return workbench.imports.completion(LOCAL_OWNER, completion, origin=origin, truth=sample.truth)

    return store


def _row(root: RunFolder, name: str, pictures: RunFolder | None, domain: str, store: Store) -> Row:
    from kbapp.official_run import domain_of

    shown = sanitize_name(root.name if name == "." else name)
    try:
        sample = read_sample(root, name, pictures, MAX_CANDIDATES)
        domain = domain or domain_of(sample)
        case = store(sample, domain)
    except UserError as error:
        return Row(shown, error=str(error))
    given = sample.source.modality
    return Row(shown, case, domain, given.value, given.other.value, len(sample.candidates), sample.remarks)


def _print(row: Row) -> None:
    if row.error:
        print(f"{row.sample}  refused: {row.error}")
        return
    print(
        f"{row.sample}  {row.given} to {row.made}, {row.candidates} candidates, {row.domain}"
        + (f", case {row.case}" if row.case else "")
    )
    for remark in row.remarks:
        print(f"    {remark}")


def _print_all(rows: list[Row], wish: Wish) -> None:
    refused = sum(bool(row.error) for row in rows)
    if wish.as_json:
        print(
            json.dumps(
                {"made": 0 if wish.dry_run else len(rows) - refused, "refused": refused, "samples": [asdict(r) for r in rows]}
            )
        )
    elif wish.dry_run:
        print(f"{len(rows) - refused} cases would be made, {refused} samples refused; nothing was written")
    else:
        print(f"{len(rows) - refused} cases made, {refused} samples refused")
