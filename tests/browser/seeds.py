"""Cases put in through the services, and the small steps that the browser tests share."""

import time
from contextlib import contextmanager

import numpy as np

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.content import ImageContent, TextContent
from kbapp.ingest.intake import ingest
from kbapp.resources import ASSETS
from tests.browser.conftest import Watch

FINDINGS = ("Small left pleural effusion.", "Moderate cardiomegaly.", "Mild pulmonary edema.", "Large right pneumothorax.")


def film(name="film-heart.png"):
    return ingest((ASSETS / "samples" / name).read_bytes(), name)


def deep_film(name="film-heart.png"):
    """A sample film as a 12-bit detector would have stored it."""
    pixels = film(name).pixels
    grey = pixels if pixels.ndim == 2 else pixels[..., 0]
    return ImageContent((grey.astype(np.uint16) * 12 + 400).clip(0, 4095), (400.0, 3460.0))


def report(k=0):
    return TextContent(f"Findings: {FINDINGS[k % len(FINDINGS)]} No pneumonia. Study number {k}.")


def add_case(workbench, content, *, n=3, origin="seeded", seconds=60):
    """A completed case; returns its id."""
    case_id = workbench.cases.create(LOCAL_OWNER, [content], origin=origin)
    job = workbench.jobs.submit(LOCAL_OWNER, case_id, n=n, seed=1, idempotency_key=f"seed-{case_id}")
    until = time.monotonic() + seconds
    while workbench.jobs.status(LOCAL_OWNER, job).unfinished:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert workbench.completions.latest(LOCAL_OWNER, case_id), workbench.jobs.status(LOCAL_OWNER, job)
    return case_id


@contextmanager
def reader(chromium, origin, address="/"):
    """Another person's browser."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=origin)
    page = context.new_page()
    page.set_default_timeout(20_000)
    watch = Watch(page, origin)
    page.goto(address)
    yield page
    page.wait_for_timeout(300)  # what the test set going may come to its end
    context.close()
    assert (watch.errors, watch.foreign, watch.refused) == ([], [], [])


def open_case(page, case_id):
    page.goto(f"/?case={case_id}")
    page.wait_for_selector(".kb-candidate:not([hidden])")
    page.wait_for_function("window.KB && KB.network")


def saved(page, words):
    page.wait_for_selector(f".kb-toast:has-text('Saved'):has-text('{words}')")


def newest(workbench):
    return workbench.decisions.history(LOCAL_OWNER, limit=1)[0].decision
