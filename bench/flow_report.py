"""The page that bench/flows.py writes."""

from bench.flow_goals import goal_rows
from bench.flow_plan import BOUNDS, RUNS
from bench.flow_units import share

COUNTERS = (
    "chat calls", "decode steps", "text tokens", "visual tokens", "vision passes", "unet launches", "unet batch", "clip passes",
    "blip passes", "files opened",
)  # fmt: skip

_REPAIRS = """## What was repaired in the authors' flow

The peer is the control flow of the authors' code, written anew from a description of it and in other words. As published its ranking
script does not run; this is the least that makes it run and comparable:

- the ranking reads its domain, configuration and paths as arguments instead of missing keys, an undefined global and a string used as a dictionary;
- the graph similarity is ours (Eq. 1 over the union of the nodes): theirs fails on graphs of unequal size; every part of the score is on 0-100;
- the medical result keeps its graph; candidates keep their order and their number (theirs pass through a set);
- an answer that holds n reports has room for all of them (theirs is cut at 512 tokens from n = 8 on), except with `--long`; so a medical
  case with 15 candidates decodes 1.86 times the steps of one with 5, and goal G5, which counts with the cut, cannot be met by the schedule;
- each candidate has noise of its own (theirs share one generator), and pictures are kept as PNG (theirs as JPEG): without both, no two
  schedules could be compared picture by picture;
- pictures stand before the words of their turn, in both flows.

What was kept: one call at a time, whole histories each time, the few-shot turn with its two pictures asked anew for every content, the same
picture attached twice to a general extraction, earlier prompts repeated in each prompt's history, one picture per diffusion run, every
picture written to a file and opened at each use, every pair encoded alone.

## What our schedule does with the same calls

Candidates are extracted side by side (one batch per step of the chain), the few-shot turn is asked once for each version of a prior, a
refinement runs beside the next prompt, all pictures are one diffusion batch, each encoder tower runs once, a picture goes through the
vision tower once however often it is attached, and nothing is read from a file but the source.

A picture and the turns of a conversation are prefilled once, behind the same beginning, and every later call goes on from their keys and
values; a picture that a conversation attaches a second time stands behind other words and is prefilled once more. Words are prefilled up to
1.7 times (tests/test_flow_counters.py: a question goes along with its own call, and with its answer for the next one). On the tiny models a
piece has 6 tokens or more instead of 64, as the answers have a tenth of their length.

Not done here: pictures overlapped with decoding; CUDA graphs
and compilation. The peer decodes by transformers' `generate`, as we do: it is also what a user has without a serving engine, but for
Cheff, which the authors run in float32. Both flows here run it in the number format of the card; goal G2 sets our flow against the authors'
with Cheff in float32, timed once. The workbench asks other questions than the authors (a rule each, then one JSON); this page compares schedules of the same calls. The counters of the workbench's own pipeline are asserted in tests/test_lmm_profile.py.
"""


def report(found: dict, arguments: str) -> str:
    flows = "\n".join(_flow(one, found["full_size"]) for one in found["flows"])
    parity = "\n".join(map(_parity, found["flows"]))
    goals = "\n".join(f"| {' | '.join(row)} |" for row in goal_rows(found))
    medical, bounds = f"--full-size {RUNS[0][0]}", ", ".join(f"{bound} ({flow})" for flow, bound in BOUNDS.items())
    return f"""# Two schedules of the same calls

`python bench/flows.py {arguments}` · {found["date"]} · {found["commit"]} · {found.get("card") or found["machine"]} · {found["python"]}

{_about(found)}

Answers, in tokens: {", ".join(f"{k} {v}" for k, v in found["lengths"].items() if k != "most")} (analysis: each call of an extraction; caption and report: each of n).

## Goals beside figures

| | what | goal | figure |
|---|---|---|---|
{goals}

{_roofline(found)}{flows}

## Parity

The same scripted answers in both flows, so equal graphs say that both make the same calls, not what a model would answer. Pictures: lowest peak signal-to-noise ratio; quality score: largest difference on 0-100.

| | n | graphs | texts | pictures | quality score | winner |
|---|---|---|---|---|---|---|
{parity}

{_REPAIRS}
## At full size

    python bench/flows.py --plan

says which packages a machine with a CUDA card needs (and how those that are missing are carried along as wheels, without touching its own
torch), the commands to run there, how much memory and about how long each takes, and what it prints. The first of them:

    PYTHONPATH=carried python bench/flows.py {medical} --out flows-1

Each prints one line of JSON for each flow and number of candidates as it comes, so that a run cut short is not lost, then this page with
times that mean something: the ceilings measured in the same run (bf16 matrix products of 8192³, a copy on the device), the median seconds of both
schedules, and their ratio, to be set against the bounds at n = 5: {bounds}. It sets each goal beside its figure, our time of each flow
beside the least that its counters and the ceilings allow, and times the pieces one by one: decoding of one and of five rows, prefill,
five pictures, the scores, the first candidate. On tiny models the same code runs, and what it finds is not printed.

**Not tried on a card yet.** What was tried without: the schedule on tiny models, with the pinned versions and with torch 2.11.0, transformers
5.17.0 and huggingface_hub 1.33 (the same counters and the same parity; the tests of the engines, the server and the schedule passed there
too); that the full-size networks have the published numbers of parameters (tests/test_flow_counters.py); that they can be made, without
memory, with transformers 5.17.0 and no other packages than `--plan` lists, those that are carried along installed from their wheels.
xgrammar is not needed at full size.
"""


