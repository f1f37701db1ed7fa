"""What a running model speaks: the OpenAI and vLLM bodies. Source: docs/cloudru-api.md; vLLM's documentation."""

from typing import Any, Literal

from pydantic import ConfigDict

from clouds.cloudru.wire.base import SnakeWire


class ServedModel(SnakeWire):
    """An entry of `GET /v1/models`."""

    id: str
    object: str = "model"
    created: int = 0
    owned_by: str = ""
    root: str = ""
    parent: str | None = None
    max_model_len: int | None = None


class ListServedModelsResponse(SnakeWire):
    """`GET /v1/models`; never hard-code the served name, read `data[0].id`."""

    object: str = "list"
    data: list[ServedModel]


class Usage(SnakeWire):
    """Tokens used."""

    prompt_tokens: int = 0
    total_tokens: int = 0
    completion_tokens: int = 0


class EmbeddingsRequest(SnakeWire):
    """`POST /v1/embeddings`. An empty `model`, here and below, is the one that is served.

    `input` is a text, several, or token ids of one or several; `dimensions` cuts the vectors of a Matryoshka model.
    """

    model: str = ""
    input: str | list[str] | list[int] | list[list[int]]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None


class Embedding(SnakeWire):
    """One vector: floats, or base64 of little-endian float32."""

    index: int
    embedding: list[float] | str
    object: str = "embedding"


class EmbeddingsResponse(SnakeWire):
    """Vectors in the order of the input, each [d]."""

    data: list[Embedding]
    id: str = ""
    created: int = 0
    model: str = ""
    object: str = "list"
    usage: Usage = Usage()


class RerankRequest(SnakeWire):
    """`POST /v1/rerank`."""

    model: str = ""
    query: str
    documents: list[str]
    top_n: int | None = None


class RerankedDocument(SnakeWire):
    """The text that was scored."""

    text: str


class RerankResult(SnakeWire):
    """A document's relevance, 0 to 1."""

    index: int
    relevance_score: float
    document: RerankedDocument | None = None


class RerankResponse(SnakeWire):
    """Sorted by score, best first."""

    results: list[RerankResult]
    id: str = ""
    model: str = ""
    usage: Usage = Usage()


class ScoreRequest(SnakeWire):
    """`POST /score`: one text against one or many."""

    model: str = ""
    text_1: str | list[str]
    text_2: str | list[str]


class Score(SnakeWire):
    """Score of a pair, 0 to 1."""

    index: int
    score: float
    object: str = "score"


class ScoreResponse(SnakeWire):
    """In the order of the pairs."""

    data: list[Score]
    id: str = ""
    created: int = 0
    object: str = "list"
    model: str = ""
    usage: Usage = Usage()


class ChatMessage(SnakeWire):
    """A turn of a chat; a model that only reasoned leaves its content null."""

    role: str
    content: str = ""


class ContentPart(SnakeWire):
    """A part of a turn: its text, or what a model of texts does not take."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str = ""


class PartsMessage(SnakeWire):
    """A turn of a chat whose content comes in parts."""

    role: str
    content: list[ContentPart]


class StreamOptions(SnakeWire):
    """What a stream ends with beside the answer."""

    include_usage: bool = False


class ChatRequest(SnakeWire):
    """`POST /v1/chat/completions`; other parameters of the API pass through."""

    model_config = ConfigDict(extra="allow")

    model: str = ""
    messages: list[ChatMessage | PartsMessage]
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None


class ChatChoice(SnakeWire):
    """One answer."""

    message: ChatMessage
    index: int = 0
    finish_reason: str | None = "stop"


class ChatResponse(SnakeWire):
    """The answers."""

    choices: list[ChatChoice]
    id: str = ""
    object: str = "chat.completion"
    created: int = 0
    model: str = ""
    usage: Usage = Usage()


class ModelError(SnakeWire):
    """vLLM's error body: `{"error": {...}}` in newer versions, the bare object in older ones."""

    message: str
    type: str = "BadRequestError"
    param: str | None = None
    code: int = 400
    extra: dict[str, Any] | None = None
