"""The film reader: facts from the pixels of a frontal film, drawn or real, each with its measurement and region.

It looks at `content.display` alone: no file header, no caption, no view word. What it cannot measure it does not say, but lists.
"""

from collections.abc import Sequence
from functools import partial

from kbapp.core.completion import Reading
from kbapp.core.content import Content, ImageContent
from kbapp.core.graph import KnowledgeGraph
from kbapp.errors import UserError
from kbapp.in_order import in_order
from kbapp.knowledge.film_contour import outlines
from kbapp.knowledge.film_facts import facts_of
from kbapp.knowledge.film_measures import ZONES, Measured, measure
from kbapp.knowledge.film_quality import Film, inspect
from kbapp.priors.version import PriorVersion


class FilmReader:
    """Implements Reader for pictures. Needs no weights but its own small network, no network access and no GPU."""

    id = "film-reader 1"

    def read(self, studies: Sequence[tuple[Content, ...]], prior: PriorVersion) -> list[Reading]:
        """One reading per study, from its best frontal picture. Raises InputError("not_a_chest_xray") when a picture is no chest X-ray,
        UserError("not_served") when the prior's pictures are no chest films."""
        if why := prior.prior.why_not_builtin():
            raise UserError(why, code="not_served")
        return in_order(partial(self._study, prior=prior), studies)

    def _study(self, study: tuple[Content, ...], prior: PriorVersion) -> Reading:
        films = [(k, inspect(content)) for k, content in enumerate(study) if isinstance(content, ImageContent)]
        frontal = [(k, film) for k, film in films if not film.lateral]
        if not frontal:
            facts = facts_of(Measured(()), prior)
            notes = films[0][1].notes if films else ()
            return Reading(KnowledgeGraph(prior=prior.ref), facts.not_assessed, frozenset(), notes=notes)
        k, film = max(frontal, key=lambda found: found[1].contour.sure)
        measured = measure(film.contour)
        facts = facts_of(measured, prior, k)
        notes = [*film.notes, *(f"{name}: not measured, {why}" for name, why in measured.failed)]
        notes += [f"picture {j + 1} was not read: {other.notes[0]}" for j, other in films if other.lateral and other.notes]
        return Reading(facts.graph, facts.not_assessed, facts.assesses, notes=tuple(notes))


def landmarks(content: ImageContent) -> dict:
    """What a page draws over the film. All coordinates are fractions of the content's width and height, 0-1.

    outlines: part -> closed polygon [(x, y), ...]; lines: name -> [(x, y), (x, y)]; zones: [{side, zone, box, value}];
    measures: [{name, side, zone, value, uncertainty, unit, box}]; notes: warnings. Raises InputError as `check_film` does.
    """
    film: Film = inspect(content)
    if film.lateral:
        return {"outlines": {}, "lines": {}, "zones": [], "measures": [], "notes": list(film.notes)}
    measured = measure(film.contour)
    told = [
        {"name": m.name, "side": m.side, "zone": m.zone, "value": round(m.value, 3), "uncertainty": round(m.uncertainty, 3), "unit": m.unit, "box": m.box}
        for m in measured.measures
    ]  # fmt: skip
    zones = [{k: m[k] for k in ("side", "zone", "box", "value")} for m in told if m["zone"] in ZONES]
    return {"outlines": outlines(film.contour), "lines": _lines(film), "zones": zones, "measures": told, "notes": list(film.notes)}


def _lines(film: Film) -> dict[str, list[tuple[float, float]]]:
    """The thorax where it is widest, the borders of the heart and the midline."""
    contour, picture = film.contour, film.contour.picture
    _, row = contour.thorax_width()
    right, left = (edge[list(contour.rows).index(row)] for edge in contour.edges)
    columns, rows = contour.heart.any(0).nonzero()[0], contour.heart.any(1).nonzero()[0]
    return {
        "thorax": [picture.whole(right, row), picture.whole(left, row)],
        "heart right border": [picture.whole(columns[0], rows[0]), picture.whole(columns[0], rows[-1])],
        "heart left border": [picture.whole(columns[-1] + 1, rows[0]), picture.whole(columns[-1] + 1, rows[-1])],
        "midline": [picture.whole(contour.midline, contour.rows[0]), picture.whole(contour.midline, contour.rows[-1])],
    }
