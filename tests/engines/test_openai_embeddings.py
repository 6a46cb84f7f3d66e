"""OpenAiEmbeddings against a loopback server."""

import numpy as np
import pytest

from kbapp.core.content import ImageContent, TextContent
from kbapp.engines.openai_embeddings import OpenAiEmbeddings
from kbapp.engines.openai_server import OpenAiServer
from kbapp.errors import ModelUnavailable
from tests.engines.stub_server import serving

MIXED = [TextContent("one"), ImageContent(np.zeros((4, 4), np.uint8)), TextContent("")]


def rows(*vectors, notes=None) -> dict:
    items = [
        {"object": "embedding", "index": k, "embedding": v, **({"note": notes[k]} if notes else {})} for k, v in enumerate(vectors)
    ]
    return {"object": "list", "model": "m", "data": items[::-1], "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def test_texts_and_pictures_go_in_one_request_and_come_back_as_unit_rows_in_order():
    with serving(lambda path, body: (200, rows([3, 4], [0, 2], [0, 0], notes=["", "", "read 2 of 3 words"]))) as stub:
        vectors, notes = OpenAiEmbeddings(OpenAiServer(stub.url), "clip").embed(MIXED)
    ((path, body),) = stub.seen
    assert path == "/v1/embeddings" and body["input"][0] == "one" and body["input"][1].startswith("data:image/png;base64,")
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0, 1], [0, 0]], atol=1e-6)
    assert notes == ("", "", "read 2 of 3 words")


@pytest.mark.parametrize("vectors", [([1, 2],), ([1], [1, 2], [1]), ([1, float("nan")], [1, 2], [1, 2]), (["a"], ["b"], ["c"])])
def test_a_wrong_number_or_shape_of_vectors_is_refused(vectors):
    with serving(lambda path, body: (200, rows(*vectors))) as stub, pytest.raises(ModelUnavailable, match="protocol"):
        OpenAiEmbeddings(OpenAiServer(stub.url), "clip").embed(MIXED)


def test_nothing_to_embed_needs_no_server():
    assert OpenAiEmbeddings(OpenAiServer("http://127.0.0.1:9/v1"), "clip").embed([])[0].shape == (0, 0)
