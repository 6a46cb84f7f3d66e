"""The routes. OpenAI's shapes, so that the stock client works; everything that waits can be withdrawn by closing the connection."""

import asyncio
import base64
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

import numpy as np
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.exceptions import HTTPException

from kbapp.engines.language_model import ChatReply, ChatRequest
from kbapp.engines.picture import to_pil, to_png
from kbapp.errors import Cancelled, CardBroken, CardFull, EngineError, InputError, KbError, ModelBusy, ModelUnavailable, NotFound
from kbapp.server.guard import Guard, error_body
from kbapp.server.house import Ask, House, Model, Order
from kbapp.server.metrics import Metrics
from kbapp.server.wire import ChatBody, EmbeddingsBody, ImagesBody, ScoreBody

T = TypeVar("T")
_GONE_POLL_S = 0.2
_CLIENT_CLOSED = 499
_RETRY_AFTER_S = {
    CardFull: 5,
    CardBroken: 60,
    ModelBusy: 1,
}  # the first kind that fits; after CardBroken all models are loaded again


LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def create_app(house: House, *, token: str = "", hosts: frozenset[str] | None = LOCAL_HOSTS, deadline_s: float = 600) -> Guard:
    """The ASGI application. deadline_s: for one request, from its arrival to its answer; then it is withdrawn and told with 503."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        yield
        house.stop()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    _add_errors(app)
    _add_health(app, house, metrics)
    _Routes(house, deadline_s).add_to(app)
    return Guard(app, metrics, token, hosts)


def _add_health(app: FastAPI, house: House, metrics: Metrics) -> None:
    @app.get("/healthz")
    async def healthz():
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz():
        states = {m.name: {"role": m.role, "state": m.state, "why": m.why} for m in house.models.values()}
        return JSONResponse(
            {"ready": house.is_ready, "card": house.card.broken or "well", "models": states}, 200 if house.is_ready else 503
        )

    @app.get("/metrics")
    async def text():
        return PlainTextResponse(metrics.text(house), media_type="text/plain; version=0.0.4")

    @app.get("/v1/models")
    async def models():
        return {"object": "list", "data": [_told(m, house) for m in house.models.values()]}

    @app.get("/v1/models/{name:path}")
    async def model(name: str):
        if name not in house.models:
            raise NotFound(f"there is no model of that name; served: {', '.join(house.models)}", code="model_not_found")
        return _told(house.models[name], house)


def _told(model: Model, house: House) -> dict:
    """A model as `/v1/models` tells of it: the fields of OpenAI's API, and its role, revision, state and how many requests wait for it."""
    told = {"role": model.role, "revision": model.id, "state": "failed" if house.card.broken else model.state}
    told["waiting"] = model.batcher.waiting
    return {"id": model.name, "object": "model", "created": 0, "owned_by": "local", **told}


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(KbError)
    async def ours(request: Request, error: KbError):
        wait = next((str(s) for kind, s in _RETRY_AFTER_S.items() if isinstance(error, kind)), None)
        headers = {"retry-after": wait} if wait else None
        return JSONResponse(error_body(error.code, str(error)), _status(error), headers=headers)

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, error: RequestValidationError):
        """Where and what, never the value: it may be a patient's text."""
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if not _is_inner(part))
        told = first["msg"].removeprefix("Value error, ")
        return JSONResponse(error_body("invalid_request", f"{where}: {told}" if where else told), 422)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException):
        return JSONResponse(error_body(str(error.status_code), str(error.detail)), error.status_code)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception):
        return JSONResponse(error_body("internal", "the server failed on this request; its log says why"), 500)


def _is_inner(part: str | int) -> bool:
    """Of a place in a body: the validator's own names for the kinds a field may have."""
    return part in ("body", "str") or (isinstance(part, str) and not part.isidentifier())


def _status(error: KbError) -> int:
    if isinstance(error, CardFull | CardBroken):
        return 503
    if isinstance(error, ModelBusy):
        return 429
    if isinstance(error, Cancelled):
        return _CLIENT_CLOSED
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, ModelUnavailable):
        return 503
    return 500 if isinstance(error, EngineError) and error.code != "schema" else 400


