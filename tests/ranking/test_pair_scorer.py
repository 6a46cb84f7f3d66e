import numpy as np

from kbapp.core.content import ImageContent, TextContent
from kbapp.ranking.pair_scorer import PairScorer
from tests.lmm_prior import PRIOR

DARK, BRIGHT = (ImageContent(np.full((2, 2), level, np.uint8)) for level in (51, 204))


class Brightness:
    """PairScores: the picture's brightness, minus 1 for the word "no"; remembers how many pairs each call had."""

    id = "brightness@1"

    def __init__(self):
        self.calls: list[int] = []

    def score(self, pairs):
        self.calls.append(len(pairs))
        return np.array([picture.pixels.mean() / 255 - (text.text == "no") for picture, text in pairs]), ("note",) * len(pairs)


def test_values_are_floored_scaled_and_averaged_over_the_sources_in_one_call():
    model = Brightness()
    scores = PairScorer("blip", model).similarity([DARK, BRIGHT], [TextContent("yes"), TextContent("no")], PRIOR)
    assert [s.value for s in scores] == [50.0, 0.0] and model.calls == [4] and scores[0].note == "note"


def test_what_holds_nothing_is_not_computed_and_not_asked():
    model = Brightness()
    scores = PairScorer("blip", model).similarity([BRIGHT], [TextContent(" "), TextContent("yes")], PRIOR)
    assert scores[0].value is None and "candidate" in scores[0].reason and scores[1].value == 80.0 and model.calls == [1]
    scores = PairScorer("blip", model).similarity([TextContent("")], [BRIGHT], PRIOR)
    assert scores[0].value is None and "source" in scores[0].reason and model.calls == [1]
