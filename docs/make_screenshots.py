"""Make the screenshots and the recording of docs/screenshots again, from the sample cases of assets only: `python docs/make_screenshots.py`.

Needs the extra "dev" and Debian's chromium. Starts a workbench of its own on a storage that is thrown away.
"""

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kbapp.core.actor import LOCAL_OWNER, Actor  # noqa: E402
from kbapp.core.decision import Action  # noqa: E402
from tests.browser.conftest import running_workbench  # noqa: E402
from tests.browser.seeds import add_case, open_case  # noqa: E402
from tests.conftest import CHROMIUM_FLAGS  # noqa: E402

FOLDER = Path(__file__).parent / "screenshots"


def main() -> None:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as storage,
        running_workbench(Path(storage)) as (origin, workbench),
        sync_playwright() as running,
    ):
        cases = seed(workbench)
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)

        def opened(scheme: str):
            return browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme, base_url=origin).new_page()

        for scheme in ("light", "dark"):
            page = opened(scheme)
            for take in (
                worklist,
                first_case,
                report_to_films,
                film_to_reports,
                editing,
                comparison,
                correcting,
                recorded,
                keys,
                around,
            ):
                take(page, scheme, cases)
        recording(opened("light"), cases)
        workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=1)
        for scheme in ("light", "dark"):
            blind(opened(scheme), scheme, cases)
        disputed = two_readers(workbench, cases)
        for scheme in ("light", "dark"):
            people(opened(scheme), scheme, disputed)
        browser.close()


def seed(workbench) -> dict[str, str]:
    """Each sample case once, a few of them decided."""
    from kbapp.ui.new_case import is_recorded, recorded_run, sample_contents, samples

    cases = {}
    for sample in samples():
        if is_recorded(sample.name):
            completion, origin = recorded_run(sample.name)
            cases[sample.name] = workbench.imports.completion(LOCAL_OWNER, completion, origin=origin)
            continue
        contents, origin = sample_contents(sample.name)
        cases[sample.name] = add_case(workbench, contents[0], n=5, origin=origin)
    _decide(workbench, cases["normal.txt"], Action.ACCEPT, candidate=0, confirm=True)
    _decide(workbench, cases["film-opacity.png"], Action.REJECT, reason="wrong degree")
    _decide(workbench, cases["pacemaker.txt"], Action.DEFER, note="an earlier film is needed")
    return cases


def _decide(workbench, case_id: str, action: Action, **given) -> None:
    shown = workbench.completions.latest(LOCAL_OWNER, case_id)
    workbench.decisions.decide(LOCAL_OWNER, shown.id, action, revision=shown.revision, idempotency_key=f"shot-{case_id}", **given)


def worklist(page, scheme: str, cases) -> None:
    page.goto("/")
    page.wait_for_selector("#kb_cases tr[data-row]")
    _shoot(page, f"cases-{scheme}")


def first_case(page, scheme: str, cases) -> None:
    open_case(page, cases["film-heart.png"])
    page.wait_for_selector("#kb_guide .kb-first:not([hidden])")
    page.keyboard.press("2")
    _shoot(page, f"first-case-{scheme}")
    page.click("#kb_guide button")


def keys(page, scheme: str, cases) -> None:
    open_case(page, cases["heart-failure.txt"])
    page.keyboard.press("?")
    _shoot(page, f"keys-{scheme}")
    page.keyboard.press("Escape")


def recording(page, cases) -> None:
    """A short review by the keyboard, as a GIF of a frame for each key."""
    page.goto("/")
    page.evaluate("localStorage.setItem('kb-first-case', 'off')")
    open_case(page, cases["heart-failure.txt"])
    frames = [_frame(page, "the report that is there; what is missing was drawn")]
    steps = (
        ("2", "2: another candidate"),
        ("g", "G: its graph"),
        ("g", "G: what differs from the source"),
        ("s", "S: side by side"),
    )
    for key, words in (*steps, ("Escape", ""), ("i", "I: inverted"), ("i", ""), ("x", "X, then a digit: reject all")):
        page.keyboard.press(key)
        if words:
            frames.append(_frame(page, words))
    page.keyboard.press("Escape")
    open_case(page, cases["film-heart.png"])
    frames.append(_frame(page, "the other way: a film, and written reports"))
    page.keyboard.press("e")
    frames.append(_frame(page, "E: edit, then Ctrl+Enter accepts"))
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.wait_for_selector(".kb-toast")
    frames.append(_frame(page, "D: deferred, and the next case is open"))
    name = FOLDER / "review.gif"
    frames[0].save(name, save_all=True, append_images=frames[1:], duration=1800, loop=0, optimize=True)
    print(name)


