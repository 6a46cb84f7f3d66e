"""What the decisions of a project say about the scores, for one version of a prior. Only decisions that count: nothing taken back, and
nothing that a second reader or an expert has still to settle."""

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from kbapp.core.actor import Actor
from kbapp.core.decision import FINAL
from kbapp.ranking.bands import auc
from kbapp.ranking.learned_weights import Choice, Learned, learned_weights
from kbapp.review.access import EVERYONE, needs
from kbapp.review.second_reads import ADJUDICATION, SECOND_READ
from kbapp.store.database import Database
from kbapp.store.tables import cases, decisions

QS = "QS"
ENOUGH = 200  # accepted cases from which weights are learned
BINS = 5
DAYS = 14  # up to so many the pace is told by day


@dataclass(frozen=True)
class Share:
    """Of `of` cases `count`. low, high: 95 % Wilson interval of the share, 0-1."""

    count: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.96, self.of, self.count / self.of
        middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))


@dataclass(frozen=True)
class PartInsight:
    """bins: (lower end, upper end, accepted of all candidates in it), scores 0-100. auc: how often an accepted candidate scores above one
    that was not, over all cases together, with its 95 % interval (Hanley and McNeil 1982); None while one of the kinds is missing."""

    name: str
    bins: tuple[tuple[float, float, Share], ...]
    auc: tuple[float, float, float] | None


@dataclass(frozen=True)
class Pace:
    """Seconds that decided cases were on the screen, by "day" or "week" (named by its Monday) of the decision, in UTC.

    points: (first day, lower quartile, median, upper quartile, how many cases). step: "day" for up to DAYS days from first to last.
    """

    step: str
    points: tuple[tuple[str, float, float, float, int], ...]


@dataclass(frozen=True)
class Insight:
    """Everything about one version of a prior. waiting: cases decided by a first reader that count nowhere here, because a second reader
    or an expert has still to settle them. first: the accepted candidate alone had the highest QS, as it was shown. tied: in so many more
    cases it shared it with another one, so that the scores told no first. seconds: lower quartile, median, upper quartile of the time a case was on the screen. pace: the same over time. weeks: (Monday, reasons of its rejections).
    usable: accepted cases that weights can be learned from, those with at least two candidates of which every part was computed.
    unknown: by part, in how many accepted cases it was not computed for some candidate. learned: None below ENOUGH usable cases; missing:
    how many are wanting."""

    prior: str
    waiting: int
    decided: int
    accepted: int
    parts: tuple[PartInsight, ...]
    first: Share
    tied: int
    seconds: tuple[float, float, float] | None
    pace: Pace
    weeks: tuple[tuple[str, Mapping[str, int]], ...]
    usable: int
    unknown: Mapping[str, int]
    learned: Learned | None
    missing: int


class Insights:
    def __init__(self, database: Database):
        self._database = database

    @needs(EVERYONE)
    def priors(self, actor: Actor) -> list[str]:
        """Versions of priors under which something was decided, settled or not, e.g. "chest-xray@2"; the most used first."""
        done = decisions.c
        wanted = _counting(actor, done.prior, func.count()).group_by(done.prior).order_by(func.count().desc(), done.prior)
        with self._database.read() as connection:
            return list(connection.execute(wanted).scalars())

    @needs(EVERYONE)
    def of(self, actor: Actor, prior: str, weights: Mapping[str, float]) -> Insight:
        """weights: those of the prior, for comparison with the learned ones."""
        done = decisions.c
        figures = (done.action, done.candidate, done.scores, done.ms_visible, done.reason, done.utc)
        settled = _counting(actor, *figures).where(done.prior == prior, ~_waits()).order_by(done.id)
        waiting = _counting(actor, func.count()).where(done.prior == prior, _waits())
        with self._database.read() as connection:
            return insight(connection.execute(settled).all(), prior, weights, connection.execute(waiting).scalar_one())


def _counting(actor: Actor, *columns: ColumnElement) -> Select:
    """Of the final decisions that nothing took back, with their cases."""
    later = decisions.alias("later")
    wanted = select(*columns).select_from(decisions).outerjoin(later, later.c.supersedes == decisions.c.id)
    wanted = wanted.join(cases, cases.c.id == decisions.c.case_id)
    wanted = wanted.where(or_(later.c.id.is_(None), cases.c.decision_id == decisions.c.id))
    return wanted.where(decisions.c.project == actor.project, decisions.c.action.in_(FINAL))


def _waits() -> ColumnElement:
    """It is the decision of a case that another reader has still to settle. False, never unknown, where a case holds no decision."""
    return cases.c.reading.in_((SECOND_READ, ADJUDICATION)) & cases.c.decision_id.is_not_distinct_from(decisions.c.id)


