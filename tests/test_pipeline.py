"""The three steps on the builtin engines and on a scripted model in the same roles."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from kbapp.core.case import Case
from kbapp.core.content import ImageContent, Modality, TextContent
from kbapp.core.score import PartScore
from kbapp.errors import Cancelled, EngineError, ExtractionError, InputError, UserError
from kbapp.generation.views import candidate_seed
from kbapp.pipeline import MAX_CANDIDATES, Engines, Switches, case_sha256, complete, regenerate, substituted
from kbapp.profiles import engines_for
from kbapp.resources import ASSETS
from kbapp.settings import Settings
from tests.chest import draw, edited, read, shipped
from tests.scripted_engines import scripted_engines

REPORT = "Moderate left pleural effusion. Possible right effusion. Severe cardiomegaly. No pneumothorax."
FILM = "Severe cardiomegaly. Severe lung opacity in the right upper lobe."
TEXT_CASE = Case((TextContent(REPORT),))
BUILTIN = engines_for(Settings())


@pytest.fixture(scope="module")
def image_case() -> Case:
    return Case((draw([FILM], first_seed=4)[0],))


def engines_named(name: str) -> Engines:
    return BUILTIN if name == "builtin" else scripted_engines(BUILTIN, shipped())[0]


both_profiles = pytest.mark.parametrize("profile", ["builtin", "scripted"])
both_ways = pytest.mark.parametrize("way", ["text to image", "image to text"])


def case_for(way: str, image_case: Case) -> Case:
    return TEXT_CASE if way == "text to image" else image_case


class Counted:
    """Any role, with its calls counted and the number of contents of each kept."""

    def __init__(self, role):
        self._role, self.calls = role, Counter()
        self.sizes: list[int] = []

    def __getattr__(self, name):
        value = getattr(self._role, name)
        if name not in ("read", "write", "generate", "similarity"):
            return value

        def counted(first, *rest, **options):
            self.calls[name] += 1
            self.sizes.append(len(rest[0]) if name == "similarity" else len(first))
            return value(first, *rest, **options)

        return counted


def counting(engines: Engines) -> Engines:
    return replace(
        engines,
        readers={m: Counted(r) for m, r in engines.readers.items()},
        writer=Counted(engines.writer),
        image_generator=Counted(engines.image_generator),
        scorers=tuple(Counted(s) for s in engines.scorers),
    )


@both_profiles
@both_ways
def test_n_distinct_candidates_each_read_scored_compared_and_ranked(profile, way, image_case):
    case = case_for(way, image_case)
    made = complete(case, shipped(), engines_named(profile), n=3, seed=1)
    assert len(made.candidates) == 3
    assert len({c.content.sha256 for c in made.candidates}) == 3
    assert all(c.content.modality is case.missing for c in made.candidates)
    assert [c.index for c in made.candidates] == list(range(3)) == sorted(made.ranking.order)
    assert len(made.candidate_readings) == len(made.scores) == len(made.differences) == 3
    for score in made.scores:
        assert list(score.parts) == ["graph", "concepts", "regions"]
        assert all(0 <= part.value <= 100 for part in score.parts.values()) and 0 <= score.qs <= 100


@both_profiles
@both_ways
def test_the_same_seed_and_inputs_give_an_equal_completion(profile, way, image_case):
    case = case_for(way, image_case)
    first, second = (complete(case, shipped(), engines_named(profile), n=2, seed=5) for _ in range(2))
    assert first == second
    other = complete(case, shipped(), engines_named(profile), n=2, seed=6)
    assert [c.content.sha256 for c in other.candidates] != [c.content.sha256 for c in first.candidates]


@both_profiles
@both_ways
def test_one_candidate_can_be_made_again_alone(profile, way, image_case):
    engines = engines_named(profile)
    made = complete(case_for(way, image_case), shipped(), engines, n=2, seed=2)
    for index in range(2):
        again = regenerate(made, index, shipped(), engines)
        assert again == made.candidates[index]
        if isinstance(again.content, ImageContent):
            assert again.content.pixels.tobytes() == made.candidates[index].content.pixels.tobytes()


@both_ways
def test_every_role_is_called_once_for_all_candidates(way, image_case):
    case, engines = case_for(way, image_case), counting(BUILTIN)
    made = complete(case, shipped(), engines, n=3)
    assert engines.readers[case.available].sizes == [1]
    assert engines.readers[case.missing].sizes == [3]
    used, idle = (
        (engines.writer, engines.image_generator) if case.missing is Modality.TEXT else (engines.image_generator, engines.writer)
    )
    assert used.sizes == [3] and not idle.sizes
    assert [scorer.sizes for scorer in engines.scorers] == [[3], [3]]
    assert len(made.candidates) == 3


def test_a_model_is_asked_in_batches_that_do_not_grow_with_n(image_case):
    counts = []
    for n in (1, 5):
        engines, model = scripted_engines(BUILTIN, shipped())
        complete(image_case, shipped(), engines, n=n)
        counts.append(len(model.batches))
    assert counts == [5, 5]  # answers and triples of the source, reports, answers and triples of the candidates


def test_candidates_differ_in_substance_and_the_record_says_how():
    made = complete(TEXT_CASE, shipped(), BUILTIN, n=2)
    told = {c.description.resolutions for c in made.candidates}
    assert len(told) == 2
    assert any(
        r.node == "pleural effusion, right" and r.before == "uncertain" for c in made.candidates for r in c.description.resolutions
    )


def test_scores_come_from_what_is_seen_of_a_candidate_not_from_what_it_was_made_of(image_case):
    class Liar:
        id = "liar"

        def write(self, descriptions, prior, seeds):
            return [f"Findings: No cardiomegaly. Number {seed}.\nImpression: None." for seed in seeds]

    made = complete(image_case, shipped(), replace(BUILTIN, writer=Liar()), n=2)
    assert all(reading.graph != made.candidates[0].description.graph for reading in made.candidate_readings)
    assert all(difference.counts["contradicted"] for difference in made.differences)
    assert made.ranking.preselected is None and made.ranking.abstained


def test_equal_candidates_are_asked_for_again_and_a_shortfall_is_said():
    class Stubborn:
        id = "stubborn"
        calls = 0

        def write(self, descriptions, prior, seeds):
            self.calls += 1
            return ["No pneumothorax." if seed % 2 else "Cardiomegaly." for seed in seeds]

    film = draw(["Severe cardiomegaly."])[0]
    engines = replace(BUILTIN, writer=Stubborn())
    made = complete(Case((film,)), shipped(), engines, n=5)
    assert [c.index for c in made.candidates] == list(range(len(made.candidates)))
    assert len({c.content for c in made.candidates}) == len(made.candidates) == 2
    assert engines.writer.calls == 3
    assert any("2 distinct candidates instead of 5" in note for note in made.notes)


def test_a_repeated_candidate_gets_another_seed_and_only_it():
    class OnceStubborn:
        id = "once"
        asked: list = []

        def write(self, descriptions, prior, seeds):
            self.asked.append(len(seeds))
            return (
                [f"Cardiomegaly {seed if len(self.asked) > 1 or k else 0 * seed}." for k, seed in enumerate(seeds)]
                if len(self.asked) > 1
                else ["Cardiomegaly."] * len(seeds)
            )

    engines = replace(BUILTIN, writer=OnceStubborn())
    made = complete(Case((draw(["Severe cardiomegaly."])[0],)), shipped(), engines, n=3)
    assert engines.writer.asked == [3, 2] and len(made.candidates) == 3
    assert made.candidates[0].seed == candidate_seed(case_sha256(made.case), 0, 0)


@pytest.mark.parametrize("n", [0, -1, MAX_CANDIDATES + 1])
def test_a_number_of_candidates_out_of_range_is_refused(n):
    with pytest.raises(UserError, match="expected 1 to 15 candidates"):
        complete(TEXT_CASE, shipped(), BUILTIN, n=n)


def test_fifteen_candidates_are_fifteen():
    assert len(complete(TEXT_CASE, shipped(), BUILTIN, n=15).candidates) == 15


def test_more_candidates_keep_the_first_ones():
    few, many = (complete(TEXT_CASE, shipped(), BUILTIN, n=n) for n in (1, 3))
    assert many.candidates[:1] == few.candidates


def test_progress_names_the_steps_in_order_and_counts_up(image_case):
    told = []
    complete(image_case, shipped(), BUILTIN, n=3, on_progress=told.append)
    assert list(dict.fromkeys(p.step for p in told)) == ["read", "generate", "rank"]
    for step in ("read", "generate", "rank"):
        done = [p.done for p in told if p.step == step]
        assert done == sorted(done) and all(0 <= p.done <= p.total for p in told if p.step == step)
    assert all(p.text for p in told) and (told[-1].done, told[-1].step) == (told[-1].total, "rank")


@both_ways
def test_a_run_can_be_stopped_at_every_point_where_it_tells_of_progress(way, image_case):
    case = case_for(way, image_case)
    told = []
    complete(case, shipped(), BUILTIN, n=1, on_progress=told.append)
    for stop_at in range(len(told)):
        heard = []
        with pytest.raises(Cancelled):
            complete(case, shipped(), BUILTIN, n=1, on_progress=heard.append, cancelled=lambda: len(heard) >= stop_at)  # noqa: B023
        assert heard == told[:stop_at]


def test_pictures_can_be_stopped_between_their_steps():
    heard = []
    with pytest.raises(Cancelled):
        complete(
            TEXT_CASE,
            shipped(),
            BUILTIN,
            n=5,
            on_progress=heard.append,
            cancelled=lambda: any(p.step == "generate" and p.done == 2 for p in heard),
        )
    assert heard[-1].step == "generate" and heard[-1].done == 2


def test_an_emptied_prior_reads_nothing_and_nothing_is_put_forward():
    prior = edited(rules=(), vocabulary=(), phrases=(), pairings=(), film_rules=(), focus=())
    made = complete(TEXT_CASE, prior, BUILTIN, n=2)
    assert not made.reading.graph and made.ranking.preselected is None
    assert all(score.parts["graph"].value is None for score in made.scores)
    assert any("Nothing was read" in note for note in made.notes)


class Sighted:
    """A reader of pictures that refuses one of them."""

    id = "sighted"

    def __init__(self, refused: int):
        self.refused, self.calls = refused, 0

    def read(self, studies, prior):
        self.calls += 1
        if any(contents[0].sha256 == self.refused for (*contents,) in studies):
            raise InputError("this is no chest X-ray")
        return BUILTIN.readers[Modality.IMAGE].read(studies, prior)


def test_a_candidate_that_cannot_be_read_scores_0_and_the_others_are_read():
    blank = ImageContent(np.zeros((64, 64), np.uint8))

    class OneBlank:
        id, max_prompt_words = "one blank", 500

        def generate(self, prompts, seeds, prior, *, on_step=lambda step, steps: None):
            return [blank, *BUILTIN.image_generator.generate(prompts[1:], seeds[1:], prior)]

        def not_shown(self, prompt, prior):
            return ()

    engines = replace(BUILTIN, image_generator=OneBlank(), readers={**BUILTIN.readers, Modality.IMAGE: Sighted(blank.sha256)})
    made = complete(TEXT_CASE, shipped(), engines, n=3)
    assert made.scores[0].parts["graph"].value == 0 and "could not be read" in made.candidate_readings[0].notes[0]
    assert all(score.parts["graph"].value > 0 for score in made.scores[1:])


def test_what_a_prompt_had_no_room_for_is_kept_with_the_candidate():
    class FewWords:
        id, max_prompt_words = "few words", 9

        def generate(self, prompts, seeds, prior, *, on_step=lambda step, steps: None):
            assert all(len(prompt.split()) <= 9 for prompt in prompts)
            return BUILTIN.image_generator.generate(prompts, seeds, prior)

        def not_shown(self, prompt, prior):
            return ()

    made = complete(TEXT_CASE, shipped(), replace(BUILTIN, image_generator=FewWords()), n=1)
    assert "had no room for" in made.candidates[0].notes[0] and "No pneumothorax" in made.candidates[0].notes[0]


def test_what_the_renderer_has_no_drawing_for_is_said_of_each_film():
    case = Case((TextContent("Right upper lobe cavity. No pneumonia. Heart size normal."),))
    made = complete(case, shipped(), BUILTIN, n=2)
    assert [c.notes for c in made.candidates] == [("Not drawn: cavitation, right upper lobe.",)] * 2
    drawn = complete(TEXT_CASE, shipped(), BUILTIN, n=1)
    assert not drawn.candidates[0].notes


class FailingOn:
    """A reader of texts that gives no usable answer about those that hold a word."""

    id = "failing"

    def __init__(self, word: str):
        self.word = word

    def read(self, studies, prior):
        if any(self.word in contents[0].text for contents in studies):
            raise ExtractionError("the model gave no usable answer")
        return BUILTIN.readers[Modality.TEXT].read(studies, prior)


class Numbering:
    id = "numbering"

    def write(self, descriptions, prior, seeds):
        return [f"Severe cardiomegaly. Text {k}." for k in range(len(seeds))]


def test_a_candidate_that_the_reader_fails_on_is_left_out_and_the_others_are_numbered_anew(image_case):
    engines = replace(BUILTIN, writer=Numbering(), readers={**BUILTIN.readers, Modality.TEXT: FailingOn("Text 1")})
    made = complete(image_case, shipped(), engines, n=3)
    assert [(c.index, c.content.text[-2:]) for c in made.candidates] == [(0, "0."), (1, "2.")]
    assert len(made.scores) == len(made.candidate_readings) == 2
    assert any("1 of 3 candidates were left out" in note for note in made.notes)


def test_a_reader_that_fails_on_every_candidate_ends_the_run(image_case):
    engines = replace(BUILTIN, writer=Numbering(), readers={**BUILTIN.readers, Modality.TEXT: FailingOn("Text")})
    with pytest.raises(ExtractionError):
        complete(image_case, shipped(), engines, n=2)


def test_facts_that_a_picture_cannot_show_do_not_count_against_its_graph_part():
    made = complete(TEXT_CASE, shipped(), BUILTIN, n=1)
    assert "the reader does not judge the others on a chest X-ray" in made.scores[0].parts["graph"].note
    assert made.differences[0].counts["not_assessable"] > 0


def test_what_candidates_were_asked_is_not_said_to_be_what_they_tell():
    made = complete(Case((TextContent("Moderate left pleural effusion."),)), shipped(), BUILTIN, n=2)
    assert any("all 2 candidates were asked to tell the same facts" in note for note in made.notes)
    made = complete(TEXT_CASE, shipped(), BUILTIN, n=5)
    assert any("of 5 candidates were asked to repeat one" in note for note in made.notes)


@pytest.mark.parametrize("sample", ["heart-failure", "right-lower-opacity", "pacemaker"])
def test_the_facts_of_the_graph_part_are_those_that_the_difference_judges(sample):
    text = (ASSETS / "samples" / f"{sample}.txt").read_text(encoding="utf-8")
    made = complete(Case((TextContent(text),)), shipped(), BUILTIN, n=5)
    for score, differing in zip(made.scores, made.differences, strict=True):
        over, unjudged = re.match(r"over (\d+) of \d+ facts(?:, (\d+) of which)?", score.parts["graph"].note).groups()
        counts = differing.counts
        assert counts["kept"] + counts["reworded"] + counts["missing"] == int(over) - int(unjudged or 0)


def test_the_switches_are_the_ablations_of_the_paper(image_case):
    no_graph = complete(image_case, shipped(), BUILTIN, n=3, switches=Switches(graph_part=False))
    assert set(no_graph.scores[0].weights) == {"concepts", "regions"} and no_graph.scores[0].left_out["graph"] == "switched off"
    no_encoders = complete(image_case, shipped(), BUILTIN, n=3, switches=Switches(encoder_parts=False))
    assert set(no_encoders.scores[0].weights) == {"graph"}
    orders = {
        complete(image_case, shipped(), BUILTIN, n=5, seed=s, switches=Switches(ranking=False)).ranking.order for s in range(4)
    }
    assert len(orders) > 1
    assert no_graph.provenance.switches["graph_part"] is False


def test_without_knowledge_the_source_text_itself_is_the_prompt_and_a_picture_gives_the_bare_instruction(image_case):
    off = Switches(knowledge=False)
    made = complete(TEXT_CASE, shipped(), BUILTIN, n=2, switches=off)
    assert all(c.prompt == REPORT and not c.description.graph for c in made.candidates)
    blind = complete(image_case, shipped(), BUILTIN, n=3, switches=off)
    assert blind.candidates[0].description.text == shipped().prior.guidance["text"].instruction
    assert len(blind.candidates) == 1 and any("1 distinct candidates instead of 3" in note for note in blind.notes)


def test_provenance_names_prior_seed_and_every_engine_used(image_case):
    made = complete(image_case, shipped(), BUILTIN, n=2, seed=9)
    kept = made.provenance
    assert (kept.prior, kept.prior_sha256, kept.seed, kept.n_requested) == (shipped().ref, shipped().prior.sha256, 9, 2)
    assert set(kept.engines) == {"reader", "candidate reader", "generator", "scorer concepts", "scorer regions"}
    assert all(kept.engines.values())


def test_two_views_of_one_study_are_read_together():
    views = draw(["Severe cardiomegaly. Large right pleural effusion."] * 2)
    engines = counting(BUILTIN)
    made = complete(Case(tuple(views)), shipped(), engines, n=2)
    assert engines.readers[Modality.IMAGE].sizes == [1] and len(made.candidates) == 2


def test_another_prior_cannot_make_a_candidate_again(image_case):
    made = complete(image_case, shipped(), BUILTIN, n=1)
    with pytest.raises(UserError, match="made under chest-xray@1"):
        regenerate(made, 0, edited(title="Another"), BUILTIN)
    with pytest.raises(UserError, match="from 1 to 1, got 3"):
        regenerate(made, 2, shipped(), BUILTIN)


def test_a_profile_without_a_reader_says_so_before_it_works():
    with pytest.raises(UserError, match="cannot read a chest X-ray; choose another profile"):
        complete(TEXT_CASE, shipped(), replace(BUILTIN, readers={Modality.TEXT: BUILTIN.readers[Modality.TEXT]}), n=1)


def test_an_engine_that_fails_is_heard():
    class Broken:
        name = id = "broken"

        def similarity(self, source, candidates, prior):
            raise EngineError("the scorer is gone")

    with pytest.raises(EngineError, match="gone"):
        complete(TEXT_CASE, shipped(), replace(BUILTIN, scorers=(Broken(),)), n=1)


def test_a_part_that_one_candidate_lacks_is_left_out_for_all(image_case):
    class Half:
        name = id = "half"

        def similarity(self, source, candidates, prior):
            return [PartScore(None, "too short"), *(PartScore(50.0) for _ in candidates[1:])]

    made = complete(image_case, shipped(), replace(BUILTIN, scorers=(Half(),)), n=3)
    assert all("half" in score.left_out and set(score.weights) == {"graph"} for score in made.scores)


def test_candidates_of_a_drawn_film_are_about_what_was_drawn(image_case):
    made = complete(image_case, shipped(), BUILTIN, n=3)
    best = made.candidates[made.ranking.order[0]].content.text
    told = read(best)
    assert "cardiomegaly" in told.heads and "lung opacity, right upper lobe" in told.heads


@both_profiles
@both_ways
def test_a_candidate_put_in_the_place_of_another_is_made_compared_and_ranked_as_that_one_was(profile, way, image_case):
    engines = engines_named(profile)
    done = complete(case_for(way, image_case), shipped(), engines, n=3, seed=2)
    assert substituted(done, 1, done.reading.graph, shipped(), engines) == done
    other = substituted(done, 1, read("No pleural effusion. No lung opacity."), shipped(), engines)
    for k in (0, 2):
        assert other.candidates[k] == done.candidates[k] and other.differences[k] == done.differences[k]
    assert other.candidates[1].content != done.candidates[1].content and other.differences[1] != done.differences[1]
    assert other.reading == done.reading and sorted(other.ranking.order) == [0, 1, 2]
