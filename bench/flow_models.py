"""The models of bench/flows.py: tiny ones for the tests, and the real sizes with random weights for a card."""

from bench.flow_engine import Models
from kbapp.engines.blip_encoder import BlipEncoder
from kbapp.engines.checkpoint import Placement
from kbapp.engines.cheff import Cheff
from kbapp.engines.cheff_checkpoint import SCALE, CheffParts
from kbapp.engines.cheff_layout import UnetShape, VaeShape, text_names
from kbapp.engines.open_clip_encoder import OpenClipEncoder
from kbapp.engines.prompt_row import LEAST_TOKENS
from kbapp.engines.qwen_vl import QwenVl
from kbapp.engines.sdxl import Sdxl
from tests import checkpoints

CHEFF_UNET = UnetShape((224, 448, 896, 896), 2, (False, True, True, True), 1280, 3)
CHEFF_VAE = VaeShape((128, 256, 512), 2, 3)
SPREAD = 0.02


def tiny(medical: bool) -> Models:
    language = QwenVl.load(checkpoints.qwen_vl(), device="cpu", max_pixels=56 * 56)
    language.prefixes.least_tokens = LEAST_TOKENS // 10  # as the answers, which have a tenth of their length
    if medical:
        painter = Cheff.load(checkpoints.cheff(), checkpoints.cheff_tokenizer(), device="cpu", latent_size=8)
    else:
        painter = Sdxl.load(checkpoints.sdxl(), checkpoints.sdxl_refiner(), device="cpu")
    clip, blip = OpenClipEncoder.load(checkpoints.open_clip(), device="cpu"), BlipEncoder.load(checkpoints.blip(), device="cpu")
    return _watched(language, painter, clip, blip, painter)


def full(medical: bool, device: str = "cuda", dtype: str = "bfloat16") -> Models:
    """Qwen2-VL-7B, Cheff or SDXL with refiner, CLIP ViT-L/14 and BLIP large: published sizes, random weights of deviation 0.02."""
    place = Placement(device, dtype)
    language = _language(place)
    painter = _cheff(place) if medical else _sdxl(place)
    eager = _cheff(Placement(device, "float32")) if medical else painter
    return _watched(language, painter, _clip(place), _blip(place), eager)


def _watched(language, painter, clip, blip, eager) -> Models:
    unets = [painter.unet] if hasattr(painter, "unet") else [painter.base.unet, painter.refiner.unet]
    towers = {
        "clip passes": (clip._network.visual, clip._network.transformer),
        "blip passes": (blip._network.vision_model, blip._network.text_encoder),
    }
    return Models(language, painter, {"clip": clip, "blip": blip}, {"unet launches": tuple(unets), **towers}, eager)


