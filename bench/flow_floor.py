"""What a flow costs at least on a card, from its counters and the ceilings measured in the same run; the models have their published sizes.

Figures of the models: their configurations, one multiply-add as two operations, numbers of two bytes.
"""

from collections.abc import Mapping

WEIGHTS_TB = 14.14e-3 + 2 * 0.545e-3  # read by one step of decoding: the layers and the head
TOKEN = 13.05e-3  # TFLOP of the language part for one token that is prefilled
STEP = {
    True: 0.3218,
    False: 0.8 * 6.761 + 0.2 * 7.286,
}  # medical or not: one sample of one denoising step, base and refiner in their shares
STEPS = 50  # of denoising a picture, as the authors run them: 40 of the base model and 10 of the refiner, or 50 of the medical one
SAMPLES = {True: 1, False: 2}  # of a picture in each step: with the prompt, and without where there is guidance
LAST = {True: 0.671, False: 10.47}  # from latents to a picture
SIDES = {True: 256, False: 1024}  # of a picture that is made
ENCODED = 0.162 + 0.382  # CLIP ViT-L/14 and BLIP large, one picture each
CELL = 28


def visual_tokens(side: int) -> int:
    return round(side / CELL) ** 2


def tower(tokens: int) -> float:
    """TFLOP of the vision tower for one picture; fitted to the published 2.41 for 391 and 11.94 for 1,369 tokens."""
    return 5.141e-3 * tokens + 2.615e-6 * tokens**2


def prefill(visual: int, words: int, towers: float) -> float:
    """TFLOP. towers: of the vision tower."""
    return (visual + words) * TOKEN + towers


def shares(
    counts: Mapping[str, int], ceilings: Mapping[str, float], *, medical: bool, to_pictures: bool, given: int
) -> dict[str, float]:
    """Least seconds of each kind of work. ceilings: {"TFLOP/s", "TB/s"}. given: side of the source picture and of the examples."""
    seen = visual_tokens(SIDES[medical] if to_pictures else given)
    samples = counts.get("unet launches", 0) * counts.get("unet batch", 0)
    pictures = samples / (STEPS * SAMPLES[medical])
    work = {
        "prefill": prefill(counts["visual tokens"], counts["text tokens"], counts["vision passes"] * tower(seen)),
        "pictures": samples * STEP[medical] + pictures * LAST[medical],
        "scores": ENCODED * max(pictures, 1),
    }
    decoding = counts["decode steps"] * WEIGHTS_TB / ceilings["TB/s"]
    return {"decoding": decoding} | {name: tera / ceilings["TFLOP/s"] for name, tera in work.items()}
