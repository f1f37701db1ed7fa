"""What is known to differ from the vendor's samples and reference, each with its reason. A list, not a pattern."""

from collections.abc import Mapping

ONLY_READ = "the source is a script that reads these keys alone: what else the service sends is not known"
OWN_GUESS = f"in the create body, and so in the sandbox's answer; {ONLY_READ}"
RUNS = "/inference/model-run/v1/$project/modelruns"
BASES = "/managed-rag/user-plane/api/v2/knowledge-bases"

SAMPLES: Mapping[str, Mapping[str, str]] = {
    "knowledge_base_created_2": {".knowledgebase_id": "published as `id` too; written by its first name"},
    "knowledge_base_created_3": {".knowledgebase_id": "published inside `knowledgebase` too; written unwrapped"},
    "knowledge_base_created_4": {".knowledgebase_id": "published inside `knowledgebase` as `id` too"},
    "run_get_bare": {".modelRun": "published bare and wrapped; written wrapped"},
    "search_generate_request_snake": {
        ".generationConfiguration": "published in both spellings; written in that of the specification",
        ".requestId": "published in both spellings; written in that of the specification",
    },
}
"""By sample: keys, each with all below it, that come out of a wire model otherwise than they went in."""


def _below(root: str, *keys: str, reason: str) -> dict[str, str]:
    return {f"{root}{key} is not published": reason for key in keys}


SANDBOX: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "foundation_models": {"GET /v1/models": {".data[].max_model_len": "the sandbox's models have no such limit"}},
    "inference": {
        f"GET {RUNS}/$run": _below(
            ".modelRun",
            ".gpuGbMemory",
            ".modelTaskType",
            ".servingOptions",
            ".servingOptions.dynamicalOptions",
            ".servingOptions.dynamicalOptions.args",
            ".servingOptions.dynamicalOptions.loraModules",
            reason=OWN_GUESS,
        )
    },
    "knowledge": {
        "GET /logaas-bff-console/v1/$project/log-groups": _below(".logGroups[]", ".name", reason=ONLY_READ),
        f"POST {BASES}": _below(
            "",
            ".created_at",
            ".created_by",
            ".description",
            ".embedder",
            ".embedder.model_id",
            ".embedder.name",
            ".embedder.type",
            ".knowledge_base_configuration",
            ".knowledge_base_configuration.auth_configuration",
            ".knowledge_base_configuration.auth_configuration.api_key",
            ".knowledge_base_configuration.auth_configuration.forward_auth",
            ".knowledge_base_configuration.database_configuration",
            ".knowledge_base_configuration.database_configuration.support_hybrid_search",
            ".knowledge_base_configuration.description",
            ".knowledge_base_configuration.name",
            ".name",
            ".namespace",
            ".project_id",
            ".searchApiResponse",
            ".searchApiResponse.state",
            ".searchApiResponse.url",
            ".updated_at",
            ".updated_by",
            reason=ONLY_READ,
        ),
        "POST /api/v2/retrieve": {".results[].metadata.jq_metadata": "only JSON documents have it"},
        "POST /api/v2/retrieve_generate": {".results[].metadata.jq_metadata": "only JSON documents have it"},
        "POST /v1/knowledge-bases/versions/$version/reindex": {".finished_at": "it is being built again"},
    },
    "model": {
        "GET /v1/models": {".data[].max_model_len": "the sandbox's models have no such limit"},
        "POST /v1/rerank": _below(
            ".usage", ".completion_tokens", ".prompt_tokens", reason="newer versions of vLLM have them; zeros here"
        ),
        "POST /v1/score": _below(
            ".usage", ".completion_tokens", ".prompt_tokens", ".total_tokens", reason="the page shows an empty usage"
        ),
        "POST /v1/chat/completions": {".choices[].message.tool_calls": "no model of the sandbox calls tools"},
    },
    "secret_other_mapping": {
        "GET /v2/version/$fresh-other": _below(
            "",
            ".secret",
            *(
                f".secret.{key}"
                for key in (
                    "createdAt", "description", "folderId", "id", "kmsKeyId", "labels", "name", "path", "projectId",
                    "serviceInstanceId", "versions", "versions[].createdAt", "versions[].id", "versions[].state",
                )
            ),
            ".version",
            ".version.createdAt",
            ".version.id",
            ".version.state",
            reason=ONLY_READ,
        ),
        "GET /v2/secret": _below(
            ".secrets[]",
            *(
                f".{key}"
                for key in (
                    "createdAt", "description", "folderId", "id", "kmsKeyId", "labels", "name", "projectId",
                    "serviceInstanceId", "versions", "versions[].createdAt", "versions[].id", "versions[].state",
                )
            ),
            reason=ONLY_READ,
        ),
    },
}  # fmt: skip
"""By file and call: where the sandbox's answer is not as published."""

NOT_READ: Mapping[str, Mapping[str, str]] = {}
"""By call: published keys that no field of the client's wire model reads."""

NOT_ASKED: Mapping[str, str] = {
    f"GET {RUNS}/$run/history": "no flow needs who did what",
    "GET /inference/model-run/v1/predefined-models/$card": "prices are in the list of cards",
    f"GET {BASES}/$base": "the public API tells the same",
}
"""Published calls that the client does not make."""
