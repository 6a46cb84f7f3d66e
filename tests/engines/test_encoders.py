"""OpenClipEncoder and BlipEncoder on tiny random checkpoints, through the real loaders."""

import shutil

import numpy as np
import pytest

from kbapp.core.content import ImageContent, TextContent
from kbapp.engines.picture import to_pil
from kbapp.errors import ModelUnavailable
from kbapp.ranking.scorer import EncoderScorer
from tests import checkpoints
from tests.lmm_prior import PRIOR

pytestmark = pytest.mark.models

FILMS = [ImageContent(np.random.default_rng(k).integers(0, 255, (40, 50), np.uint8)) for k in range(3)]
TEXTS = [
    TextContent(t) for t in ("the heart is enlarged", "small left effusion", "lung", "severe consolidation in the right lower zone")
]
LONG = TextContent("the left lung shows a small effusion and the heart is large " * 12)


def load(name: str):
    if name != "blip":
        from kbapp.engines.open_clip_encoder import OpenClipEncoder

        return OpenClipEncoder.load(getattr(checkpoints, name)(), device="cpu")
    from kbapp.engines.blip_encoder import BlipEncoder

    return BlipEncoder.load(checkpoints.blip(), device="cpu")


@pytest.fixture(scope="module", params=["open_clip", "open_clip_hub_tower", "blip"])
def encoder(request):
    return load(request.param)


def test_rows_have_unit_length_and_keep_the_order_of_mixed_contents(encoder):
    mixed = [TEXTS[0], FILMS[0], TEXTS[1], FILMS[1]]
    rows, notes = encoder.embed(mixed)
    assert rows.shape == (4, encoder.width) and rows.dtype == np.float32 and notes == ("",) * 4
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder.embed([content])[0] for content in mixed])
    np.testing.assert_allclose(rows, alone, atol=1e-5)
    cosines = rows @ rows.T
    assert cosines[0, 2] < 0.99 and cosines[1, 3] < 0.999


def test_all_contents_of_a_modality_go_through_their_tower_once(encoder, monkeypatch):
    calls = []
    for tower in ("_image_rows", "_text_rows"):
        real = getattr(encoder, tower)
        monkeypatch.setattr(encoder, tower, lambda items, real=real, tower=tower: calls.append((tower, len(items))) or real(items))
    encoder.embed([*TEXTS, *FILMS])
    assert sorted(calls) == [("_image_rows", 3), ("_text_rows", 4)]


def test_a_long_text_is_read_in_windows_and_says_so(encoder):
    rows, notes = encoder.embed([LONG, TEXTS[0]])
    assert notes[0].startswith("read as ") and notes[0].endswith(" windows") and notes[1] == ""
    tail = TextContent(LONG.text + "and an uncertain consolidation at the very end")
    assert not np.allclose(encoder.embed([tail])[0][0], rows[0], atol=1e-4)


def test_an_empty_text_is_a_zero_row_and_is_not_scored(encoder):
    rows, _ = encoder.embed([TextContent(" "), TEXTS[0]])
    assert not rows[0].any() and rows[1].any()
    first, second = EncoderScorer("likeness", encoder).similarity([FILMS[0]], [TextContent(""), TEXTS[0]], PRIOR)
    assert first.value is None and 0 <= second.value <= 100


def test_a_word_longer_than_a_window_is_told(encoder):
    assert "cut" in encoder.embed([TextContent("q9" * 45)])[1][0]


def test_blip_rows_multiply_to_the_networks_own_cosine_matrix():
    import torch

    encoder = load("blip")
    rows, _ = encoder.embed([*FILMS, *TEXTS])
    pictures = encoder._pictures(images=[to_pil(f) for f in FILMS], return_tensors="pt")["pixel_values"]
    told = encoder._tokenizer([t.text for t in TEXTS], return_tensors="pt", padding=True)
    with torch.inference_mode():
        own = encoder._network(
            pixel_values=pictures, input_ids=told["input_ids"], attention_mask=told["attention_mask"], use_itm_head=False
        ).itm_score
    np.testing.assert_allclose(rows[:3] @ rows[3:].T, own.numpy(), atol=1e-5)


def test_clip_rows_equal_the_librarys_own():
    import torch

    encoder = load("open_clip")
    rows, _ = encoder.embed(TEXTS)
    with torch.inference_mode():
        own = encoder._network.encode_text(encoder._tokenizer([t.text for t in TEXTS]), normalize=True).numpy()
    np.testing.assert_allclose(rows, own, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "folder", "file"), [("blip", checkpoints.blip, "model"), ("open_clip", checkpoints.open_clip, "open_clip_model")]
)
def test_a_missing_weight_is_refused(tmp_path, name, folder, file, monkeypatch):
    from safetensors.torch import load_file, save_file

    copy = tmp_path / "copy"
    shutil.copytree(folder(), copy)
    weights = load_file(copy / f"{file}.safetensors")
    weights.pop(next(k for k in sorted(weights) if k.endswith("proj.weight")))
    save_file(weights, copy / f"{file}.safetensors", metadata={"format": "pt"})
    monkeypatch.setattr(checkpoints, name, lambda: copy)
    with pytest.raises(ModelUnavailable, match="missing|Missing|cannot be loaded"):
        load(name)


def test_a_folder_without_its_files_is_refused(tmp_path, monkeypatch):
    for name, needed in (("blip", "config.json"), ("open_clip", "open_clip_config.json")):
        monkeypatch.setattr(checkpoints, name, lambda: tmp_path)
        with pytest.raises(ModelUnavailable, match=needed):
            load(name)