def _made(make, place: Placement):
    """A network made at its place in its number format, with random weights; libraries leave some at zero or one."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(place.torch_dtype)
    try:
        with torch.device(place.device):
            network = make()
    finally:
        torch.set_default_dtype(before)
    if place.device != "meta":
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.data.normal_(std=SPREAD)
    return network.eval().requires_grad_(False)


def qwen_network(place: Placement, ids: dict[str, int]):
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration

    text = {
        "vocab_size": 152_064,
        "hidden_size": 3584,
        "intermediate_size": 18_944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "max_position_embeddings": 32_768,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
        "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
    }
    vision = {"depth": 32, "embed_dim": 1280, "hidden_size": 3584, "num_heads": 16, "mlp_ratio": 4}
    config = Qwen2VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
    return _made(lambda: Qwen2VLForConditionalGeneration(config), place)


def _language(place: Placement) -> QwenVl:
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(checkpoints.qwen_vl(), local_files_only=True)
    processor.image_processor.size = {"shortest_edge": 56 * 56, "longest_edge": 1024 * 1024}
    ids = {token: processor.tokenizer.convert_tokens_to_ids(token) for token in checkpoints.QWEN_TOKENS}
    return QwenVl(qwen_network(place, ids), processor, place, "qwen2-vl-7b-random", 1024 * 1024, 16)


def cheff_networks(place: Placement) -> tuple:
    from diffusers import AutoencoderKL, UNet2DConditionModel

    return _made(lambda: UNet2DConditionModel(**CHEFF_UNET.config), place), _made(lambda: AutoencoderKL(**CHEFF_VAE.config), place)


def _cheff(place: Placement) -> Cheff:
    from transformers import BertTokenizer

    unet, vae = cheff_networks(place)
    parts = CheffParts(unet, vae, _cheff_text(place), SCALE, None)
    words = BertTokenizer.from_pretrained(checkpoints.cheff_tokenizer(), local_files_only=True)
    return Cheff(parts, words, place, "cheff-random")


def _cheff_text(place: Placement) -> dict:
    """The tensors of the text encoder: 32 layers, 1280 wide, 8 heads of 64, 150 positions."""
    import torch

    def shape(name: str) -> tuple[int, ...]:
        if name in ("token_emb.weight", "pos_emb.emb.weight"):
            return (30_522 if name.startswith("token") else 150), 1280
        last = name.removesuffix(".weight").removesuffix(".bias")
        if last == "norm" or (last.endswith(".0") and not last.endswith("net.0.0")):
            return (1280,)
        rows = 512 if last.endswith(("to_q", "to_k", "to_v")) else 5120 if last.endswith("net.0.0") else 1280
        columns = 512 if last.endswith("to_out") else 5120 if last.endswith("net.2") else 1280
        return (rows,) if name.endswith("bias") else (rows, columns)

    return {name: torch.randn(shape(name), device=place.device, dtype=place.torch_dtype) * SPREAD for name in text_names(32)}


def sdxl_unet(place: Placement, *, refiner: bool = False):
    from diffusers import UNet2DConditionModel

    cross, plain = "CrossAttnDownBlock2D", "DownBlock2D"
    down = (plain, cross, cross, plain) if refiner else (plain, cross, cross)
    config = {
        "sample_size": 128,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": (384, 768, 1536, 1536) if refiner else (320, 640, 1280),
        "layers_per_block": 2,
        "down_block_types": down,
        "up_block_types": tuple(block.replace("Down", "Up") for block in reversed(down)),
        "transformer_layers_per_block": 4 if refiner else [1, 2, 10],
        "attention_head_dim": (6, 12, 24, 24) if refiner else (5, 10, 20),
        "cross_attention_dim": 1280 if refiner else 2048,
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2560 if refiner else 2816,
    }
    return _made(lambda: UNet2DConditionModel(**config), place)


def _sdxl(place: Placement) -> Sdxl:
    """The texts are cut into the tiny tokenizers' tokens: how many there are is the same, 77."""
    from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLImg2ImgPipeline, StableDiffusionXLPipeline
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    folder = checkpoints.sdxl()
    words, words_2 = (CLIPTokenizer.from_pretrained(folder / name) for name in ("tokenizer", "tokenizer_2"))
    large = {"vocab_size": 49_408, "bos_token_id": len(words) - 2, "eos_token_id": len(words) - 1, "pad_token_id": len(words) - 1}
    first = CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, **large)
    second = CLIPTextConfig(
        hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20, projection_dim=1280, **large
    )
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    vae = _made(
        lambda: AutoencoderKL(
            latent_channels=4, block_out_channels=(128, 256, 512, 512), layers_per_block=2, sample_size=1024, **blocks
        ),
        place,
    )
    second_encoder = _made(lambda: CLIPTextModelWithProjection(second), place)
    scheduler = EulerDiscreteScheduler.from_pretrained(folder / "scheduler")
    shared = {"vae": vae, "text_encoder_2": second_encoder, "tokenizer_2": words_2, "add_watermarker": False}
    base = StableDiffusionXLPipeline(
        unet=sdxl_unet(place),
        text_encoder=_made(lambda: CLIPTextModel(first), place),
        tokenizer=words,
        scheduler=scheduler,
        **shared,
    )
    refiner = StableDiffusionXLImg2ImgPipeline(
        unet=sdxl_unet(place, refiner=True),
        text_encoder=None,
        tokenizer=None,
        scheduler=EulerDiscreteScheduler.from_pretrained(folder / "scheduler"),
        requires_aesthetics_score=True,
        **shared,
    )
    for pipeline in (base, refiner):
        pipeline.set_progress_bar_config(disable=True)
    return Sdxl(base, refiner, place, "sdxl-random", 16)


def _clip(place: Placement) -> OpenClipEncoder:
    import open_clip

    network, _, preprocess = open_clip.create_model_and_transforms("ViT-L-14", device=place.device, precision="pure_bf16")
    return OpenClipEncoder(network.eval(), preprocess, open_clip.get_tokenizer("ViT-L-14"), place, "clip-random", 768, 77)


def blip_network(place: Placement):
    from transformers import BlipConfig, BlipForImageTextRetrieval

    vision = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16, "image_size": 384}
    config = BlipConfig(text_config={"encoder_hidden_size": 1024}, vision_config=vision, image_text_hidden_size=256)
    return _made(lambda: BlipForImageTextRetrieval(config), place)


def _blip(place: Placement) -> BlipEncoder:
    from transformers import BlipProcessor

    processor = BlipProcessor.from_pretrained(checkpoints.blip(), local_files_only=True)
    processor.image_processor.size = {"height": 384, "width": 384}
    return BlipEncoder(blip_network(place), processor, place, "blip-random")
