"""How long the workbench takes from the start of its process to a page that answers: `python bench/start.py [RUNS]`.

Writes docs/benchmarks/start.md. The ratio to a process that only imports gradio says what is ours.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.machine import ROOT, stamp_line  # noqa: E402


def start_once() -> tuple[float, int]:
    """(seconds to the first answer with the page's configuration, peak memory in MB)."""
    with tempfile.TemporaryDirectory() as storage:
        began = time.perf_counter()
        app = subprocess.Popen(
            [sys.executable, "app.py", "--storage", storage, "--port", "0"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            address = re.search(r"http://\S+", app.stdout.readline()).group(0)
            while not _answers(address):
                time.sleep(0.01)
            seconds = time.perf_counter() - began
            return seconds, _memory_mb(app.pid)
        finally:
            app.terminate()
            app.wait(20)


def import_once() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import gradio"], check=True)
    return time.perf_counter() - began


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as answer:
            return b"gradio_config" in answer.read()
    except OSError:
        return False


def _memory_mb(pid: int) -> int:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    start_once()  # warms the file cache
    pairs = [(start_once(), import_once()) for _ in range(runs)]
    seconds = sorted(started[0] for started, _ in pairs)
    ratio = statistics.median(started[0] / imported for started, imported in pairs)
    text = f"""# Start of the workbench

`python bench/start.py {runs}` · {stamp_line()}

| figure | value |
|---|---|
| process start to a page that answers, median of {runs} | {statistics.median(seconds):.2f} s (min {seconds[0]:.2f}, max {seconds[-1]:.2f}) |
| ratio to a process that only imports gradio | {ratio:.2f} |
| peak memory | {max(started[1] for started, _ in pairs)} MB |

Goal: a usable page within 3 s. Most of the time is gradio's own import.
"""
    (ROOT / "docs" / "benchmarks").mkdir(exist_ok=True)
    (ROOT / "docs" / "benchmarks" / "start.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
