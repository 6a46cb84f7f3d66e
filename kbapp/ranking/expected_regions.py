"""What a text leads one to expect of a picture, region by region, on the scale of `picture_regions.deviations`."""

from collections.abc import Iterable

import numpy as np

from kbapp.priors.schema import DomainPrior
from kbapp.ranking.picture_regions import REGIONS, SIDES, WIDTH, ZONES
from kbapp.ranking.words import Mention

PLACE = {region: k for k, region in enumerate(REGIONS)}
_USUAL_ZONES = {"fluid": ("lower",), "patch": ("middle", "lower"), "band": ("lower",), "nodule": ZONES, "air": ("upper",)}

# Steps in each region for a thing of middling degree, by the shape the prior's entry is drawn as; "zone" stands for the zones it is in.
# Read off films drawn with one thing each (bench/descriptors.py); shapes that hardly change a region are not here.
EFFECTS: dict[str, dict[str, float]] = {
    "fluid": {"corner": 1.6, "zone": 0.8},
    "patch": {"zone": 1.0},
    "band": {"zone": 0.3, "corner": 0.2},
    "nodule": {"zone": 0.15},
    "haze": {"contrast": -1.6, "every zone": 0.5},
    "air": {"texture": 1.0, "zone": -0.15},
    "enlarged heart": {"middle width": 1.2, "left lower": 0.8, "left corner": 0.4},
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
            if kind == "zone":
                for zone in at_zones:
                    change[PLACE[side, zone]] += steps * share / (1 if zones else len(at_zones))
            elif kind == "corner":
                change[PLACE[side, "corner"]] += steps * share
            elif kind == "texture":
                change[PLACE["", "texture"]] += steps * share * (-1 if side == "right" else 1)
        change += _of_whole(kind, steps)
    return change


def _of_whole(kind: str, steps: float) -> np.ndarray:
    """Effects that ask for no side."""
    change = np.zeros(WIDTH, np.float32)
    if kind in ("contrast", "middle width"):
        change[PLACE["", kind]] = steps
    elif kind == "every zone":
        change[: len(SIDES) * len(ZONES)] = steps
    elif kind.startswith("left "):
        change[PLACE["left", kind.removeprefix("left ")]] = steps
    return change