class _Routes:
    def __init__(self, house: House, deadline_s: float):
        self._house, self._deadline_s = house, deadline_s

    def add_to(self, app: FastAPI) -> None:
        app.post("/v1/chat/completions", response_model=None)(self.chat)
        app.post("/v1/images/generations")(self.images)
        app.post("/v1/embeddings")(self.embeddings)
        app.post("/score")(self.score)

    async def chat(self, body: ChatBody, request: Request):
        model = self._house.model(body.model, "chat")
        asked = await asyncio.to_thread(body.request)
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": body.model}
        if body.stream:
            model.batcher.check_room()
            return StreamingResponse(
                self._stream(model, asked, head, body.stream_options.include_usage), media_type="text/event-stream"
            )
        reply = await self._waited(model.batcher.submit(Ask(asked)), request)
        message = {"role": "assistant", "content": reply.text}
        choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason, "logprobs": None}
        return {**head, "object": "chat.completion", "choices": [choice], "usage": _usage(reply)}

    async def _stream(self, model: Model, asked: ChatRequest, head: dict, counted: bool) -> AsyncIterator[str]:
        """The reply as server-sent events while it is made. When the caller hangs up, the generator is closed and the work withdrawn."""
        loop, texts = asyncio.get_running_loop(), asyncio.Queue()
        work = asyncio.ensure_future(
            model.batcher.submit(Ask(asked, lambda text: loop.call_soon_threadsafe(texts.put_nowait, text)))
        )
        work.add_done_callback(lambda _: texts.put_nowait(None))
        sent = ""
        try:
            yield _event(head, {"role": "assistant", "content": ""})
            async with asyncio.timeout(self._deadline_s):
                while (text := await texts.get()) is not None:
                    if text.startswith(sent) and not text.endswith("\ufffd"):  # half a character is not sent
                        yield _event(head, {"content": text[len(sent) :]})
                        sent = text
            reply = work.result()
            yield _event(head, {"content": reply.text.removeprefix(sent)})
            yield _event(head, {}, reply.finish_reason)
            if counted:
                yield _data({**head, "object": "chat.completion.chunk", "choices": [], "usage": _usage(reply)})
            yield "data: [DONE]\n\n"
        except TimeoutError:
            yield _data(error_body("model_unavailable", f"no answer within {self._deadline_s:g} s"))
        except KbError as error:
            yield _data(error_body(error.code, str(error)))
        finally:
            work.cancel()

    async def images(self, body: ImagesBody, request: Request):
        model = self._house.model(body.model, "images")
        size = "x".join(map(str, model.engine.size))
        if body.size not in (None, "auto", size):
            raise InputError(f"this model makes pictures of {size}; leave the size out, or ask for that one")
        orders = [Order(body.prompt, body.seed + k, body.guidance) for k in range(body.n)]
        pictures = await self._waited(_together(model, orders, body.guidance), request)
        coded = [base64.b64encode(await asyncio.to_thread(lambda p=p: to_png(to_pil(p)))).decode() for p in pictures]
        return {"created": int(time.time()), "data": [{"b64_json": text} for text in coded]}

    async def embeddings(self, body: EmbeddingsBody, request: Request):
        model = self._house.model(body.model, "embeddings")
        contents = await asyncio.to_thread(body.contents)
        rows, notes = await self._waited(model.batcher.submit(contents), request)
        data = [
            {"object": "embedding", "index": k, "embedding": _coded(row, body.encoding_format), **({"note": note} if note else {})}
            for k, (row, note) in enumerate(zip(rows, notes, strict=True))
        ]
        return {"object": "list", "model": body.model, "data": data, "usage": {"prompt_tokens": 0, "total_tokens": 0}}

    async def score(self, body: ScoreBody, request: Request):
        """What a model of pairs says of each, else the cosine of the two contents' embeddings, -1 to 1."""
        model = self._house.model(body.model, "scores", "embeddings")
        first, second = await asyncio.to_thread(body.pairs)
        first = first * (len(second) // len(first))
        if model.role == "scores":
            values, notes = await self._waited(model.batcher.submit(list(zip(first, second, strict=True))), request)
        else:
            rows, said = await self._waited(model.batcher.submit([*first, *second]), request)
            values = (rows[: len(first)] * rows[len(first) :]).sum(axis=1)
            notes = [
                "; ".join(filter(None, dict.fromkeys(both))) for both in zip(said[: len(first)], said[len(first) :], strict=True)
            ]
        data = [
            {"object": "score", "index": k, "score": float(value), **({"note": note} if note else {})}
            for k, (value, note) in enumerate(zip(values, notes, strict=True))
        ]
        return {"object": "list", "model": body.model, "data": data}

    async def _waited(self, work: Awaitable[T], request: Request) -> T:
        """The result of the work; withdrawn when the caller hangs up or the deadline passes."""
        task = asyncio.ensure_future(work)
        ends = asyncio.get_running_loop().time() + self._deadline_s
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=_GONE_POLL_S)
                if not task.done() and await request.is_disconnected():
                    raise Cancelled("the caller hung up")
                if not task.done() and asyncio.get_running_loop().time() > ends:
                    raise ModelUnavailable(f"no answer within {self._deadline_s:g} s")
            return task.result()
        except asyncio.CancelledError:  # nothing else cancels a request that is not a stream
            raise ModelUnavailable("the model server is being stopped; try again when it is back") from None
        finally:
            task.cancel()


async def _together(model: Model, orders: list[Order], key: tuple) -> list:
    return await asyncio.gather(*(model.batcher.submit(order, key) for order in orders))


def _usage(reply: ChatReply) -> dict:
    prompt, made = reply.usage.get("prompt_tokens", 0), reply.usage.get("completion_tokens", 0)
    return {"prompt_tokens": prompt, "completion_tokens": made, "total_tokens": prompt + made}


def _event(head: dict, delta: dict, finish: str | None = None) -> str:
    return _data({**head, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _data(value: dict) -> str:
    return f"data: {json.dumps(value)}\n\n"


def _coded(row: np.ndarray, form: str) -> list[float] | str:
    return row.tolist() if form == "float" else base64.b64encode(row.astype("<f4").tobytes()).decode()
