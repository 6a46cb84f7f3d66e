"""The matching head of BLIP: picture and text read together, as a value from 0 to 1."""

from pathlib import Path
from typing import TYPE_CHECKING

from kbapp.engines.checkpoint import Placement, engine_id, placement
from kbapp.engines.matcher import Matcher, loaded_with_processor

if TYPE_CHECKING:
    import torch


class BlipMatcher(Matcher):
    """PairScores: softmax of the matching head, "match" against "no match" (uncalibrated). Make it with `BlipMatcher.load`."""

    def __init__(self, network, processor, place: Placement, id: str):
        super().__init__(place, id, network.config.text_config.max_position_embeddings - 2)
        self._network, self._pictures, self._tokenizer = network, processor.image_processor, processor.tokenizer

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto", dtype: str = "auto") -> "BlipMatcher":
        """From a folder in the hub's layout. Raises ModelUnavailable when it is incomplete or its weights do not fit."""
        from transformers import BlipForImageTextRetrieval, BlipProcessor

        place = placement(device, dtype)
        folder, *both = loaded_with_processor(path, "BLIP retrieval", BlipForImageTextRetrieval, BlipProcessor, place)
        return cls(*both, place, engine_id(f"{folder.name}-itm", folder))

    def _seen(self, pictures: list) -> "torch.Tensor":
        pixels = self._pictures(images=pictures, return_tensors="pt")["pixel_values"]
        return self._network.vision_model(pixel_values=pixels.to(self.place.device, self.place.torch_dtype)).last_hidden_state

    def _values(self, seen: "torch.Tensor", texts: list[str]) -> "torch.Tensor":
        import torch

        told = self._tokenizer(texts, return_tensors="pt", padding=True, truncation=True, max_length=self.room + 2)
        ids, mask = told["input_ids"].to(self.place.device), told["attention_mask"].to(self.place.device)
        everywhere = torch.ones(seen.shape[:2], dtype=torch.long, device=seen.device)
        hidden = self._network.text_encoder(
            input_ids=ids, attention_mask=mask, encoder_hidden_states=seen, encoder_attention_mask=everywhere
        ).last_hidden_state[:, 0]
        return self._network.itm_head(hidden).float().softmax(dim=1)[:, 1]

    def _tokens_in(self, word: str) -> int:
        return len(self._tokenizer.tokenize(word))
