"""The source's panel: what was given, with the places that facts were read from, and the tools of the viewer."""

from kbapp.core.completion import Completion, Reading
from kbapp.core.content import ImageContent
from kbapp.ui.html import Html, tag
from kbapp.ui.review_words import ImageUrl, content_view, panel_head


def source_panel(completion: Completion, image_url: ImageUrl, name: str) -> Html:
    """name: of the source's modality in this domain."""
    case, reading = completion.case, completion.reading
    pictures = isinstance(case.contents[0], ImageContent)
    contents = [content_view(content, k, reading, image_url, alt="source picture") for k, content in enumerate(case.contents)]
    evidence = toggle("Evidence", "evidence", "Evidence on or off (m)", pressed=True)
    return tag(
        "section",
        panel_head(
            "Source",
            tag("span", name, class_="kb-chip given", title="given; not generated"),
            tag(
                "span",
                toggle("Measures", "measures", "Outlines and measures on or off (o)") if pictures else None,
                evidence,
                class_="kb-tools",
            ),
        ),
        *contents,
        tag("p", class_="kb-measured", hidden=True, aria_live="polite", tabindex="0") if pictures else None,
        viewer_bar() if pictures else None,
        _reading_notes(reading, name),
        class_="kb-panel kb-source",
        aria_label="Source",
    )


def toggle(label: str, do: str, title: str, *, pressed: bool = False) -> Html:
    state = "true" if pressed else "false"
    return tag("button", label, type="button", class_="kb-toggle", data_do=do, aria_pressed=state, title=title)


def viewer_bar() -> Html:
    """Window, zoom and inversion of the pictures of a panel; the page's script remembers them from case to case."""
    presets = (("default", "given"), ("lung", "lung"), ("bone", "bone"), ("auto", "auto"))
    windows = [
        tag(
            "button",
            label,
            type="button",
            class_="kb-toggle",
            data_window=name,
            aria_pressed="true" if name == "default" else "false",
            title=f"Window: {label} (Shift+{number})",
        )
        for number, (name, label) in enumerate(presets, 1)
    ]
    tools = (("zoomout", "−", "Zoom out (−)"), ("zoomin", "+", "Zoom in (+)"), ("fit", "fit", "Fit (=)"))
    zooms = [tag("button", label, type="button", class_="kb-toggle", data_do=do, title=title) for do, label, title in tools]
    return tag(
        "div",
        tag("span", *windows, class_="kb-group", role="group", aria_label="Window"),
        tag("span", *zooms, toggle("invert", "invert", "Black and white exchanged (i)"), class_="kb-group"),
        _slider("level", "Brightness", -100, 100, 0),
        _slider("width", "Contrast", -100, 100, 0),
        tag("output", "100", class_="kb-zoom", title="size; 100 fits the panel"),
        class_="kb-viewbar",
        role="toolbar",
        aria_label="Viewer",
    )


def _slider(name: str, label: str, low: int, high: int, value: int) -> Html:
    field = tag("input", type="range", min=low, max=high, value=value, data_slider=name, aria_label=label)
    return tag("label", tag("span", label), field, class_="kb-slider")


def _reading_notes(reading: Reading, name: str) -> Html | None:
    lines = list(reading.notes)
    if not reading.graph:  # blind readers as well must know it: the candidates look as if something stood behind them
        lines.insert(
            0, f"Nothing was read from this {name}: there is no fact behind the candidates, and none to compare them with."
        )
    if reading.dropped:
        lines.append(f"{reading.dropped} statements left out: no evidence for them")
    folded = reading.not_assessed and tag(
        "details",
        tag("summary", f"Not assessed on this source: {len(reading.not_assessed)}"),
        tag("p", ", ".join(reading.not_assessed)),
    )
    if not lines and not folded:
        return None
    return tag("div", *(tag("p", line) for line in lines), folded or None, class_="kb-notes", tabindex="0", role="note")
