"""The domain prior: what an expert knows of a domain, as one strict document.

The YAML of a prior is the expert's language; these models are its grammar. Strict: unknown keys, wrong types, infinities and
dangling names are errors. No regular expression and no code can be written in a prior. Source: paper section 2.2 (extraction rules
{Entity: Reasoning Prompt}), design section 2.
"""

import hashlib
import json
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from kbapp.core.content import Modality

Word = Annotated[str, Field(min_length=1, max_length=200)]
Prose = Annotated[str, Field(max_length=4000)]

CHEXPERT = (
    "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation",
    "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices",
)  # fmt: skip


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, ignored_types=(cached_property,))


class Code(Strict):
    """A code of a terminology. `verified_by` is empty until a person has looked it up at the source."""

    code: Word
    source: Word | None = None
    verified_by: Word | None = None


Side = Literal["left", "right", "bilateral"]


class Entry(Strict):
    """One canonical name of the vocabulary. Plurals with -s, -es and -ies need not be written.

    group:       the extraction rule under which it is looked for; an entry whose rule is gone is not looked for.
    site:        the anatomy entry it is located in when nothing else is said.
    is_a:        broader entries: what is said present of this one holds for them too (used to find contradictions).
    shown_by:    the modalities that can show it.
    observation: its CheXpert-14 observation, if any.
    drawing:     the shape the schematic renderer draws for it, if any; see `kbapp.generation.schematic`.
    is_a of an anatomy entry names what it is part of.

    For the report reader:
    sided:       synonyms that say the side too, {"bilateral": ["bibasilar"]}.
    side:        the side it lies on by nature.  on_side: the entry it is called on a side, {"left": "lingula"}.
    paired:      False where a side says nothing ("cardiomegaly"): then none is kept. Of an anatomy entry: it lies in the middle, so what is
                 found in it takes over no side of another finding.
    within:      the anatomy a said place must be part of; without it, whatever the default site is part of.
    names_site:  the name itself says the default site, so a listing of the finding does not repeat it.
    listed_as:   the word of an anatomy entry in a listing, where it is not its name.
    """

    name: Word
    kind: Literal["finding", "anatomy", "device", "object", "person", "theme"] = "finding"
    group: Word
    synonyms: tuple[Word, ...] = ()
    site: Word | None = None
    is_a: tuple[Word, ...] = ()
    shown_by: tuple[Literal["image", "text"], ...] = ("image", "text")
    observation: Word | None = None
    codes: dict[Word, Code] = {}
    drawing: Word | None = None
    sided: dict[Side, tuple[Word, ...]] = {}
    side: Literal["left", "right"] | None = None
    on_side: dict[Literal["left", "right"], Word] = {}
    paired: bool = True
    within: tuple[Word, ...] = ()
    names_site: bool = False
    listed_as: Word | None = None


class Rule(Strict):
    """One extraction rule {entity: reasoning prompt}; `modalities` says on which contents it is asked."""

    entity: Word
    prompt: Prose
    modalities: tuple[Literal["image", "text"], ...] = ("image", "text")


class Scale(Strict):
    """An ordered scale of canonical degrees with their synonyms, weakest first ({"mild": [...], "moderate": [...]}).

    shown_by: the modalities that can show a degree of it ("stable" needs a second film, so only a text can tell it).
    """

    relation: Word
    degrees: dict[Word, tuple[Word, ...]]
    shown_by: tuple[Literal["image", "text"], ...] = ("image", "text")


