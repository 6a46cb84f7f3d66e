"""What is drawn is read back from the pixels, also from spoiled pictures; what is not drawn is not read."""

import numpy as np
import pytest

from kbapp.core.content import ImageContent
from kbapp.core.evidence import ImageRegion
from kbapp.core.triple import HAS_SEVERITY, Status
from kbapp.knowledge.film_reader import FilmReader, landmarks
from tests.chest import draw, edited, shipped
from tests.knowledge.films import READER, SPOILED, drawn, graph, present, told

SEEDS = range(100, 104)
NORMAL = "The heart size is normal. The lungs are clear. No pleural effusion."
OPACITIES = {
    f"lung opacity, {side} {lobe}": f"Moderate {side} {lobe} opacity."
    for side in ("right", "left")
    for lobe in ("upper lobe", "lower lobe")
}


@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_normal_drawn_film_reads_normal(seed, spoil):
    found = told(drawn(NORMAL, seed, spoil))
    assert found == {name: Status.ABSENT for name in ("cardiomegaly", "consolidation", "lung opacity", "pleural effusion")}


def test_a_normal_film_and_a_normal_report_say_the_same():
    from tests.chest import read

    assert graph(drawn(NORMAL, 7)).triples == read(NORMAL).triples


@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.parametrize("degree", ["mild", "moderate", "severe"])
def test_an_enlarged_heart_is_read_back_with_its_degree(degree, spoil):
    for seed in SEEDS:
        found = graph(drawn(f"{degree} cardiomegaly.", seed, spoil))
        assert found.status_of("cardiomegaly") is Status.PRESENT, seed
        assert [t.tail for t in found.about("cardiomegaly") if t.relation == HAS_SEVERITY] == [degree], seed


@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("amount", ["moderate", "large"])
def test_fluid_is_read_back_by_side_and_amount(amount, side, spoil):
    for seed in SEEDS:
        found = graph(drawn(f"{amount} {side} pleural effusion.", seed, spoil))
        name = f"pleural effusion, {side}"
        assert found.status_of(name) is Status.PRESENT, seed
        assert [t.tail for t in found.about(name) if t.relation == HAS_SEVERITY] == [amount], seed
        assert not [h for h in found.heads if h.startswith("pleural effusion") and h != name]


@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_little_fluid_is_seen_on_its_side_and_not_on_the_other(side, spoil):
    other = {"left": "right", "right": "left"}[side]
    for seed in SEEDS:
        found = told(drawn(f"Small {side} pleural effusion.", seed, spoil))
        assert found.get(f"pleural effusion, {side}") in (Status.PRESENT, Status.UNCERTAIN), seed
        assert f"pleural effusion, {other}" not in found, seed


@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.parametrize("name", OPACITIES)
def test_an_opacity_is_read_back_by_side_and_zone(name, spoil):
    for seed in SEEDS:
        found = present(drawn(OPACITIES[name], seed, spoil))
        assert {n for n in found if n.startswith("lung opacity")} == {name}, seed


def test_fluid_explains_the_density_of_its_own_zone():
    assert present(drawn("Large left pleural effusion.", 5)) == {"pleural effusion, left"}


def test_a_hidden_heart_border_is_said_to_be_hidden_and_not_measured():
    reading = READER.read([(drawn("Large left pleural effusion.", 5),)], shipped())[0]
    assert "cardiomegaly" in reading.not_assessed and "cardiomegaly" not in reading.assesses
    assert any("heart width: not measured" in note for note in reading.notes)


def test_every_fact_carries_its_measurement_and_region():
    for triple in graph(drawn("Moderate right pleural effusion.", 9)).triples:
        for evidence in triple.evidence:
            assert isinstance(evidence, ImageRegion) and evidence.measurement.uncertainty > 0
            x0, y0, x1, y1 = evidence.box
            assert 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1
        assert triple.evidence


def test_the_side_is_the_patients_so_a_mirrored_film_swaps_it():
    pixels = np.array(draw(["Moderate right pleural effusion."], 9)[0].pixels)
    assert "pleural effusion, left" in present(ImageContent(np.ascontiguousarray(pixels[:, ::-1])))


def test_view_word_window_and_depth_do_not_change_the_reading():
    film = draw(["Mild cardiomegaly."], 11)[0]
    deep = ImageContent((film.pixels.astype(np.uint16) * 16), window=(0.0, 255.0 * 16), view="AP", pixel_mm=0.1)
    assert graph(film) == graph(deep)


def test_what_the_reader_cannot_tell_is_listed():
    reading = READER.read([(drawn(NORMAL, 3),)], shipped())[0]
    assert {"pneumothorax", "lung nodule", "pacemaker"} <= set(reading.not_assessed)
    assert not reading.assesses & set(reading.not_assessed)


def test_an_emptied_prior_gives_an_empty_graph():
    film = drawn("Severe cardiomegaly.", 3)
    assert not READER.read([(film,)], edited(vocabulary=(), phrases=(), film_rules=()))[0].graph
    assert not READER.read([(film,)], edited(rules=()))[0].graph


def test_an_edited_threshold_changes_what_the_next_reading_finds():
    rules = [
        r.model_dump() | ({"present": 0.3, "uncertain": 0.25} if r.finding == "cardiomegaly" else {})
        for r in shipped().prior.film_rules
    ]
    film = drawn(NORMAL, 3)
    assert READER.read([(film,)], edited(film_rules=tuple(rules)))[0].graph.status_of("cardiomegaly") is Status.PRESENT
    assert graph(film).status_of("cardiomegaly") is Status.ABSENT


def test_studies_are_read_one_by_one_in_their_order():
    films = draw([NORMAL, "Severe cardiomegaly.", "Large left pleural effusion."], 30)
    together = FilmReader().read([(f,) for f in films], shipped())
    assert [r.graph for r in together] == [graph(f) for f in films]


def test_landmarks_lie_on_the_picture():
    found = landmarks(drawn(NORMAL, 3))
    assert set(found["outlines"]) == {"right lung", "left lung", "heart", "thorax"}
    points = [p for polygon in found["outlines"].values() for p in polygon] + [p for line in found["lines"].values() for p in line]
    assert len(points) > 60 and all(0 <= x <= 1 and 0 <= y <= 1 for x, y in points)
    middle = {name: np.mean(polygon, 0)[0] for name, polygon in found["outlines"].items()}
    assert middle["right lung"] < middle["heart"] < middle["left lung"]
    assert {(z["side"], z["zone"]) for z in found["zones"]} == {
        (s, z) for s in ("left", "right") for z in ("upper", "middle", "lower")
    }


def test_a_film_that_says_it_is_from_the_side_is_not_measured_whatever_it_looks_like():
    frontal = draw(["Large left pleural effusion."], 11)[0]
    (reading,) = FilmReader().read([(ImageContent(frontal.pixels, view="LATERAL"),)], shipped())
    assert not reading.graph and "from the side" in reading.notes[0]
