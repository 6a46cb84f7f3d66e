"""CLIP models of open_clip (ViT-L/14, BiomedCLIP) in this process."""

import json
from pathlib import Path

import numpy as np

from kbapp.engines.checkpoint import Placement, engine_id, model_folder, placement
from kbapp.engines.joint_encoder import JointEncoder
from kbapp.errors import ModelUnavailable


class OpenClipEncoder(JointEncoder):
    """An Encoder. Make it with `OpenClipEncoder.load`."""

    def __init__(self, network, preprocess, tokenizer, place: Placement, id: str, width: int, context: int):
        super().__init__(place, id, width, context - 2)
        self._network, self._preprocess, self._tokenizer = network, preprocess, tokenizer

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto", dtype: str = "auto") -> "OpenClipEncoder":
        """From a folder with open_clip_config.json and its weights; they are loaded strictly.

        A text tower of the hub's own (BiomedCLIP) needs its config.json and tokenizer in the same folder.
        """
        folder = model_folder(path, "the CLIP model", "open_clip_config.json")
        import open_clip

        place = placement(device, dtype)
        try:
            config = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]
            network, _, preprocess = open_clip.create_model_and_transforms(
                f"local-dir:{folder}", device=place.device, precision=_PRECISION[place.dtype], **_local_tower(config, folder)
            )
            tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            first = (str(error).strip().splitlines() or [""])[0][:300]
            raise ModelUnavailable(f"the CLIP model in {folder} cannot be loaded: {first}") from error
        network.eval().requires_grad_(False)
        context = config["text_cfg"].get("context_length", 77)
        return cls(network, preprocess, tokenizer, place, engine_id(folder.name, folder), config["embed_dim"], context)

    def _image_rows(self, pictures: list) -> np.ndarray:
        import torch

        batch = torch.stack([self._preprocess(picture) for picture in pictures])
        return self._network.encode_image(batch.to(self.place.device, self.place.torch_dtype)).float().cpu().numpy()

    def _text_rows(self, texts: list[str]) -> np.ndarray:
        return self._network.encode_text(self._tokenizer(texts).to(self.place.device)).float().cpu().numpy()

    def _tokens_in(self, word: str) -> int:
        inner = getattr(self._tokenizer, "tokenizer", None)  # the hub's, inside open_clip's wrapper
        return len(inner.tokenize(word)) if inner is not None else len(self._tokenizer.encode(word))


# "pure" keeps the layer norms in the chosen format too, so that inputs of that format fit everywhere.
_PRECISION = {"float32": "fp32", "bfloat16": "pure_bf16", "float16": "pure_fp16"}


def _local_tower(config: dict, folder: Path) -> dict:
    """open_clip looks up a hub text tower by its name even for a local folder: point it to the folder."""
    text = config["text_cfg"]
    if "hf_model_name" not in text:
        return {}
    return {"text_cfg": {**text, "hf_model_name": str(folder), "hf_model_pretrained": False}}
