"""The sandbox's training beside a bare script of sentence-transformers' trainer and peft, same settings, same rows.

Both write every step's loss as TensorBoard events and compute in bfloat16 where the machine has instructions for it.
Only the training is timed: neither the imports nor the loading of the model. `--samples`, `--rounds`, `--threads`.
"""

import argparse
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.engines.encoder import TARGETS, best_device, computes_in_bfloat16, load_encoder

# isort: split
import torch
from datasets import Dataset
from peft import LoraConfig, TaskType
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers
from transformers import PrinterCallback

from sandbox.engines.train import train
from sandbox.engines.training_rows import read_rows
from sandbox.engines.tuning_job import Lora, Parameters, TrainingJob, WeightedFile

GOAL = 1.05
"""At most so much of the bare script's time."""
DATA = Path(__file__).parents[1] / "examples" / "tuning" / "ru" / "pairs.jsonl"
OURS, BARE = "sandbox.engines.train", "bare trainer + peft"


def parameters(samples: int) -> Parameters:
    """Return the settings of both."""
    return Parameters(n_samples=samples, method=Lora())


def ours(samples: int, folder: Path) -> float:
    """Train with the engine; return seconds."""
    job = TrainingJob(kind="pair", train=(WeightedFile(path=DATA),), parameters=parameters(samples))
    return train(job, folder / "adapter", folder / "events", lambda _step, _steps: None).training_s


def bare(samples: int, folder: Path) -> float:
    """Train as the documentation of sentence-transformers does; return seconds."""
    settings = parameters(samples)
    method = settings.method
    assert isinstance(method, Lora)  # noqa: S101  # for the type checker: it is what `parameters` says
    torch.manual_seed(settings.seed)
    model: Any = load_encoder(best_device())
    model.add_adapter(
        LoraConfig(
            task_type=TaskType.FEATURE_EXTRACTION,
            r=method.rank,
            lora_alpha=int(method.alpha),
            target_modules=TARGETS,
        )
    )
    model.truncate_dim = settings.dimensions[0]
    rows = read_rows(DATA, "pair")
    data = Dataset.from_dict({"anchor": [row[0] for row in rows], "positive": [row[1] for row in rows]})
    arguments: Any = SentenceTransformerTrainingArguments(
        output_dir=str(folder / "trainer"),
        max_steps=samples // settings.batch_rows,
        per_device_train_batch_size=settings.batch_rows,
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        learning_rate=settings.lr,
        warmup_steps=settings.scheduler.warmup_ratio,
        weight_decay=settings.optimizer.weight_decay,
        use_cpu=best_device() == "cpu",
        bf16=computes_in_bfloat16(best_device()),
        logging_steps=1,
        report_to="tensorboard",
        save_strategy="no",
        disable_tqdm=True,
        seed=settings.seed,
    )
    loss = MatryoshkaLoss(model, MultipleNegativesRankingLoss(model), list(settings.dimensions))
    trainer = SentenceTransformerTrainer(model=model, args=arguments, train_dataset=data, loss=loss)
    trainer.remove_callback(PrinterCallback)
    began = time.monotonic()
    trainer.train()
    return time.monotonic() - began


def seconds_of(contestant: Callable[[int, Path], float], samples: int) -> float:
    """Run one contestant in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return contestant(samples, Path(folder))


def main() -> None:
    """Print the table, and last the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=320, help="rows shown, a multiple of 32")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.disable(logging.WARNING)
    contestants = {OURS: ours, BARE: bare}
    for contestant in contestants.values():
        seconds_of(contestant, 32)  # the first steps of a process are slower
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(options.rounds):
        for name in (OURS, BARE) if number % 2 == 0 else (BARE, OURS):
            taken[name].append(seconds_of(contestants[name], options.samples))
    lines = len(DATA.read_text(encoding="utf-8").splitlines())
    setting = {"rows": lines, "samples": options.samples, "threads": options.threads, "device": best_device()}
    print(json.dumps(setting))
    print(f"{'':24} {'median s':>9} {'best s':>8} {'samples/s':>10}")
    for name, each in taken.items():
        median = statistics.median(each)
        print(f"{name:24} {median:9.2f} {min(each):8.2f} {options.samples / median:10.1f}")
    ratio = statistics.median(taken[OURS]) / statistics.median(taken[BARE])
    print(f"\nGoal: at most {GOAL} of the bare script's time.")
    print(f"training: {ratio:.2f}")


if __name__ == "__main__":
    main()
