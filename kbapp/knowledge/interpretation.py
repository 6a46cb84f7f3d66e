"""From the marks of a text to what it says: occurrences of findings with their status, place and degree.

One pass over the marks; each kind of term has its own short method. The memory is that of a clause: which negation or doubt is
open, which findings were listed last (`chain`), which descriptions wait for their finding (`pending`).
"""

import re

from kbapp.core.triple import HAS_COUNT, HAS_SEVERITY, HAS_SIZE
from kbapp.knowledge.kinds import ALTERNATIVE, COMMA, DEGREE, HEADING, JOIN, LINE, PLACING, READING, SIDE, SITE, STOP
from kbapp.knowledge.vocabulary import Outcome, Role, Vocabulary

ABSENT, UNCERTAIN, PRESENT = 0, 1, 2  # in order of strength

_NUMBER = r"(\d+(?:\.\d+)?)"
_TIMES = r"(?: ?(?:mm|cm))? ?(?:x|by|\*|\u00d7) ?"
_RANGE = r"(?:\d+(?:\.\d+)? ?(?:-|to) ?)?"  # of "3-4 mm" the larger counts
_SIZE = re.compile(f"(?:{_NUMBER}{_TIMES})?(?:{_NUMBER}{_TIMES})?{_RANGE}{_NUMBER}[ -]?$", re.IGNORECASE)  # without its last unit
_SIZE_REACH = 30  # characters before the unit in which the numbers of "2.1 x 2 x 1 cm" stand
_NEAR = 3  # pieces between a side and its anatomy: "left posterior 5th rib"
_FULL_STOP = (Role(STOP, "."),)
_CLAUSE_LIMIT = 64  # findings, or words that describe one: beyond that the clause is nonsense and is cut, so that time stays linear
_SUBJECTS = 7  # anatomy words before the last one that a quality may still speak of: "heart, mediastinum and hila are normal"
_DIVIDERS = (JOIN, ALTERNATIVE, COMMA, READING)
_LISTED = ([COMMA], [ALTERNATIVE], [JOIN], [COMMA, ALTERNATIVE], [COMMA, JOIN])
_DESCRIBING = (SIDE, SITE, DEGREE)


class Occurrence:
    """One mention of a finding. first, last: its pieces, widened to the words that describe it. heir_of: whose place it shares."""

    sides: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    heir_of: "Occurrence | None" = None
    joined = alternative = False  # listed with the one before; by "or"

    def __init__(self, entry: str, status: int, first: int, last: int):
        self.entry, self.status, self.first, self.last = entry, status, first, last


class Statement:
    """A plain triple said by a phrase or a pairing: (head, relation, tail), always present."""

    __slots__ = ("triple", "first", "last")

    def __init__(self, triple: tuple[str, str, str], first: int, last: int):
        self.triple, self.first, self.last = triple, first, last


