"""From the key that saves a decision to the next case painted, in headless Chromium: `python bench/next_case.py [CASES]`.

Every case is a report with five drawn candidates. "answer": the new case stands on the page. "painted": each picture that is visible has
been decoded too, and a frame drawn after that. Writes docs/benchmarks/next_case.md.
"""

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.machine import ROOT, stamp_line  # noqa: E402
from tests.browser.conftest import running_workbench  # noqa: E402
from tests.browser.seeds import add_case, report  # noqa: E402

GOAL_MS = 300
LOOK_MS = 1200  # between two presses: somebody looks at the case, and the page may use the time
_PRESS = """key => new Promise(done => {
  const before = KB.data.case, began = performance.now();
  let answer = 0;
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  const look = () => {
    if (!KB.data.case || KB.data.case === before) return requestAnimationFrame(look);
    answer ||= performance.now() - began;
    const visible = [...KB.host.querySelectorAll('img')].filter(i => i.offsetParent);
    if (!visible.length || !visible.every(i => i.complete && i.naturalWidth)) return requestAnimationFrame(look);
    Promise.all(visible.map(i => i.decode())).then(() => requestAnimationFrame(() => requestAnimationFrame(() =>
      done([answer, performance.now() - began]))));
  };
  look();
})"""


def measured(page, cases: int) -> tuple[list[float], list[float]]:
    """Milliseconds to the answer and to the painted page, each sorted."""
    times = []
    for _ in range(cases):
        page.wait_for_timeout(LOOK_MS)
        times.append(page.evaluate(_PRESS, "d"))
    answers, painted = zip(*times, strict=True)
    return sorted(answers), sorted(painted)


def main() -> None:
    from playwright.sync_api import sync_playwright

    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder, running_workbench(Path(folder)) as (origin, workbench), sync_playwright() as play:
        for k in range(cases + 2):
            add_case(workbench, report(k), n=5, origin=f"study {k}")
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(origin)
        page.wait_for_selector("#kb_cases tr[data-row]")
        page.keyboard.press("n")
        page.wait_for_selector(".kb-candidate:not([hidden])")
        text = report_page(cases, *measured(page, cases))
        browser.close()
    (ROOT / "docs" / "benchmarks" / "next_case.md").write_text(text, encoding="utf-8")
    print(text)


def report_page(cases: int, answers: list[float], painted: list[float]) -> str:
    rows = "\n".join(
        f"| {name} | {statistics.median(times):.0f} | {times[round(0.95 * (len(times) - 1))]:.0f} |"
        for name, times in (("decision saved, next case on the page", answers), ("pictures decoded and painted", painted))
    )
    return f"""# From the key to the next case

`python bench/next_case.py {cases}` · {stamp_line()}

Headless Chromium without a graphics card, 1440 x 900, on the same machine as the workbench. Key D on reports with five drawn candidates;
{LOOK_MS / 1000:g} s between two presses. Milliseconds after the key:

| | p50 | p95 |
|---|---|---|
{rows}

Goal: painted within {GOAL_MS} ms. The decision is on the disk before the answer leaves.
"""


if __name__ == "__main__":
    main()
