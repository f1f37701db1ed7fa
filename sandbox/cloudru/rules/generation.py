"""Chats and text completions of a running model, whole or as a stream of pieces."""

import os
import re
from collections.abc import Iterator
from typing import Any

import httpx

from clouds.cloudru.wire.completion import (
    END_OF_STREAM,
    ChatChunk,
    ChatChunkChoice,
    CompletionChoice,
    CompletionRequest,
    CompletionResponse,
    Delta,
)
from clouds.cloudru.wire.model import (
    ChatChoice,
    ChatMessage,
    ChatRequest,
    ChatResponse,
    PartsMessage,
    StreamOptions,
    Usage,
)
from sandbox.cloudru.rules.model_input import read_texts
from sandbox.cloudru.rules.served_model import ModelRefusalError, Served
from sandbox.engines.models import GeneratorModel, ModelShelf
from sandbox.engines.prompt import ChatTurn
from sandbox.host import Host

CHAT_TIMEOUT_S = 120.0
CHAT_KEY_VARIABLE = "SANDBOX_CHAT_KEY"
"""Environment variable with the key for `chat_url`: the environment, so that it is never written to a file here."""
_WORD = re.compile(r"\s*\S+\s*|\s+")


class Generation:
    """Calls that write text. Every call blocks while it computes."""

    def __init__(self, host: Host, shelf: ModelShelf) -> None:
        self._host, self._shelf = host, shelf

    def chat(self, served: Served, request: ChatRequest) -> ChatResponse | dict[str, Any]:
        """Return the next turn of a chat: by the engine, or by `chat_url` when that is set."""
        served.check(request.model, supported=served.is_chat, operation="Chat Completions")
        turns = [ChatTurn(message.role, _content(message)) for message in request.messages]
        if self._host.settings.chat_url:
            return self._forwarded(request, served)
        engine = self._engine(served)
        limit = request.max_completion_tokens or request.max_tokens
        text = engine.chat(turns, limit) if limit else engine.chat(turns)
        return ChatResponse(
            id=f"chatcmpl-{served.name}",
            model=served.name,
            choices=[ChatChoice(message=ChatMessage(role="assistant", content=text))],
            created=int(served.created_at),
            usage=_usage(engine, [turn.content for turn in turns], [text]),
        )

    def complete(self, served: Served, request: CompletionRequest) -> CompletionResponse:
        """Return the continuation of each prompt."""
        served.check(request.model, supported=served.is_chat, operation="Completions")
        engine = self._engine(served)
        prompts = read_texts(request.prompt, engine, "prompt")
        limit = request.max_tokens
        texts = [engine.complete(prompt, limit) if limit else engine.complete(prompt) for prompt in prompts]
        return CompletionResponse(
            id=f"cmpl-{served.name}",
            model=served.name,
            choices=[CompletionChoice(index=i, text=text) for i, text in enumerate(texts)],
            created=int(served.created_at),
            usage=_usage(engine, prompts, texts),
        )

    def _engine(self, served: Served) -> GeneratorModel:
        return self._shelf.generator(served.repository, served.revision)

    def _forwarded(self, request: ChatRequest, served: Served) -> dict[str, Any]:
        settings = self._host.settings
        whole = request.model_copy(update={"stream": False, "stream_options": None})
        body = whole.to_wire() | ({"model": settings.chat_model} if settings.chat_model else {})
        key = os.environ.get(CHAT_KEY_VARIABLE, "")
        try:
            answer = httpx.post(
                f"{settings.chat_url.rstrip('/')}/chat/completions",
                json=body,
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=CHAT_TIMEOUT_S,
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise ModelRefusalError(502, f"chat_url did not answer: {type(error).__name__}", "BadGateway") from error
        return {**answer.json(), "model": served.name}


def chat_events(answer: ChatResponse | dict[str, Any], options: StreamOptions | None) -> Iterator[str]:
    """Yield a whole answer as the server-sent events of a stream, a word each."""
    whole = answer if isinstance(answer, ChatResponse) else ChatResponse.model_validate(answer)

    def chunk(delta: Delta, finish: str | None = None) -> ChatChunk:
        return _chunk(whole, [ChatChunkChoice(delta=delta, finish_reason=finish)])

    yield _event(chunk(Delta(role="assistant", content="")))
    for piece in _WORD.findall(whole.choices[0].message.content):
        yield _event(chunk(Delta(content=piece)))
    yield _event(chunk(Delta(), whole.choices[0].finish_reason))
    if options and options.include_usage:
        yield _event(_chunk(whole, []).model_copy(update={"usage": whole.usage}))
    yield f"data: {END_OF_STREAM}\n\n"


def completion_events(whole: CompletionResponse, options: StreamOptions | None) -> Iterator[str]:
    """Yield whole continuations as the server-sent events of a stream, a word each."""
    bare = whole.model_copy(update={"usage": None})
    for choice in whole.choices:
        for piece in _WORD.findall(choice.text):
            part = CompletionChoice(index=choice.index, text=piece, finish_reason=None)
            yield _event(bare.model_copy(update={"choices": [part]}))
        end = CompletionChoice(index=choice.index, text="", finish_reason=choice.finish_reason)
        yield _event(bare.model_copy(update={"choices": [end]}))
    if options and options.include_usage:
        yield _event(whole.model_copy(update={"choices": []}))
    yield f"data: {END_OF_STREAM}\n\n"


def _chunk(whole: ChatResponse, choices: list[ChatChunkChoice]) -> ChatChunk:
    return ChatChunk(id=whole.id, created=whole.created, model=whole.model, choices=choices)


def _event(chunk: ChatChunk | CompletionResponse) -> str:
    return f"data: {chunk.model_dump_json(exclude_none=True)}\n\n"


def _content(message: ChatMessage | PartsMessage) -> str:
    """Return the text of a turn; refuse parts that are no text in vLLM's words."""
    if isinstance(message, ChatMessage):
        return message.content
    for part in message.content:
        if part.type != "text":
            kind = part.type.removesuffix("_url").removeprefix("input_")
            raise ModelRefusalError(400, f"At most 0 {kind}(s) may be provided in one prompt.")
    return "\n".join(part.text for part in message.content)


def _usage(engine: GeneratorModel, asked: list[str], answered: list[str]) -> Usage:
    prompt, completion = engine.count_tokens(asked), engine.count_tokens(answered)
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)