class Cues(Strict):
    """Words that change what stands near them, by how they work. Read by the report reader.

    A clause ends at a full stop, a semicolon or a `scope_end`. Words may stand in several lists.
    """

    absent_before: tuple[Word, ...] = ()  # "no", "without": what follows in the clause is absent
    absent_after: tuple[Word, ...] = ()  # "is not seen", "resolved": what precedes, with what it is listed with, is absent
    uncertain_before: tuple[Word, ...] = ()  # "may represent": what follows in the clause, and is its reading
    uncertain_next: tuple[Word, ...] = ()  # "possible": the next finding, and those joined to it by "or"
    uncertain_after: tuple[Word, ...] = ()  # "cannot be excluded": what precedes, with what it is listed with
    versus: tuple[Word, ...] = ()  # "versus": uncertain on both sides
    reading: tuple[Word, ...] = ()  # "consistent with": what follows explains what precedes and shares its place
    scope_end: tuple[Word, ...] = ()  # "but", "however"
    ignore: tuple[Word, ...] = ()  # phrases that look like a cue or a finding and are none: "not only"
    history: tuple[Word, ...] = ()  # what follows in the clause is of the past or the request, not a finding: "history of"
    joins: tuple[Word, ...] = ()  # "and", "or": members of a list
    alternatives: tuple[Word, ...] = ()  # those joins that keep a doubt going: "or"
    placing: tuple[Word, ...] = ()  # "in", "at", "is", "measuring": what follows describes the finding before
    skipped_sections: tuple[Word, ...] = ()  # headings whose section is not read: "indication"
    read_sections: tuple[Word, ...] = ()  # headings that end a skipped section: "findings"


class Phrase(Strict):
    """A wording that says something else than its words: "heart size is normal" -> (heart, has size, normal) and cardiomegaly absent.

    says: triples as [head, relation, tail]. absent: entries that the phrase denies.
    """

    words: tuple[Word, ...]
    group: Word
    says: tuple[tuple[Word, Word, Word], ...] = ()
    absent: tuple[Word, ...] = ()


class Pairing(Strict):
    """An anatomy word and a quality that together mean something, in either order: "heart is mildly enlarged", "enlarged heart".

    anatomy:  entries, each of which has this meaning with one of the `quality` names. finding: the entry it is an occurrence of.
    degree:   what is said of that occurrence besides, as [relation, degree].
    says, absent: as in a Phrase ("lungs" + "clear"); "@" as head stands for the anatomy entry itself.
    told:     how a report says it of the first anatomy: "lungs are clear". Without it: "lung is clear".
    """

    anatomy: tuple[Word, ...]
    quality: tuple[Word, ...]
    group: Word
    finding: Word | None = None
    degree: tuple[Word, Word] | None = None
    says: tuple[tuple[Word, Word, Word], ...] = ()
    absent: tuple[Word, ...] = ()
    told: tuple[Word, ...] = ()


class FilmRule(Strict):
    """How a measurement of the film reader becomes a fact.

    measure:  name of a measure of `kbapp.knowledge.film_measures`. finding: the entry it speaks for.
    present:  at or beyond this value the finding is present; uncertain: from this value on it is borderline.
    below:    True when small values are the abnormal ones.
    degrees:  lowest value of each degree of the scale `scale`, e.g. {"mild": 0.5, "moderate": 0.55}.
    sites:    for a measure taken in zones: the anatomy entry of each zone ({"upper": "upper lobe", ...}).
    unless:   findings that explain the measure away in the same place (fluid at a base is no opacity of it).
    drawing:  the shape of the schematic renderer whose amount is this measure.
    normal:   triples that hold when the measure is reliable and normal ([[heart, has size, normal]]).
    absent:   further entries that are denied then (the finding itself always is).
    """

    measure: Word
    finding: Word
    present: float
    uncertain: float
    below: bool = False
    scale: Word | None = None
    degrees: dict[Word, float] = {}
    sites: dict[Word, Word] = {}
    unless: tuple[Word, ...] = ()
    drawing: Word | None = None
    normal: tuple[tuple[Word, Word, Word], ...] = ()
    absent: tuple[Word, ...] = ()


