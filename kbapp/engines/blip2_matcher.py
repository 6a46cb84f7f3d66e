"""BLIP-2 image-text retrieval: its contrastive score (the best of its queries, so no single vector stands for a picture) and its matching head."""

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from kbapp.engines.checkpoint import Placement, engine_id, placement
from kbapp.engines.matcher import Matcher, loaded_with_processor

if TYPE_CHECKING:
    import torch


class _Blip2(Matcher):
    _head: str  # for the engine's name

    def __init__(self, network, processor, place: Placement, id: str):
        queries = network.config.num_query_tokens
        super().__init__(place, id, network.config.qformer_config.max_position_embeddings - 2 - queries)
        self._network, self._pictures, self._tokenizer = network, processor.image_processor, processor.tokenizer

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto", dtype: str = "auto"):
        """From a folder in the hub's layout. Raises ModelUnavailable when it is incomplete or its weights do not fit."""
        from transformers import Blip2ForImageTextRetrieval, Blip2Processor

        place = placement(device, dtype)
        folder, *both = loaded_with_processor(path, "BLIP-2 retrieval", Blip2ForImageTextRetrieval, Blip2Processor, place)
        return cls(*both, place, engine_id(f"{folder.name}-{cls._head}", folder))

    def _hidden(self, pictures: list) -> "torch.Tensor":
        """(n, patches, width), in the number format of the part that reads it: it may be kept wider than the tower."""
        pixels = self._pictures(images=pictures, return_tensors="pt")["pixel_values"]
        made = self._network.vision_model(pixel_values=pixels.to(self.place.device, self.place.torch_dtype)).last_hidden_state
        return made.to(self._network.query_tokens.dtype)

    def _told(self, texts: list[str]) -> tuple["torch.Tensor", "torch.Tensor"]:
        told = self._tokenizer(texts, return_tensors="pt", padding=True, truncation=True, max_length=self.room + 2)
        return told["input_ids"].to(self.place.device), told["attention_mask"].to(self.place.device)

    def _queries(self, n: int) -> "torch.Tensor":
        return self._network.query_tokens.expand(n, -1, -1)

    @abstractmethod
    def _seen(self, pictures: list) -> "torch.Tensor": ...

    def _tokens_in(self, word: str) -> int:
        return len(self._tokenizer.tokenize(word))


class Blip2Contrast(_Blip2):
    """PairScores: cosine of the text with the picture's best query, -1 to 1."""

    _head = "itc"

    def _seen(self, pictures: list) -> "torch.Tensor":
        """(n, queries, width) unit rows."""
        import torch

        hidden = self._hidden(pictures)
        mask = torch.ones(hidden.shape[:2], dtype=torch.long, device=hidden.device)
        asked = self._network.qformer(
            query_embeds=self._queries(len(hidden)), encoder_hidden_states=hidden, encoder_attention_mask=mask
        ).last_hidden_state
        projection = self._network.vision_projection
        return torch.nn.functional.normalize(projection(asked.to(projection.weight.dtype)).float(), dim=-1)

    def _values(self, seen: "torch.Tensor", texts: list[str]) -> "torch.Tensor":
        import torch

        ids, mask = self._told(texts)
        read = self._network.qformer(
            query_embeds=self._network.embeddings(input_ids=ids), query_length=0, attention_mask=mask
        ).last_hidden_state[:, 0]
        projection = self._network.text_projection
        rows = torch.nn.functional.normalize(projection(read.to(projection.weight.dtype)).float(), dim=-1)
        return torch.einsum("nqd,nd->nq", seen, rows).max(dim=1).values


class Blip2Match(_Blip2):
    """PairScores: softmax of the matching head's logits, averaged over the queries before, 0 to 1 (uncalibrated)."""

    _head = "itm"

    def _seen(self, pictures: list) -> "torch.Tensor":
        return self._hidden(pictures)

    def _values(self, seen: "torch.Tensor", texts: list[str]) -> "torch.Tensor":
        import torch

        ids, mask = self._told(texts)
        queries = self._queries(len(texts))
        whole = torch.cat([torch.ones(queries.shape[:2], dtype=mask.dtype, device=mask.device), mask], dim=1)
        hidden = self._network.qformer(
            query_embeds=self._network.embeddings(input_ids=ids, query_embeds=queries),
            query_length=queries.shape[1],
            attention_mask=whole,
            encoder_hidden_states=seen,
            encoder_attention_mask=torch.ones(seen.shape[:2], dtype=torch.long, device=seen.device),
        ).last_hidden_state[:, : queries.shape[1]]
        head = self._network.itm_head
        return head(hidden.to(head.weight.dtype)).float().mean(dim=1).softmax(dim=1)[:, 1]
