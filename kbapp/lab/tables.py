"""What the commands of `kbapp lab` do: measure, print a table, write JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from kbapp.commands.priors import published
from kbapp.core.band import Band
from kbapp.errors import InputError
from kbapp.formats.band_files import bands_to_json
from kbapp.lab.ablations import Row, ablations, counts
from kbapp.lab.bands import film_bands, section_bands
from kbapp.lab.reports import INVENTED, read_reports
from kbapp.profiles import engines_for
from kbapp.settings import Settings
from kbapp.store.layout import bands_folder


def write_bands(settings: Settings, set_: str, out: Path | None, most: int, domain: str) -> None:
    prior, engines = published(settings, domain), engines_for(settings)
    if set_ == "films":
        reports = read_reports()[:most]
        bands = film_bands(reports, engines, prior, domain, f"{len(reports)} invented reports")
    else:
        file = Path(set_)
        reports = read_reports(file)[:most]
        of = f"{len(reports)} invented reports" if file.resolve() == INVENTED else f"{len(reports)} reports of {file.name}"
        bands = section_bands(reports, engines, prior, domain, of)
    if not bands:
        raise InputError("no part could be computed on these reports: there is nothing to keep")
    out = out or bands_folder(settings.storage) / f"{Path(set_).stem}-{settings.profile}.json"
    _write(out, bands_to_json(bands, bands[0].pairs, prior.ref))
    print("\n".join(band_lines(bands)))
    print(f"kept in {out}")


def band_lines(bands: Sequence[Band]) -> list[str]:
    """A table in Markdown: per part its AUC and some percentiles of both kinds of pairs."""
    lines = [
        "| from → to | part | AUC | true: 5th, 50th, 95th of 100 | mismatched: 5th, 50th, 95th | pairs |",
        "|---|---|---|---|---|---|",
    ]
    for band in bands:
        true, other = (", ".join(f"{r.percentiles[k]:.0f}" for k in (5, 50, 95)) for r in (band.true, band.mismatched))
        counts = f"{band.true.count} + {band.mismatched.count}"
        lines.append(f"| {band.source} → {band.target} | {band.part} | {band.auc:.3f} | {true} | {other} | {counts} |")
    return lines


NOTE = """F1 counts findings with their side, of the candidate that ranks first against what is known of the case: missing a report, the
report that the film was drawn from, which the run never saw; missing a film, the given report itself, read back from the drawn film by the
reader that ranks it, so that this half flatters. On the builtin profile candidates differ only where the reader was unsure: what ranking
can gain is the way from "mean of all" to "best of all"."""


def write_ablations(settings: Settings, file: Path | None, out: Path | None, n: int, most: int, domain: str) -> None:
    prior, engines = published(settings, domain), engines_for(settings)
    rows = ablations(read_reports(file or INVENTED)[:most], engines, prior, domain, n)
    _show(rows, out or settings.storage / "lab" / "ablations.json", prior.ref, file)


def write_counts(settings: Settings, file: Path | None, out: Path | None, most: int, domain: str) -> None:
    prior, engines = published(settings, domain), engines_for(settings)
    rows = counts(read_reports(file or INVENTED)[:most], engines, prior, domain)
    _show(rows, out or settings.storage / "lab" / "counts.json", prior.ref, file)


def _show(rows: Sequence[Row], out: Path, prior: str, file: Path | None) -> None:
    said = "invented reports" if file is None else file.name
    _write(out, json.dumps({"reports": said, "prior": prior, "note": NOTE, "rows": [asdict(row) for row in rows]}, indent=1) + "\n")
    print("\n".join(row_lines(rows)))
    print(f"\n{NOTE}\nkept in {out}")


def row_lines(rows: Sequence[Row]) -> list[str]:
    """A table in Markdown."""
    lines = [
        "| missing | variant | n | cases | F1 of the first (95 in 100 draws) | mean of all | best of all | degree right | first contradicts | none put forward | distinct | ms |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        degree = "–" if row.degrees is None else f"{row.degrees:.2f}"
        f1 = f"{row.f1_first:.3f} ({row.interval[0]:.3f}-{row.interval[1]:.3f})"
        lines.append(
            f"| {row.missing} | {row.variant} | {row.n} | {row.cases} | {f1} | {row.f1_every:.3f} | {row.f1_best:.3f} | {degree} "
            f"| {row.contradicting:.2f} | {row.abstained:.2f} | {row.distinct:.1f} | {row.ms:.0f} |"
        )
    return lines


def _write(out: Path, text: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
