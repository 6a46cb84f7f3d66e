"""Tiny random checkpoints in the layout their publishers use, so that the real loaders run without a network or a GPU.

Each function writes one folder or file, once per test run, and returns its path. Weights are random with a wide spread (0.2): with the
usual 0.02 a tiny text encoder gives nearly the same vector for every text, and ranking tests would mean nothing.
"""

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

from kbapp.resources import DOMAINS, PROMPTS
from tests.lmm_prior import YAML

SPREAD = 0.2
_CORPUS = [
    "The heart is enlarged. Small left pleural effusion is present, absent or uncertain.",
    '{"triples":[{"head":"a","relation":"located in","tail":"b","status":"present","quote":"c"}]}',
    "Findings: Impression: lung right lower zone consolidation has severity mild",
]
QWEN_TOKENS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
_QWEN_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{% if c['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@cache
def _root() -> Path:
    import torch

    torch.set_num_threads(1)  # threads cost more than they bring at this size, and the machine may be shared
    root = Path(tempfile.mkdtemp(prefix="kb-checkpoints-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


def _seeded(seed: int = 0) -> None:
    import torch

    torch.manual_seed(seed)


def _words_file(folder: Path) -> int:
    """A WordPiece vocabulary of the corpus' words and single letters; its size."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,:{}[]\"'-"
    words = sorted({w.strip(".,:").lower() for text in _CORPUS[::2] for w in text.split()} - set(letters))
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters), *words]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(vocab))
    return len(vocab)


def _bert_tokenizer(folder: Path):
    from transformers import BertTokenizer

    _words_file(folder)
    vocab = {token: k for k, token in enumerate((folder / "vocab.txt").read_text().split("\n"))}
    return BertTokenizer(vocab=vocab)


@cache
def qwen_vl() -> Path:
    """Qwen2-VL: two layers, 64 wide."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import (
        Qwen2Tokenizer,
        Qwen2VLConfig,
        Qwen2VLForConditionalGeneration,
        Qwen2VLImageProcessor,
        Qwen2VLProcessor,
        Qwen2VLVideoProcessor,
    )

    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(
        # Every word of the prompts becomes a token or two: short sequences are what keeps these tests short.
        [*_CORPUS, YAML, *(f.read_text() for f in [DOMAINS / "general-scene.yaml", *sorted(PROMPTS.glob("*.txt"))])],
        vocab_size=3000,
        min_frequency=1,
        show_progress=False,
    )
    model = json.loads(bpe.to_str())["model"]
    merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
    tokenizer = Qwen2Tokenizer(
        vocab=model["vocab"],
        merges=merges,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens=list(QWEN_TOKENS),
    )
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in QWEN_TOKENS}
    text = {
        "vocab_size": len(tokenizer) + 5,  # real ones are padded too
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 16_384,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
        "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
        "initializer_range": SPREAD,
    }
    vision = {"depth": 2, "embed_dim": 32, "hidden_size": 64, "num_heads": 4, "mlp_ratio": 2, "initializer_range": SPREAD}
    config = Qwen2VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        initializer_range=SPREAD,
    )
    _seeded()
    folder = _root() / "qwen2-vl-tiny"
    network = Qwen2VLForConditionalGeneration(config)
    network.generation_config.eos_token_id = [ids["<|im_end|>"], ids["<|endoftext|>"]]
    network.generation_config.pad_token_id = ids["<|endoftext|>"]
    network.to(torch.float32).save_pretrained(folder)
    Qwen2VLProcessor(
        image_processor=Qwen2VLImageProcessor(size={"shortest_edge": 56 * 56, "longest_edge": 28 * 28 * 1280}),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(),
        chat_template=_QWEN_TEMPLATE,
    ).save_pretrained(folder)
    return folder


def _clip_text(folder: Path, name: str, width: int, *, projection: bool, vocab_size: int) -> None:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=vocab_size,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=77,
        projection_dim=width,
        initializer_range=SPREAD,
        initializer_factor=5.0,
        bos_token_id=vocab_size - 2,
        eos_token_id=vocab_size - 1,
        pad_token_id=vocab_size - 1,
    )
    (CLIPTextModelWithProjection if projection else CLIPTextModel)(config).save_pretrained(folder / name)