def insight(rows: Sequence[Row], prior: str, weights: Mapping[str, float], waiting: int = 0) -> Insight:
    """rows: with action, candidate, scores, ms_visible, reason and utc of each decision that counts."""
    chosen = [row for row in rows if row.candidate is not None]
    names = list(dict.fromkeys(name for row in rows for score in row.scores for name in score["parts"]))
    choices = _choices(chosen, names)
    learned = learned_weights(choices, names, weights) if len(choices) >= ENOUGH and names else None
    first, tied = _first(chosen)
    return Insight(
        prior=prior,
        waiting=waiting,
        decided=len(rows),
        accepted=len(chosen),
        parts=tuple(_part(rows, name) for name in (*names, QS)),
        first=first,
        tied=tied,
        seconds=_quartiles([row.ms_visible / 1000 for row in rows if row.ms_visible is not None]),
        pace=_pace(rows),
        weeks=_weeks(rows),
        usable=len(choices),
        unknown=_unknown(chosen, names),
        learned=learned,
        missing=max(0, ENOUGH - len(choices)),
    )


def _value(score: Mapping, name: str) -> float | None:
    """As it was shown, with one decimal: what a reader saw as equal is a tie here."""
    value = score["qs"] if name == QS else score["parts"].get(name)
    return None if value is None else round(value, 1)


def _part(rows: Sequence[Row], name: str) -> PartInsight:
    """Over every candidate of every decided case: accepted is the one that was taken, all others were not."""
    accepted, others = [], []
    for row in rows:
        for score in row.scores:
            if (value := _value(score, name)) is not None:
                (accepted if score["index"] == row.candidate else others).append(value)
    return PartInsight(name, _bins(accepted, others), _auc(accepted, others))


def _bins(accepted: Sequence[float], others: Sequence[float]) -> tuple[tuple[float, float, Share], ...]:
    if not accepted and not others:
        return ()
    edges = np.linspace(0, 100, BINS + 1)
    taken, left = (np.histogram(values, edges)[0] for values in (accepted, others))
    return tuple((float(edges[k]), float(edges[k + 1]), Share(int(taken[k]), int(taken[k] + left[k]))) for k in range(BINS))


def _auc(accepted: Sequence[float], others: Sequence[float]) -> tuple[float, float, float] | None:
    if not accepted or not others:
        return None
    area, m, n = auc(accepted, others), len(accepted), len(others)
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    error = math.sqrt(max(0.0, area * (1 - area) + (m - 1) * (q1 - area**2) + (n - 1) * (q2 - area**2)) / (m * n))
    return area, max(0.0, area - 1.96 * error), min(1.0, area + 1.96 * error)


def _first(chosen: Sequence[Row]) -> tuple[Share, int]:
    """How often the accepted candidate alone had the highest QS, of the cases that have one; in how many more it shared it."""
    best = [(row.candidate, _best(row)) for row in chosen]
    told = [(candidate, indices) for candidate, indices in best if indices]
    alone = sum(indices == {candidate} for candidate, indices in told)
    return Share(alone, len(told)), sum(candidate in indices for candidate, indices in told) - alone


def _best(row: Row) -> set[int]:
    """The candidates with the highest QS; none where no QS was computed."""
    qs = {score["index"]: value for score in row.scores if (value := _value(score, QS)) is not None}
    return {index for index, value in qs.items() if value == max(qs.values())}


def _quartiles(seconds: Sequence[float]) -> tuple[float, float, float] | None:
    if len(seconds) < 2:
        return None
    return tuple(statistics.quantiles(seconds, n=4))


def _pace(rows: Sequence[Row]) -> Pace:
    timed = [(date.fromisoformat(row.utc[:10]), row.ms_visible / 1000) for row in rows if row.ms_visible is not None]
    days = [day for day, _ in timed]
    by_day = not days or (max(days) - min(days)).days < DAYS
    spans: dict[date, list[float]] = {}
    for day, seconds in timed:
        spans.setdefault(day if by_day else _monday(day), []).append(seconds)
    return Pace("day" if by_day else "week", tuple(_point(day, spans[day]) for day in sorted(spans)))


def _point(day: date, seconds: Sequence[float]) -> tuple[str, float, float, float, int]:
    """Of one case all three are its time."""
    low, middle, high = np.percentile(seconds, [25, 50, 75])
    return day.isoformat(), float(low), float(middle), float(high), len(seconds)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _unknown(chosen: Sequence[Row], names: Sequence[str]) -> dict[str, int]:
    lacking = Counter(name for row in chosen for name in names if any(s["parts"].get(name) is None for s in row.scores))
    return {name: lacking[name] for name in names if lacking[name]}


def _weeks(rows: Sequence[Row]) -> tuple[tuple[str, Mapping[str, int]], ...]:
    weeks: dict[str, Counter] = {}
    for row in rows:
        if row.action == "reject":
            monday = _monday(date.fromisoformat(row.utc[:10])).isoformat()
            weeks.setdefault(monday, Counter())[row.reason] += 1
    return tuple((week, dict(sorted(weeks[week].items()))) for week in sorted(weeks))


def _choices(chosen: Sequence[Row], names: Sequence[str]) -> list[Choice]:
    """Cases with something to choose from whose candidates have all parts."""
    made = []
    for row in chosen:
        indices = [s["index"] for s in row.scores]
        parts = [[s["parts"].get(name) for name in names] for s in row.scores]
        if len(parts) > 1 and row.candidate in indices and all(v is not None for of_one in parts for v in of_one):
            made.append(Choice(np.array(parts, float), indices.index(row.candidate)))
    return made
