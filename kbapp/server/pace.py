"""How long requests would take on a processor, before hours are spent on finding out: arithmetic and reading by what this machine does."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from kbapp.engines import cheff, sdxl
from kbapp.engines.catalog import Recipe
from kbapp.server.weights import unet_bytes, weight_bytes
from kbapp.server.work import latent_side, picture_tokens

_ANSWER, _PROMPT = 200, 1000  # tokens: of a usual answer, and of a prompt with its picture
_UNET_SHARE = 12
"""A U-Net applies its parameters at a twelfth of its latent positions: 12.4 counted for SDXL, 10.2 for its refiner, 13.2 for Cheff."""


@dataclass(frozen=True)
class Machine:
    """flops: of float32 per second, a multiplication and an addition being two. reads: bytes per second from memory."""

    flops: float
    reads: float


@dataclass(frozen=True)
class Work:
    """Of one request: what it is, FLOP, and bytes of weights that are read token by token."""

    what: str
    flop: float
    read: float = 0

    def seconds(self, machine: Machine) -> float:
        return self.flop / machine.flops + self.read / machine.reads


def measured() -> Machine:
    """By a product of matrices, and of a matrix that no cache holds with a vector; a third of a second."""
    import torch

    square, tall = torch.ones(1024, 1024), torch.ones(16384, 4096)
    flop = _rate(lambda: square @ square, 2 * 1024**3)
    return Machine(flop, _rate(lambda: tall @ square[0].repeat(4), tall.nbytes))


def _rate(run, amount: float, seconds: float = 0.1) -> float:
    run()  # threads are started by the first one
    began, times = perf_counter(), 0
    while times == 0 or perf_counter() - began < seconds:
        run()
        times += 1
    return amount * times / (perf_counter() - began)


def work_of(recipe: Recipe, width: int = 4) -> Work | None:
    """None where weights or settings are not there. width: bytes of a number."""
    parameters = weight_bytes(recipe, width) // width
    if not parameters:
        return None
    if recipe.role == "chat":
        return Work(f"an answer of {_ANSWER} tokens", 2 * parameters * _PROMPT, _ANSWER * parameters * width)
    if recipe.role == "images":
        return _picture(recipe, width)
    tokens = picture_tokens(recipe)
    return Work("a picture compared", 2 * parameters * tokens) if tokens else None


def _picture(recipe: Recipe, width: int) -> Work | None:
    """With the engines' own number of steps; guidance doubles each."""
    unet, side = unet_bytes(recipe, width), latent_side(recipe)
    if not unet or not side:
        return None
    if recipe.kind == "cheff":
        steps, guided = cheff.STEPS, recipe.options.get("guidance", 1) > 1
    else:
        steps, guided = sdxl.STEPS, True
    each = 2 * (unet // width) * side**2 / _UNET_SHARE
    return Work(f"a picture of {steps} steps", each * steps * (2 if guided else 1))


def pace_line(recipes: Sequence[Recipe], machine: Machine) -> str:
    """One sentence for the terminal: each model's request alone."""
    said = "; ".join(f"{recipe.name} {_told(work_of(recipe), machine)}" for recipe in recipes)
    return f"On this processor ({machine.flops / 1e9:.0f} GFLOP/s, {machine.reads / 1e9:.0f} GB/s measured) one request alone would take: {said}."


def _told(work: Work | None, machine: Machine) -> str:
    if work is None:
        return "unknown (its weights or settings are not there)"
    return f"{_span(work.seconds(machine))} for {work.what}"


def _span(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"about {seconds / size:.0f} {unit}"
    return f"about {seconds:.0f} s" if seconds >= 1 else "less than a second"
