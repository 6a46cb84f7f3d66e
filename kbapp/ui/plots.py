"""Small plots as SVG: text and lines take the colour of the page, bars one of a palette that colour-blind people tell apart (Okabe and Ito).

Each has a title and says its numbers in <desc>; the page shows the same numbers as a table beside it.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from kbapp.ui.html import Html, tag

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7d7d7d", "#b0a000", "#999999")
_LEFT, _RIGHT, _ROW = 120, 70, 26


def intervals(title: str, rows: Sequence[tuple[str, float, float, float]], *, mark: float) -> Html:
    """rows: (name, value, low, high), all 0-1. mark: a value with a line of its own, such as chance."""
    width, height = 520, _ROW * len(rows) + 34
    scale = lambda v: _LEFT + v * (width - _LEFT - _RIGHT)  # noqa: E731
    shapes = [
        _line(scale(mark), 6, scale(mark), height - 24, dash="3 3"),
        _text(scale(mark), height - 8, f"{mark:g} = chance", "middle"),
    ]
    for k, (name, value, low, high) in enumerate(rows):
        y = 18 + k * _ROW
        shapes += [_text(_LEFT - 10, y + 4, name, "end"), _line(scale(low), y, scale(high), y, width=2)]
        shapes += [
            tag("circle", cx=f"{scale(value):.1f}", cy=y, r=5, fill=PALETTE[0]),
            _text(scale(high) + 8, y + 4, f"{value:.2f}"),
        ]
    said = "; ".join(f"{n}: {v:.2f} ({low:.2f} to {high:.2f})" for n, v, low, high in rows)
    return _svg(title, said, width, height, shapes)


def shares(title: str, bars: Sequence[tuple[str, int, int, float, float]]) -> Html:
    """bars: (label, count, of, low, high of the share 0-1). A bar's height is its share; the line its interval; none of none is left empty."""
    width, height, room = 300, 170, 110
    step = (width - 40) / max(1, len(bars))
    shapes = [_text(36, 12, title), _line(30, 20, 30, 20 + room), _line(30, 20 + room, width - 6, 20 + room), _text(26, 26, "1", "end"), _text(26, 24 + room, "0", "end")]  # fmt: skip
    for k, (label, count, of, low, high) in enumerate(bars):
        x, share = 36 + k * step, count / of if of else 0.0
        if of:
            shapes.append(_bar(x, 20 + room * (1 - share), step * 0.7, room * share, PALETTE[0]))
            middle = x + step * 0.35
            shapes.append(_line(middle, 20 + room * (1 - high), middle, 20 + room * (1 - low), width=2))
        shapes += [_text(x + step * 0.35, 36 + room, label, "middle"), _text(x + step * 0.35, 50 + room, f"{count}/{of}", "middle")]
    said = "; ".join(f"{label}: {count} of {of}" for label, count, of, *_ in bars)
    return _svg(title, said, width, height, shapes)


def stacks(title: str, columns: Sequence[tuple[str, Mapping[str, int]]]) -> Html:
    """columns: (label, how many of each kind). Kinds keep their colour and stand in a legend with a number."""
    kinds = sorted({kind for _, counts in columns for kind in counts})
    width, room = max(360, 60 + 52 * len(columns)), 120
    height = room + 60 + 18 * len(kinds)
    most = max((sum(counts.values()) for _, counts in columns), default=1)
    shapes = [_line(34, 14, 34, 14 + room), _line(34, 14 + room, width - 6, 14 + room), _text(30, 22, str(most), "end")]
    for k, (label, counts) in enumerate(columns):
        y = 14.0 + room
        for kind in kinds:
            tall = room * counts.get(kind, 0) / most
            y -= tall
            shapes.append(_bar(44 + 52 * k, y, 34, tall, PALETTE[kinds.index(kind) % len(PALETTE)]))
        shapes.append(_text(61 + 52 * k, 30 + room, label[5:], "middle"))
    for k, kind in enumerate(kinds):
        total, y = sum(counts.get(kind, 0) for _, counts in columns), room + 52 + 18 * k
        shapes += [_bar(40, y - 10, 12, 12, PALETTE[k % len(PALETTE)]), _text(60, y, f"{kind}: {total}")]
    said = "; ".join(f"{label}: " + ", ".join(f"{kind} {count}" for kind, count in counts.items()) for label, counts in columns)
    return _svg(title, said, width, height, shapes)


def medians(title: str, points: Sequence[tuple[str, float, float, float, int]], *, unit: str) -> Html:
    """points: (label, lower quartile, median, upper quartile, how many), in order of time, values from 0 on. The dot is the median, the
    line through it reaches from quartile to quartile; below stands how many. Of many points some have their label only."""
    step = max(8.0, min(52.0, 780 / max(1, len(points))))
    width, room, every = max(360, 80 + step * len(points)), 120, math.ceil(46 / step)  # `every`: labels that do not touch
    top = max((high for _, _, _, high, _ in points), default=0) or 1.0
    height = lambda value: 24 + room * (1 - value / top)  # noqa: E731
    places = [(66 + step * k, *point) for k, point in enumerate(points)]
    shapes = [_text(6, 12, unit), _line(40, 20, 40, 24 + room), _line(40, 24 + room, width - 6, 24 + room)]
    shapes += [_text(36, 28, f"{top:.0f}", "end"), _text(36, 28 + room, "0", "end")]
    for (x0, _, _, before, *_), (x1, _, _, after, *_) in pairwise(places):
        shapes.append(_line(x0, height(before), x1, height(after), dash="3 3"))
    for k, (x, label, low, middle, high, count) in enumerate(places):
        shapes += [_line(x, height(low), x, height(high), width=2)]
        shapes += [tag("circle", cx=f"{x:.1f}", cy=f"{height(middle):.1f}", r=5, fill=PALETTE[0])]
        if k % every == 0:
            shapes += [_text(x, 40 + room, label[5:], "middle"), _text(x, 54 + room, f"n {count}", "middle")]
    said = "; ".join(f"{label}: {m:.0f} {unit} ({a:.0f} to {b:.0f}), {n} cases" for label, a, m, b, n in points)
    return _svg(title, said, width, room + 62, shapes)


def _svg(title: str, said: str, width: float, height: float, shapes: Sequence[Html]) -> Html:
    parts = (tag("title", title), tag("desc", said), *shapes)
    more = {"viewBox": f"0 0 {width:g} {height:g}", "width": f"{width:g}", "height": f"{height:g}"}
    return tag("svg", *parts, xmlns="http://www.w3.org/2000/svg", role="img", aria_label=title, class_="kb-plot", font_family="system-ui, sans-serif", font_size="12", fill="currentColor", **more)  # fmt: skip


def _text(x: float, y: float, words: str, anchor: str = "start") -> Html:
    return tag("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def _line(x0: float, y0: float, x1: float, y1: float, *, width: float = 1, dash: str | None = None) -> Html:
    ends = {"x1": f"{x0:.1f}", "y1": f"{y0:.1f}", "x2": f"{x1:.1f}", "y2": f"{y1:.1f}"}
    return tag("line", stroke="currentColor", stroke_width=width, stroke_dasharray=dash, **ends)


def _bar(x: float, y: float, width: float, height: float, colour: str) -> Html:
    return tag("rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{width:.1f}", height=f"{max(height, 0):.1f}", fill=colour)
