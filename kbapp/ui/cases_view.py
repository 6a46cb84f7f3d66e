"""The head of a page, the status strip, the sample cards, and the panels that stand in for a review while there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.ui.html import Html, join, tag

NO_DIAGNOSIS = "Research use only. Not for diagnosis."


@dataclass(frozen=True)
class Sample:
    """A sample case of `assets/samples`. name: its file name; picture: address of a thumbnail, empty for a report."""

    name: str
    title: str
    says: str
    picture: str = ""
    words: str = ""


def sample_cards(samples: Sequence[Sample]) -> Html:
    return tag(
        "div", tag("h3", "or a sample case", class_="kb-section"), tag("div", *(_card(s) for s in samples), class_="kb-samples")
    )


def _card(sample: Sample) -> Html:
    picture = (
        tag("img", src=sample.picture, alt="")
        if sample.picture
        else tag("span", sample.words, class_="kb-paper", aria_hidden="true")
    )
    return tag(
        "button",
        picture,
        tag("span", tag("b", sample.title), sample.says),
        type="button",
        class_="kb-sample",
        data_sample=sample.name,
    )


def progress(step: str, text: str, share: float) -> Html:
    """share: 0-1 of the whole run."""
    share = max(0.02, min(1.0, share))
    bar = tag(
        "div",
        tag("i", style=f"width:{share * 100:.0f}%"),
        class_="kb-bar",
        role="progressbar",
        aria_valuenow=f"{share * 100:.0f}",
        aria_valuemin="0",
        aria_valuemax="100",
        aria_label="progress of this case",
    )
    stop = tag("button", "Stop", type="button", class_="kb-button", data_do="cancel")
    hint = tag("p", "You may reload or close this page; the work goes on.")
    return tag("div", tag("h2", step), bar, tag("p", text, aria_live="polite"), hint, stop, class_="kb-progress")


def trouble(title: str, sentence: str, *, retry: bool = False) -> Html:
    button = tag("button", "Try again", type="button", class_="kb-button primary", data_do="retry") if retry else None
    return tag("div", tag("h2", title), tag("p", sentence), button, class_="kb-trouble", role="alert")


def failed_again(reason: str) -> Html:
    """A notice above the candidates that are there, while newer ones could not be made."""
    button = tag("button", "Try again", type="button", class_="kb-button", data_do="retry")
    told = tag("b", "No new candidates were made; these are the ones from before.")
    return tag("section", told, tag("p", reason), button, class_="kb-message kb-reads", role="alert")


def nothing_open() -> Html:
    return tag(
        "div",
        tag("p", "No case is open."),
        tag("button", "Start next", tag("kbd", "N"), type="button", class_="kb-button primary", data_do="next"),
        tag("p", "or choose one under Cases.", class_="kb-hint"),
        class_="kb-empty",
    )


def message(sentence: str) -> Html:
    return tag("div", sentence, class_="kb-message", role="alert") if sentence else join()


def status_strip(
    parts: Sequence[tuple[str, object]], profile: str, ready: bool, trouble_: str = "", person: Actor = LOCAL_OWNER
) -> Html:
    """parts: (label, value) pairs; profile: name of the profile, with its health as a dot and a word. person: who is
    signed in; the local owner cannot sign out."""
    said = f"engines: {profile}" if ready else f"engines: {profile} – {trouble_ or 'not reachable'}; review works without them"
    pairs = [tag("span", label, " " if label else "", tag("b", value)) for label, value in parts]
    return tag(
        "div",
        tag("span", said, class_="kb-dot" + ("" if ready else " off")),
        *pairs,
        tag("span", NO_DIAGNOSIS, class_="kb-right"),
        _signed_in(person),
        class_="kb-status",
        role="status",
    )


def _signed_in(person: Actor) -> Html | None:
    """The style sheet hides the way to the administrators' page from those whom it says nothing."""
    if person == LOCAL_OWNER:
        return None
    button = tag("button", "Sign out", type="submit", name="out", value="1", class_="kb-link kb-signout")
    css = "" if person.role is Role.ADMIN else "kb-no-admin"
    return tag("form", tag("b", f"{person.name} ({person.role})"), " ", button, method="post", action="/logout", class_=css)


def title(words: str = "") -> Html:
    """The first line of every page."""
    said = tag("p", words, title=words) if words else None
    return tag("div", tag("h1", "Knowledge Bridger workbench"), said, class_="kb-head")


def head(words: str, person: Actor = LOCAL_OWNER) -> Html:
    """Of a page without the strip of the cases. Where the line is too short for it all, only `words` are cut. person: as in
    `status_strip`."""
    line = (tag("p", words, title=words), tag("span", NO_DIAGNOSIS, class_="kb-right"), _signed_in(person))
    return join(title(), tag("div", *line, class_="kb-status kb-standing"))