def _frame(page, words: str):
    import io

    from PIL import Image, ImageDraw, ImageFont

    page.wait_for_timeout(900)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize((1080, 675), Image.LANCZOS)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(17)
    wide = pen.textlength(words, font=font)
    pen.rounded_rectangle((540 - wide / 2 - 16, 8, 540 + wide / 2 + 16, 40), 8, fill="#1d2731")
    pen.text((540 - wide / 2, 13), words, fill="white", font=font)
    return picture.quantize(96, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def report_to_films(page, scheme: str, cases) -> None:
    open_case(page, cases["heart-failure.txt"])
    _shoot(page, f"review-report-{scheme}")


def film_to_reports(page, scheme: str, cases) -> None:
    open_case(page, cases["film-heart.png"])
    page.keyboard.press("2")
    page.click(".kb-tabs [data-view=difference]")
    page.keyboard.press("o")
    page.wait_for_selector(".kb-overlay", state="attached")
    _shoot(page, f"review-film-{scheme}")


def editing(page, scheme: str, cases) -> None:
    open_case(page, cases["film-heart.png"])
    page.keyboard.press("Shift+Digit2")
    page.keyboard.press("e")
    page.wait_for_selector(".kb-candidate:not([hidden]) .kb-editor:not([hidden])")
    _shoot(page, f"review-edit-{scheme}")
    page.keyboard.press("Escape")


def comparison(page, scheme: str, cases) -> None:
    open_case(page, cases["heart-failure.txt"])
    page.keyboard.press("s")
    page.wait_for_selector("#kb-compare-dialog[open] img")
    _shoot(page, f"compare-{scheme}")


def correcting(page, scheme: str, cases) -> None:
    open_case(page, cases["film-heart.png"])
    page.keyboard.press("v")
    page.wait_for_selector("#kb-correct-dialog[open]")
    _shoot(page, f"correct-{scheme}")
    page.keyboard.press("Escape")


def blind(page, scheme: str, cases) -> None:
    open_case(page, cases["right-lower-opacity.txt"])
    _shoot(page, f"blind-{scheme}")


def recorded(page, scheme: str, cases) -> None:
    """Five reports, one without a fault: the strip says what is wrong with each."""
    open_case(page, cases["recorded-film.png"])
    _shoot(page, f"recorded-{scheme}")


def around(page, scheme: str, cases) -> None:
    page.goto("/experts")
    page.wait_for_selector("#kb_versions table")
    page.wait_for_selector("#kb_prior .cm-content")
    _shoot(page, f"experts-{scheme}")
    page.goto("/audit")
    page.click("#kb_audit [data-case]")
    page.wait_for_selector("#kb_audit_detail table")
    _shoot(page, f"audit-{scheme}")


def two_readers(workbench, cases) -> str:
    """Accounts, and one of the cases with two readers who differ on it. The first account closes every page that came before."""
    for name, role in (("ada", "admin"), ("m.weber", "clinician"), ("study.reader", "annotator")):
        workbench.people.add(LOCAL_OWNER, name, role, "three green boats")
    workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
    people = {person.name: Actor(person.id, person.name, person.role) for person in workbench.people.list(LOCAL_OWNER)}
    first, second, case = people["m.weber"], people["study.reader"], cases["film-heart.png"]
    made = workbench.completions.latest(first, case)
    given = {"candidate": 0, "confirm": True, "revision": made.revision, "idempotency_key": "first"}
    workbench.decisions.decide(first, made.id, Action.ACCEPT, **given)
    revision = workbench.completions.latest(second, case).revision
    given = {"reason": "wrong degree", "revision": revision, "idempotency_key": "second"}
    workbench.second_reads.read(second, made.id, Action.REJECT, **given)
    return case


def people(page, scheme: str, disputed: str) -> None:
    page.goto("/login")
    _shoot(page, f"login-{scheme}")
    page.fill("[name=name]", "ada")
    page.fill("[name=password]", "three green boats")
    page.keyboard.press("Enter")
    page.wait_for_selector("#kb_cases tr[data-row]")
    page.goto("/admin")
    page.wait_for_selector("#kb_people table")
    _shoot(page, f"admin-{scheme}")
    page.evaluate("localStorage.setItem('kb-first-case', 'off')")
    open_case(page, disputed)
    page.wait_for_selector(".kb-reads")
    _shoot(page, f"adjudicate-{scheme}")


def _shoot(page, name: str) -> None:
    page.wait_for_timeout(900)  # pictures and the graph settle
    page.screenshot(path=str(FOLDER / f"{name}.png"))
    print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
