"""The output folder of a run of the official code (github.com/Guanzhou-Ke/Knowledge-Bridger), sample by sample.

    12/knowledge.json    {"idx", "input_format": "text" | "image", "text_content", "image_content", "GT_text", "GT_image", "LLM_result"}
    12/prompts.json      text to image: the prompts       12/id_0.jpg ...  the pictures made of them     12/GT.jpg  the true picture
    12/texts.json        image to text: the texts made
    12/cot_result.json   what the model thought aloud; null on the medical path
    12/candi_0_kg.json   "LLM_result" of a candidate, made by the ranking step
    12/ranking.json      {"semantic_score", "graph_score", "total_score"} by candidate, "best_candidate"
    failure_ids.json     samples on which the run failed

On the general path `LLM_result` is {"characterizes", "knowledge_graph": [{"head", "relation", "tail"}]}; on the medical path it is an
analysis in whatever shape the model gave it, without a graph. The source picture is not in the folder: `image_content` holds its path
on the machine of the run. As published, the ranking step stops before it has written a whole ranking.json.

What is missing or does not fit is said in remarks; only a sample without source or without any candidate is refused.
"""

import math
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from kbapp.core.content import Content, ImageContent, Modality, TextContent
from kbapp.core.graph import KnowledgeGraph
from kbapp.errors import InputError
from kbapp.formats.graph_triples import graph_from_triples
from kbapp.formats.run_folder_files import RunFolder
from kbapp.ingest.intake import ingest
from kbapp.ingest.name import sanitize_name, sanitize_sentence
from kbapp.ingest.text import clean_text, ingest_text

SCORES = ("semantic_score", "graph_score", "total_score")
MOST_TRIPLES = 500
NAME_CHARS = 120
_PICTURE = re.compile(r"id_(0|[1-9]\d{0,2})\.jpg")
_ONE_STEP = re.compile(r"\d+\.json")
_STATUSES = ("present", "absent", "uncertain")


@dataclass(frozen=True)
class RunCandidate:
    """number: in the run's own file names, from 0. prompt: what a picture was made of. graph: names and relations as the run wrote them,
    None without one. scores: (name in ranking.json, value on the run's own scale)."""

    number: int
    content: Content
    prompt: str
    graph: KnowledgeGraph | None
    scores: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class RunSample:
    """general: on the run's general path, which makes graphs. graph: of the source, as `RunCandidate.graph`. truth: the true content of
    the missing modality. thoughts: what the model thought aloud. expected: how many candidates the files speak of."""

    name: str
    general: bool
    source: Content
    graph: KnowledgeGraph | None
    candidates: tuple[RunCandidate, ...]
    truth: Content | None
    thoughts: str
    expected: int
    remarks: tuple[str, ...]


def sample_names(root: RunFolder) -> list[str]:
    """The sample folders in the run's order; "." where the folder is a sample itself. Raises InputError for another kind of folder."""
    names = root.names()
    if "knowledge.json" in names:
        return ["."]
    if found := root.folders():
        return found
    if any(_ONE_STEP.fullmatch(name) for name in names):
        raise InputError("this folder holds the run's first step only (knowledge extraction); give the one of its generation step")
    if "completion.json" in names:
        raise InputError("this folder was written by `kbapp complete`; expected the output folder of a run of the official code")
    raise InputError("expected the output folder of a run of the official code: a folder per sample, with knowledge.json in it")


def failed_samples(root: RunFolder) -> frozenset[str]:
    """The samples that the run itself calls failed; none where it does not say."""
    try:
        listed = root.json("failure_ids.json")
    except InputError:
        return frozenset()
    return frozenset(str(name) for name in listed) if isinstance(listed, list) else frozenset()


def read_sample(
    root: RunFolder, name: str, pictures: RunFolder | None = None, most: int = 15, failed: Container[str] = ()
) -> RunSample:
    """One sample. pictures: where source pictures are looked for. most: candidates that are taken. failed: see `failed_samples`.

    Raises InputError for a sample that has no source or no candidate.
    """
    if name == ".":
        return _Sample(root, pictures, most).read()
    with root.within(name) as folder:
        sample = _Sample(folder, pictures, most)
        if name in failed:
            sample.remarks.append("The run itself calls this sample failed.")
        return sample.read()


