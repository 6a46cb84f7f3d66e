"""Pictures from any server with the route /v1/images/generations; our own takes seed, negative prompt, steps and guidance too."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kbapp.core.content import ImageContent
from kbapp.engines.openai_server import OpenAiServer
from kbapp.engines.picture import from_base64
from kbapp.errors import GenerationError
from kbapp.priors.schema import Guidance
from kbapp.priors.version import PriorVersion

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class OpenAiImages:
    """An ImageGenerator. All prompts travel together: a server with a micro-batcher makes one batch of them.

    size: "1024x1024" or the like; None: the model's own. max_prompt_words: about 50 words fill the 77 tokens that SDXL's text encoders read; a server with another model may read more.
    """

    def __init__(self, server: OpenAiServer, model: str, *, size: str | None = None, max_prompt_words: int = 50):
        self.server, self.model, self.size, self.max_prompt_words = server, model, size, max_prompt_words
        self.id = f"{model} at {server.place}"

    def generate(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        prior: PriorVersion,
        *,
        on_step: Callable[[int, int], None] = lambda step, steps: None,
    ) -> list[ImageContent]:
        """See `ImageGenerator.generate`; `on_step` counts finished pictures, since a server tells no steps."""
        extra = _extra(prior.prior.guidance.get("image", Guidance())) | ({"size": self.size} if self.size else {})
        done = 0

        async def one(client: "AsyncOpenAI", item: tuple[str, int]) -> ImageContent:
            nonlocal done
            prompt, seed = item
            answer = await client.images.generate(
                model=self.model, prompt=prompt, n=1, response_format="b64_json", extra_body={**extra, "seed": seed}
            )
            picture = from_base64(self._data(answer))
            done += 1
            on_step(done, len(prompts))
            return picture

        return self.server.run(list(zip(prompts, seeds, strict=True)), one)

    def not_shown(self, prompt: str, prior: PriorVersion) -> tuple[str, ...]:
        """A model tries whatever its prompt says."""
        return ()

    def _data(self, answer) -> str:
        data = getattr(answer, "data", None)
        if not isinstance(data, list):
            raise self.server.unusable()
        text = getattr(data[0], "b64_json", None) if data else None
        if not isinstance(text, str):
            raise GenerationError("the image server sent no picture. Try again, or choose another model.")
        return text


def _extra(guidance: Guidance) -> dict:
    """What the prior asks for beyond the prompt, under the names of our server's extra fields."""
    wanted = {
        "negative_prompt": guidance.negative_prompt,
        "guidance_scale": guidance.guidance_scale,
        "num_inference_steps": guidance.steps,
    }
    return {name: value for name, value in wanted.items() if value not in ("", None)}