def _clip_tokenizer(folder: Path) -> int:
    """Letters only, each with and without the end-of-word mark; returns the size of the vocabulary."""
    from transformers import CLIPTokenizer

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,:-"
    tokens = [*letters, *(f"{c}</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    vocab = {token: k for k, token in enumerate(tokens)}
    CLIPTokenizer(vocab=vocab, merges=[], model_max_length=77).save_pretrained(folder)
    return len(vocab)


def _sdxl_unet(folder: Path, cross: int, ids: int, projection: int) -> None:
    from diffusers import UNet2DConditionModel

    UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=ids * 8 + projection,
        cross_attention_dim=cross,
        norm_num_groups=8,
    ).save_pretrained(folder / "unet")


def _sdxl_rest(folder: Path, names: dict[str, list[str]]) -> None:
    from diffusers import AutoencoderKL, EulerDiscreteScheduler

    AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=8,
        sample_size=16,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        scaling_factor=0.13025,
    ).save_pretrained(folder / "vae")
    EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="leading", steps_offset=1
    ).save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(names))


@cache
def sdxl() -> Path:
    """SDXL base: pictures of 16 x 16 pixels."""
    folder = _root() / "sdxl-tiny"
    _seeded(1)
    size = _clip_tokenizer(folder / "tokenizer")
    _clip_tokenizer(folder / "tokenizer_2")
    _clip_text(folder, "text_encoder", 16, projection=False, vocab_size=size)
    _clip_text(folder, "text_encoder_2", 32, projection=True, vocab_size=size)
    _sdxl_unet(folder, cross=48, ids=6, projection=32)
    _sdxl_rest(folder, {"_class_name": "StableDiffusionXLPipeline"})
    return folder


@cache
def sdxl_refiner() -> Path:
    """The refiner: only the second text encoder, and an aesthetic score beside the sizes."""
    folder = _root() / "sdxl-refiner-tiny"
    _seeded(2)
    size = _clip_tokenizer(folder / "tokenizer_2")
    _clip_text(folder, "text_encoder_2", 32, projection=True, vocab_size=size)
    _sdxl_unet(folder, cross=32, ids=5, projection=32)
    _sdxl_rest(folder, {"_class_name": "StableDiffusionXLImg2ImgPipeline"})
    return folder


@cache
def open_clip() -> Path:
    """An open_clip folder of the hub: open_clip_config.json and open_clip_model.safetensors."""
    from open_clip.model import CLIP
    from safetensors.torch import save_file

    config = {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 16, "patch_size": 16},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    _seeded(3)
    network = CLIP(**config)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            parameter.data.normal_(std=SPREAD)
    folder = _root() / "open-clip-tiny"
    folder.mkdir()
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, folder / "open_clip_model.safetensors")
    preprocess = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28]}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    return folder


@cache
def blip() -> Path:
    """BLIP image-text retrieval: 64 positions instead of 512."""
    from transformers import BlipConfig, BlipForImageTextRetrieval, BlipImageProcessor, BlipProcessor

    folder = _root() / "blip-tiny"
    tokenizer = _bert_tokenizer(folder)
    tokenizer.add_special_tokens({"bos_token": "[DEC]"})
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "encoder_hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 64,
        "bos_token_id": len(tokenizer) - 1,
        "pad_token_id": 0,
        "initializer_range": SPREAD,
    }
    vision = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 8,
        "initializer_range": SPREAD,
    }
    _seeded(4)
    network = BlipForImageTextRetrieval(
        BlipConfig(text_config=text, vision_config=vision, image_text_hidden_size=16, initializer_range=SPREAD)
    )
    network.save_pretrained(folder)
    BlipProcessor(BlipImageProcessor(size={"height": 32, "width": 32}), tokenizer).save_pretrained(folder)
    return folder


