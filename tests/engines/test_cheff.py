"""Cheff: the published layout converted without loss, and the sampling loop."""

import numpy as np
import pytest

from kbapp.errors import Cancelled, ModelUnavailable
from kbapp.priors.schema import Guidance
from tests import checkpoints
from tests.lmm_prior import edited

pytestmark = pytest.mark.models

PROMPTS = ["the heart is enlarged", "small left effusion", ""]


def prior(**guidance):
    return edited(guidance={"image": Guidance(**{"steps": 4, **guidance})})


@pytest.fixture(scope="module")
def tensors():
    return checkpoints.cheff_tensors()


@pytest.fixture(scope="module")
def engine():
    from kbapp.engines.cheff import Cheff

    return Cheff.load(checkpoints.cheff(), checkpoints.cheff_tokenizer(), device="cpu", latent_size=8)


def test_every_tensor_comes_back_as_it_was(tensors):
    import torch

    from kbapp.engines.cheff_checkpoint import convert, read_checkpoint

    unet, vae, text, *_ = checkpoints.cheff_modules()
    parts = convert(read_checkpoint(checkpoints.cheff()))
    for ours, theirs in (
        (parts.unet.state_dict(), unet.state_dict()),
        (parts.vae.state_dict(), vae.state_dict()),
        (parts.text, text),
    ):
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[k], theirs[k]) for k in ours)
    x, t, context = torch.randn(2, 3, 8, 8), torch.tensor(500), torch.randn(2, 150, 48)
    with torch.no_grad():
        torch.testing.assert_close(parts.unet(x, t, context).sample, unet(x, t, context).sample)
        torch.testing.assert_close(parts.vae.decode(x).sample, vae.decode(x).sample)


def test_the_mapping_agrees_with_the_librarys_own_converters(tensors):
    """An independent list of the same renames, private to diffusers: used here only, so that its changes cannot break the product."""
    import torch
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint

    unet, vae, *_ = checkpoints.cheff_modules()
    theirs = convert_ldm_unet_checkpoint(dict(tensors), dict(unet.config))
    assert theirs.keys() == unet.state_dict().keys()
    assert all(torch.equal(theirs[k], v) for k, v in unet.state_dict().items())
    read = {k: v for k, v in tensors.items() if "loss" not in k}
    theirs = convert_ldm_vae_checkpoint(read, dict(vae.config))
    assert theirs.keys() == vae.state_dict().keys()
    assert all(torch.equal(theirs[k].reshape(v.shape), v) for k, v in vae.state_dict().items())


def test_the_text_encoder_equals_the_librarys_own(tensors):
    import torch
    from diffusers.pipelines.latent_diffusion.pipeline_latent_diffusion import LDMBertConfig, LDMBertModel

    from kbapp.engines.cheff import encode_text

    _, _, text, *_ = checkpoints.cheff_modules()
    size, width = text["token_emb.weight"].shape
    config = LDMBertConfig(
        vocab_size=size,
        max_position_embeddings=150,
        encoder_layers=2,
        encoder_ffn_dim=96,
        encoder_attention_heads=8,
        head_dim=8,
        d_model=width,
    )
    theirs = LDMBertModel(config).eval()
    state = {"embed_tokens.weight": text["token_emb.weight"], "embed_positions.weight": text["pos_emb.emb.weight"]}
    state |= {f"layer_norm.{end}": text[f"norm.{end}"] for end in ("weight", "bias")}
    for k in range(2):
        a, b = f"attn_layers.layers.{2 * k}", f"attn_layers.layers.{2 * k + 1}"
        state |= {f"layers.{k}.self_attn.{x}_proj.weight": text[f"{a}.1.to_{x}.weight"] for x in "qkv"}
        for end in ("weight", "bias"):
            state |= {
                f"layers.{k}.self_attn_layer_norm.{end}": text[f"{a}.0.{end}"],
                f"layers.{k}.self_attn.out_proj.{end}": text[f"{a}.1.to_out.{end}"],
                f"layers.{k}.final_layer_norm.{end}": text[f"{b}.0.{end}"],
                f"layers.{k}.fc1.{end}": text[f"{b}.1.net.0.0.{end}"],
                f"layers.{k}.fc2.{end}": text[f"{b}.1.net.2.{end}"],
            }
    missing, unexpected = theirs.model.load_state_dict(state, strict=False)
    assert not missing and not unexpected
    ids = torch.randint(0, size, (2, 150))
    with torch.no_grad():
        torch.testing.assert_close(encode_text(text, ids), theirs(ids).last_hidden_state, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("strength", [1, 3])
def test_a_batch_gives_what_each_prompt_gives_alone(engine, strength, monkeypatch):
    monkeypatch.setattr(engine, "guidance", strength)
    together = engine.generate(PROMPTS, [1, 2, 3], prior())
    assert len({p.sha256 for p in together}) == 3
    for k, picture in enumerate(together):
        (alone,) = engine.generate([PROMPTS[k]], [k + 1], prior())
        assert picture.pixels.shape == (32, 32)  # grey; the tiny autoencoder also has a factor of four
        assert abs(picture.pixels.astype(int) - alone.pixels).max() <= 1


def test_prompt_seed_steps_and_the_engines_guidance_each_change_the_picture(engine, monkeypatch):
    def make(prompt="the heart is enlarged", seed=1, **guidance):
        return engine.generate([prompt], [seed], prior(**guidance))[0].sha256

    plain = make()
    assert plain == make() == make(guidance_scale=5.0)  # a prior's guidance is meant for models made for it
    others = {make(prompt="small left effusion"), make(seed=2), make(steps=5)}
    monkeypatch.setattr(engine, "guidance", 4)
    assert len({plain, *others, make()}) == 5


def test_progress_counts_over_batches_and_the_person_can_stop(engine, monkeypatch):
    monkeypatch.setattr(engine, "max_batch", 2)
    seen = []
    engine.generate(PROMPTS, [1, 2, 3], prior(), on_step=lambda k, n: seen.append((k, n)))
    assert seen == [(k, 8) for k in range(1, 9)]

    def stop(k, n):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        engine.generate(PROMPTS, [1, 2, 3], prior(), on_step=stop)


def test_the_loop_is_ddim_as_the_scheduler_computes_it(engine):
    """Against the formula written out (DDIM, equation 12, sigma with eta 1), at one candidate without guidance."""
    import torch

    steps, alphas = 4, torch.cumprod(1 - torch.linspace(0.0015**0.5, 0.0295**0.5, 1000) ** 2, 0)
    noise = torch.Generator("cpu").manual_seed(1)
    with torch.no_grad():
        context = engine._contexts(PROMPTS[:1])
        x = torch.randn((3, 8, 8), generator=noise)[None]
        for t in range(1 + 750, 0, -250):
            now, before = alphas[t], alphas[t - 250] if t >= 250 else alphas[0]
            predicted = engine.unet(x, torch.tensor(t), context).sample
            start = (x - (1 - now).sqrt() * predicted) / now.sqrt()
            sigma = ((1 - before) / (1 - now) * (1 - now / before)).sqrt()
            fresh = torch.randn((3, 8, 8), generator=noise)[None]
            x = before.sqrt() * start + (1 - before - sigma**2).sqrt() * predicted + sigma * fresh
        expected = engine._decode(x[0])
    (made,) = engine.generate(PROMPTS[:1], [1], prior(steps=steps))
    assert abs(made.pixels.astype(int) - expected.pixels).max() <= 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model.diffusion_model.input_blocks.1.0.in_layers.0.weight", "the diffusion model: 1 missing"),
        ("first_stage_model.decoder.conv_out.bias", "the autoencoder: 1 missing"),
        ("cond_stage_model.transformer.norm.bias", "the text encoder: 1 missing"),
        ("model.diffusion_model.input_blocks.0.0.weight", "published layout"),
    ],
)
def test_a_missing_tensor_is_refused(tensors, name, words):
    from kbapp.engines.cheff_checkpoint import convert

    with pytest.raises(ModelUnavailable, match=words):
        convert({k: v for k, v in tensors.items() if k != name})


