"""Runtimes and the vendor's model catalogue, as the sandbox offers them. Ids and prices are its own."""

import uuid
from typing import Any

from clouds.cloudru.wire.inference import (
    FrameworkType,
    HuggingFaceRepository,
    ModelCard,
    ModelSource,
    ModelTaskType,
    ResourceType,
    RuntimeTemplate,
    RuntimeTemplateGpu,
)


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.sandbox"))


def _template(framework: FrameworkType, version: str, *, active: bool = True, cpu: bool = False) -> RuntimeTemplate:
    gpus = [RuntimeTemplateGpu(resource_type=each, is_default=each.endswith("NVLINK")) for each in ResourceType]
    return RuntimeTemplate(
        id=_id(f"{framework}-{version}"),
        framework_type=framework,
        version=version,
        is_active=active,
        gpus=[gpu for gpu in gpus if cpu or gpu.resource_type != ResourceType.CPU],
    )


TEMPLATES = (
    _template(FrameworkType.VLLM, "0.8.5", active=False, cpu=True),
    _template(FrameworkType.VLLM, "0.11.0", cpu=True),
    _template(FrameworkType.SGLANG, "0.5.3"),
    _template(FrameworkType.OLLAMA, "0.12.3", cpu=True),
    _template(FrameworkType.TRANSFORMERS, "4.57.0", cpu=True),
    _template(FrameworkType.DIFFUSERS, "0.35.1"),
    _template(FrameworkType.COMFY_UI, "0.3.60"),
)
"""The first one is retired, as a caller must expect: `isActive` decides."""


def _card(repository: str, vendor: str, params_bn: float, price: float, task: ModelTaskType) -> ModelCard:
    """Return the card of a model; all three have a context of 32 768 tokens and the licence Apache 2.0."""
    return ModelCard(
        id=_id(repository),
        name=repository,
        vendor_name=vendor,
        context_k=32,
        license_name="Apache 2.0",
        tags=[task.removeprefix("ModelTaskType_").lower()],
        model_source=ModelSource(hugging_face_repository=HuggingFaceRepository(repo=repository)),
        params_bn=params_bn,
        price=price,
        task_type=task,
        description="Offered by the sandbox; the price is a round figure of its own, not the vendor's.",
    )


CARDS = (
    _card("Qwen/Qwen3-Embedding-0.6B", "Qwen", 0.6, 40.0, ModelTaskType.EMBEDDING),
    _card("Qwen/Qwen3-Reranker-0.6B", "Qwen", 0.6, 40.0, ModelTaskType.SCORE),
    _card("t-tech/T-lite-it-1.0", "T-Tech", 7.6, 120.0, ModelTaskType.GENERATE),
)


def card_configs(card: ModelCard) -> list[dict[str, Any]]:
    """Return the ready-made configurations of a catalogue model."""
    memory_gb = 24 if card.task_type == ModelTaskType.GENERATE else 8
    template = next(each for each in TEMPLATES if each.is_active and each.framework_type == FrameworkType.VLLM)
    return [
        {
            "id": _id(f"{card.name}-config"),
            "allowedGpu": ResourceType.GPU_A100_NVLINK,
            "gpuCount": 1,
            "gpuMemoryAllocGb": memory_gb,
            "frameworkType": template.framework_type,
            "frameworkVersion": template.version,
            "runtimeTemplateId": template.id,
            "servingOptions": {"dynamicalOptions": {"args": [], "loraModules": []}},
            "scaling": {"minScale": 1, "maxScale": 1, "scalingRules": {"rpsType": {"value": 200}}},
            "price": card.price,
        }
    ]