@cache
def blip2() -> Path:
    """BLIP-2 image-text retrieval: 4 queries, 64 positions."""
    from transformers import (
        Blip2Config,
        Blip2ForImageTextRetrieval,
        Blip2Processor,
        Blip2QFormerConfig,
        Blip2VisionConfig,
        BlipImageProcessor,
        OPTConfig,
    )

    folder = _root() / "blip2-tiny"
    processor = Blip2Processor(BlipImageProcessor(size={"height": 32, "width": 32}), _bert_tokenizer(folder), num_query_tokens=4)
    size = len(processor.tokenizer)  # after the processor: it adds a token of its own
    small = {"intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "initializer_range": SPREAD}
    qformer = Blip2QFormerConfig(
        vocab_size=size,
        hidden_size=32,
        encoder_hidden_size=48,
        max_position_embeddings=64,
        cross_attention_frequency=1,
        use_qformer_text_input=True,
        pad_token_id=0,
        **small,
    )
    language = OPTConfig(
        vocab_size=size, hidden_size=16, ffn_dim=16, num_hidden_layers=1, num_attention_heads=2, word_embed_proj_dim=16
    )
    _seeded(6)
    config = Blip2Config(
        vision_config=Blip2VisionConfig(hidden_size=48, image_size=32, patch_size=8, **small).to_dict(),
        qformer_config=qformer.to_dict(),
        text_config=language.to_dict(),
        num_query_tokens=4,
        image_text_hidden_size=16,
        image_token_index=processor.tokenizer.convert_tokens_to_ids("<image>"),
        initializer_range=SPREAD,
    )
    network = Blip2ForImageTextRetrieval(config)
    network.query_tokens.data.normal_(std=SPREAD)
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@cache
def cheff_modules():
    """Tiny U-Net, autoencoder and text tensors, in our own naming: what `cheff` writes in the published layout."""
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel

    from kbapp.engines.cheff_layout import UnetShape, VaeShape, text_names

    _seeded(5)
    unet_is = UnetShape((32, 64, 64), 2, (False, True, True), 48, 3)
    vae_is = VaeShape((32, 64, 64), 2, 3)
    width, inner, feed = 48, 64, 96
    size = len((cheff_tokenizer() / "vocab.txt").read_text().split("\n"))

    def shape(name: str) -> tuple[int, ...]:
        if name == "token_emb.weight":
            return size, width
        if name == "pos_emb.emb.weight":
            return 150, width
        last = name.removesuffix(".weight").removesuffix(".bias")
        if last.endswith(("to_q", "to_k", "to_v")):
            return inner, width
        rows, columns = (feed, width) if last.endswith("net.0.0") else (width, feed if last.endswith("net.2") else inner)
        is_norm = last == "norm" or last.endswith(".0") and not last.endswith("net.0.0")
        return (rows,) if name.endswith("bias") else (width,) if is_norm else (rows, columns)

    text = {name: torch.randn(shape(name)) * SPREAD for name in text_names(2)}
    return UNet2DConditionModel(**unet_is.config).eval(), AutoencoderKL(**vae_is.config).eval(), text, unet_is, vae_is


@cache
def cheff_tokenizer() -> Path:
    folder = _root() / "cheff-words"
    _bert_tokenizer(folder).save_pretrained(folder)
    return folder


@cache
def cheff_tensors() -> dict:
    """The published layout: prefixes, the schedule, a moving average and a loss that nobody reads."""
    import torch

    from kbapp.engines.cheff_layout import PARTS, unet_name, vae_name

    unet, vae, text, unet_is, vae_is = cheff_modules()
    tensors = {PARTS["unet"] + unet_name(k, unet_is): v for k, v in unet.state_dict().items()}
    for key, value in vae.state_dict().items():
        name = vae_name(key, vae_is)
        is_convolution = ".attn_1." in name and ".norm." not in name and value.ndim == 2
        tensors[PARTS["vae"] + name] = value[..., None, None] if is_convolution else value
    tensors |= {PARTS["text"] + name: value for name, value in text.items()}
    tensors |= {PARTS["text"] + f"to_logits.{end}": torch.zeros(1) for end in ("weight", "bias")}
    betas = torch.linspace(0.0015**0.5, 0.0295**0.5, 1000) ** 2
    unread = {"model_ema.decay": torch.tensor(0.99), "first_stage_model.loss.logvar": torch.zeros(1), "betas": betas}
    return tensors | unread | {"alphas_cumprod": torch.cumprod(1 - betas, 0)}


@cache
def cheff() -> Path:
    """Cheff's checkpoint file, two pixels of U-Net attention levels deep."""
    import torch

    file = _root() / "cheff-tiny.pt"
    torch.save({"epoch": 3, "global_step": 7, "state_dict": {k: v.clone().contiguous() for k, v in cheff_tensors().items()}}, file)
    return file


def taught_qwen_vl(lessons: list[tuple], steps: int = 80) -> Path:
    """`qwen_vl` trained on a few (ChatRequest, reply) pairs until it gives these replies (loss under 0.005).

    Some thirty steps, a few seconds. What a random model says is noise that never ends; a whole completion needs one that says something.
    """
    import torch

    from kbapp.engines.qwen_vl import QwenVl

    model = QwenVl.load(qwen_vl(), device="cpu", max_pixels=56 * 56)
    network = model.network.requires_grad_(True)
    groups = [_lesson_batch(model, some) for some in _alike_in_length(lessons)]
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        losses = [_lesson_loss(network, inputs, replies) / len(groups) for inputs, replies in groups]
        for loss in losses:
            loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if sum(losses) < 0.005:
            break
    folder = _root() / "qwen2-vl-taught"
    network.save_pretrained(folder)
    model.processor.save_pretrained(folder)
    return folder


_NO_LESSON = -100  # what cross entropy leaves out


def _alike_in_length(lessons: list[tuple]) -> list[list[tuple]]:
    """The few long questions apart from the many short ones: padding to the longest would be nearly all of the work."""
    lengths = [sum(len(turn.text) for turn in request.turns) for request, _ in lessons]
    apart = ([k for k, n in enumerate(lengths) if (n > max(lengths) / 3) is long] for long in (False, True))
    return [[lessons[k] for k in group] for group in apart if group]


def _lesson_batch(model, lessons: list[tuple]) -> tuple:
    """(what the model is given, what it is to reply)."""
    import torch

    told = [torch.tensor([*model.processor.tokenizer(reply)["input_ids"], model._ends[-1]]) for _, reply in lessons]
    replies = torch.nn.utils.rnn.pad_sequence(told, batch_first=True, padding_value=_NO_LESSON)
    return model._inputs([request for request, _ in lessons]), replies


def _lesson_loss(network, inputs, replies):
    """Of the replies' tokens, given everything before them. replies: (n, t), filled up with _NO_LESSON."""
    import torch

    known = replies != _NO_LESSON
    ids = torch.cat([inputs["input_ids"], replies.where(known, torch.zeros_like(replies))], dim=1)
    mask = torch.cat([inputs["attention_mask"], known.long()], dim=1)
    kinds = torch.cat([inputs["mm_token_type_ids"], torch.zeros_like(replies)], dim=1)
    pictures = {k: v for k, v in inputs.items() if k.startswith(("pixel", "image"))}
    made = network(input_ids=ids, attention_mask=mask, mm_token_type_ids=kinds, logits_to_keep=replies.shape[1] + 1, **pictures)
    return torch.nn.functional.cross_entropy(made.logits[:, :-1].flatten(0, 1), replies.flatten(), ignore_index=_NO_LESSON)


@cache
def open_clip_hub_tower() -> Path:
    """An open_clip folder whose text tower is a BERT of the hub, as BiomedCLIP's: config.json and tokenizer lie beside the weights."""
    from open_clip.model import CustomTextCLIP
    from safetensors.torch import save_file
    from transformers import BertConfig

    folder = _root() / "biomed-clip-tiny"
    tokenizer = _bert_tokenizer(folder)
    tokenizer.save_pretrained(folder)
    BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    ).save_pretrained(folder)
    config = {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 16, "patch_size": 16},
        "text_cfg": {
            "hf_model_name": "publisher/bert-on-the-hub",
            "hf_tokenizer_name": "publisher/bert-on-the-hub",
            "hf_proj_type": "mlp",
            "hf_pooler_type": "cls_last_hidden_state_pooler",
            "context_length": 64,
        },
    }
    _seeded(6)
    local = {**config["text_cfg"], "hf_model_name": str(folder), "hf_model_pretrained": False}
    network = CustomTextCLIP(config["embed_dim"], config["vision_cfg"], local)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            parameter.data.normal_(std=SPREAD)
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, folder / "open_clip_model.safetensors")
    preprocess = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28]}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    return folder
