"""The schematic renderer draws what its prompt says, and nothing but that and the seed goes in."""

import numpy as np
import pytest

from kbapp.core.content import Modality
from kbapp.core.graph import KnowledgeGraph
from kbapp.errors import Cancelled
from kbapp.generation.prompt import condense
from kbapp.generation.schematic import STRIP, SchematicRenderer
from kbapp.generation.schematic_anatomy import anatomy
from kbapp.generation.schematic_findings import DRAWINGS, Canvas, Order
from kbapp.generation.schematic_habitus import HABITUS_COUNT, habitus
from kbapp.generation.schematic_heart import heart_outline
from kbapp.generation.schematic_orders import plan
from kbapp.generation.views import views
from kbapp.knowledge.film_reader import FilmReader
from tests.chest import draw, edited, read, shipped

RENDERER = SchematicRenderer(read)


def film(text: str, seed: int = 1) -> np.ndarray:
    return draw([text], seed)[0].pixels.astype(int)


def where_brighter(text: str, seed: int = 1) -> tuple[float, float]:
    """Centre (x, y) as fractions of what the text added to the empty film."""
    added = np.clip(film(text, seed) - film("", seed), 12, None) - 12
    y, x = np.mgrid[0 : len(added), 0 : len(added)] / len(added)
    return float((x * added).sum() / added.sum()), float((y * added).sum() / added.sum())


def planned(text: str, seed: int = 0):
    return plan(read(text), shipped().prior, np.random.default_rng(seed))


def test_a_picture_is_a_grey_square_of_512_pixels_with_a_frontal_view():
    picture = draw(["Normal chest."])[0]
    assert picture.pixels.shape == (512, 512) and picture.pixels.dtype == np.uint8 and picture.view in ("PA", "AP")


def test_the_same_prompt_and_seed_give_the_same_bytes_alone_or_in_a_batch():
    prompts = ["Small left pleural effusion.", "Moderate cardiomegaly.", "Two lung nodules."]
    batch = RENDERER.generate(prompts, [5, 6, 7], shipped())
    alone = [RENDERER.generate([p], [s], shipped())[0] for p, s in zip(prompts, (5, 6, 7), strict=True)]
    assert [p.sha256 for p in batch] == [p.sha256 for p in alone]


def test_another_seed_gives_another_patient():
    assert len({p.sha256 for p in RENDERER.generate(["Clear lungs."] * 8, range(8), shipped())}) == 8


def test_only_the_prompt_text_reaches_the_drawing():
    seen = []
    renderer = SchematicRenderer(lambda text, prior: seen.append((text, prior.ref)) or KnowledgeGraph())
    renderer.generate(["one", "two"], [1, 2], shipped())
    assert seen == [("one", "chest-xray@1"), ("two", "chest-xray@1")]


def test_progress_is_told_and_a_stop_gets_through():
    steps = []
    RENDERER.generate(["", ""], [1, 2], shipped(), on_step=lambda k, of: steps.append((k, of)))
    assert steps == [(0, 2), (1, 2), (2, 2)]

    def stop(k, of):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        RENDERER.generate([""], [1], shipped(), on_step=stop)


def test_what_is_denied_is_not_drawn():
    assert (film("No pleural effusion. No pneumothorax. No cardiomegaly.") == film("")).all()


def test_left_in_the_text_is_the_right_half_of_the_picture():
    assert where_brighter("Moderate left pleural effusion.")[0] > 0.55
    assert where_brighter("Moderate right pleural effusion.")[0] < 0.45


def test_upper_middle_and_lower_opacities_lie_one_below_the_other():
    heights = [where_brighter(f"Severe right {lobe} opacity.")[1] for lobe in ("upper lobe", "middle lobe", "lower lobe")]
    assert heights[0] + 0.1 < heights[1] and heights[1] + 0.1 < heights[2]


def test_more_of_a_finding_changes_more_of_the_picture():
    amounts = [np.abs(film(f"{word} left pleural effusion.") - film("")).sum() for word in ("small", "moderate", "large")]
    assert amounts[0] < amounts[1] < amounts[2]


def test_an_uncertain_finding_is_drawn_at_its_borderline():
    rule = next(r for r in shipped().prior.film_rules if r.finding == "cardiomegaly")
    amount = planned("Possible cardiomegaly.").amount("enlarged heart")
    assert rule.uncertain < amount < rule.present


def test_the_degree_said_decides_the_amount_drawn():
    rule = next(r for r in shipped().prior.film_rules if r.finding == "cardiomegaly")
    drawn = [planned(f"{word} cardiomegaly.").amount("enlarged heart") for word in ("mild", "moderate", "severe")]
    assert rule.degrees["mild"] < drawn[0] < rule.degrees["moderate"] < drawn[1] < rule.degrees["severe"] < drawn[2]


def test_the_heart_is_as_wide_as_ordered():
    for index in range(HABITUS_COUNT):
        body = anatomy(index)
        for ratio in (0.40, 0.55, 0.70):
            assert np.ptp(heart_outline(body, ratio)[:, 0]) / body.thorax == pytest.approx(ratio, abs=1e-6)


