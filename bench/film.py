"""Measure the film reader: contours on real films, zonal density against expert scores, drawn facts read back, speed.

    KB_DATA=... python bench/film.py            writes docs/benchmarks/film.md

The real films and masks are outside the repository (folder KB_DATA); without them only the drawn films are measured. Films are split by a
hash of their file name: thresholds were chosen on the tuning half only.
"""

import csv
import hashlib
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from bench.machine import ROOT, stamp_line  # noqa: E402
from kbapp.core.content import ImageContent  # noqa: E402
from kbapp.core.triple import HAS_SEVERITY, Status  # noqa: E402
from kbapp.errors import InputError  # noqa: E402
from kbapp.knowledge.film_contour import SIDES, contour_of  # noqa: E402
from kbapp.knowledge.film_measures import LUNG_OPACITY, ZONE_OPACITY, ZONES, measure, opacity_map  # noqa: E402
from kbapp.knowledge.film_picture import grey_of, picture_of  # noqa: E402
from kbapp.knowledge.film_quality import inspect  # noqa: E402
from tests.chest import draw, shipped  # noqa: E402
from tests.knowledge.films import READER, SPOILED  # noqa: E402

GRID = 256  # pixels of the square on which the mean shape is made
SEEDS = range(500, 520)


def tuning(name: str) -> bool:
    return int(hashlib.sha256(Path(name).name.encode()).hexdigest(), 16) % 2 == 0


def filled(mask: np.ndarray) -> np.ndarray:
    """Each row filled from the first to the last pixel: the outer contour of the thorax."""
    return np.maximum.accumulate(mask, 1) & np.maximum.accumulate(mask[:, ::-1], 1)[:, ::-1]


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * float((a & b).sum()) / max(1, int(a.sum() + b.sum()))


def width(mask: np.ndarray) -> int:
    """Widest row from outer edge to outer edge."""
    outer = filled(mask)
    return int(outer.sum(1).max())


