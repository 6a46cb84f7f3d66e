import json
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings

from kbapp.core.candidate import Candidate, Description, Resolution
from kbapp.core.case import Case
from kbapp.core.completion import Completion, Provenance, Reading
from kbapp.core.content import ImageContent, TextContent
from kbapp.core.difference import Difference, FactDifference
from kbapp.core.evidence import ImageRegion, Measurement, ModelAnswer, TextSpan
from kbapp.core.graph import KnowledgeGraph, Node
from kbapp.core.score import PartScore, QualityScore, Ranking
from kbapp.core.triple import Triple
from kbapp.errors import InputError
from kbapp.formats.completion_json import completion_from_json, completion_to_json
from kbapp.formats.picture import png_text
from tests.formats.completions import completions, deep, drawn, small_completion


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(completions())
def test_a_completion_comes_back_whole(completion):
    data, files = completion_to_json(completion)
    back = completion_from_json(json.loads(json.dumps(data)), files.__getitem__)
    assert back == completion
    assert deep(back) == deep(completion)  # nodes and evidence too


WRITTEN = {
    Completion: "case reading candidates candidate_readings scores differences ranking provenance notes",
    Case: "contents domain id origin",
    TextContent: "text modality",
    ImageContent: "pixels window view pixel_mm modality",
    Reading: "graph not_assessed assesses dropped notes",
    KnowledgeGraph: "triples nodes prior",
    Node: "name kind label codes",
    Triple: "head relation tail status evidence",
    TextSpan: "start end content",
    ImageRegion: "box measurement content",
    Measurement: "name value uncertainty unit",
    ModelAnswer: "rule quote",
    Candidate: "index description content seed model prompt notes given_scores",
    Description: "subject text graph resolutions coverage",
    Resolution: "node kind before after",
    QualityScore: "parts qs weights left_out",
    PartScore: "value reason note",
    Difference: "facts",
    FactDifference: "fact_class source candidate why",
    Ranking: "order preselected margin margin_kind abstained",
    Provenance: "app_version profile engines prior prior_sha256 seed n_requested switches",
}


@pytest.mark.parametrize("value", WRITTEN)
def test_a_new_field_of_the_core_must_be_written_too(value):
    """Fails when a field is added: write it in this room, draw it in tests/formats/completions.py, then name it here."""
    assert [f.name for f in fields(value)] == WRITTEN[value].split()


def test_generated_pictures_are_marked_inside_and_given_ones_are_not():
    _, files = completion_to_json(small_completion(Case((TextContent("Fluid."),)), n=2))
    assert sorted(files) == ["candidates/0.png", "candidates/1.png", "contents/0.txt"]
    assert png_text(files["candidates/0.png"]) == {"synthetic": "true"}
    _, files = completion_to_json(small_completion(Case((drawn(),)), n=1))
    assert png_text(files["contents/0.png"]) == {}


def test_what_is_no_completion_is_refused_by_name():
    data, files = completion_to_json(small_completion(Case((TextContent("Fluid."),))))
    del data["ranking"]
    with pytest.raises(InputError, match="expected a completion"):
        completion_from_json(data, files.__getitem__)