def _about(found: dict) -> str:
    if not found["full_size"]:
        return (
            "**Tiny random models on a processor: the counters and the parity mean something, the times nothing** (they are those of Python\n"
            "and of small batches), so no ratio of times is given. Answers have a tenth of their usual length; steps of diffusion are 4."
        )
    product, copy = found["ceilings"]["TFLOP/s"], found["ceilings"]["TB/s"]
    return f"Published sizes, random weights, torch {found['torch']}. Ceilings of this run: {product:.0f} TFLOP/s, {copy:.2f} TB/s."


def _roofline(found: dict) -> str:
    """Time ÷ least time: of each flow, and of its pieces one by one."""
    if not found["full_size"]:
        return ""
    flows = "\n".join(map(_floor, found["flows"]))
    units = "\n".join(
        _unit(domain, name, one, found["ceilings"]) for domain, of_it in found["units"].items() for name, one in of_it.items()
    )
    return f"""## Time beside the least that the card allows

From the counters and the ceilings of this run: decoding reads all weights at each step, everything else is matrix products.

| | n | least seconds: decoding | prefill | pictures | scores | sum | seconds ÷ sum | first candidate after |
|---|---|---|---|---|---|---|---|---|
{flows}

| | | ms | share of the ceiling |
|---|---|---|---|
{units}

"""


def _floor(one: dict) -> str:
    least = sum(one["floor"].values())
    parts = " | ".join(f"{one['floor'][name]:.2f}" for name in ("decoding", "prefill", "pictures", "scores"))
    taken = one["seconds"]["ours"] / least
    return f"| {one['flow']} | {one['n']} | {parts} | {least:.2f} | {taken:.2f} | {one['first']:.2f} s |"


def _unit(domain: str, name: str, one: dict, ceilings: dict) -> str:
    return f"| {domain} | {name} | {one['seconds'] * 1000:.2f} | {share(one, ceilings):.0%} |"


def _flow(one: dict, timed: bool) -> str:
    rows = "\n".join(f"| {name} | {one['official'].get(name, 0)} | {one['ours'].get(name, 0)} |" for name in COUNTERS)
    if timed:
        ratio = one["ratio"]
        rows += f"\n| seconds, median | {one['seconds']['official']:.2f} | {one['seconds']['ours']:.2f} |"
        rows += (
            f"\n| official ÷ ours, median (least to most) | | {ratio['median']:.2f} ({ratio['least']:.2f}-{ratio['most']:.2f}) |"
        )
    return f"## {one['flow']}, n = {one['n']}\n\n| | official | ours |\n|---|---|---|\n{rows}\n"


def _parity(one: dict) -> str:
    found = one["parity"]
    same = ["equal" if found[name] == 0 else "DIFFERENT" for name in ("graphs", "texts", "winner")]
    pictures = "equal" if found["pictures"] is None else f"{found['pictures']:.1f} dB"
    return f"| {one['flow']} | {one['n']} | {same[0]} | {same[1]} | {pictures} | {found['qs']:.4f} | {same[2]} |"
