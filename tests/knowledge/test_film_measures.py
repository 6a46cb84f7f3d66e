"""Measures of a film: sure where the film shows it, doubtful where it may show something else."""

import numpy as np
import pytest

from kbapp.core.content import ImageContent
from kbapp.knowledge.film_measures import fluid_height, opacity_map
from kbapp.knowledge.film_quality import inspect
from tests.chest import draw


def left_fluid(pixels):
    contour = inspect(ImageContent(pixels)).contour
    return fluid_height(contour, opacity_map(contour)[0], "left")


def veiled(seed):
    """A clear film with soft tissue over its lower part: as dense as fluid, but the dome shows through."""
    film = draw(["Lungs are clear."], seed)[0].pixels
    veil = 80 * np.clip((np.arange(512)[:, None] - 290) / 25, 0, 1)
    return np.clip(film + veil, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", [1, 3])
def test_fluid_over_a_dome_whose_edge_is_seen_is_doubtful(seed):
    found = left_fluid(veiled(seed))
    assert found.value > 0.2
    assert found.uncertainty == found.value


@pytest.mark.parametrize("seed", [1, 3])
def test_fluid_that_hides_the_dome_is_sure(seed):
    found = left_fluid(draw(["Moderate left pleural effusion."], seed)[0].pixels)
    assert found.value > 0.25
    assert found.uncertainty < 0.05