class _Sample:
    """Reads one sample, and collects what there is to say about it."""

    def __init__(self, folder: RunFolder, pictures: RunFolder | None, most: int):
        self.folder, self.pictures, self.most = folder, pictures, most
        self.remarks: list[str] = []

    def read(self) -> RunSample:
        knowledge = self._knowledge()
        given = Modality(knowledge["input_format"])
        source = self._source_text(knowledge) if given is Modality.TEXT else self._source_picture(knowledge)
        candidates, expected = self._pictures() if given is Modality.TEXT else self._texts()
        if not candidates:
            made = "picture id_0.jpg ..." if given is Modality.TEXT else "text in texts.json"
            raise InputError(f"there is no candidate: expected at least one {made}" + self._reasons())
        result = knowledge.get("LLM_result")
        graph = self._graph(result, "knowledge.json")
        general = isinstance(result, dict) and "characterizes" in result
        truth = self._true_picture() if given is Modality.TEXT else self._true_text(knowledge)
        thoughts = self._thoughts()
        candidates = self._with_graphs(self._with_scores(candidates))
        name = sanitize_name(self.folder.name)
        return RunSample(name, general, source, graph, candidates, truth, thoughts, expected, tuple(self.remarks))

    def _knowledge(self) -> dict:
        knowledge = self.folder.json("knowledge.json")
        if knowledge is None:
            raise InputError("knowledge.json is missing, so nobody knows what was given")
        if not isinstance(knowledge, dict) or knowledge.get("input_format") not in ("text", "image"):
            raise InputError('knowledge.json is unfit: expected an object whose "input_format" is "text" or "image"')
        return knowledge

    def _json(self, name: str) -> object:
        """A file that can be done without: damage is a remark."""
        try:
            return self.folder.json(name)
        except InputError as error:
            self.remarks.append(_sentence(error))
            return None

    # -- what was given

    def _source_text(self, knowledge: dict) -> TextContent:
        text = knowledge.get("text_content")
        if not isinstance(text, str):
            raise InputError('knowledge.json does not hold the given text: expected it as "text_content"')
        return ingest_text(text)

    def _source_picture(self, knowledge: dict) -> ImageContent:
        listed = knowledge.get("image_content")
        path = listed[0] if isinstance(listed, list) and listed else listed
        if not isinstance(path, str):
            raise InputError('knowledge.json does not name the given picture: expected its path as "image_content"')
        if isinstance(listed, list) and len(listed) > 1:
            self.remarks.append(f"The first of {len(listed)} given pictures is shown.")
        name = sanitize_name(path)
        for place in filter(None, (self.folder, self.pictures)):
            if (data := place.find(path)) is not None:
                return _picture(data, name)
        where = "the folder named by --pictures" if self.pictures else "the run's folder; name the folder of pictures by --pictures"
        raise InputError(f"the given picture {name} is not in {where}")

    # -- what was made

    def _pictures(self) -> tuple[tuple[RunCandidate, ...], int]:
        names = self.folder.names()
        numbers = sorted(int(match[1]) for name in names if (match := _PICTURE.fullmatch(name)))
        prompts = self._prompts()
        made = []
        for number in numbers[: self.most]:
            try:
                content = _picture(self.folder.read(f"id_{number}.jpg") or b"", f"id_{number}.jpg")
            except InputError as error:
                self.remarks.append(f"The picture id_{number}.jpg was left out: {_sentence(error)}")
                continue
            prompt = prompts[number] if number < len(prompts) else ""
            made.append(RunCandidate(number, content, prompt, None, ()))
        if len(numbers) != len(prompts):
            self.remarks.append(f"There are {len(numbers)} pictures and {len(prompts)} prompts.")
        return self._counted(made, len(numbers)), max([len(prompts), *(n + 1 for n in numbers)])

    def _prompts(self) -> list[str]:
        data = self._json("prompts.json")
        if data is None:
            self.remarks.append("prompts.json is missing: what the pictures were made of is not known.")
        # Where the model answered with an object, the official code goes through its keys.
        return [_tidy(item) if isinstance(item, str) else "" for item in (data if isinstance(data, list | dict) else ())]

    def _texts(self) -> tuple[tuple[RunCandidate, ...], int]:
        items = _listed(self.folder.json("texts.json"))
        made = []
        for number, item in enumerate(items[: self.most]):
            try:
                made.append(RunCandidate(number, TextContent(clean_text(_told(item))), "", None, ()))
            except InputError as error:
                self.remarks.append(f"Text {number + 1} was left out: {_sentence(error)}")
        return self._counted(made, len(items)), len(items)

    def _counted(self, made: list[RunCandidate], found: int) -> tuple[RunCandidate, ...]:
        if found > self.most:
            self.remarks.append(f"The first {self.most} of {found} candidates were taken.")
        same = len(made) - len({candidate.content.sha256 for candidate in made})
        if same:
            self.remarks.append(f"{same} candidates are the same as an earlier one.")
        return tuple(made)

    def _with_graphs(self, candidates: Sequence[RunCandidate]) -> tuple[RunCandidate, ...]:
        with_graph = [self._candidate_graph(candidate) for candidate in candidates]
        missing = sum(graph is None for graph in with_graph)
        if 0 < missing < len(candidates):
            self.remarks.append(f"{missing} of {len(candidates)} candidates have no graph.")
        return tuple(replace(candidate, graph=graph) for candidate, graph in zip(candidates, with_graph, strict=True))

    def _candidate_graph(self, candidate: RunCandidate) -> KnowledgeGraph | None:
        name = f"candi_{candidate.number}_kg.json"
        data = self._json(name)
        if not isinstance(data, dict):
            return None
        of_text = data.get("text_content")
        if isinstance(candidate.content, TextContent) and isinstance(of_text, str) and _tidy(of_text) != candidate.content.text:
            self.remarks.append(f"{name} was left out: it is about another text.")
            return None
        return self._graph(data.get("LLM_result"), name)

    def _graph(self, result: object, file: str) -> KnowledgeGraph | None:
        items = result.get("knowledge_graph") if isinstance(result, dict) else None
        if not isinstance(items, list):
            return None
        good = [fact for item in items[:MOST_TRIPLES] if (fact := _fact(item))]
        if len(good) < len(items):
            self.remarks.append(f"{len(items) - len(good)} of {len(items)} triples in {file} were left out: unusable, or too many.")
        return graph_from_triples(good)

    def _with_scores(self, candidates: Sequence[RunCandidate]) -> tuple[RunCandidate, ...]:
        ranking = self._json("ranking.json")
        if not isinstance(ranking, dict):
            return tuple(candidates)
        lists = {name: ranking[name] for name in SCORES if isinstance(ranking.get(name), list)}
        lengths = sorted({len(values) for values in lists.values()})
        most = max(candidate.number for candidate in candidates) + 1
        if lengths and lengths != [most]:
            self.remarks.append(f"ranking.json scores {lengths[-1]} candidates, and there are {most}.")
        return tuple(replace(candidate, scores=_scores_of(candidate.number, lists)) for candidate in candidates)

    # -- what stands beside it

    def _true_picture(self) -> ImageContent | None:
        try:
            data = self.folder.read("GT.jpg")
            return None if data is None else _picture(data, "GT.jpg")
        except InputError as error:
            self.remarks.append(f"GT.jpg was left out: {_sentence(error)}")
            return None

    def _true_text(self, knowledge: dict) -> TextContent | None:
        text = knowledge.get("GT_text")
        told = " ".join(t for t in text if isinstance(t, str)) if isinstance(text, list) else text
        try:
            return TextContent(clean_text(told)) if isinstance(told, str) and told.strip() else None
        except InputError as error:
            self.remarks.append(f"GT_text was left out: {_sentence(error)}")
            return None

    def _thoughts(self) -> str:
        data = self._json("cot_result.json")
        return _tidy(data) if isinstance(data, str) else ""

    def _reasons(self) -> str:
        return f" ({' '.join(self.remarks)})" if self.remarks else ""


