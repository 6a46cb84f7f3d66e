"""The schematic X-ray renderer: an image generator that reads its prompt and draws what it understood.

Nothing but the prompt text and the seed goes into a picture. The patient's build, the exposure, a slight turn and the grain come from
the seed. Everything it draws carries the words "SYNTHETIC - SCHEMATIC" on a strip below the film.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import cv2
import numpy as np

from kbapp.core.content import ImageContent
from kbapp.core.graph import KnowledgeGraph
from kbapp.errors import UserError
from kbapp.generation.schematic_anatomy import anatomy
from kbapp.generation.schematic_findings import DRAWINGS, Canvas
from kbapp.generation.schematic_habitus import HABITUS_COUNT, habitus
from kbapp.generation.schematic_heart import add_heart
from kbapp.generation.schematic_lateral import lateral_density
from kbapp.generation.schematic_mark import STRIP, strip
from kbapp.generation.schematic_orders import Plan, not_drawn, plan, view_asked
from kbapp.generation.schematic_strokes import MIDLINE, SIDE
from kbapp.in_order import in_order
from kbapp.priors.version import PriorVersion

NORMAL_HEART = (0.405, 0.455)  # ratio of widths drawn when nothing is said of it


class SchematicRenderer:
    """Implements ImageGenerator. read: turns a prompt into its graph under the prior (the report reader, given by the profile)."""

    id = "schematic-renderer 1"
    max_prompt_words = 2000

    def __init__(self, read: Callable[[str, PriorVersion], KnowledgeGraph]):
        self._read = read

    def generate(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        prior: PriorVersion,
        *,
        on_step: Callable[[int, int], None] = lambda step, steps: None,
    ) -> list[ImageContent]:
        """One (512, 512) uint8 picture per prompt. The same prompt, seed and prior give the same bytes.

        Raises UserError("not_served") when the prior's pictures are no chest films.
        """
        if why := prior.prior.why_not_builtin():
            raise UserError(why, code="not_served")
        on_step(0, len(prompts))
        rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
        plans = [
            plan(self._read(prompt, prior), prior.prior, rng, view_asked(prompt, prior.prior))
            for prompt, rng in zip(prompts, rngs, strict=True)
        ]
        return in_order(draw, plans, seeds, rngs, each_done=lambda done: on_step(done, len(prompts)))

    def not_shown(self, prompt: str, prior: PriorVersion) -> tuple[str, ...]:
        """See `ImageGenerator.not_shown`: what the prompt says is there, and for which there is no drawing."""
        return not_drawn(self._read(prompt, prior), prior.prior, view_asked(prompt, prior.prior))


def draw(what: Plan, seed: int, rng: np.random.Generator) -> ImageContent:
    """Anatomy, heart, findings, then the film: turn, exposure, grain, strip.

    seed: of the patient and the film, which stay the same whatever is found; rng: of the findings' own shapes and places.
    """
    patient = np.random.default_rng([seed, 0])
    index = _body_for(what.view, int(patient.integers(HABITUS_COUNT)))
    deep = "deep lungs" in {o.drawing for o in what.orders}
    usual = NORMAL_HEART[0] + (NORMAL_HEART[1] - NORMAL_HEART[0]) * patient.random()
    ratio = what.amount("enlarged heart") or usual
    if what.view == "LATERAL":
        density = lateral_density(index, what.orders, ratio / NORMAL_HEART[1], rng, deep=deep)
        return ImageContent(film(density, patient), view=what.view)
    body = anatomy(index, deep)
    canvas = Canvas(body.density.copy(), body, rng)
    add_heart(canvas.density, body, ratio)
    for order in what.orders:
        if order.drawing in DRAWINGS:
            DRAWINGS[order.drawing](canvas, order)
    return ImageContent(film(canvas.density, patient), view=body.habitus.view)


def _body_for(view: str, index: int) -> int:
    """The body drawn by lot, or the next one that is seen in the view asked for."""
    if view not in ("PA", "AP"):
        return index
    return next(k % HABITUS_COUNT for k in range(index, index + HABITUS_COUNT) if habitus(k % HABITUS_COUNT).view == view)


def film(density: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(SIDE, SIDE) uint8 with the strip at the bottom. Turned by up to 1.5 degrees, shifted a little, brighter or darker, grainy."""
    turn, scale = 1.5 * rng.uniform(-1, 1), 0.965 + 0.035 * rng.random()
    matrix = cv2.getRotationMatrix2D((SIDE * MIDLINE, SIDE * 0.45), turn, scale)
    matrix[:, 2] += (8 * rng.uniform(-1, 1), 4 * rng.uniform(-1, 1))
    black, gain, gamma = 0.03 * rng.random(), 0.95 + 0.25 * rng.random(), 0.95 + 0.25 * rng.random()
    moved = cv2.warpAffine(density, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    offset = rng.integers(0, GRAIN, 2)
    grain = _grain()[offset[0] : offset[0] + SIDE, offset[1] : offset[1] + SIDE]
    cv2.scaleAdd(grain, 0.6 + 0.6 * rng.random(), moved, moved)
    grey = cv2.convertScaleAbs(np.maximum(moved + black, 0, out=moved), alpha=255 * 0.94)
    picture = cv2.LUT(grey, _exposure(round(gain, 2), round(gamma, 2)))
    picture[SIDE - STRIP :] = strip()
    return picture


GRAIN = 64  # how far the tile of grain can be moved


@lru_cache(maxsize=1)
def _grain() -> np.ndarray:
    """A tile of film grain, deviation about 0.012 of the density scale."""
    noise = np.random.default_rng(5).standard_normal((SIDE + GRAIN, SIDE + GRAIN)).astype(np.float32)
    return 0.008 * noise + 0.02 * cv2.GaussianBlur(noise, (0, 0), 1.2)


@lru_cache(maxsize=256)
def _exposure(gain: float, gamma: float) -> np.ndarray:
    """Grey level after the film's curve: a soft shoulder towards white."""
    x = np.linspace(0, 1, 256)
    curve = np.tanh(1.25 * gain * x ** (1.15 * gamma)) / np.tanh(1.25 * gain)
    return np.clip(250 * curve, 0, 255).astype(np.uint8)
