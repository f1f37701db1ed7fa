"""The training itself: rows to adapter weights, by the losses the field uses.

A pair is compared with the other rows' positives (MultipleNegativesRankingLoss, InfoNCE); a triplet with those and with
every row's negative. The same loss for both: TripletLoss would compare a row with its own negative only and so learn
from one wrong answer instead of 2 * batch - 1. MatryoshkaLoss sums it over `embedding_dims`.

A loop rather than sentence-transformers' trainer: the columns go through the model one by one, so that a short query
is not padded to the length of its document, and neither `datasets` nor `accelerate` is loaded first.
Measured in bench/training.py.
"""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sandbox.engines.encoder import add_adapter, best_device, computes_in_bfloat16, load_encoder

# isort: split
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.losses.merged_forward import column_merging_disabled
from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
from torch.utils.tensorboard import SummaryWriter

from sandbox.engines.training_rows import Epochs, Row, read_rows, without_repeats
from sandbox.engines.tuning_job import Parameters, Result, Scheduler, TrainingJob

LARGEST_GRADIENT_NORM = 1.0
VALIDATIONS = 4
"""Times the validation loss is computed on the way, beside once before the first step."""
VALIDATION_ROWS = 512
LAST_STEPS = 10
"""The reported training loss is the mean of this many steps."""

OnStep = Callable[[int, int], None]
"""Called with the step that is done and the number of steps."""


@dataclass
class Training:
    """A model, what changes it, and where its losses are written."""

    encoder: SentenceTransformer
    loss: MatryoshkaLoss
    optimizer: torch.optim.Optimizer
    parameters: Parameters
    device: str

    def step(self, batch: Sequence[Row], part: float) -> tuple[float, float]:
        """Learn from one batch at a learning rate of `part` of the highest; return loss and gradient norm."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.parameters.lr * part
        loss = self.batch_loss(batch)
        loss.backward()
        trained = [weight for group in self.optimizer.param_groups for weight in group["params"]]
        norm = torch.nn.utils.clip_grad_norm_(trained, LARGEST_GRADIENT_NORM)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.item(), norm.item()

    def batch_loss(self, batch: Sequence[Row]) -> torch.Tensor:
        """Return the loss of a batch."""
        columns = [self.encoder.preprocess(list(texts)) for texts in zip(*batch, strict=True)]
        on_device = [{name: _moved(value, self.device) for name, value in column.items()} for column in columns]
        with self.precision():
            return self.loss(on_device, None)

    def validate(self, rows: list[Row]) -> float:
        """Return the mean loss of these rows."""
        self.encoder.eval()
        total, count = 0.0, 0
        with torch.inference_mode():
            while rows:
                batch, rows = without_repeats(rows, self.parameters.batch_rows)
                total += self.batch_loss(batch).item() * len(batch)
                count += len(batch)
        self.encoder.train()
        return total / count

    def precision(self) -> AbstractContextManager[Any]:
        """Compute in bfloat16 where that is quicker; the weights stay float32."""
        enabled = computes_in_bfloat16(self.device)
        return cast("Any", torch.autocast)(self.device, torch.bfloat16, enabled=enabled)


def train(job: TrainingJob, adapter: Path, events: Path, on_step: OnStep) -> Result:
    """Train, write the weights and the TensorBoard events, and return what came of it."""
    parameters = job.parameters
    torch.manual_seed(parameters.seed)
    batches = list(Epochs(job.train, job.kind, parameters.seed).batches(parameters.n_samples, parameters.batch_rows))
    validation = read_rows(job.validation, job.kind)[:VALIDATION_ROWS] if job.validation else []
    training, adapted = prepare(parameters, best_device())
    validated = {0} | {round(len(batches) * part / VALIDATIONS) for part in range(1, VALIDATIONS + 1)}
    losses: list[float] = []
    validation_loss = None
    began = time.monotonic()
    shown = 0
    with ExitStack() as stack:
        stack.enter_context(column_merging_disabled())
        written = SummaryWriter(str(events))
        stack.callback(written.close)
        for step in range(len(batches) + 1):
            if step:
                batch = batches[step - 1]
                part = learning_rate_part(parameters.scheduler, shown / parameters.n_samples, parameters.lr)
                loss, norm = training.step(batch, part)
                shown += len(batch)
                losses.append(loss)
                written.add_scalar("train/loss", loss, step)
                written.add_scalar("train/learning_rate", parameters.lr * part, step)
                written.add_scalar("train/gradient_norm", norm, step)
            if validation and step in validated:
                validation_loss = training.validate(validation)
                written.add_scalar("validation/loss", validation_loss, step)
            on_step(step, len(batches))
    adapted.save_pretrained(str(adapter))
    return Result(
        dimensions=parameters.dimensions,
        device=training.device,
        train_loss=math.fsum(losses[-LAST_STEPS:]) / len(losses[-LAST_STEPS:]),
        validation_loss=validation_loss,
        samples=shown,
        training_s=time.monotonic() - began,
    )


def prepare(parameters: Parameters, device: str) -> tuple[Training, Any]:
    """Load the model and make everything that trains it; return the part with the new weights too."""
    encoder = load_encoder(device)
    adapted = add_adapter(encoder, parameters.method)
    encoder.to(device).train()
    encoder.truncate_dim = parameters.dimensions[0]
    loss = MatryoshkaLoss(encoder, MultipleNegativesRankingLoss(encoder), list(parameters.dimensions))
    adamw = parameters.optimizer
    optimizer = torch.optim.AdamW(
        [weight for weight in encoder.parameters() if weight.requires_grad],
        lr=parameters.lr,
        betas=(adamw.beta1, adamw.beta2),
        eps=adamw.eps,
        weight_decay=adamw.weight_decay,
    )
    return Training(encoder, loss, optimizer, parameters, device), adapted


def learning_rate_part(scheduler: Scheduler, done: float, lr: float) -> float:
    """Return the learning rate as a part of the highest, when this part of the samples was shown."""
    if done < scheduler.warmup_ratio:
        return (done + 1e-3) / (scheduler.warmup_ratio + 1e-3)
    left = 1 - (done - scheduler.warmup_ratio) / (1 - scheduler.warmup_ratio) if scheduler.warmup_ratio < 1 else 0.0
    least = min(1.0, scheduler.min_lr / lr)
    shape = {"constant": 1.0, "linear": left, "cosine": (1 - math.cos(math.pi * left)) / 2}[scheduler.name]
    return least + (1 - least) * shape


def _moved(value: Any, device: str) -> Any:
    return value.to(device) if isinstance(value, torch.Tensor) else value
