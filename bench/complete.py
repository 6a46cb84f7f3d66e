"""How long a builtin completion takes, everything included: `python bench/complete.py [RUNS]`.

Text to image: a report in, n schematic films read back, scored, ranked and encoded as PNG. Image to text: a PNG decoded, read, n reports
written, read back, scored, ranked. Each run has another seed and another source, so that nothing is answered from memory. Writes
docs/benchmarks/complete.md.
"""

import os
import statistics
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.machine import ROOT, stamp_line  # noqa: E402
from kbapp.core.case import Case  # noqa: E402
from kbapp.core.content import ImageContent, TextContent  # noqa: E402
from kbapp.formats.picture import decode_png, encode_png  # noqa: E402
from kbapp.in_order import in_order  # noqa: E402
from kbapp.pipeline import Engines, complete  # noqa: E402
from kbapp.priors.document import parse_prior  # noqa: E402
from kbapp.priors.version import PriorVersion  # noqa: E402
from kbapp.profiles import engines_for  # noqa: E402
from kbapp.resources import DOMAINS  # noqa: E402
from kbapp.settings import Settings  # noqa: E402

REPORTS = (
    "Moderate left pleural effusion. Possible right pleural effusion. Severe cardiomegaly. No pneumothorax. The mediastinum is normal.",
    "Mild opacity in the right upper lobe. Possible left basilar atelectasis. Heart size is normal. No pleural effusion.",
    "The heart is normal in size. The lungs are clear. No pleural effusion or pneumothorax. No acute bony abnormality.",
    "Severe opacity in the left lower lobe with small left pleural effusion. Mild cardiomegaly. Pacemaker in place. No pneumothorax.",
)
COUNTS = (1, 5, 15)


def shipped() -> PriorVersion:
    yaml = (DOMAINS / "chest-xray.yaml").read_text(encoding="utf-8")
    return PriorVersion(parse_prior(yaml), 1, yaml)


class Counted:
    """A role that counts the calls of its one method and what they were given."""

    def __init__(self, role, method: str, counter: Counter, name: str):
        self._role, self._method, self._counter, self._name = role, method, counter, name

    def __getattr__(self, attribute):
        value = getattr(self._role, attribute)
        if attribute != self._method:
            return value

        def counted(*given, **options):
            self._counter[self._name] += 1
            return value(*given, **options)

        return counted


def counted(engines: Engines, counter: Counter) -> Engines:
    return replace(
        engines,
        readers={m: Counted(r, "read", counter, f"{m} reader") for m, r in engines.readers.items()},
        writer=Counted(engines.writer, "write", counter, "writer"),
        image_generator=Counted(engines.image_generator, "generate", counter, "image generator"),
        scorers=tuple(Counted(s, "similarity", counter, f"scorer {s.name}") for s in engines.scorers),
    )


def text_to_image(engines: Engines, prior: PriorVersion, n: int, run: int, sources: list[bytes]) -> None:
    case = Case((TextContent(REPORTS[run % len(REPORTS)]),))
    made = complete(case, prior, engines, n=n, seed=run).candidates
    in_order(encode_png, [candidate.content.pixels for candidate in made])  # the store writes them at the same time too


def image_to_text(engines: Engines, prior: PriorVersion, n: int, run: int, sources: list[bytes]) -> None:
    complete(Case((ImageContent(decode_png(sources[run % len(sources)])),)), prior, engines, n=n, seed=run)


def milliseconds(way, engines, prior, n, runs, sources) -> tuple[list[float], list[float]]:
    """(wall clock, processor time of all threads), each sorted."""
    wall, processor = [], []
    for run in range(runs):
        began, began_cpu = time.perf_counter(), time.process_time()
        way(engines, prior, n, run, sources)
        wall.append((time.perf_counter() - began) * 1e3)
        processor.append((time.process_time() - began_cpu) * 1e3)
    return sorted(wall), sorted(processor)


def percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, round(share * (len(values) - 1)))]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    load = os.getloadavg()[0]
    prior, engines = shipped(), engines_for(Settings())
    drawn = engines.image_generator.generate([REPORTS[k % len(REPORTS)] for k in range(runs)], range(900, 900 + runs), prior)
    sources = [encode_png(film.pixels) for film in drawn]
    rows, medians = [], {}
    for name, way in (("text → image", text_to_image), ("image → text", image_to_text)):
        way(engines, prior, 2, 10_000, sources)
        for n in COUNTS:
            times, processor = milliseconds(way, engines, prior, n, runs, sources)
            medians[name, n] = statistics.median(times)
            rows.append(
                f"| {name} | {n} | {medians[name, n]:.0f} | {percentile(times, 0.95):.0f} | {times[0]:.0f} | {statistics.median(processor):.0f} |"
            )
        print("\n".join(rows[-3:]), flush=True)
    text = report(load, runs, rows, medians, work_at_5(engines, prior, sources))
    (ROOT / "docs" / "benchmarks").mkdir(parents=True, exist_ok=True)
    (ROOT / "docs" / "benchmarks" / "complete.md").write_text(text, encoding="utf-8")
    print(text)


def work_at_5(engines: Engines, prior: PriorVersion, sources: list[bytes]) -> dict[str, Counter]:
    work = {}
    for name, way in (("text → image", text_to_image), ("image → text", image_to_text)):
        work[name] = Counter()
        way(counted(engines, work[name]), prior, 5, 1, sources)
    return work


def report(load: float, runs: int, rows: list[str], medians: dict, work: dict[str, Counter]) -> str:
    growth = "\n".join(
        f"| T(15) / T(5), {way} | {medians[way, 15] / medians[way, 5]:.2f} | < 2.5 |" for way in ("text → image", "image → text")
    )
    calls = "\n".join(
        f"| {way} | " + ", ".join(f"{name} {count}" for name, count in sorted(done.items())) + " |" for way, done in work.items()
    )
    return f"""# A builtin completion

`python bench/complete.py {runs}` · {stamp_line()}

Everything included: decoding the source, the three steps, encoding the candidates (PNG, 512 x 512). Milliseconds, {runs} runs each, every
run with another seed and source. Load of the machine when it began: {load:.1f} (above its number of cores, the wall clock tells of others);
priority (nice) {os.nice(0)}.

| | n | p50 | p95 | min | processor time, p50 |
|---|---|---|---|---|---|
{chr(10).join(rows)}

| | value | target |
|---|---|---|
| text → image, n = 5, p50 | {medians["text → image", 5]:.0f} ms | 150 ms |
| image → text, n = 5, p50 | {medians["image → text", 5]:.0f} ms | 50 ms |
{growth}

Calls per completion at n = 5 (each holds all candidates; the tests assert them):

| | calls |
|---|---|
{calls}

Each film costs the same, so T(15) / T(5) tends to 3 where little else is to do; only a cost that all candidates share would lower it.
Films are drawn, read and compared on as many threads as there are processors. Files read in the three steps: none. Reading a film takes
most of the time: see docs/film-reader.md.
"""


if __name__ == "__main__":
    main()
