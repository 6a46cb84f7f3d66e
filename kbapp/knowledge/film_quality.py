"""Is this picture a chest film that can be read, and what should the person know about it?

A picture that is no chest X-ray is refused in one sentence; a film that is hard to read is read, with notes.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from kbapp.core.content import ImageContent
from kbapp.errors import InputError
from kbapp.generation.schematic_mark import marked_rows
from kbapp.knowledge.film_contour import SIDES, Contour, contour_of
from kbapp.knowledge.film_picture import WORK, grey_of, picture_of

SMALLEST = 64  # pixels of the shorter side
COLOURED = 8.0  # mean distance of the channels from their usual tint from which a picture is a colour picture
FLAT = 6.0  # deviation of grey levels below which there is nothing to see
FRONTAL, SURE = 0.5, 0.82  # least share of the kind "frontal", least certainty of the contours
SIDE = 0.1  # share of the kind "side" from which a film that is not frontal counts as one from the side
EXPECTED = "Expected a frontal chest X-ray as a grey picture, head up"


@dataclass(frozen=True, eq=False)
class Film:
    """notes: warnings in words. lateral: seen from the side; then nothing is measured."""

    contour: Contour
    notes: tuple[str, ...] = ()
    lateral: bool = False


def check_film(content: ImageContent) -> tuple[str, ...]:
    """Warnings about a film. Raises InputError("not_a_chest_xray") when the picture is no chest X-ray."""
    return inspect(content).notes


def inspect(content: ImageContent) -> Film:
    """The film with its contour and notes. Raises InputError("not_a_chest_xray")."""
    _check_pixels(content)
    grey = grey_of(content)
    picture = picture_of(grey)
    contour = contour_of(picture)
    turned_over = False
    if content.view == "LATERAL":
        return Film(contour, ("This film is from the side, as it says of itself: nothing was measured on it.",), lateral=True)
    if not looks_frontal(contour):
        other = contour_of(replace(picture, work=255 - picture.work, inverted=True))
        if looks_frontal(other):
            contour, turned_over = other, True
        elif contour.kinds["side"] > SIDE:
            return Film(contour, ("This looks like a film from the side: nothing was measured on it.",), lateral=True)
        else:
            raise _refused("no lung fields and heart were found where a chest film shows them")
    notes = [*_position(contour), *_cropped(contour), *_letters(grey)]
    if turned_over:
        notes.insert(0, "Bones are dark on this picture: it was read with its grey levels turned over.")
    return Film(contour, tuple(notes))


def _refused(why: str) -> InputError:
    return InputError(f"{EXPECTED}, but {why}; choose another picture.", code="not_a_chest_xray")


def _check_pixels(content: ImageContent) -> None:
    shown = content.display
    if min(shown.shape[:2]) < SMALLEST:
        raise _refused(f"this picture is only {shown.shape[1]} x {shown.shape[0]} pixels")
    step = max(1, min(shown.shape[:2]) // 256)
    sample = shown[::step, ::step].astype(np.int16)
    if sample.ndim == 3 and _colour(sample) > COLOURED:
        raise _refused("this is a colour picture")
    if sample.std() < FLAT:
        raise _refused("this picture is empty")


def _colour(sample: np.ndarray) -> float:
    """Mean distance of the channels from what their grey level usually has: a tinted film has one tint for each grey, a photograph many."""
    grey = sample.mean(2)
    bins = np.minimum(grey.astype(int) // 16, 15).ravel()
    counts = np.maximum(np.bincount(bins, minlength=16), 1)
    away = (sample - grey[..., None]).reshape(-1, 3)
    usual = np.stack([np.bincount(bins, away[:, c], 16) / counts for c in range(3)], 1)
    return float(np.abs(away - usual[bins]).mean())


def looks_frontal(contour: Contour) -> bool:
    """Two lung fields of like size beside each other, a heart between and below, darker lungs, and a network that is sure of it."""
    if contour.kinds["frontal"] < FRONTAL or not contour.found or contour.sure < SURE:
        return False
    right, left, heart = *(contour.lungs[s] for s in SIDES), contour.heart
    areas = right.mean(), left.mean()
    (rx, ry), (lx, ly), (hx, hy) = _centre(right), _centre(left), _centre(heart)
    return (
        min(areas) / max(areas) > 0.3
        and 0.10 < sum(areas) < 0.68
        and 0.15 < lx - rx < 0.6
        and abs(ly - ry) < 0.14
        and rx < hx < lx
        and hy > min(ry, ly)
        and darker(contour) > 0.3
    )


def darker(contour: Contour) -> float:
    """How much darker the lungs are than heart and mediastinum, in deviations of the picture."""
    work = contour.picture.work.astype(np.float32)
    lungs = contour.lungs["right"] | contour.lungs["left"]
    centre = contour.heart | (contour.outer & ~lungs)
    lungs = lungs & ~contour.heart
    return float((work[centre].mean() - work[lungs].mean()) / (work.std() + 1.0)) if lungs.any() else 0.0


def _centre(mask: np.ndarray) -> tuple[float, float]:
    moments = cv2.moments(mask.astype(np.uint8), True)
    return moments["m10"] / moments["m00"] / WORK, moments["m01"] / moments["m00"] / WORK


def _position(contour: Contour) -> list[str]:
    """A tilted film or a turned patient."""
    notes = []
    aspect = contour.picture.aspect
    count = len(contour.rows)
    rows = contour.rows[count // 8 : (7 * count) // 8]
    slope = np.polyfit(rows, _middles(contour, rows), 1)[0]
    lean = np.degrees(np.arctan(slope * aspect))
    if abs(lean) > 7:
        notes.append(f"The film is tilted by about {abs(lean):.0f} degrees: sides and widths are less sure.")
    right, left = (edge for edge in contour.edges)
    mid = contour.midline
    halves = float(np.median(mid - right)), float(np.median(left - mid))
    if min(halves) / max(max(halves), 1) < 0.72:
        notes.append(
            "The patient seems to be turned: one half of the chest is much wider than the other, the heart's width is less sure."
        )
    return notes


def _middles(contour: Contour, rows: np.ndarray) -> np.ndarray:
    """For each row the x between the inner borders of the lung fields."""
    right, left = contour.lungs["right"][rows], contour.lungs["left"][rows]
    return ((WORK - np.argmax(right[:, ::-1], 1)) + np.argmax(left, 1)) / 2


def _cropped(contour: Contour) -> list[str]:
    """A lung field that runs out of the picture."""
    rim = 2
    cut = {
        "at the top": any(contour.lungs[s][:rim].sum() > 0.04 * WORK for s in SIDES),
        "at the bottom": any(contour.lungs[s][-rim:].sum() > 0.04 * WORK for s in SIDES),
        "at the patient's right": contour.lungs["right"][:, :rim].sum() > 0.10 * WORK,
        "at the patient's left": contour.lungs["left"][:, -rim:].sum() > 0.10 * WORK,
    }
    where = [name for name, is_cut in cut.items() if is_cut]
    return [f"The chest is cut off {' and '.join(where)}."] if where else []


def _letters(grey: np.ndarray) -> list[str]:
    """Burnt-in writing: many small, sharp, near-white pieces standing in a row, outside the lungs' middle. Our own mark names nobody."""
    grey = grey[: grey.shape[0] - marked_rows(grey)]
    scale = 512 / max(grey.shape)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    peaks = cv2.morphologyEx(small, cv2.MORPH_TOPHAT, np.ones((9, 9), np.uint8))
    count, _, stats, centres = cv2.connectedComponentsWithStats((peaks > 70).astype(np.uint8), connectivity=8)
    pieces = [
        (centres[k][0], centres[k][1])
        for k in range(1, min(count, 400))
        if 4 <= stats[k, cv2.CC_STAT_HEIGHT] <= 24 and 2 <= stats[k, cv2.CC_STAT_WIDTH] <= 24 and stats[k, cv2.CC_STAT_AREA] >= 6
    ]
    rows = np.array([y for _, y in pieces])
    in_a_row = max(((np.abs(rows - y) < 4).sum() for y in rows), default=0)
    return ["There is writing on the picture: check that it names nobody."] if in_a_row >= 5 else []
