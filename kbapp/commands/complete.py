"""What `kbapp complete` does: all three steps, into a folder."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from kbapp.commands.extract import findings_json
from kbapp.commands.files import ingested, progress_bar
from kbapp.commands.priors import published
from kbapp.core.case import Case
from kbapp.core.completion import Completion
from kbapp.formats.completion_files import write_completion
from kbapp.pipeline import Progress, complete
from kbapp.profiles import engines_for
from kbapp.settings import Settings


def complete_one(settings: Settings, domain: str, file: Path, n: int, seed: int, out: Path, as_json: bool) -> None:
    prior = published(settings, domain)
    case = Case((ingested(file),), domain=domain, id=file.stem, origin=file.name)
    started = datetime.now(UTC)
    with progress_bar("completing", 1.0) as advance:
        at = [0.0]

        def show(progress: Progress) -> None:
            share = progress.done / progress.total if progress.total else 0.0
            advance(max(0.0, share - at[0]))
            at[0] = max(at[0], share)

        completion = complete(case, prior, engines_for(settings), n=n, seed=seed, on_progress=show, cancelled=lambda: False)
    times = {"started": started.isoformat(), "finished": datetime.now(UTC).isoformat()}
    write_completion(out, completion, times, findings=findings_json(completion.reading, prior))
    best = completion.ranking.preselected
    if as_json:
        print(json.dumps({"out": str(out), "n": len(completion.candidates), "preselected": best, "notes": list(completion.notes)}))
        return
    print(f"{len(completion.candidates)} candidates in {out}")
    print("\n".join(_completion_lines(completion)))


def _completion_lines(completion: Completion) -> Iterator[str]:
    """The candidates from first to last, each with what it was not told or does not show, then the notes of the whole."""
    for k in completion.ranking.order:
        score, candidate = completion.scores[k], completion.candidates[k]
        parts = ", ".join(f"{name} {part.value:.1f}" for name, part in score.parts.items() if part.value is not None)
        yield f"  {k}  QS {score.qs:.1f}  ({parts})  {candidate.subject}" if score.qs is not None else f"  {k}  no QS"
        yield from (f"       {note}" for note in candidate.notes)
    yield from (f"  {note}" for note in (*completion.notes, completion.ranking.abstained) if note)
