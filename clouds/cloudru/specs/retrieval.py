"""How a question to a knowledge base is answered."""

from typing import Self

from pydantic import Field, model_validator

from clouds.spec import Spec


class RetrievalSpec(Spec):
    """How a question is answered."""

    results: int = Field(default=10, ge=1, le=100, title="Results", description="Chunks retrieved.")
    reranked_results: int = Field(
        default=3, ge=1, title="Results after the reranker", description="Chunks kept after the reranker."
    )
    chunks_in_context: int = Field(
        default=3, ge=1, title="Chunks in the LLM's context", description="Chunks shown to the LLM."
    )
    system_prompt: str = Field(
        default="Отвечай на вопрос только по приведённым фрагментам документов. "
        "Если ответа в них нет, так и скажи. Укажи источник.",
        title="System prompt",
        description="System prompt of the LLM.",
    )
    temperature: float = Field(default=0.1, ge=0, le=2, title="Temperature", description="Randomness of the answer.")
    max_completion_tokens: int = Field(
        default=512, ge=1, title="Answer length, tokens", description="Length of the answer in tokens, at most."
    )

    @model_validator(mode="after")
    def _narrowing(self) -> Self:
        if self.reranked_results > self.results:
            raise ValueError(
                f"reranked_results={self.reranked_results} is above results={self.results}; the reranker only narrows"
            )
        if self.chunks_in_context > self.reranked_results:
            raise ValueError(
                f"chunks_in_context={self.chunks_in_context} is above reranked_results={self.reranked_results}; "
                "the LLM is shown only what the reranker kept"
            )
        return self
