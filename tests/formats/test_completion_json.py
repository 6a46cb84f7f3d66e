import json

import pytest
from hypothesis import HealthCheck, given, settings

from kbapp.core.case import Case
from kbapp.core.content import TextContent
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
