"""The shipped reference bands, made again: `python bench/bands.py`. With KB_DATA, those of real reports beside them, figures only.

Writes assets/bands/*.json and docs/benchmarks/bands.md.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.complete import shipped  # noqa: E402
from bench.machine import ROOT, stamp_line  # noqa: E402
from kbapp.formats.band_files import bands_to_json  # noqa: E402
from kbapp.lab.bands import film_bands, section_bands  # noqa: E402
from kbapp.lab.reports import read_reports  # noqa: E402
from kbapp.lab.tables import band_lines  # noqa: E402
from kbapp.profiles import engines_for  # noqa: E402
from kbapp.settings import Settings  # noqa: E402

REAL = 600  # reports of KB_DATA


def main() -> None:
    prior, engines = shipped(), engines_for(Settings())
    reports = read_reports()
    of = f"{len(reports)} invented reports"
    made = {
        "drawn-films": film_bands(reports, engines, prior, "chest-xray", of),
        "invented-sections": section_bands(reports, engines, prior, "chest-xray", of),
    }
    for name, bands in made.items():
        text = bands_to_json(bands, bands[0].pairs, prior.ref)
        (ROOT / "assets" / "bands" / f"{name}.json").write_text(text, encoding="utf-8")
    data = os.environ.get("KB_DATA")
    if data:
        real = read_reports(Path(data) / "iu_xray_train.jsonl")[:REAL]
        made["real"] = section_bands(real, engines, prior, "chest-xray", f"{len(real)} development reports")
    tables = "\n\n".join(f"{bands[0].pairs}:\n\n" + "\n".join(band_lines(bands)) for bands in made.values())
    best = max((b for b in made["drawn-films"] if b.part != "QS"), key=lambda b: b.auc)
    text = f"""# Reference bands

`KB_DATA=FOLDER python bench/bands.py` · {stamp_line()}

Each source is scored with the candidate that belongs to it and with ten others. AUC: how often a true pair scores above a mismatched one,
over all sources; 0.5 is chance. The page places each part of a score between the 5th and the 95th percentile of the true pairs, and uses
only bands of its own direction and of the same versions of readers and scorers. No real film with its report was at hand: the bands that
the page shows come from drawn films and invented reports, and say so. Of real reports only the figures below are kept here.

{tables}

Of the single parts {best.part} tells drawn pairs apart best ({best.auc:.3f}, {best.source} → {best.target}): the order of the AUC says which
part deserves weight on such pairs. A prior sets the weights.
"""
    (ROOT / "docs" / "benchmarks" / "bands.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
