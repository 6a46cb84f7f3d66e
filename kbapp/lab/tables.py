"""What the commands of `kbapp lab` do: measure, print a table, write JSON."""

from collections.abc import Sequence
from pathlib import Path

from kbapp.commands import published
from kbapp.core.band import Band
from kbapp.errors import InputError
from kbapp.formats.band_files import bands_to_json
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


def _write(out: Path, text: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
