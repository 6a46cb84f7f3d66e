"""The interface of whatever makes pictures from words."""

from collections.abc import Callable, Sequence
from typing import Protocol

from kbapp.core.content import ImageContent
from kbapp.priors.version import PriorVersion


class ImageGenerator(Protocol):
    id: str
    max_prompt_words: int  # what its text encoder can read; longer prompts are condensed before

    def generate(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        prior: PriorVersion,
        *,
        on_step: Callable[[int, int], None] = lambda step, steps: None,
    ) -> list[ImageContent]:
        """One picture per prompt, all in one batch. The k-th depends on prompts[k], seeds[k] and the prior's guidance alone.

        on_step(i, of): progress; raises Cancelled through it when the person stops the work.
        Raises GenerationError, ModelUnavailable or ModelBusy.
        """
        ...

    def not_shown(self, prompt: str, prior: PriorVersion) -> tuple[str, ...]:
        """Names of what the prompt says is there and no picture of this generator will show. () where it cannot know: a model tries all."""
        ...