@pytest.mark.parametrize(
    "name", ["model.diffusion_model.label_emb.weight", "cond_stage_model.transformer.extra", "first_stage_model.encoder.extra"]
)
def test_a_tensor_that_nobody_reads_is_refused(tensors, name):
    import torch

    from kbapp.engines.cheff_checkpoint import convert

    with pytest.raises(ModelUnavailable, match="1 unexpected"):
        convert({**tensors, name: torch.zeros(1)})


def test_another_noise_schedule_is_refused(tensors):
    import torch

    from kbapp.engines.checkpoint import Placement
    from kbapp.engines.cheff import Cheff
    from kbapp.engines.cheff_checkpoint import convert

    parts = convert({**tensors, "alphas_cumprod": torch.linspace(1, 0, 1000)})
    with pytest.raises(ModelUnavailable, match="noise schedule"):
        Cheff(parts, None, Placement(), "x")


def test_safetensors_and_an_autoencoder_of_its_own_give_the_same_pictures(engine, tmp_path, tensors):
    from safetensors.torch import save_file

    from kbapp.engines.cheff import Cheff
    from kbapp.engines.cheff_checkpoint import to_safetensors

    words = checkpoints.cheff_tokenizer()
    whole = tmp_path / "whole.safetensors"
    to_safetensors(checkpoints.cheff(), whole)
    wanted = engine.generate(PROMPTS[:1], [1], prior())
    assert Cheff.load(whole, words, device="cpu", latent_size=8).generate(PROMPTS[:1], [1], prior()) == wanted
    own = {k.removeprefix("first_stage_model."): v.contiguous() for k, v in tensors.items() if k.startswith("first_stage_model.")}
    rest = {k: v.clone().contiguous() for k, v in tensors.items() if not k.startswith("first_stage_model.")}
    save_file(own, tmp_path / "vae.safetensors")
    save_file(rest, tmp_path / "rest.safetensors")
    two = Cheff.load(tmp_path / "rest.safetensors", words, autoencoder=tmp_path / "vae.safetensors", device="cpu", latent_size=8)
    assert two.generate(PROMPTS[:1], [1], prior()) == wanted


class _Trainer:
    """What a training program leaves in its checkpoints."""


def test_a_pickle_with_more_than_tensors_is_not_opened(tmp_path, tensors):
    import torch

    from kbapp.engines.cheff_checkpoint import read_checkpoint

    torch.save({"state_dict": {}, "trainer": _Trainer()}, tmp_path / "bad.pt")
    with pytest.raises(ModelUnavailable, match="more than tensors"):
        read_checkpoint(tmp_path / "bad.pt")


@pytest.mark.parametrize("data", [b"", b"no checkpoint", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_told(tmp_path, data):
    from kbapp.engines.cheff_checkpoint import read_checkpoint

    for suffix in (".pt", ".safetensors"):
        file = tmp_path / f"x{suffix}"
        file.write_bytes(data)
        with pytest.raises(ModelUnavailable):
            read_checkpoint(file)


def test_pixels_are_grey_and_use_their_range(engine):
    (picture,) = engine.generate(PROMPTS[:1], [1], prior())
    assert picture.pixels.dtype == np.uint8 and picture.pixels.ndim == 2 and np.ptp(picture.pixels) > 20
