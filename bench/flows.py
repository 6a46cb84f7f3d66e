"""The authors' control flow against our schedule, on one engine: `python bench/flows.py [--full-size] [--long] [--counts 1 5] [--pairs 5]`.

Same models, same weights, same calls, same scripted answers, one process; what differs is the schedule. Without --full-size the models are
tiny and run on the processor: then the counters and the parity mean something, the times nothing. With it the models have their published
sizes and random weights, and need a CUDA card of 40 GB (medical) or 80 GB. Writes docs/benchmarks/flows.md and flows.json beside it.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.flow_engine import Engine  # noqa: E402
from bench.flow_floor import STEPS, shares  # noqa: E402
from bench.flow_official import flow_official  # noqa: E402
from bench.flow_ours import few_shot_turn, flow_ours  # noqa: E402
from bench.flow_plan import plan  # noqa: E402
from bench.flow_report import report  # noqa: E402
from bench.flow_result import Job, Result, differences, prior_of  # noqa: E402
from bench.flow_script import LONG, TENTH, TYPICAL, Lengths  # noqa: E402
from bench.flow_units import timed, units  # noqa: E402
from bench.machine import ROOT, stamp  # noqa: E402
from kbapp.core.content import Modality, TextContent  # noqa: E402

SOURCE = TextContent("Several things stand at their places; the first is small, the others cannot be measured.")
SIDE = {True: 256, False: 640}  # pixels of a source picture at full size


def job_of(folder: Path, medical: bool, missing: Modality, n: int, lengths: Lengths, steps: int, side: int = 40) -> Job:
    """The pictures are noise, drawn here from fixed seeds."""
    files = []
    for k in range(3):
        pixels = np.random.default_rng(k).integers(0, 255, (side, side, 3), np.uint8)
        files.append(folder / f"given-{k}.png")
        Image.fromarray(pixels).save(files[-1])
    source = SOURCE if missing is Modality.IMAGE else files[0]
    return Job(source, missing is Modality.IMAGE, medical, n, prior_of(steps), lengths, tuple(files[1:]), folder)


def run_both(engine: Engine, job: Job) -> tuple[Result, Result]:
    """(official, ours). The few-shot turn is not counted: no case changes it."""
    shown = few_shot_turn(engine, job) if job.medical else None
    return flow_official(engine, job), flow_ours(engine, job, shown)


def measured(engine: Engine, job: Job, pairs: int) -> dict:
    """Interleaved: official, ours, official, ours. Seconds, their ratio pair by pair, counters and parity."""
    shown = few_shot_turn(engine, job) if job.medical else None
    official, ours = run_both(engine, job)  # also the warm-up
    seconds: list[tuple[float, float]] = []
    for _ in range(pairs):
        first = timed(lambda: flow_official(engine, job))
        seconds.append((first, timed(lambda: flow_ours(engine, job, shown))))
    first = engine.first
    ratios = sorted(a / b for a, b in seconds)
    with engine.eager():
        eager = timed(lambda: flow_official(engine, job)) if job.medical and job.makes_pictures else None
    ours_s = statistics.median(b for _, b in seconds)
    return {
        "n": job.n,
        "flow": f"{'medical' if job.medical else 'general'} {'text → image' if job.makes_pictures else 'image → text'}",
        "official": dict(official.counts),
        "ours": dict(ours.counts),
        "parity": differences(official, ours),
        "seconds": {"official": statistics.median(a for a, _ in seconds), "ours": ours_s},
        "first": first,
        "peer_ratio": eager / ours_s if eager else statistics.median(ratios),
        "ratio": {"median": statistics.median(ratios), "least": ratios[0], "most": ratios[-1]},
    }


def ceilings() -> dict[str, float]:
    """What the card reaches in this run: bf16 matrix products of 8192³ in TFLOP/s, a copy on the device in TB/s (read and written)."""
    import torch

    a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    big = torch.empty(2**31, dtype=torch.uint8, device="cuda")
    other = torch.empty_like(big)
    product = _fastest(lambda: a @ a)
    copy = _fastest(lambda: other.copy_(big))
    return {"TFLOP/s": 2 * 8192**3 / product / 1e12, "TB/s": 2 * big.numel() / copy / 1e12}


def _fastest(run, times: int = 20) -> float:
    return min(timed(run) for _ in range(times))


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("--full-size", action="store_true", help="published sizes with random weights; needs a CUDA card")
    ask.add_argument("--long", action="store_true", help="every answer at the official cap of 512 tokens")
    ask.add_argument("--counts", type=int, nargs="+", default=[1, 5], help="numbers of candidates")
    ask.add_argument("--pairs", type=int, default=5, help="interleaved pairs to time")
    ask.add_argument("--domains", nargs="+", choices=["medical", "general"], default=["medical", "general"])
    ask.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks", help="folder of flows.md and flows.json")
    ask.add_argument("--plan", action="store_true", help="say what a machine with a card needs and what to run there, and stop")
    said = ask.parse_args()
    if said.plan:
        print("\n".join(plan()))
        return
    from bench import flow_models

    lengths = LONG if said.long else TYPICAL if said.full_size else TENTH
    found = {**stamp(), "full_size": said.full_size, "lengths": lengths.__dict__, "ceilings": {}, "units": {}, "flows": []}
    if said.full_size:
        import torch

        if not torch.cuda.is_available():
            raise SystemExit("--full-size needs a CUDA card and finds none; without it tiny models run on the processor.")
        found |= {"card": torch.cuda.get_device_name(0), "torch": torch.__version__, "ceilings": ceilings()}
    for domain in said.domains:
        medical = domain == "medical"
        engine = Engine(flow_models.full(medical) if said.full_size else flow_models.tiny(medical))
        steps, side = (STEPS, SIDE[medical]) if said.full_size else (4, 40)
        found["units"][domain] = units(
            engine, medical, steps=steps, decoded=128 if said.full_size else 8, side=1024 if said.full_size else 56
        )
        print(json.dumps({domain: found["units"][domain]}), flush=True)
        for missing in (Modality.IMAGE, Modality.TEXT):
            for n in said.counts:
                with tempfile.TemporaryDirectory() as folder:
                    one = measured(engine, job_of(Path(folder), medical, missing, n, lengths, steps, side), said.pairs)
                if found["ceilings"]:
                    to_pictures = missing is Modality.IMAGE
                    one["floor"] = shares(one["ours"], found["ceilings"], medical=medical, to_pictures=to_pictures, given=side)
                found["flows"].append(one)
                print(json.dumps(found["flows"][-1]), flush=True)
        del engine
    said.out.mkdir(parents=True, exist_ok=True)
    (said.out / "flows.json").write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    page = report(found, " ".join(sys.argv[1:]))
    (said.out / "flows.md").write_text(page, encoding="utf-8")
    if said.full_size:
        print(page)


if __name__ == "__main__":
    main()
