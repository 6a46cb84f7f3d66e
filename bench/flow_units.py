"""The single pieces of work of a flow, timed one by one: decoding, prefill, pictures, scores. `units` is the one entry."""

import statistics
import time
from collections.abc import Callable

import numpy as np

from bench.flow_engine import Call, Engine
from bench.flow_floor import ENCODED, LAST, SAMPLES, STEP, WEIGHTS_TB, prefill, tower
from bench.flow_result import prior_of
from kbapp.core.content import ImageContent
from kbapp.engines.language_model import ChatRequest, Turn

N = 5


def units(engine: Engine, medical: bool, *, steps: int, decoded: int, side: int, times: int = 3) -> dict[str, dict[str, float]]:
    """By name {"seconds"} and, where a ceiling bounds it, {"TFLOP"} or {"TB"} of least work; see `share`.

    decoded: tokens to decode. side: pixels of the picture to prefill. Sizes of the floors are those of the published models.
    """
    picture = ImageContent(np.random.default_rng(9).integers(0, 255, (side, side, 3), np.uint8))
    found = {f"decoding {rows}": _decoding(engine, rows, decoded, times) for rows in (1, N)}
    found["prefill"] = _prefill(engine, picture, times)
    samples = N * steps * SAMPLES[medical]
    paint = _median(lambda: engine.paint(["things at their places"] * N, list(range(N)), prior_of(steps)), times)
    found["pictures"] = {"seconds": paint, "TFLOP": samples * STEP[medical] + N * LAST[medical]}
    made = [ImageContent(np.roll(picture.pixels, k, axis=0)) for k in range(N)]
    rank = _median(lambda: [engine.likeness(name, picture, made) for name in ("clip", "blip")], times)
    return found | {"scores": {"seconds": rank, "TFLOP": (N + 1) * ENCODED}}


def share(unit: dict[str, float], ceilings: dict[str, float]) -> float:
    """Least time by the ceiling ÷ time."""
    least = unit["TB"] / ceilings["TB/s"] if "TB" in unit else unit["TFLOP"] / ceilings["TFLOP/s"]
    return least / unit["seconds"]


def _decoding(engine: Engine, rows: int, tokens: int, times: int) -> dict[str, float]:
    """The time of one step: that of a long answer less that of a short one."""

    def answer(length: int) -> Callable[[], object]:
        call = Call((Turn("user", "What is to be seen? " * 60),), "Several things at their places.", length)
        return lambda: engine.chat([call] * rows)

    long, short = _median(answer(tokens + 1), times), _median(answer(1), times)
    step = max(long - short, 1e-9) / tokens
    return {"seconds": step, "TB": WEIGHTS_TB, "tokens/s": rows / step}


def _prefill(engine: Engine, picture: ImageContent, times: int) -> dict[str, float]:
    """One picture and about 330 tokens of words, seen for the first time."""
    import torch

    language = engine.models.language
    request = ChatRequest((Turn("user", "What is to be seen? " * 55, (picture,)),))
    inputs = language._inputs([request])
    real = inputs["input_ids"].shape[1]
    visual = int((inputs["input_ids"] == language.network.config.image_token_id).sum())

    def once() -> None:
        language.vision.forget()
        with torch.inference_mode():
            language.network(**inputs, logits_to_keep=1)

    return {"seconds": _median(once, times), "TFLOP": prefill(visual, real - visual, tower(visual)), "tokens": real}


def _median(run: Callable[[], object], times: int) -> float:
    """After one run to warm up."""
    run()
    return statistics.median(timed(run) for _ in range(times))


def timed(run: Callable[[], object]) -> float:
    import torch

    began = time.perf_counter()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began
