"""Make the screenshots of docs/screenshots again, from the sample cases of assets only: `python docs/make_screenshots.py`.

Needs the extra "dev" and Debian's chromium. Starts a workbench of its own on a storage that is thrown away.
"""

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.browser.conftest import CHROMIUM_FLAGS, running_workbench  # noqa: E402

FOLDER = Path(__file__).parent / "screenshots"


def main() -> None:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as storage, running_workbench(Path(storage)) as (origin, _), sync_playwright() as running:
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        for scheme in ("light", "dark"):
            page = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme, base_url=origin).new_page()
            report_to_films(page, scheme)
            film_to_reports(page, scheme)
            pages_around(page, scheme)
        browser.close()


def report_to_films(page, scheme: str) -> None:
    _start(page, "Report: large heart, fluid")
    page.wait_for_function("KB.network && KB.nodes.length > 3")
    _shoot(page, f"review-report-{scheme}")


def film_to_reports(page, scheme: str) -> None:
    _start(page, "Film: large heart, right fluid")
    page.wait_for_function("KB.network && KB.nodes.length > 1")
    page.click(".kb-tabs [data-view=difference]")
    _shoot(page, f"review-film-{scheme}")


def pages_around(page, scheme: str) -> None:
    page.goto("/")
    page.wait_for_selector("#kb_cases tr[data-case]")
    _shoot(page, f"cases-{scheme}")
    page.goto("/experts")
    page.wait_for_selector("#kb_versions table")
    page.wait_for_selector("#kb_prior .cm-content")
    _shoot(page, f"experts-{scheme}")


def _start(page, title: str) -> None:
    page.goto("/")
    page.click(f".kb-sample:has-text('{title}')")
    page.wait_for_selector(".kb-candidate:not([hidden])")


def _shoot(page, name: str) -> None:
    page.wait_for_timeout(900)  # pictures and the graph settle
    page.screenshot(path=str(FOLDER / f"{name}.png"))
    print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