def full_size(contour, mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A working map (float 0-1) put back into the whole picture, as bool."""
    x0, y0, x1, y1 = contour.picture.box
    left, top, right, bottom = round(x0 * shape[1]), round(y0 * shape[0]), round(x1 * shape[1]), round(y1 * shape[0])
    whole = np.zeros(shape, np.float32)
    whole[top:bottom, left:right] = cv2.resize(mask, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    return whole > 0.5


def contours(data: Path) -> dict[str, list[tuple[float, ...]]]:
    """half -> per film: Dice of lungs, of the outer contour, |width error|; the same three of the leave-one-out mean shape."""
    rows = list(csv.DictReader((data / "cxr_masks/pairs.csv").open()))
    films = [(r["image"], cv2.imread(str(data / r["image"]), 0), cv2.imread(str(data / r["mask"]), 0) > 0) for r in rows]
    on_grid = [cv2.resize(m.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA) for _, _, m in films]
    total = sum(on_grid)
    found: dict[str, list] = {"tuning": [], "check": []}
    for (name, grey, gold), own in zip(films, on_grid, strict=True):
        contour = contour_of(picture_of(grey_of(ImageContent(grey))))
        lungs = full_size(contour, np.maximum(contour.maps[0], contour.maps[1]), grey.shape)
        mean = cv2.resize((total - own) / (len(films) - 1), grey.shape[::-1], interpolation=cv2.INTER_LINEAR) > 0.5
        values = [score for mask in (lungs, mean) for score in _scores(mask, gold)]
        found["tuning" if tuning(name) else "check"].append((name, *values))
    return found


def _scores(mask: np.ndarray, gold: np.ndarray) -> tuple[float, float, float]:
    return dice(mask, gold), dice(filled(mask), filled(gold)), abs(width(mask) - width(gold)) / width(gold)


def ranks(values) -> np.ndarray:
    values = np.asarray(values, float)
    return np.array([(values < v).sum() + ((values == v).sum() - 1) / 2 for v in values])


def spearman(a, b) -> float:
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def interval(pairs: np.ndarray, films: np.ndarray, rounds: int = 1000) -> tuple[float, float]:
    """95 % bootstrap interval of Spearman's rho, films drawn as a whole."""
    rng, names = np.random.default_rng(1), np.unique(films)
    values = []
    for _ in range(rounds):
        chosen = np.concatenate([np.flatnonzero(films == f) for f in rng.choice(names, len(names))])
        values.append(spearman(pairs[chosen, 0], pairs[chosen, 1]))
    return tuple(np.nanpercentile(values, [2.5, 97.5]))


def densities(data: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """name of a comparison -> ((n, 2) measured and scored, (n,) film)."""
    rows: dict[str, list] = {
        "zone density, Brixia zone (0-3)": [],
        "both lungs, Brixia sum (0-18)": [],
        "both lungs, extent (0-8)": [],
        "both lungs, opacity (0-6)": [],
    }
    names = list(rows)
    for r in csv.DictReader((data / "cxr/manifest.csv").open()):
        if not (r["brixia_A_F_senior"] or r["severity_extent_0_8"]):
            continue
        contour = contour_of(picture_of(grey_of(ImageContent(cv2.imread(str(data / r["file"]), 0)))))
        zones, overall = _zone_density(contour)
        if r["brixia_A_F_senior"]:
            for (side, zone), score in zip([(s, z) for s in SIDES for z in ZONES], r["brixia_A_F_senior"].split(), strict=True):
                if (side, zone) in zones:
                    rows[names[0]].append((zones[side, zone], float(score), r["file"]))
            rows[names[1]].append((overall, float(r["brixia_global_senior"]), r["file"]))
        for name, column in ((names[2], "severity_extent_0_8"), (names[3], "severity_opacity_0_6")):
            if r[column]:
                rows[name].append((overall, float(r[column]), r["file"]))
    return {name: (np.array([(a, b) for a, b, _ in found]), np.array([f for *_, f in found])) for name, found in rows.items()}


def _zone_density(contour) -> tuple[dict, float]:
    taken = measure(contour).measures
    zones = {(m.side, m.zone): m.value for m in taken if m.name == ZONE_OPACITY}
    overall = [m.value for m in taken if m.name == LUNG_OPACITY]
    return zones, float(np.mean(overall)) if overall else 0.0


CASES = {
    "normal": ("The heart size is normal. The lungs are clear. No pleural effusion.", None, None),
    **{f"cardiomegaly, {d}": (f"{d} cardiomegaly.", "cardiomegaly", d) for d in ("mild", "moderate", "severe")},
    **{
        f"fluid, {s}, {d}": (f"{d} {s} pleural effusion.", f"pleural effusion, {s}", d)
        for s in ("left", "right")
        for d in ("small", "moderate", "large")
    },
    **{
        f"opacity, {s} {z}, {d}": (
            f"{d} {s} {z} opacity.",
            f"lung opacity, {s} {'lingula' if (s, z) == ('left', 'middle lobe') else z}",
            d,
        )
        for s in ("left", "right")
        for z in ("upper lobe", "middle lobe", "lower lobe")
        for d in ("mild", "moderate", "severe")
    },
}


def read_back() -> list[str]:
    """Table rows: case, per way of spoiling 'finding / with its degree / nothing else', shares over SEEDS."""
    rows = []
    for title, (text, name, degree) in CASES.items():
        films = draw([text] * len(SEEDS), SEEDS.start)
        cells = []
        for spoil in SPOILED.values():
            graphs = [r.graph for r in READER.read([(ImageContent(spoil(np.array(f.pixels))),) for f in films], shipped())]
            told = [
                {h for h in g.heads if g.node_by_name[h].kind == "finding" and g.status_of(h) is Status.PRESENT} for g in graphs
            ]
            found = np.mean([name in t if name else True for t in told])
            graded = (
                np.mean([any(t.relation == HAS_SEVERITY and t.tail == degree for t in g.about(name)) for g in graphs])
                if name
                else None
            )
            alone = np.mean([not t - {name} for t in told])
            cells.append(f"{alone:.2f}" if name is None else f"{found:.2f} / {graded:.2f} / {alone:.2f}")
        rows.append(f"| {title} | {' | '.join(cells)} |")
    return rows


def speed(runs: int = 40) -> list[str]:
    """Table rows of milliseconds, p50 and p95."""
    films = draw(["Small left pleural effusion."] * runs, 900)
    contour = inspect(films[0]).contour

    def timed(work) -> str:
        taken = []
        for k in range(runs):
            began = time.perf_counter()
            work(k)
            taken.append(1000 * (time.perf_counter() - began))
        return f"{np.percentile(taken, 50):.1f} | {np.percentile(taken, 95):.1f}"

    return [
        f"| draw one 512 x 512 film (anatomy cached) | {timed(lambda k: draw(['Small left pleural effusion.'], 900 + k))} |",
        f"| find the contours | {timed(lambda k: contour_of(picture_of(films[k].pixels)))} |",
        f"| all measures | {timed(lambda k: (opacity_map(contour), measure(contour)))} |",
        f"| read one film: checks, contours, measures, graph | {timed(lambda k: READER.read([(films[k],)], shipped()))} |",
    ]


def accepted(data: Path) -> tuple[int, int, list[str]]:
    """(films read, films, names of those refused) over the real frontal and lateral films."""
    refused, names = [], sorted(p for p in (data / "cxr").iterdir() if p.suffix in (".jpg", ".png"))
    for path in names:
        try:
            inspect(ImageContent(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)))
        except InputError:
            refused.append(path.stem)
    return len(names) - len(refused), len(names), refused


def contour_rows(found: dict[str, list]) -> list[str]:
    rows = []
    for half in ("tuning", "check"):
        values = np.array([v[1:] for v in found[half]])
        for who, part in (("film reader", values[:, :3]), ("mean shape", values[:, 3:])):
            mean, low = part.mean(0), part.min(0)
            rows.append(
                f"| {half} ({len(values)}) | {who} | {mean[0]:.3f} | {mean[1]:.3f} | {low[1]:.3f} | {100 * mean[2]:.1f} % | {100 * np.median(part[:, 2]):.1f} % |"
            )
    return rows


def main() -> None:
    lines = [
        "# The film reader, measured",
        "",
        stamp_line(),
        "",
        "Made by `python bench/film.py`; what the measures mean: [film-reader.md](../film-reader.md).",
    ]
    data = Path(os.environ.get("KB_DATA", ""))
    if (data / "cxr_masks/pairs.csv").exists():
        lines += ["", "## Contours on real films", "", "Against masks drawn by people (with the heart, 29 films; without, 2). The mean shape is that of all other films, in the same run.",
                  "", "| half (films) | | Dice, lung fields | Dice, outer thorax | least | width error, mean | median |", "|---|---|---|---|---|---|---|", *contour_rows(contours(data))]  # fmt: skip
        lines += ["", "## Density against expert scores", "", "| | n | Spearman's rho | 95 % interval |", "|---|---|---|---|"]
        for name, (pairs, films) in densities(data).items():
            low, high = interval(pairs, films)
            lines.append(f"| {name} | {len(pairs)} | {spearman(*pairs.T):.2f} | {low:.2f} to {high:.2f} |")
        read, count, refused = accepted(data)
        lines += [
            "",
            "## Which pictures are accepted",
            "",
            f"{read} of {count} real films of the development set are read; {len(refused)} refused.",
        ]
    else:
        lines += ["", "The real films were not at hand (KB_DATA)."]
    lines += ["", "## Drawn films, read back", "", f"{len(SEEDS)} seeds each. A cell is the share with the finding present / with its degree as well / with nothing else present; for normal films the last.",
              "", f"| drawn | {' | '.join(SPOILED)} |", "|---|" + "---|" * len(SPOILED), *read_back()]  # fmt: skip
    lines += ["", "## Speed", "", "One process, milliseconds.", "", "| | p50 | p95 |", "|---|---|---|", *speed(), ""]
    (ROOT / "docs/benchmarks/film.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
