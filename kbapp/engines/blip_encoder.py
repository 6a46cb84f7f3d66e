"""BLIP image-text retrieval in this process: the embeddings whose cosine is its contrastive score."""

from pathlib import Path

import numpy as np

from kbapp.engines.checkpoint import Placement, engine_id, loaded, model_folder, placement
from kbapp.engines.joint_encoder import JointEncoder
from kbapp.errors import ModelUnavailable


class BlipEncoder(JointEncoder):
    """An Encoder. Make it with `BlipEncoder.load`.

    Rows are the network's own projections of its first tokens, so that a product of rows equals its `itm_score` without the matching
    head (tested), and texts compare with texts and pictures with pictures as well.
    """

    def __init__(self, network, processor, place: Placement, id: str):
        super().__init__(place, id, network.config.image_text_hidden_size, network.config.text_config.max_position_embeddings - 2)
        self._network, self._pictures, self._tokenizer = network, processor.image_processor, processor.tokenizer

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto", dtype: str = "auto") -> "BlipEncoder":
        """From a folder in the hub's layout. Raises ModelUnavailable when it is incomplete or its weights do not fit."""
        folder = model_folder(path, "the BLIP model", "config.json")
        from transformers import BlipForImageTextRetrieval, BlipProcessor

        place = placement(device, dtype)
        # The explicit class: the automatic one would take the captioning model, with a random text tower.
        network = loaded(BlipForImageTextRetrieval.from_pretrained, folder, "BLIP retrieval", place, dtype=place.torch_dtype)
        try:
            processor = BlipProcessor.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise ModelUnavailable(f"the folder {folder} holds no usable tokenizer and image processor.") from error
        return cls(network, processor, place, engine_id(folder.name, folder))

    def _image_rows(self, pictures: list) -> np.ndarray:
        pixels = self._pictures(images=pictures, return_tensors="pt")["pixel_values"].to(self.place.device, self.place.torch_dtype)
        hidden = self._network.vision_model(pixel_values=pixels).last_hidden_state[:, 0]
        return self._network.vision_proj(hidden).float().cpu().numpy()

    def _text_rows(self, texts: list[str]) -> np.ndarray:
        told = self._tokenizer(texts, return_tensors="pt", padding=True, truncation=True, max_length=self.room + 2)
        ids, mask = told["input_ids"].to(self.place.device), told["attention_mask"].to(self.place.device)
        hidden = self._network.text_encoder(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0]
        return self._network.text_proj(hidden).float().cpu().numpy()

    def _tokens_in(self, word: str) -> int:
        return len(self._tokenizer.tokenize(word))
