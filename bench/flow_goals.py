"""The goals of the schedule beside what was found: a table for the page of bench/flows.py. Pure."""

from collections.abc import Callable, Mapping

from bench.flow_units import share

NOT_MEASURED = "not measured without a card"
MEDICAL, GENERAL = ("medical text → image", "medical image → text"), ("general text → image", "general image → text")
Found = Mapping


def goal_rows(found: Found) -> list[tuple[str, str, str, str]]:
    """(name, what, goal, figure). found: what bench/flows.py writes to flows.json; times count at full size only."""
    return [(name, what, goal, figure(found) or NOT_MEASURED) for name, what, goal, figure in GOALS]


def _one(found: Found, flow: str, n: int) -> Mapping | None:
    return next((one for one in found["flows"] if (one["flow"], one["n"]) == (flow, n)), None)


def _ratio(*flows: str) -> Callable[[Found], str]:
    """Official ÷ ours at n = 5; without a card that of the steps of decoding, which bound it."""

    def figure(found: Found) -> str:
        told = [(flow, one) for flow in flows if (one := _one(found, flow, 5))]
        if found["full_size"]:
            return "; ".join(f"{flow}: {one['ratio']['median']:.2f}x, ours {one['seconds']['ours']:.1f} s" for flow, one in told)
        steps = [f"{flow} {one['official']['decode steps'] / one['ours']['decode steps']:.2f}x" for flow, one in told]
        return f"{NOT_MEASURED}; steps of decoding, official ÷ ours: {', '.join(steps)}" if steps else ""

    return figure


def _growth(more: int, less: int, *flows: str) -> Callable[[Found], str]:
    """Ours with `more` candidates ÷ ours with `less`; without a card that of the steps of decoding."""

    def figure(found: Found) -> str:
        pairs = [(flow, _one(found, flow, more), _one(found, flow, less)) for flow in flows]
        pairs = [(flow, a, b) for flow, a, b in pairs if a and b]
        if found["full_size"]:
            return "; ".join(f"{flow}: {a['seconds']['ours'] / b['seconds']['ours']:.2f}" for flow, a, b in pairs)
        steps = [f"{flow} {a['ours']['decode steps'] / b['ours']['decode steps']:.2f}" for flow, a, b in pairs]
        return f"{NOT_MEASURED}; steps of decoding: {', '.join(steps)}" if steps else ""

    return figure


def _peer(found: Found) -> str:
    told = [one for flow in MEDICAL if (one := _one(found, flow, 5)) and "peer_ratio" in one]
    return "; ".join(f"{one['flow']}: {one['peer_ratio']:.2f}x" for one in told) if found["full_size"] else ""


def _unit(domain: str, *names: str, rate: bool = False) -> Callable[[Found], str]:
    def figure(found: Found) -> str:
        of_it = found.get("units", {}).get(domain)
        if not (found["full_size"] and of_it):
            return ""
        return "; ".join(_unit_figure(name, of_it[name], found["ceilings"], rate) for name in names)

    return figure


def _unit_figure(name: str, unit: Mapping, ceilings: Mapping, rate: bool) -> str:
    time = f"{unit['tokens/s']:.0f} tok/s" if rate else f"{unit['seconds'] * 1000:.1f} ms"
    return f"{name}: {share(unit, ceilings):.0%} of the ceiling, {time}"


def _passes(found: Found) -> str:
    """Launches and files of the ranking are counted; times need a card."""
    timed = _unit("general", "scores")(found)
    one = _one(found, GENERAL[0], 5)
    if one is None:
        return timed
    counted = f"{one['ours']['clip passes']} + {one['ours']['blip passes']} passes, {one['ours'].get('files opened', 0)} files read"
    return f"{timed or NOT_MEASURED}; {counted} (official {one['official']['clip passes']} + {one['official']['blip passes']}, {one['official']['files opened']})"


def _first(found: Found) -> str:
    told = [one for flow in (GENERAL[0], *MEDICAL) if (one := _one(found, flow, 5)) and "first" in one]
    return "; ".join(f"{one['flow']}: {one['first']:.1f} s" for one in told) if found["full_size"] else ""


GOALS = (
    ("G1", "medical, n = 5, against the official flow on the same engine", "≥ 3.5x", _ratio(*MEDICAL)),
    ("G2", "the same against the official flow with its image model in float32", "≥ 12x; ≤ 4.5 s on an H100", _peer),
    ("G3", "general image → text, n = 5, same engine", "≥ 2.5x", _ratio(GENERAL[1])),
    ("G4", "general text → image, n = 5, same engine", "≥ 2.0x; ≤ 18 s on an H100", _ratio(GENERAL[0])),
    ("G5", "time at n = 15 ÷ time at n = 5", "≤ 1.25 general i→t, 1.5 medical, 2.0 general t→i", _growth(15, 5, *MEDICAL, *GENERAL)),
    ("G6", "time at n = 5 ÷ time at n = 1", "≤ 1.15 general i→t, 1.7 medical, 1.65 general t→i", _growth(5, 1, *MEDICAL, *GENERAL)),
    ("G7", "decoding 1 and 5 rows, share of the copy rate", "≥ 80 %", _unit("general", "decoding 1", "decoding 5", rate=True)),
    ("G8", "prefill of 1,369 + 330 tokens, share of the matrix product", "≥ 55 %, ≤ 79 ms", _unit("general", "prefill")),
    ("G9", "five pictures of 1024 x 1024, share of the matrix product", "≥ 55 %, ≤ 7.9 s", _unit("general", "pictures")),
    ("G10", "five films of the medical image model, 50 steps", "≤ 0.35 s", _unit("medical", "pictures")),
    ("G11", "CLIP and BLIP, n = 5", "≤ 12 ms, no file read", _passes),
    ("G12", "first candidate", "≤ 8 s on an H100; medical ≤ 2.5 s", _first),
)  # fmt: skip
