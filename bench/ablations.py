"""Tables 3 and 4 of the paper on the invented reports: `python bench/ablations.py [REPORTS]`. Writes docs/benchmarks/ablations.md."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.complete import shipped  # noqa: E402
from bench.machine import ROOT, stamp_line  # noqa: E402
from kbapp.lab.ablations import ablations, counts  # noqa: E402
from kbapp.lab.reports import read_reports  # noqa: E402
from kbapp.lab.tables import NOTE, row_lines  # noqa: E402
from kbapp.profiles import engines_for  # noqa: E402
from kbapp.settings import Settings  # noqa: E402


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    load = os.getloadavg()[0]
    prior, engines = shipped(), engines_for(Settings())
    reports = read_reports()[:most]
    switched = row_lines(ablations(reports, engines, prior, "chest-xray", 5))
    counted = row_lines(counts(reports, engines, prior, "chest-xray"))
    text = f"""# Ablations and numbers of candidates

`python bench/ablations.py {most}` · {stamp_line()}

{len(reports)} invented reports (assets/reports.jsonl), builtin profile; `kbapp lab ablations` and `kbapp lab counts` do the same on a set of
your own. Milliseconds are medians under a load of {load:.1f}.

{NOTE}

## Terms switched off (the paper's Table 3)

{chr(10).join(switched)}

## Numbers of candidates (the paper's Table 4)

{chr(10).join(counted)}
"""
    (ROOT / "docs" / "benchmarks" / "ablations.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
