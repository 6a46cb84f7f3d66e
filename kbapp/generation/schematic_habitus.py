"""The body that a film is drawn of: a handful of builds, chosen by the seed."""

from dataclasses import dataclass, replace

import numpy as np

SIDES = {"right": -1, "left": 1}  # the patient's side -> sign of x - MIDLINE in the picture
HABITUS_COUNT = 6

# Half width of the lung fields at heights from apex to base, as (y, half width).
_WALL = np.array(
    [(0.075, 0.075), (0.10, 0.165), (0.14, 0.225), (0.20, 0.275), (0.28, 0.318), (0.38, 0.350), (0.50, 0.371), (0.62, 0.384), (0.74, 0.390), (0.90, 0.392)]
)  # fmt: skip


@dataclass(frozen=True)
class Habitus:
    """width, length: scale of the rib cage; dome: y of the higher diaphragm's top; fat: thickness of the wall 0-1; breast: 0-1;
    arms: how far the shoulder blades are turned out of the lung fields 0-1 (1 in PA films, less in AP films)."""

    width: float
    length: float
    dome: float
    fat: float
    breast: float
    arms: float
    seed: int

    @property
    def view(self) -> str:
        return "PA" if self.arms > 0.5 else "AP"


def habitus(index: int, deep: bool = False) -> Habitus:
    """deep: lungs filled to the utmost, with low domes."""
    rng = np.random.default_rng([11, index])
    body = Habitus(
        width=0.93 + 0.10 * rng.random(),
        length=0.96 + 0.08 * rng.random(),
        dome=0.675 + 0.03 * rng.random(),
        fat=rng.random(),
        breast=float(index % 2) * (0.5 + 0.5 * rng.random()),
        arms=0.15 if index % 3 == 2 else 1.0,
        seed=index,
    )
    return replace(body, dome=body.dome + 0.055, length=body.length * 1.04) if deep else body


def wall(body: Habitus, y: float) -> float:
    """Half width of the rib cage at height y."""
    return float(np.interp((y - 0.075) / body.length + 0.075, _WALL[:, 0], _WALL[:, 1]) * body.width)
