"""The shipped domains: complete for a model, readable by the report reader, and honest about what the builtin engines can serve."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from kbapp.core.content import ImageContent, Modality, TextContent
from kbapp.errors import UserError
from kbapp.generation.schematic import SchematicRenderer
from kbapp.knowledge.film_reader import FilmReader
from kbapp.knowledge.report_reader import ReportReader
from kbapp.priors.document import parse_prior
from kbapp.priors.remarks import remarks
from kbapp.priors.version import PriorVersion
from kbapp.ranking.descriptors import builtin_scorers
from kbapp.resources import DOMAINS

SHIPPED = ("chest-xray", "general-scene", "movie-poster")
NOT_FILMS = ("general-scene", "movie-poster")
READER = ReportReader()
COCO = """person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign, parking meter, bench,
bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard,
sports ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl,
banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv,
laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear,
hair drier, toothbrush"""


@cache
def shipped(domain: str) -> PriorVersion:
    yaml = (DOMAINS / f"{domain}.yaml").read_text(encoding="utf-8")
    return PriorVersion(parse_prior(yaml, f"{domain}.yaml"), 1, yaml)


def read(text: str, domain: str) -> set[tuple]:
    return {t.key for t in READER.read([(TextContent(text),)], shipped(domain))[0].graph.triples}


def test_the_three_domains_of_the_paper_are_shipped():
    assert {path.stem for path in DOMAINS.glob("*.yaml")} == set(SHIPPED)


@pytest.mark.parametrize("domain", SHIPPED)
def test_every_name_of_a_shipped_prior_names_something(domain):
    prior = shipped(domain).prior
    assert prior.domain == domain and remarks(prior) == ()


@pytest.mark.parametrize("domain", SHIPPED)
def test_both_modalities_have_a_name_rules_and_guidance(domain):
    prior = shipped(domain).prior
    for modality in Modality:
        entities = [rule.entity for rule in prior.rules_for(modality)]
        assert entities and len(entities) == len(set(entities))  # an entity is asked once of a content
        assert prior.names[modality.value] and prior.guidance[modality.value].instruction
    assert prior.guidance["image"].negative_prompt and prior.role and prior.focus


@pytest.mark.parametrize("domain", NOT_FILMS)
def test_the_examples_use_canonical_names_and_both_polarities(domain):
    prior = shipped(domain).prior
    degrees = {degree for scale in prior.scales.values() for degree in scale.degrees}
    told = [triple for example in prior.examples for triple in example.triples]
    for head, _, tail, _ in told:
        assert head in prior.entry_by_name and tail in {*prior.entry_by_name, *degrees}
    assert len({status for *_, status in told}) == 3


def test_the_scene_prior_names_the_80_categories():
    names = " ".join(COCO.split()).split(", ")
    entries = shipped("general-scene").prior.entry_by_name
    assert len(names) == 80 and all(name in entries and entries[name].kind != "anatomy" for name in names)


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("Two puppies on a red sofa.", [("dog", "has count", "2"), ("couch", "has color", "red")]),
        ("A man riding a brown horse in a meadow.", [("man", "has action", "riding"), ("horse, field", "has color", "brown")]),
        ("Three giraffes stand next to a big white lorry.", [("giraffe", "has count", "3"), ("giraffe", "has action", "standing"), ("truck", "has size", "large")]),
        ("A group of people at a wooden table with cups.", [("person", "has count", "several"), ("dining table", "has material", "wooden"), ("cup", "located in", "scene")]),
        ("A lady in a kitchen holding a mobile phone.", [("woman, kitchen", "located in", "kitchen"), ("woman, kitchen", "has action", "holding")]),
    ],
)  # fmt: skip
def test_a_caption_is_read_with_counts_attributes_and_actions(caption, expected):
    assert {(*fact, "present") for fact in expected} <= read(caption, "general-scene")


def test_an_attribute_does_not_cross_to_the_other_thing():
    said = read("A white cat next to a black dog.", "general-scene")
    assert ("cat", "has color", "black", "present") not in said and ("dog", "has color", "white", "present") not in said


def test_what_a_caption_denies_or_doubts_is_not_there():
    said = read("There is no car. Possibly a bus.", "general-scene")
    assert {("car", "located in", "scene", "absent"), ("bus", "located in", "scene", "uncertain")} <= said


def test_a_plot_is_read_by_genre_people_and_setting():
    said = read("A retired detective in a big city hunts a serial killer. A love story without magic.", "movie-poster")
    assert {
        ("detective", "has state", "retired", "present"),
        ("killer, city", "located in", "city", "present"),
        ("romance", "located in", "film", "present"),
        ("fantasy", "located in", "film", "absent"),
    } <= said


@pytest.mark.parametrize("domain", NOT_FILMS)
def test_builtin_picture_engines_say_in_one_sentence_which_profile_serves_the_domain(domain):
    prior = shipped(domain)
    photo = ImageContent(np.full((80, 80, 3), 90, np.uint8))
    for call in (
        lambda: FilmReader().read([(photo,)], prior),
        lambda: SchematicRenderer(lambda text, prior: None).generate(["A dog."], [1], prior),
    ):
        with pytest.raises(UserError, match="choose the profile cuda or server") as refused:
            call()
        assert refused.value.code == "not_served" and "\n" not in str(refused.value) and prior.prior.title in str(refused.value)


def test_builtin_scorers_leave_other_pictures_than_films_out_with_the_reason():
    photo = ImageContent(np.full((80, 80, 3), 90, np.uint8))
    for scorer in builtin_scorers():
        (score,) = scorer.similarity([TextContent("A dog.")], [photo], shipped("general-scene"))
        assert score.value is None and "chest films only" in score.reason


def test_the_chest_domain_is_served_by_the_builtin_engines():
    assert shipped("chest-xray").prior.why_not_builtin() == ""


def test_the_smallest_prior_of_the_documentation_is_one():
    page = (Path(__file__).parents[2] / "docs" / "priors.md").read_text(encoding="utf-8")
    first = page.split("```yaml\n")[1].split("```")[0]
    prior = PriorVersion(parse_prior(first, "docs"), 1, first)
    assert remarks(prior.prior) == () and READER.read([(TextContent("Two speckles."),)], prior)[0].graph.heads == ("spot",)
