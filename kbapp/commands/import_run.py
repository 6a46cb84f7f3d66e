"""What `kbapp import` does: the samples of an official run's folder become cases that wait for review."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path

from kbapp.commands.files import progress_bar
from kbapp.commands.priors import published
from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import UserError
from kbapp.formats.run_folder import RunSample, failed_samples, read_sample, sample_names
from kbapp.formats.run_folder_files import RunFolder, opened_folder
from kbapp.ingest.name import sanitize_name
from kbapp.pipeline import MAX_CANDIDATES
from kbapp.priors.version import PriorVersion
from kbapp.settings import Settings


@dataclass(frozen=True)
class Row:
    """What became of a sample. case: its id, None in a dry run or when it was refused; then `error` says why, and `failed` whether the run
    itself lists it as failed. known: the case was here already, from an earlier import."""

    sample: str
    case: str | None = None
    known: bool = False
    domain: str = ""
    given: str = ""
    made: str = ""
    candidates: int = 0
    remarks: tuple[str, ...] = ()
    error: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Wish:
    """pictures: where the given pictures are looked for. domain: of all samples; empty: by the path that made each."""

    folder: Path
    pictures: Path | None = None
    domain: str = ""
    dry_run: bool = False
    as_json: bool = False


def import_run(settings: Settings, wish: Wish) -> bool:
    """True when no sample was refused but those that the run itself lists as failed. One transaction per case: what was imported before a
    fault stays, and is found again by the next import. Raises InputError for a folder of another kind, NotFound for a domain that
    is none, StoreError."""
    prior = cache(lambda domain: published(settings, domain))
    if wish.domain:
        prior(wish.domain)
    rows: list[Row] = []
    with ExitStack() as opened:
        root = opened.enter_context(opened_folder(wish.folder))
        names = sample_names(root)
        pictures = opened.enter_context(opened_folder(wish.pictures)) if wish.pictures else None
        failed = failed_samples(root)
        store = _looked_at if wish.dry_run else _stored(opened, settings, root, prior)
        advance = opened.enter_context(progress_bar("importing", len(names)))
        try:
            for name in names:
                shown = sanitize_name(root.name if name == "." else name)
                row = _row(shown, partial(read_sample, root, name, pictures, MAX_CANDIDATES, failed), wish.domain, store)
                rows.append(replace(row, failed=bool(row.error) and name in failed))
                advance(1)
                if not wish.as_json:
                    _print(rows[-1])
        finally:
            _print_all(rows, wish)
    return not any(row.error and not row.failed for row in rows)


Store = Callable[[RunSample, str], tuple[str | None, bool]]  # (sample, domain) -> the case's id, and whether it was here before


def _looked_at(sample: RunSample, domain: str) -> tuple[None, bool]:
    return None, False


def _stored(opened: ExitStack, settings: Settings, root: RunFolder, prior: Callable[[str], PriorVersion]) -> Store:
    from kbapp.official_run import ORIGIN, completion_of
    from kbapp.review.workbench import Workbench

    imports = opened.enter_context(Workbench.open_beside(settings)).imports

    def store(sample: RunSample, domain: str) -> tuple[str, bool]:
        origin = f"{ORIGIN} {sanitize_name(root.name)}, sample {sample.name}"
        completion = completion_of(sample, prior(domain), origin=origin)
        if known := imports.same(LOCAL_OWNER, completion, origin=origin):
            return known, True
        return imports.completion(LOCAL_OWNER, completion, origin=origin, truth=sample.truth), False

    return store


def _row(shown: str, read: Callable[[], RunSample], domain: str, store: Store) -> Row:
    from kbapp.official_run import domain_of

    try:
        sample = read()
        domain = domain or domain_of(sample)
        case, known = store(sample, domain)
    except UserError as error:
        return Row(shown, error=str(error))
    given = sample.source.modality
    return Row(shown, case, known, domain, given.value, given.other.value, len(sample.candidates), sample.remarks)


def _print(row: Row) -> None:
    if row.error:
        print(f"{row.sample}  refused: {row.error}{'; the run itself lists this sample as failed' if row.failed else ''}")
        return
    case = f", {'here already as ' if row.known else ''}case {row.case}" if row.case else ""
    print(f"{row.sample}  {row.given} to {row.made}, {row.candidates} candidates, {row.domain}{case}")
    for remark in row.remarks:
        print(f"    {remark}")


def _print_all(rows: list[Row], wish: Wish) -> None:
    refused, known = sum(bool(row.error) for row in rows), sum(row.known for row in rows)
    made, failed = len(rows) - refused - known, sum(row.failed for row in rows)
    if wish.as_json:
        counts = {"made": 0 if wish.dry_run else made, "known": known, "refused": refused, "failed": failed}
        print(json.dumps({**counts, "samples": [asdict(row) for row in rows]}))
        return
    which = "it is" if refused == 1 else "all" if failed == refused else failed
    listed = f" ({which} listed as failed by the run itself)" if failed else ""
    told = f"{_many(refused, 'sample')} refused{listed}"
    if wish.dry_run:
        print(f"{_many(made, 'case')} would be made, {told}; nothing was written")
    else:
        print(f"{_many(made, 'case')} made, {told}" + (f", {known} here already" if known else ""))


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
