"""The unchanging part of a drawn frontal chest film: body, lung fields, bones, vessels, airway. Drawn once per habitus, then cached.

Units: fractions of the drawing's side (x to the right of the picture, y down), so (0.5, y) is the midline; the patient's right is on the
left of the picture. Layers are float32 densities, 0 (air, black) to about 1 (metal, white); they add up as X-ray paths do.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from kbapp.generation.schematic_habitus import HABITUS_COUNT, SIDES, Habitus, habitus, wall
from kbapp.generation.schematic_layers import airway, bones, centre_veil, soft_tissue, upper_centre, vessels
from kbapp.generation.schematic_strokes import MIDLINE, SIDE, filled, mirrored, spline


@dataclass(frozen=True, eq=False)
class Anatomy:
    """density: (SIDE, SIDE) everything but the heart. centre: the mediastinum's own layer, which the heart is merged into;
    veil: what is added where that layer is 1; solid: what the film would be without any air in the lungs.

    lungs: side -> (SIDE, SIDE) 0-1, soft at the rim; the part behind the heart is included. dome: side -> y of its diaphragm's top.
    apex: y of the lungs' top; angle: side -> (x, y) of the outer corner at the base.
    """

    habitus: Habitus
    density: np.ndarray
    centre: np.ndarray
    veil: np.ndarray
    solid: np.ndarray
    lungs: dict[str, np.ndarray]
    dome: dict[str, float]
    apex: float
    angle: dict[str, tuple[float, float]]

    def wall(self, y: float) -> float:
        return wall(self.habitus, y)

    @property
    def thorax(self) -> float:
        """Inner width of the rib cage where it is widest above the bases."""
        return 2 * max(self.wall(y) for y in np.linspace(0.5, min(a[1] for a in self.angle.values()), 12))


def lung_outline(body: Habitus, side: str) -> np.ndarray:
    """Closed outline of one lung field (the part behind the heart included), points (n, 2)."""
    drop = 0.018 if side == "left" else 0.0  # the right dome stands higher
    dome, w = body.dome + drop, body.width
    base = dome + 0.105
    rim = [(wall(body, y) - 0.003, y) for y in np.linspace(0.15, base - 0.05, 9)]
    top = [(0.035 * w, 0.22), (0.040 * w, 0.14), (0.075 * w, 0.088), (0.135 * w, 0.078), (0.19 * w, 0.103)]
    floor = [
        (wall(body, base) - 0.006, base), (0.335 * w, dome + 0.040), (0.27 * w, dome + 0.010), (0.20 * w, dome),
        (0.13 * w, dome + 0.012), (0.075 * w, dome + 0.045), (0.038 * w, dome + 0.055),
    ]  # fmt: skip
    medial = [(0.036 * w, y) for y in (0.62, 0.5, 0.36)]
    return mirrored(spline([*top, *rim, *floor, *medial]), SIDES[side])


@lru_cache(maxsize=HABITUS_COUNT + 2)
def anatomy(index: int, deep: bool = False) -> Anatomy:
    """The drawn anatomy of one habitus, 0 <= index < HABITUS_COUNT."""
    return build(habitus(index, deep))


def build(body: Habitus) -> Anatomy:
    """Draw all layers of one body: about 0.1 s."""
    lungs = {side: filled(lung_outline(body, side), 1.3) for side in SIDES}
    either = np.clip(sum(lungs.values()), 0, 1)
    solid = soft_tissue(body)
    density = solid - 0.40 * sum(air_depth(lung) for lung in lungs.values()) + vessels(body, either) + bones(body, either)
    veil = centre_veil(body, density, either)
    density += airway(body)
    solid = cv2.GaussianBlur(solid, (0, 0), 8) + 0.02
    dome = {side: body.dome + (0.018 if side == "left" else 0.0) for side in SIDES}
    angle = {side: (MIDLINE + sign * wall(body, dome[side] + 0.105), dome[side] + 0.105) for side, sign in SIDES.items()}
    for layer in (density, solid, veil, *lungs.values()):
        layer.setflags(write=False)
    return Anatomy(body, density, upper_centre(body), veil, solid, lungs, dome, 0.078, angle)


def air_depth(lung: np.ndarray) -> np.ndarray:
    """Depth of air along the ray: nil at the rim, rising quickly to its full value; less towards the bases, where the wall is thicker."""
    inside = cv2.distanceTransform((lung > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    depth = 0.45 * lung + 0.55 * lung * (1 - np.exp(-inside / 26))
    y = np.arange(SIDE, dtype=np.float32)[:, None] / SIDE
    thinner = 0.14 * np.clip((y - 0.16) / 0.25, 0, 1) + 0.20 * np.clip((y - 0.42) / 0.24, 0, 1)
    return cv2.GaussianBlur(depth * (1 - thinner), (0, 0), 1.0)