class Guidance(Strict):
    """What generation is told for one missing modality."""

    instruction: Prose = ""
    sections: tuple[Word, ...] = ()  # of a text: ("Findings", "Impression")
    style: Prose = ""
    views: dict[Literal["PA", "AP", "LATERAL"], tuple[Word, ...]] = {}  # of a drawn film: the words of a prompt that ask for it
    negative_prompt: Prose = ""
    guidance_scale: Annotated[float, Field(ge=0, le=30)] | None = None
    steps: Annotated[int, Field(ge=1, le=200)] | None = None


class Example(Strict):
    """A few-shot example: a text (and what it shows) with the triples an expert reads from it."""

    text: Prose
    triples: tuple[tuple[Word, Word, Word, Literal["present", "absent", "uncertain"]], ...]


def _fault(k: int, message: str) -> PydanticCustomError:
    """A fault of the k-th entry of the vocabulary; `kbapp.priors.document` finds its line by the path."""
    return PydanticCustomError("vocabulary", "{message}", {"message": message, "path": ["vocabulary", k]})


class DomainPrior(Strict):
    domain: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    title: Word
    role: Prose
    names: dict[Literal["image", "text"], Word]  # {"image": "chest X-ray", "text": "radiology report"}
    root: Word  # where a finding is located when it has no site: "chest"
    pictures: Literal["chest film"] | None = None  # what its pictures are, where builtin engines can read and draw them
    rules: tuple[Rule, ...] = ()
    vocabulary: tuple[Entry, ...] = ()
    sides: dict[Side, tuple[Word, ...]] = {}
    scales: dict[Word, Scale] = {}
    cues: Cues = Cues()
    phrases: tuple[Phrase, ...] = ()
    qualities: dict[Word, tuple[Word, ...]] = {}  # {"enlarged": ["enlargement", "prominent"]}
    pairings: tuple[Pairing, ...] = ()
    film_rules: tuple[FilmRule, ...] = ()
    relations: tuple[Word, ...] = ()
    focus: tuple[Word, ...] = ()
    guidance: dict[Literal["image", "text"], Guidance] = {}
    weights: dict[Word, Annotated[float, Field(ge=0, le=100)]] = {}
    examples: tuple[Example, ...] = ()
    rewording: Annotated[float, Field(ge=0, le=1)] | None = None  # least cosine at which a model's unknown name is read as one of these

    @model_validator(mode="after")
    def _names_resolve(self) -> "DomainPrior":
        known: set[str] = set()
        for k, entry in enumerate(self.vocabulary):
            if entry.name in known:
                raise _fault(k, f'"{entry.name}" stands there twice; each canonical name may stand once')
            known.add(entry.name)
        for k, entry in enumerate(self.vocabulary):
            for ref in (entry.site, *entry.is_a, *entry.within, *entry.on_side.values()):
                if ref is not None and ref not in known:
                    raise _fault(k, f'"{entry.name}" names "{ref}", which is no entry; add it or mend the name')
        return self

    def model_copy(self, *, update=None, deep=False) -> "DomainPrior":
        """As pydantic's (unchecked), without what was worked out for the original: a changed copy has a hash of its own."""
        copied = super().model_copy(update=update, deep=deep)
        for worked_out in ("entry_by_name", "sha256"):
            copied.__dict__.pop(worked_out, None)
        return copied

    @cached_property
    def entry_by_name(self) -> dict[str, Entry]:
        return {entry.name: entry for entry in self.vocabulary}

    def rules_for(self, modality: Modality) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if modality.value in rule.modalities)

    def why_not_builtin(self) -> str:
        """Why the builtin engines that read, draw or compare pictures cannot serve this domain, in one sentence; empty when they can."""
        if self.pictures is not None:
            return ""
        return (
            f'the builtin engines read and draw chest films only, which are not the pictures of "{self.title}"; '
            "choose the profile cuda or server, with an image model, for this domain"
        )

    @cached_property
    def sha256(self) -> str:
        """Hash of the meaning: equal for two YAML texts that differ in comments and layout only.

        The order of keys counts: the degrees of a scale stand in it, weakest first.
        """
        return hashlib.sha256(json.dumps(self.model_dump(mode="json")).encode()).hexdigest()
