"""Folders in the layout that a run of the official code leaves behind. All texts are invented, all pictures drawn."""

import json
from pathlib import Path

import numpy as np

from kbapp.resources import ASSETS
from tests.hostile.pictures import saved

FILM = (ASSETS / "samples" / "film-heart.png").read_bytes()
REPORTS = ["The heart is enlarged.", "The heart is normal in size. No pleural effusion.", "Small left pleural effusion."]
CAPTIONS = ["A man rides a horse on the beach.", "A horse stands on the sand.", "Two dogs sleep on a couch."]
SCENE = [("Man", "rides", "horse"), ("horse", "on", "Beach"), ("man", "wearing", "red hat with a feather")]
ANALYSIS = {"anatomical_structures": {"heart": "Abnormal"}, "clinical_implication": {"possible_diagnosis": "unclear"}}


def photo(seed: int = 0) -> bytes:
    return saved(np.random.default_rng(seed).integers(0, 255, (40, 60, 3), np.uint8), "JPEG")


def put(folder: Path, files: dict[str, object]) -> Path:
    """Bytes as they are, everything else as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content, indent=4).encode())
    return folder


def knowledge(given: str, result: object, text: str = "", picture: str = "/elsewhere/images/a.jpg") -> dict:
    of_text = given == "text"
    return {
        "idx": 0,
        "input_format": given,
        "text_content": text if of_text else None,
        "image_content": None if of_text else [picture],
        "GT_text": text,
        "GT_image": picture,
        "LLM_result": result,
    }


def general(triples=SCENE) -> dict:
    facts = [{"head": head, "relation": relation, "tail": tail} for head, relation, tail in triples]
    return {"characterizes": {"objects": ["man"], "numbers": {}, "attributes": {}, "style": ""}, "knowledge_graph": facts}


def ranking(n: int) -> dict:
    semantic, graph = [20.5 + k for k in range(n)], [0.25] * n
    return {
        "semantic_score": semantic,
        "graph_score": graph,
        "total_score": [s + g for s, g in zip(semantic, graph, strict=True)],
        "best_candidate": n - 1,
    }


def candidate_graph(triples, text: str | None = None) -> dict:
    return {"input_format": "text", "text_content": text, "image_content": None, "LLM_result": general(triples)}


def general_to_text(folder: Path, **more) -> Path:
    """A photograph was given; its picture lies in `images` beside the folder of the run, as a.jpg."""
    put(folder.parent.parent / "images", {"a.jpg": photo()})
    files = {f"candi_{k}_kg.json": candidate_graph(SCENE[: 3 - k], text) for k, text in enumerate(CAPTIONS)}
    files |= {
        "knowledge.json": knowledge("image", general(), "A rider by the sea."),
        "texts.json": CAPTIONS,
        "ranking.json": ranking(3),
    }
    return put(folder, {**files, "cot_result.json": "A calm scene by the sea.", **more})


def general_to_image(folder: Path, **more) -> Path:
    files = {f"candi_{k}_kg.json": candidate_graph(SCENE) for k in range(2)} | {f"id_{k}.jpg": photo(k) for k in range(2)}
    files |= {
        "knowledge.json": knowledge("text", general(), CAPTIONS[0]),
        "prompts.json": ["a rider", "a horse"],
        "GT.jpg": photo(9),
    }
    return put(folder, {**files, "cot_result.json": "A rider.", "ranking.json": ranking(2), **more})


def medical_to_text(folder: Path, **more) -> Path:
    """As the official medical path leaves it: an analysis instead of a graph, no thoughts, no ranking."""
    put(folder.parent.parent / "images", {"film.png": FILM})
    given = knowledge("image", ANALYSIS, "The heart is large.", "/elsewhere/images/film.png")
    return put(folder, {"knowledge.json": given, "texts.json": REPORTS, "cot_result.json": None, **more})


def medical_to_image(folder: Path, **more) -> Path:
    files = {"id_0.jpg": FILM, "id_1.jpg": photo(1), "prompts.json": REPORTS[:2], "GT.jpg": FILM, "cot_result.json": None}
    return put(folder, {"knowledge.json": knowledge("text", ANALYSIS, REPORTS[0]), **files, **more})


def whole_run(root: Path) -> Path:
    """One sample of each kind, and one on which the run failed before it made anything."""
    general_to_text(root / "2")
    general_to_image(root / "10")
    medical_to_text(root / "11")
    medical_to_image(root / "12")
    put(root / "13", {"knowledge.json": knowledge("text", general(), CAPTIONS[1])})
    return put(root, {"failure_ids.json": [13]})