def _picture(data: bytes, name: str) -> ImageContent:
    """Decoded as an upload is, in a limited child. Raises InputError, also for a text: none may bear a picture's name."""
    return ingest(data, f"{name}.jpg")


def _listed(data: object) -> list:
    """The candidates in what a model gave as a list of texts: the list, the values of an object, or a list alone in an object."""
    if isinstance(data, dict):
        values = list(data.values())
        data = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return data if isinstance(data, list) else []


def _told(item: object) -> str:
    """A candidate's text; of an object with parts ({"findings", "impression"}) a paragraph for each. Raises InputError."""
    if isinstance(item, dict):
        parts = [f"{key}: {value}" for key, value in item.items() if isinstance(value, str)]
        item = "\n".join(parts)
    if not isinstance(item, str):
        raise InputError("expected a text")
    return item


def _fact(item: object) -> dict[str, str] | None:
    values = [item.get(key) for key in ("head", "relation", "tail")] if isinstance(item, dict) else []
    if not values or not all(isinstance(value, str) for value in values):
        return None
    head, relation, tail = (" ".join(_tidy(value).split()) for value in values)
    if not all(0 < len(name) <= NAME_CHARS for name in (head, relation, tail)):
        return None
    fact = {"head": head, "relation": relation, "tail": tail}
    return {**fact, "status": item["status"]} if item.get("status") in _STATUSES else fact


def _scores_of(number: int, lists: dict[str, list]) -> tuple[tuple[str, float], ...]:
    given = [(name, values[number]) for name, values in lists.items() if number < len(values)]
    return tuple(
        (name, float(v))
        for name, v in given
        if isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e9 and math.isfinite(v)
    )


def _tidy(text: str) -> str:
    """Fit to be stored and shown; nothing is left of what is no text."""
    try:
        return clean_text(text)
    except InputError:
        return ""


def _sentence(error: InputError) -> str:
    said = sanitize_sentence(str(error))
    return said if said.endswith(".") else said + "."