class Interpretation:
    """Reads the marks of one text. Afterwards `occurrences` and `statements` hold what it says."""

    def __init__(self, vocabulary: Vocabulary, text: str, pieces: list[str], bounds: list[int]):
        self.vocabulary, self.text, self.pieces, self.bounds = vocabulary, text, pieces, bounds
        self.occurrences: list[Occurrence] = []
        self.statements: list[Statement] = []
        self.skipping = False
        self._open_clause()

    def _open_clause(self) -> None:
        self.chain: list[Occurrence] = []  # the findings of this clause, in order
        self.pending: list[tuple] = []  # (kind, value, first, last) since the last finding
        self.negated = self.doubted = self.doubted_next = self.past = False
        self.negation_used = self.comma_since = False
        self.subjects: list[tuple] = []  # (entry, side, first, last): anatomy that a quality may follow
        self.subjects_used = False
        self.open_quality: tuple | None = None  # (quality, first, last): waits for its anatomy

    def read(self, marks: list[tuple]) -> None:
        """A term with several roles plays them in turn, until one of its methods answers that it was used up."""
        methods = _METHODS
        long = len(marks) > _CLAUSE_LIMIT
        if marks[-1][0] == _FULL_STOP:
            marks = marks[:-1]  # the end closes the clause anyway
        for roles, first, last in marks:
            if long and (len(self.pending) > _CLAUSE_LIMIT or len(self.chain) > _CLAUSE_LIMIT):
                self._close_clause()
            for kind, value in roles:
                if self.skipping and kind != HEADING and kind != LINE:
                    continue
                if methods[kind](self, value, first, last):
                    break
        self._finish_chain()

    # --- boundaries

    def _close_clause(self) -> None:
        self._finish_chain()
        self._open_clause()

    def _finish_chain(self) -> None:
        chain = self.chain
        if chain:
            if self.pending:
                self._describe_all(chain, self.pending)
            for occurrence in chain:
                if occurrence.heir_of is not None:
                    self._inherit(occurrence)
            self.occurrences += chain

    def stop(self, value, first: int, last: int) -> None:
        self._close_clause()

    def line(self, value, first: int, last: int) -> None:
        """A line's end ends the sentence, unless the next line goes on in small letters (a wrapped text)."""
        at = self.bounds[last + 1]
        if not self.text[at : at + 1].islower():
            self._close_clause()
            self.skipping = False

    def heading(self, value: str, first: int, last: int) -> None:
        if self.text.startswith(":", self.bounds[last + 1]):
            self._close_clause()
            self.skipping = value == "skip"

    def end(self, value, first: int, last: int) -> None:
        """A clause that named only a place leads into the next: "in the left lower lobe there is ..."."""
        leading = [] if self.chain else self.pending
        self._close_clause()
        self.pending = leading

    def comma(self, value, first: int, last: int) -> None:
        self.doubted_next, self.comma_since = False, True
        self.pending.append((COMMA, "", first, last))

    def join(self, value, first: int, last: int) -> None:
        self.doubted_next = False
        self.pending.append((JOIN, "", first, last))

    def alternative(self, value, first: int, last: int) -> None:
        """Also "possibly A, B or C": the doubt about A goes on over the commas."""
        if len(self.chain) > 1 and self.chain[-1].joined and self.chain[-2].status == UNCERTAIN:
            self.chain[-1].status = UNCERTAIN
        if self.chain and self.chain[-1].status == UNCERTAIN:
            self.doubted_next = True
        self.pending.append((ALTERNATIVE, "", first, last))

    def placing(self, value, first: int, last: int) -> None:
        self.pending.append((PLACING, "", first, last))
        self.open_quality = self.open_quality if self.open_quality and not self.open_quality[3] else None

    def ignore(self, value, first: int, last: int) -> None:
        pass

    # --- cues

    def absent(self, value, first: int, last: int) -> None:
        self.negated, self.negation_used, self.doubted, self.doubted_next, self.comma_since = True, False, False, False, False

    def uncertain(self, value, first: int, last: int) -> None:
        if self.negated and not (self.negation_used and self.comma_since):
            return  # "no opacity to suggest pneumonia": the doubt does not lift the negation
        self.negated, self.doubted = False, True
        self.pending.append((READING, "", first, last))

    def uncertain_next(self, value, first: int, last: int) -> None:
        if not self.negated or self.negation_used:
            self.doubted_next = True

    def reading(self, value, first: int, last: int) -> None:
        self.pending.append((READING, "", first, last))

    def history(self, value, first: int, last: int) -> None:
        self._finish_chain()
        self.chain, self.pending, self.past = [], [], True

    def versus(self, value, first: int, last: int) -> None:
        if self.negated:
            return self.alternative(value, first, last)
        if not any(mark[0] == READING for mark in self.pending):  # else the left one is no finding that we know
            self.after("uncertain", first, last)
        self.doubted = True
        self.pending.append((ALTERNATIVE, "", first, last))

    def after(self, value: str, first: int, last: int) -> bool:
        """Holds for the finding before and those it is listed with, as far as no earlier cue denied them."""
        if not self.chain:
            return False
        status = ABSENT if value == "absent" else UNCERTAIN
        for occurrence in reversed(self.chain):
            if occurrence is not self.chain[-1] and occurrence.status == ABSENT:
                break
            occurrence.status = status
            if not occurrence.joined:
                break
        return True

    # --- findings

    def _status(self) -> int:
        if self.doubted_next:
            return UNCERTAIN
        if self.negated:
            return ABSENT
        return UNCERTAIN if self.doubted else PRESENT

    def finding(self, value: tuple[str, str], first: int, last: int) -> None:
        entry, side = value
        self.open_quality = None
        self._add(Occurrence(entry, self._status(), first, last), ("", side))

    def _add(self, occurrence: Occurrence, place: tuple[str, str]) -> None:
        """place: the anatomy and side that the term itself names, "" where it names none."""
        if self.past:
            self.pending = []
            return
        own = self._divide(occurrence) if self.chain else self.pending
        site, side = place
        if site and self._fits(occurrence.entry, site):
            own = [*own, (SITE, place, occurrence.first, occurrence.last)]
        elif side:
            own = [*own, (SIDE, side, occurrence.first, occurrence.last)]
        if own:
            self._describe(occurrence, own)
        self.chain.append(occurrence)
        self.pending = []
        self.negation_used, self.comma_since = True, False

    def _divide(self, occurrence: Occurrence) -> list[tuple]:
        """Split what waits between the finding before and this one: what is left of the last divider belongs to the former."""
        pending = self.pending
        kinds = [mark[0] for mark in pending]
        if kinds in _LISTED:  # "A, B or C": nothing to share out
            occurrence.joined, occurrence.alternative = True, kinds[-1] == ALTERNATIVE
            if kinds[-1] != COMMA or self.doubted_next:
                occurrence.heir_of = self.chain[-1]
            return []
        cut = self._last_divider()
        if kinds[cut:] == [JOIN]:  # "on the left, and right upper and lower opacities": two adjectives of one finding
            earlier = max((i for i, kind in enumerate(kinds[:cut]) if kind in _DIVIDERS), default=cut)
            if PLACING not in kinds[earlier:]:
                cut = earlier
        if cut < 0:
            trailing, own = (pending, []) if PLACING in kinds else ([], pending)
            occurrence.heir_of = self.chain[-1]
        else:
            trailing, own = pending[:cut], pending[cut + 1 :]
            occurrence.joined = not any(kind in _DESCRIBING for kind in kinds[:cut]) and READING not in kinds
            occurrence.alternative = kinds[cut] == ALTERNATIVE
            if kinds[cut] != COMMA or self.doubted_next:
                occurrence.heir_of = self.chain[-1]
        if trailing:
            self._describe_all(self.chain, trailing)
        return own

    def _last_divider(self) -> int:
        for i in range(len(self.pending) - 1, -1, -1):
            if self.pending[i][0] in _DIVIDERS:
                return i
        return -1

    def _describe_all(self, chain: list[Occurrence], marks: list[tuple]) -> None:
        """Words behind a list of findings describe the last; a place holds for all of the list that have none."""
        self._describe(chain[-1], marks)
        for before, after in zip(chain[-2::-1], chain[::-1], strict=False):
            if not after.joined or before.sides:
                break
            self._describe(before, [mark for mark in marks if mark[0] == SIDE or (mark[0] == SITE and not before.sites)])
        self._describe_explained(chain[-1], marks)

    def _describe_explained(self, reading: Occurrence, marks: list[tuple]) -> None:
        """ "Opacity consistent with pneumonia on the right": the side behind the reading is that of what it explains, too."""
        explained = reading.heir_of
        if explained is None or reading.joined or explained.status == ABSENT or explained.sides or explained.sites:
            return
        sides = [mark for mark in marks if mark[0] == SIDE]
        if sides:
            self._describe(explained, sides)

    def _describe(self, occurrence: Occurrence, marks: list[tuple]) -> None:
        entry = self.vocabulary.entries[occurrence.entry]
        implied: tuple[str, ...] = ()  # sides that an anatomy word says ("bibasilar"); a side said outright goes before
        beside = None  # the piece behind the side just said: "left 5th rib" says nothing of a finding that is not in the rib
        for kind, value, first, last in marks:
            if kind == SIDE:
                if not entry.paired:
                    continue
                occurrence.sides += (value,)
                beside = last
            elif kind == SITE:
                site, side = value
                if not self._fits(occurrence.entry, site):
                    if beside is not None and first - beside <= _NEAR and site != self.vocabulary.prior.root:
                        occurrence.sides = occurrence.sides[:-1]
                    beside = None
                    continue
                beside = None
                occurrence.sites += (site,)
                if side and entry.paired:
                    implied += (side,)
            elif kind == DEGREE and not (value[0] == HAS_COUNT and first > occurrence.last):  # a count stands in front
                occurrence.facts += (value,)
            else:
                continue
            occurrence.first, occurrence.last = min(first, occurrence.first), max(last, occurrence.last)
        occurrence.sides = occurrence.sides or implied

    def _fits(self, entry: str, site: str) -> bool:
        return not self.vocabulary.homes[entry].isdisjoint(self.vocabulary.parts[site])

    def _fitting(self, entry: str, sites: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(site for site in sites if self._fits(entry, site))

    def _inherit(self, occurrence: Occurrence) -> None:
        """A reading ("opacity, may be pneumonia") or the next of a list shares the place of the one before."""
        origin = occurrence.heir_of
        if occurrence.sides or occurrence.sites or origin.status == ABSENT:
            return
        if self._may_share_a_side(occurrence.entry):
            occurrence.sides = origin.sides
        occurrence.sites = self._fitting(occurrence.entry, origin.sites)
        if occurrence.alternative and not occurrence.facts:
            occurrence.facts = tuple(f for f in origin.facts if f[0] == HAS_SEVERITY)

    def _may_share_a_side(self, entry: str) -> bool:
        """What belongs in the middle ("a left effusion with mediastinal shift") is on a side only where that is said of itself."""
        found = self.vocabulary.entries[entry]
        home = self.vocabulary.entries.get(found.site) if found.site else None
        return found.paired and (home is None or home.paired)

    # --- descriptions

    def side(self, value: str, first: int, last: int) -> None:
        self.pending.append((SIDE, value, first, last))

    def degree(self, value: tuple[str, str], first: int, last: int) -> None:
        self.pending.append((DEGREE, value, first, last))

    def unit(self, factor: int, first: int, last: int) -> None:
        start = self.bounds[first]
        found = _SIZE.search(self.text, max(0, start - _SIZE_REACH), start)
        if found:
            size = " x ".join(f"{float(n) * factor:g}" for n in found.groups() if n) + " mm"
            begin = self._piece_at(found.start(), first)
            self.pending = [mark for mark in self.pending if mark[2] < begin]  # "2 x 3 cm" is no count, and no 2 cm
            self.pending.append((DEGREE, (HAS_SIZE, size), begin, last))

    def _piece_at(self, position: int, before: int) -> int:
        while self.bounds[before] > position:
            before -= 1
        return before

    def site(self, value: tuple[str, str], first: int, last: int) -> None:
        if self.open_quality:
            quality, start, end, _ = self.open_quality
            outcome = self.vocabulary.pairings.get((value[0], quality))
            if outcome:
                self.open_quality = (quality, start, end, True)
                return self._mean(outcome, value, min(first, start), max(last, end))
        if self.subjects_used:
            self.subjects, self.subjects_used = [], False
        self.subjects = [*self.subjects[-_SUBJECTS:], (value, first, last)]
        self.pending.append((SITE, value, first, last))

    def quality(self, value: str, first: int, last: int) -> bool:
        met = False
        for site, start, end in self.subjects:
            outcome = self.vocabulary.pairings.get((site[0], value))
            if outcome:
                met = True
                if self.negated and self._restarts(start):
                    self.negated = False
                self._mean(outcome, site, min(first, start), max(last, end))
        if met and not (self.chain and self.chain[-1].last == last):  # a normal statement uses up what described it
            self.pending = self.pending[: self._last_divider() + 1]
        self.subjects_used = self.subjects_used or met
        self.open_quality = None if met else (value, first, last, False)
        return met

    def _restarts(self, subject: int) -> bool:
        """ "No effusion, and the heart is enlarged": a new subject with its verb ends the negation before it."""
        kinds = {mark[0] for mark in self.pending if mark[2] < subject}
        verb = any(mark[0] == PLACING and mark[2] > subject for mark in self.pending)
        return self.negation_used and verb and not kinds.isdisjoint((JOIN, COMMA))

    def phrase(self, outcome: Outcome, first: int, last: int) -> None:
        self._mean(outcome, ("", ""), first, last)

    def _mean(self, outcome: Outcome, site: tuple[str, str], first: int, last: int) -> None:
        """Take down what a pairing or phrase means. What it denies is denied on the side of the anatomy that was named."""
        if self.past:
            return
        if outcome.finding:
            occurrence = Occurrence(outcome.finding, self._status(), first, last)
            occurrence.facts = outcome.facts
            self._add(occurrence, site)
        for head, relation, tail in outcome.says:
            self.statements.append(Statement((site[0] if head == "@" else head, relation, tail), first, last))
        if outcome.absent:
            sides = tuple([mark[1] for mark in self.pending if mark[0] == SIDE]) + ((site[1],) if site[1] else ())
            for name in outcome.absent:
                denied = Occurrence(name, ABSENT, first, last)
                denied.sides = sides if self.vocabulary.entries[name].paired else ()
                self.occurrences.append(denied)


_METHODS = tuple(
    getattr(Interpretation, name)
    for name in (  # in the order of `kbapp.knowledge.kinds`
        "finding", "site", "quality", "side", "degree", "unit", "absent", "uncertain", "uncertain_next", "after", "versus", "reading", "end", "history", "join", "alternative", "comma", "placing", "stop", "line", "heading", "phrase", "ignore",
    )
)  # fmt: skip
