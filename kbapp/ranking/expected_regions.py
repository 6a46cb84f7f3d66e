"""What a text leads one to expect of a picture, region by region, on the scale of `picture_regions.deviations`."""

from collections.abc import Collection, Iterable

import numpy as np

from kbapp.priors.schema import DomainPrior
from kbapp.ranking.picture_regions import REGIONS, SIDES, WIDTH, ZONES
from kbapp.ranking.words import Mention

PLACE = {region: k for k, region in enumerate(REGIONS)}
_USUAL_ZONES = {"fluid": ("lower",), "patch": ("middle", "lower"), "band": ("lower",), "nodule": ZONES, "air": ("upper",)}

# Steps in each region for a thing of middling degree, by the shape the prior's entry is drawn as. "zone" stands for the zones it is in;
# "low corner" and "high texture" hold for the lower zone and for the others. Read off films drawn with one thing each
# (bench/descriptors.py); shapes that hardly change a region are not here.
EFFECTS: dict[str, dict[str, float]] = {
    "fluid": {"corner": 1.6, "zone": 0.85, "middle width": 0.3},
    "patch": {"zone": 0.95, "low corner": 1.1, "high texture": 0.4},
    "band": {"zone": 0.3, "low corner": 0.4},
    "nodule": {"zone": 0.15},
    "haze": {"contrast": -1.7, "every middle": 0.55, "every lower": 0.35, "every upper": -0.35},
    "air": {"texture": 0.9, "zone": -0.15},
    "enlarged heart": {"middle width": 1.2, "left lower": 0.9, "left corner": 0.6},
    "raised dome": {"corner": 0.8, "zone": 0.4},
}


def expected(mentions: Iterable[Mention], prior: DomainPrior) -> np.ndarray:
    """(WIDTH,) float32, steps away from the usual film, -2 to 2; zero where nothing that shows is said to be there."""
    total = np.zeros(WIDTH, np.float32)
    for mention in mentions:
        entry = prior.entry_by_name.get(mention.entry)
        if mention.polarity > 0 and entry and entry.drawing in EFFECTS:
            total += mention.polarity * effect(entry.drawing, mention.sides, mention.zones, mention.level)
    return np.clip(total, -2, 2)


def effect(drawing: str, sides: set[str], zones: set[str], level: float) -> np.ndarray:
    """(WIDTH,) float32. No side said: half on each; no zone said: spread over the usual ones of the shape."""
    change = np.zeros(WIDTH, np.float32)
    share = 1.0 if sides else 0.5
    at_zones = zones or _USUAL_ZONES.get(drawing, ("lower",))
    for kind, steps in EFFECTS[drawing].items():
        steps *= 0.5 + 1.1 * level
        for side in sides or SIDES:
            for region, sign in _of_side(kind, side, at_zones):
                change[PLACE[region]] += sign * steps * share
        for region in _of_whole(kind):
            change[PLACE[region]] += steps
    return change


def _of_side(kind: str, side: str, zones: Collection[str]) -> list[tuple[tuple[str, str], float]]:
    """(region, sign or share) of an effect on the side where the thing is."""
    low = "lower" in zones
    if kind == "zone":
        return [((side, zone), 1 / len(zones)) for zone in zones]
    if kind == "corner" or (kind == "low corner" and low):
        return [((side, "corner"), 1.0)]
    if kind == "texture" or (kind == "high texture" and not low):
        return [(("", "texture"), -1.0 if side == "right" else 1.0)]
    return []


def _of_whole(kind: str) -> list[tuple[str, str]]:
    """Regions of an effect that asks for no side."""
    where, _, what = kind.partition(" ")
    if kind in ("contrast", "middle width"):
        return [("", kind)]
    if where == "every":
        return [(side, what) for side in SIDES]
    return [(where, what)] if where in SIDES else []
