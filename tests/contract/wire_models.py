"""Which wire model reads the answer of which published call."""

from collections.abc import Mapping

from clouds.cloudru.wire import iam, inference, knowledge, logs, model, search, secret, storage
from clouds.cloudru.wire.base import SnakeWire

RUNS = "/inference/model-run/v1/$project"
BASES = "/v1/knowledge-bases"
MODELS: Mapping[str, type[SnakeWire] | None] = {
    "POST /api/v1/auth/token": iam.TokenResponse,
    "GET /s3e-controller/v2/projects/$project": storage.Tenant,
    "POST /s3e-controller/v1/tenants/$tenant/buckets": storage.Bucket,
    "GET /s3e-controller/v1/tenants/$tenant/buckets": storage.ListBucketsResponse,
    "POST /v2/secret/$fresh-secret": secret.SecretResponse,
    "GET /v2/secret/$fresh-secret": secret.SecretResponse,
    "POST /v2/secret/$fresh-secret/version": secret.SecretVersionResponse,
    "GET /v2/secret/$fresh-secret/access": secret.AccessSecretResponse,
    "POST /v2/secret": secret.SecretResponse,
    "GET /v2/version/$fresh-other": secret.AccessSecretResponse,
    "POST /v2/version": secret.SecretVersionResponse,
    "GET /v2/secret": secret.SearchSecretsResponse,
    f"GET {RUNS}/runtime-templates": inference.ListRuntimeTemplatesResponse,
    f"GET {RUNS}/quotas": inference.ListQuotasResponse,
    f"GET {RUNS}/quota-usage": inference.ListQuotasResponse,
    f"POST {RUNS}/modelruns": inference.CreateModelRunResponse,
    f"GET {RUNS}/modelruns/$run": inference.GetModelRunResponse,
    f"GET {RUNS}/modelruns": inference.ListModelRunsResponse,
    f"GET {RUNS}/modelruns/$run/history": None,
    "GET /inference/model-run/v1/predefined-models": inference.ListModelCardsResponse,
    "GET /inference/model-run/v1/predefined-models/$card": None,
    "GET /v1/models": model.ListServedModelsResponse,
    "POST /v1/embeddings": model.EmbeddingsResponse,
    "POST /v1/rerank": model.RerankResponse,
    "POST /v1/score": model.ScoreResponse,
    "POST /v1/chat/completions": model.ChatResponse,
    "POST /logaas-bff-console/v1/$project/log-group": logs.LogGroup,
    "GET /logaas-bff-console/v1/$project/log-groups": logs.ListLogGroupsResponse,
    "POST /managed-rag/user-plane/api/v2/knowledge-bases": knowledge.CreatedKnowledgeBase,
    "GET /managed-rag/user-plane/api/v2/knowledge-bases/$base": None,
    f"GET {BASES}": knowledge.ListKnowledgeBasesResponse,
    f"GET {BASES}/$base": knowledge.KnowledgeBase,
    f"GET {BASES}/versions": knowledge.ListVersionsResponse,
    f"GET {BASES}/versions/$version": knowledge.KnowledgeBaseVersion,
    f"POST {BASES}/versions/$version/reindex": knowledge.KnowledgeBaseVersion,
    f"DELETE {BASES}/$base": knowledge.KnowledgeBase,
    "POST /api/v2/retrieve": search.SearchResponse,
    "POST /api/v2/retrieve_generate": search.GeneratedResponse,
}
"""None: a call that the client does not make."""


def model_of(call: str) -> type[SnakeWire] | None:
    """Return the wire model; KeyError for a call that nobody has thought of."""
    return MODELS[call]
