"""A small prior for the tests of the model path, and what they build from it."""

import json

from kbapp.core.content import TextContent
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.resources import DOMAINS

YAML = """
domain: test-chest
title: Test
role: You are a careful reader of films.
names: {image: film, text: report}
root: chest
rules:
  - {entity: Pleura, prompt: "Fluid or air, on which side?"}
  - {entity: Heart, prompt: "How large is it?"}
  - {entity: Devices, prompt: "Which ones?", modalities: [image]}
vocabulary:
  - {name: chest, kind: anatomy, group: Pleura}
  - {name: pleura, kind: anatomy, group: Pleura}
  - {name: heart, kind: anatomy, group: Heart, synonyms: [cardiac silhouette]}
  - {name: lung, kind: anatomy, group: Pleura}
  - {name: lower lobe, kind: anatomy, group: Pleura, is_a: [lung], synonyms: [lower zone]}
  - {name: pleural effusion, group: Pleura, synonyms: [effusion, pleural fluid], site: pleura, codes: {radlex: {code: RID1}}}
  - {name: consolidation, group: Pleura, synonyms: [airspace opacity], site: lung}
  - {name: cardiomegaly, group: Heart, synonyms: [enlarged heart], site: heart}
  - {name: pacemaker, kind: device, group: Devices, site: chest}
  - {name: pain, group: Pleura, shown_by: [text]}
sides: {left: [left-sided], right: [right-sided], bilateral: [both, bilaterally]}
scales:
  severity: {relation: has severity, degrees: {small: [tiny], mild: [], severe: [marked]}}
qualities: {enlarged: [dilated, large], clear: [well aerated], calcified: [], borderline: []}
pairings:
  - {anatomy: [heart], quality: [enlarged], group: Heart, finding: cardiomegaly}
  - {anatomy: [heart], quality: [borderline], group: Heart, finding: cardiomegaly, degree: [has severity, mild]}
  - {anatomy: [lung], quality: [clear], group: Pleura, says: [["@", has state, clear]], absent: [consolidation]}
cues: {absent_before: ["no", no evidence of, without], uncertain_next: [possible, suspected]}
phrases:
  - {words: [heart size normal], group: Heart, says: [[heart, has size, normal]], absent: [cardiomegaly]}
relations: [located in, on side, has severity, has size, has count, has state]
guidance:
  text: {instruction: Write a report., sections: [Findings, Impression]}
examples:
  - text: "A tiny effusion is seen on the right. The heart is not enlarged."
    triples:
      - ["pleural effusion, right", located in, pleura, present]
      - ["pleural effusion, right", has severity, small, present]
      - [cardiomegaly, located in, heart, absent]
"""

PRIOR = PriorVersion(parse_prior(YAML), 1, YAML)

_SCENE_YAML = (DOMAINS / "general-scene.yaml").read_text(encoding="utf-8")
SCENE = PriorVersion(parse_prior(_SCENE_YAML), 1, _SCENE_YAML)  # as it ships


def edited(**changes) -> PriorVersion:
    return PriorVersion(PRIOR.prior.model_copy(update=changes), 2, "")


def statement(head: str, relation: str, tail: str, status: str = "present", quote: str = "") -> dict:
    return {"head": head, "relation": relation, "tail": tail, "status": status, "quote": quote}


def reply(*statements: dict) -> str:
    return json.dumps({"triples": list(statements)})


REPORT = TextContent("A small left pleural effusion is seen.\nHeart size is  normal. No pacemaker.")
EFFUSION = statement("pleural effusion, left", "located in", "pleura", quote="small left pleural effusion")


def answering(triples: str, answer: str = "Nothing is said."):
    """A script: `answer` to every rule, `triples` to the JSON question."""
    return lambda request: triples if request.schema else answer
