"""Make the recorded run of assets/recorded again: `python assets/record_run.py`. Same version, same bytes.

A drawn film and five reports written by hand, each but the third with one kind of fault that language models make: a finding on the wrong side,
one that is not there, one left out, a wrong degree. Everything else (graphs, scores, differences, ranking) comes from the pipeline, with
the hand in the place of the writer, so that the run can be reviewed on a machine without any model.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2

from kbapp.core.candidate import Description
from kbapp.core.case import Case
from kbapp.core.completion import Completion
from kbapp.formats.completion_files import write_completion
from kbapp.formats.picture import SYNTHETIC, encode_png
from kbapp.pipeline import complete
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.profiles import builtin
from kbapp.resources import DOMAINS
from kbapp.settings import Settings

FOLDER = Path(__file__).parent / "recorded" / "chest-film"
CARD = Path(__file__).parent / "samples" / "recorded-film.png"
FILM = "The heart is mildly enlarged. Moderate opacity in the left upper lobe. Small right pleural effusion."
FILM_SEED = 31
REPORTS = (
    # wrong side
    """Findings:
There is a moderate opacity in the left upper lobe. A small pleural effusion is seen on the left. The heart is mildly enlarged.

Impression:
Left upper lobe opacity. Small left pleural effusion. Mild cardiomegaly.
""",
    # wrong degree
    """Findings:
The heart is severely enlarged. There is a moderate opacity in the left upper lobe. Large right pleural effusion.

Impression:
Severe cardiomegaly with a large right pleural effusion. Left upper lobe opacity.
""",
    # as it is on the film
    """Findings:
The heart is mildly enlarged. There is a moderate opacity in the left upper lobe. A small right pleural effusion is present.

Impression:
Moderate left upper lobe opacity, small right pleural effusion and mild cardiomegaly.
""",
    # invented
    """Findings:
The heart is mildly enlarged. There is a moderate opacity in the left upper lobe. Small right pleural effusion. A nodule lies in the right middle lobe. Old fracture of a left rib.

Impression:
Moderate left upper lobe opacity, small right pleural effusion, mild cardiomegaly. Right middle lobe nodule.
""",
    # left out
    """Findings:
The heart is mildly enlarged. A small right pleural effusion is present.

Impression:
Mild cardiomegaly with a small right pleural effusion.
""",
)


NOTES = ("Written by hand for this sample: one report says what the film shows, the others hold a fault each.",)


class Hand:
    """Implements Writer: the n-th candidate is the n-th report above."""

    id = "written by hand for this sample"

    def write(self, descriptions: Sequence[Description], prior: PriorVersion, seeds: Sequence[int]) -> list[str]:
        return list(REPORTS)


def recorded() -> Completion:
    text = (DOMAINS / "chest-xray.yaml").read_text(encoding="utf-8")
    prior = PriorVersion(parse_prior(text), 1, text)
    engines = builtin(Settings())
    (film,) = engines.image_generator.generate([FILM], [FILM_SEED], prior)
    case = Case((film,), id="recorded", origin="recorded run, written by hand")
    made = complete(case, prior, replace(engines, writer=Hand()), n=len(REPORTS))
    return replace(made, notes=NOTES)  # the pipeline's own notes speak of candidates that were told the same facts


def main() -> None:
    completion = recorded()
    write_completion(FOLDER, completion, {})
    card = cv2.resize(completion.case.contents[0].pixels, (192, 192), interpolation=cv2.INTER_AREA)
    CARD.write_bytes(encode_png(card, {**SYNTHETIC, "Description": "SYNTHETIC sample, schematic"}))


if __name__ == "__main__":
    main()
