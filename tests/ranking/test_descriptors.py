import numpy as np
import pytest

from kbapp.core.content import ImageContent, TextContent
from kbapp.ranking.descriptors import builtin_scorers
from kbapp.ranking.expected_regions import EFFECTS, effect, expected
from kbapp.ranking.picture_regions import WIDTH, deviations, region_densities
from kbapp.ranking.words import Lexicon
from tests.chest import draw, shipped
from tests.ranking.small_prior import PRIOR

DEGREES = ("Mild", "Moderate", "Severe")
REPORTS = [
    "Heart size is normal. Lungs are clear.",
    *(f"{d} cardiomegaly. No pleural effusion." for d in ("Moderate", "Severe")),
    *(f"{d} {s} pleural effusion." for d in ("Moderate", "Large") for s in ("left", "right")),
    *(f"Severe lung opacity in the {s} {z} lobe." for s in ("left", "right") for z in ("upper", "lower")),
    "Severe pulmonary edema.",
    *(f"Large {s} pneumothorax. Heart size is normal." for s in ("left", "right")),
    "Severe cardiomegaly. Moderate bilateral pleural effusion.",
    "Moderate right pleural effusion. Severe opacity in the left upper lobe.",
]


def scorer(name: str):
    return next(s for s in builtin_scorers() if s.name == name)


@pytest.fixture(scope="module")
def films() -> list[ImageContent]:
    return draw(REPORTS)


def matrix(name: str, films: list[ImageContent]) -> np.ndarray:
    """[text, picture], 0-100."""
    ours = scorer(name)
    return np.asarray([[p.value for p in ours.similarity([TextContent(text)], films, shipped())] for text in REPORTS])


def auc(scores: np.ndarray) -> float:
    """How often a true pair scores above a mismatched one of the same text; ties count half."""
    true = np.diag(scores)[:, None]
    others = scores[~np.eye(len(scores), dtype=bool)].reshape(len(scores), -1)
    return float(((true > others) + 0.5 * (true == others)).mean())


@pytest.mark.parametrize(("name", "least"), [("regions", 0.85), ("concepts", 0.75)])
def test_a_report_is_more_like_its_own_drawn_film_than_like_most_others(name, least, films):
    assert auc(matrix(name, films)) >= least


@pytest.mark.parametrize("name", ["regions", "concepts"])
def test_a_text_is_most_like_itself_and_similarity_is_the_same_both_ways(name):
    contents = [TextContent(text) for text in REPORTS]
    ours = scorer(name)
    rows = np.asarray([[p.value for p in ours.similarity([c], contents, shipped())] for c in contents])
    assert np.allclose(np.diag(rows), 100, atol=1e-3)
    assert np.allclose(rows, rows.T, atol=1e-3)


@pytest.mark.parametrize("name", ["regions", "concepts"])
def test_a_text_without_a_known_word_is_not_computed(name):
    (part,) = scorer(name).similarity([TextContent("The weather is fine.")], [TextContent("Cardiomegaly.")], shipped())
    assert part.value is None and "source" in part.reason
    (part,) = scorer(name).similarity([TextContent("Cardiomegaly.")], [TextContent("The weather is fine.")], shipped())
    assert part.value is None and "candidate" in part.reason


def test_concepts_hear_a_denial():
    there, denied = TextContent("Left pleural effusion."), TextContent("No pleural effusion.")
    same, other = scorer("concepts").similarity([there], [there, denied], shipped())
    assert same.value == pytest.approx(100, abs=1e-3) and other.value == 0


def test_regions_hear_the_side(films):
    left, right = REPORTS.index("Large left pleural effusion."), REPORTS.index("Large right pleural effusion.")
    scores = matrix("regions", films)
    assert scores[left, left] > scores[left, right] and scores[right, right] > scores[right, left]


def test_the_score_looks_at_pixels_and_not_at_what_is_told_about_them(films):
    ours = scorer("regions")
    renamed = ImageContent(films[3].pixels.copy(), view="LATERAL", pixel_mm=0.2)
    source = [TextContent(REPORTS[3])]
    assert ours.similarity(source, [renamed], shipped()) == ours.similarity(source, [films[3]], shipped())


@pytest.mark.parametrize(
    "pixels", [np.zeros((40, 40), np.uint8), np.full((300, 200, 3), 255, np.uint8), np.eye(64, dtype=np.uint16) * 60000]
)
def test_any_picture_has_finite_numbers(pixels):
    picture = ImageContent(pixels)
    assert region_densities(picture).shape == (WIDTH,)
    assert np.isfinite(region_densities(picture)).all() and np.abs(deviations(picture)).max() <= 2


def test_a_usual_film_departs_from_itself_in_almost_nothing():
    steps = np.abs(np.stack([deviations(film) for film in draw(["Heart size is normal."] * 8, first_seed=50)]))
    assert steps.mean() < 0.1


def test_every_effect_changes_a_region_somewhere():
    for drawing, effects in EFFECTS.items():
        for kind in effects:
            alone = [
                effect_of({kind: 1.0}, sides, zones) for sides in ({"left"}, {"right"}, set()) for zones in ({"lower"}, {"upper"})
            ]
            assert any(change.any() for change in alone), (drawing, kind)


def effect_of(effects: dict[str, float], sides: set[str], zones: set[str]) -> np.ndarray:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EFFECTS, "probe", effects)
        return effect("probe", sides, zones, 0.5)


def test_more_is_expected_of_a_higher_degree_and_nothing_of_a_denial():
    lexicon, prior = Lexicon(shipped().prior), shipped().prior
    mild, severe, denied = (
        expected(lexicon.mentions(text), prior) for text in ("Mild cardiomegaly.", "Severe cardiomegaly.", "No cardiomegaly.")
    )
    assert severe.max() > mild.max() > 0 and not denied.any()


def test_words_of_an_invented_domain_are_heard_with_side_and_degree():
    said = Lexicon(PRIOR).mentions("Huge spot on both sides. A crack, leftward.")
    assert [(m.entry, m.sides) for m in said] == [("spot", {"left", "right"}), ("crack", {"left"})]
    assert said[0].level > 0.8
