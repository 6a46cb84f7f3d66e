"""What `python bench/flows.py --plan` says: which packages a machine with a card needs, what to run there, and what will be printed."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

OWN = ("torch", "torchvision", "transformers", "numpy", "pillow", "tqdm")
"""Expected on the machine, with what they bring along: wheels that fit its card and driver."""

CARRIED = (
    "diffusers",
    "open_clip_torch",
    "ftfy",
    "wcwidth",
    "regex",
    "ruamel.yaml",
    "pydantic",
    "pydantic_core",
    "annotated-types",
    "typing-inspection",
    "requests",
    "charset-normalizer",
    "urllib3",
)
"""What else the full-size run imports. Small, free of dependencies on versions of torch, so they can be carried along as wheels."""

RUNS = (
    ("--domains medical --counts 5 --pairs 2", "40 GB", "ten minutes"),
    ("--domains general --counts 5 --pairs 2", "80 GB", "half an hour"),
    ("--domains medical --counts 1 10 15 --pairs 2", "40 GB", "twenty minutes"),
    ("--domains general --counts 1 10 15 --pairs 2", "80 GB", "an hour and a half"),
)
"""Arguments, least memory of the card, and a guess at the time on an H100 at 25 ms for a step of transformers' own decoding."""

BOUNDS = {
    "medical text → image": 3.8,
    "medical image → text": 3.8,
    "general image → text": 2.7,
    "general text → image": 2.1,
}
"""Official ÷ ours at n = 5 that no schedule of the same calls can pass, by flow."""


def plan() -> Iterator[str]:
    """Lines for a terminal. Nothing is imported and nothing is run."""
    yield "1. Packages on the machine with the card, beside Python 3.11 to 3.13 (the versions are those found here):"
    yield from (f"   {name:<20} {_found(name)}" for name in (*OWN, *CARRIED))
    yield "   Those after tqdm can be carried along as wheels, without touching the machine's own torch. Here:"
    yield f"     pip download --only-binary :all: --python-version 3.12 --no-deps -d wheels {' '.join(map(_pinned, CARRIED))}"
    yield "   There, from the root of this checkout:"
    yield f"     pip install --no-index --no-deps --find-links wheels --target carried {' '.join(CARRIED)}"
    yield "2. Run, one after the other; each writes flows.md and flows.json into its folder, and prints what it has when it is cut short:"
    for number, (arguments, memory, guess) in enumerate(RUNS, 1):
        yield f"     PYTHONPATH=carried python bench/flows.py --full-size {arguments} --out flows-{number}   # {memory}; about {guess}, a guess"
    yield "3. It prints one line of JSON for each flow and number of candidates (counters, seconds, ratio, parity) as it comes, then the page:"
    yield "   the goals beside their figures; decoding of 1 and 5 rows, prefill, pictures and scores one by one, as shares of the ceilings; each"
    yield "   flow beside the least time that its counters and the ceilings allow, and its first candidate. Then"
    yield "   the ceilings of the card (TFLOP/s of bfloat16 products, TB/s of a copy); for each flow the counters, the median seconds of both"
    yield "   schedules and official ÷ ours, median (least to most); and whether graphs, texts, pictures and winner are equal."
    yield "   Set the ratios at n = 5 beside their bounds: " + ", ".join(f"{flow} {bound}" for flow, bound in BOUNDS.items()) + "."


def _found(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _pinned(name: str) -> str:
    found = _found(name)
    return name if found == "missing" else f"{name}=={found}"