def test_counts_are_drawn_and_shared_between_the_sides():
    orders = planned("Three lung nodules.").orders
    assert sum(o.count for o in orders) == 3 and {o.side for o in orders} == {"left", "right"}


def test_a_size_in_millimetres_is_kept():
    assert planned("12 mm nodule in the left upper lobe.").orders[0].mm == 12


def test_what_cannot_be_drawn_is_listed():
    text = "Possible scoliosis. Mild cardiomegaly. Cavity in the right upper lobe. No rib fracture. Heart size is normal."
    assert RENDERER.not_shown(text, shipped()) == ("cavitation, right upper lobe", "scoliosis")


def test_without_the_drawing_keys_nothing_is_drawn():
    bare = edited(vocabulary=tuple(e.model_dump() | {"drawing": None} for e in shipped().prior.vocabulary))
    assert not plan(read("Large left pleural effusion. Pacemaker.", bare), bare.prior, np.random.default_rng(0)).orders


def test_every_drawing_of_the_shipped_prior_is_known():
    from kbapp.generation.schematic_findings import WHOLE_FILM, ZONES

    known = {*DRAWINGS, *WHOLE_FILM, *(f"{zone} zone" for zone in ZONES)}
    assert {e.drawing for e in shipped().prior.vocabulary if e.drawing} <= known
    assert {r.drawing for r in shipped().prior.film_rules if r.drawing} <= known


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_every_primitive_changes_the_film_and_keeps_it_finite(name, side):
    body = anatomy(0)
    canvas = Canvas(body.density.copy(), body, np.random.default_rng(2))
    DRAWINGS[name](canvas, Order(name, side, "", 0.4, 2))
    assert np.isfinite(canvas.density).all()
    assert np.abs(canvas.density - body.density).max() > 0.02


def test_the_cached_anatomy_cannot_be_changed_by_a_drawing():
    before = anatomy(1).density.copy()
    draw(["Severe cardiomegaly. Large left pleural effusion."], 1)
    assert (anatomy(1).density == before).all()
    with pytest.raises(ValueError):
        anatomy(1).density += 1


def test_some_patients_are_seen_from_the_front_and_some_from_the_back():
    assert {habitus(k).view for k in range(HABITUS_COUNT)} == {"PA", "AP"}


def test_the_words_stand_on_a_strip_below_the_film():
    strip = film("")[-STRIP:]
    assert strip.max() > 100 and (film("Pacemaker.")[-STRIP:] == strip).all()


def asked_for(view):
    image = shipped().prior.guidance["image"].model_dump() | {"instruction": f"A {view} chest X-ray."}
    return edited(guidance=shipped().prior.model_dump()["guidance"] | {"image": image})


def drawn_in(view, text="", seed=1):
    (picture,) = RENDERER.generate([f"A {view} chest X-ray. {text}"], [seed], shipped())
    return picture


@pytest.mark.parametrize("view", ["PA", "AP", "LATERAL"])
def test_the_view_that_the_prompt_asks_for_is_drawn_whatever_the_seed(view):
    assert {drawn_in(view.lower() if view == "LATERAL" else view, seed=seed).view for seed in range(8)} == {view}


def test_a_film_from_the_side_shows_fluid_low_behind_and_opacities_at_their_height():
    plain = drawn_in("lateral").pixels.astype(float)

    def centre(text):
        changed = np.abs(drawn_in("lateral", text).pixels.astype(float) - plain)
        y, x = np.mgrid[0 : changed.shape[0], 0 : changed.shape[1]] / changed.shape[0]
        return (x * changed).sum() / changed.sum(), (y * changed).sum() / changed.sum()

    x, y = centre("Moderate left pleural effusion.")
    assert x > 0.5 and y > 0.65
    heights = [centre(f"Severe right {lobe} opacity.")[1] for lobe in ("upper lobe", "middle lobe", "lower lobe")]
    assert heights[0] + 0.08 < heights[1] and heights[1] + 0.08 < heights[2]


def test_what_has_no_place_on_a_film_from_the_side_is_listed():
    text = "Left pneumothorax. Right pleural effusion."
    made = plan(read(text, shipped()), shipped().prior, np.random.default_rng(0), "LATERAL")
    assert [o.drawing for o in made.orders] == ["fluid"]
    assert RENDERER.not_shown(f"A lateral chest X-ray. {text}", shipped()) == ("pneumothorax, left",)


def test_nothing_is_measured_on_a_drawn_film_from_the_side():
    (reading,) = FilmReader().read([(drawn_in("lateral", "Large left pleural effusion."),)], shipped())
    assert not reading.graph and reading.assesses == frozenset() and "from the side" in reading.notes[0]


def test_an_expert_gets_films_from_the_side_by_one_word_of_the_guidance():
    prior = asked_for("lateral")
    description = views(read("Small left pleural effusion.", prior), prior.prior, Modality.IMAGE, 1, "0", 0)[0]
    (picture,) = RENDERER.generate([condense(description, prior.prior, 200).text], [3], prior)
    assert picture.view == "LATERAL"
