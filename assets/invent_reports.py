"""Invent the reports of assets/reports.jsonl again: `python assets/invent_reports.py`. Same bytes. No report of any patient went into it.

Each has findings and an impression that sums up what is there in other words: the pairs that the commands of `kbapp lab` measure on.
"""

import json
import random
from pathlib import Path

FILE = Path(__file__).parent / "reports.jsonl"
COUNT = 120
DEGREES = ("mild", "moderate", "severe")
AMOUNTS = ("small", "moderate", "large")
SIDES = ("left", "right")
ZONES = ("upper", "lower")
# name -> (how findings say it, how the impression does)
THERE = {
    "heart": ("The heart is {degree}ly enlarged.", "{Degree} cardiomegaly."),
    "fluid": ("There is a {amount} {side} pleural effusion.", "{Amount} pleural effusion on the {side}."),
    "opacity": ("{Degree} opacity is seen in the {side} {zone} lobe.", "{Side} {zone} lobe opacity, {degree}."),
    "air": ("There is a {amount} {side} pneumothorax.", "{Amount} pneumothorax on the {side}."),
    "edema": ("The lungs show {degree} pulmonary edema.", "{Degree} pulmonary edema."),
    "device": ("A pacemaker is in place on the {side}.", "Pacemaker in place."),
}
NOT_THERE = {
    "heart": ("Heart size is normal.", "The cardiac silhouette is within normal limits."),
    "fluid": ("No pleural effusion.", "No effusion is seen."),
    "opacity": ("The lungs are clear.", "No focal airspace opacity."),
    "air": ("No pneumothorax.", "There is no pneumothorax."),
    "edema": ("No pulmonary edema.",),
    "device": (),
}
NORMAL = ("No acute abnormality.", "Normal chest.", "Nothing acute in the chest.")


def invented(number: int) -> dict[str, str]:
    rng = random.Random(number)
    there = rng.sample(list(THERE), rng.choice((0, 1, 1, 2, 2, 3)))
    findings, impression = [], []
    for name in rng.sample(list(THERE), len(THERE)):
        if name in there:
            words = _words(rng)
            told, summed_up = THERE[name]
            findings.append(told.format(**words))
            impression.append(summed_up.format(**words))
        elif NOT_THERE[name] and rng.random() < 0.5 and not (name == "opacity" and "edema" in there):
            findings.append(rng.choice(NOT_THERE[name]))
    if not impression:
        findings = findings or [NOT_THERE["opacity"][0]]
        impression = [rng.choice(NORMAL)]
    return {"id": f"invented-{number:03}", "findings": " ".join(findings), "impression": " ".join(impression)}


def _words(rng: random.Random) -> dict[str, str]:
    words = {"degree": rng.choice(DEGREES), "amount": rng.choice(AMOUNTS), "side": rng.choice(SIDES), "zone": rng.choice(ZONES)}
    return words | {name.capitalize(): word.capitalize() for name, word in words.items()}


if __name__ == "__main__":
    FILE.write_text("".join(json.dumps(invented(k)) + "\n" for k in range(COUNT)), encoding="utf-8")
