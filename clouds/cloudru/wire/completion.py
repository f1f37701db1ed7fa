"""Text completions and streams of a running model. Source: docs.vllm.ai and OpenAI's API reference, read 2026-11-30."""

from clouds.cloudru.wire.base import SnakeWire
from clouds.cloudru.wire.model import StreamOptions, Usage

END_OF_STREAM = "[DONE]"
"""The last event of a stream."""


class CompletionRequest(SnakeWire):
    """`POST /v1/completions`: continue texts, or what token ids stand for."""

    model: str = ""
    prompt: str | list[str] | list[int] | list[list[int]]
    max_tokens: int | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None


class CompletionChoice(SnakeWire):
    """The continuation of one prompt; in a stream a piece of it."""

    index: int
    text: str
    finish_reason: str | None = "stop"


class CompletionResponse(SnakeWire):
    """The continuations, in the order of the prompts; in a stream one piece of one of them."""

    choices: list[CompletionChoice]
    id: str = ""
    object: str = "text_completion"
    created: int = 0
    model: str = ""
    usage: Usage | None = None


class Delta(SnakeWire):
    """What a piece of a stream adds to the turn."""

    role: str | None = None
    content: str | None = None


class ChatChunkChoice(SnakeWire):
    """A piece of one answer."""

    delta: Delta
    index: int = 0
    finish_reason: str | None = None


class ChatChunk(SnakeWire):
    """A piece of a chat's stream; the one with the usage has no choices."""

    choices: list[ChatChunkChoice]
    id: str = ""
    object: str = "chat.completion.chunk"
    created: int = 0
    model: str = ""
    usage: Usage | None = None
