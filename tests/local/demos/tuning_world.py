"""A Prefect server on which a run of `finetune-embedder` seems to have ended: what it wrote is what the flow writes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from domain.embedder_judgement import EmbedderScores, Gain, TuningJudgement
from domain.reports.curves import CurveReport, MetricsReport
from domain.reports.stack import StepReport
from domain.reports.tuning import DatasetReport, PublishedReport, TrainingDataReport, TuningReport, TuningTaskReport
from local.demos.tuning import KEY, NAME
from tests.local.prefect_server import Script, artifact

BASE, TUNED = "emb://b1gfolder/text-embeddings/latest", "emb://b1gfolder/text-embeddings/latest@tuned"
DIM = 4
BEGAN = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ENDED = datetime(2026, 11, 22, 10, 2, tzinfo=UTC)
PASSAGE = f"{'Курьер ждёт 15 минут. ' * 50}Вернуть товар можно в течение 14 дней, не считая дня покупки."
LOSS = "train/loss: 2.25 -> 0.5, 29 points to step 29"

CURVE = CurveReport(name="train/loss", points=29, last_step=29, first=2.25, last=0.5, least=0.5)


def report(*, better: bool = True, published: bool = True) -> TuningReport:
    """Return the result of a run that has created one dataset and adopted another and the tuning."""
    gained = 0.25 if better else -0.25
    judgement = TuningJudgement(
        better=better,
        measure="nDCG@10",
        dim=DIM,
        k=10,
        questions=120,
        texts=60,
        gains=(Gain(over="base", gain=gained, low=-0.5, high=0.5, questions_better=1, questions_worse=0),),
        scores=(
            EmbedderScores(role="base", model_uri=BASE, dim=DIM, recall=0.5, mrr=0.25, ndcg=0.375),
            EmbedderScores(role="tuned", model_uri=TUNED, dim=DIM, recall=0.75, mrr=0.5, ndcg=0.625),
        ),
    )
    return TuningReport(
        cloud="yandex-sandbox",
        name=NAME,
        data=TrainingDataReport(training_rows=450, validation_rows=50, faults={"duplicate": 2}),
        datasets=(
            DatasetReport(part="training", dataset_id="fds1", name="d1", action="created", rows=450, size_bytes=1),
            DatasetReport(part="validation", dataset_id="fds2", name="d2", action="adopted", rows=50, size_bytes=1),
        ),
        tuning=TuningTaskReport(
            task_id="ftn1",
            operation_id="ftnop1",
            action="adopted",
            base_model_uri="emb://text-embeddings/latest",
            target_model_uri=TUNED,
            created_at=BEGAN,
            started_at=BEGAN,
            finished_at=ENDED,
            parameters={"n_samples": 900},
        ),
        metrics=MetricsReport(folder="results", files=("metrics.zip",), curves=(CURVE,)),
        judgement=judgement,
        publication=PublishedReport(
            published=published,
            reason=str(judgement),
            search_index_id="fvt1" if published else "",
            proof=PASSAGE if published else "",
        ),
        steps=(StepReport(name="judge", started_at=BEGAN, ended_at=ENDED, duration_s=120, on_critical_path=True),),
        created=1,
        adopted=2,
        duration_s=120,
    )


@dataclass
class TuningWorld(Script):
    """One completed run of the deployment; `in_service` is what the variable holds."""

    states: list[tuple[str, str, str]] = field(default_factory=lambda: [("COMPLETED", "Completed", "")])
    in_service: dict[str, Any] | None = field(default_factory=lambda: {"model_uri": TUNED, "dim": DIM})
    result: TuningReport = field(default_factory=report)

    def __post_init__(self) -> None:
        """Write the artifacts of the result."""
        self.artifacts = [
            artifact("result", self.result.model_dump_json(), key=KEY.artifact("tuning-result")),
            artifact("markdown", "# Training", key=KEY.artifact("loss")),
        ]

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Answer also for this deployment and for the variable."""
        if path == "/api/deployments/name/finetune-embedder/sandbox":
            return super().answer(method, "/api/deployments/name/provision-rag/sandbox", body)
        if path == f"/api/variables/name/{KEY.variable}":
            return (200, {"value": self.in_service}) if self.in_service else (404, {"detail": "Variable not found"})
        return super().answer(method, path, body)
