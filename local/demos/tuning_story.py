"""What `make demo-tuning` tells of a run, made short from its result."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.keys import TuningKey
from domain.reports.tuning import TuningReport
from local.demos.results import written
from local.errors import LocalError
from local.prefect_api import FlowRun, PrefectApi

Act = tuple[str, tuple[str, ...]]
"""A heading and its lines."""


AROUND = 60
"""So many characters of a passage are shown on either side of what was looked for."""


@dataclass(frozen=True)
class TuningStory:
    """The flow's result, and the page of its curves."""

    result: TuningReport
    curves_url: str

    @property
    def base_uri(self) -> str:
        """Address at which the base model was judged; the tuning itself may name it without its folder."""
        return next(each.model_uri for each in self.result.judgement.scores if each.role == "base")

    @property
    def tuned_uri(self) -> str:
        """Address of what came of it."""
        return self.result.tuning.target_model_uri

    def found(self, phrase: str) -> str:
        """Return which search index was made with the tuned model, and what of the passage found is around a phrase."""
        publication = self.result.publication
        if not publication.proof:
            raise LocalError("the run has ended well, and no search index was made with the tuned model")
        before, phrase, after = publication.proof.partition(phrase)
        passage = " ".join(f"…{before[-AROUND:]}{phrase}{after[:AROUND]}…".split())
        return f"search index {publication.search_index_id} found: {passage}"

    @property
    def counts(self) -> str:
        """How many datasets and tunings were created, and how many adopted."""
        return f"created {self.result.created}, adopted {self.result.adopted}"

    def acts(self) -> tuple[Act, ...]:
        """Return what was done, in the flow's order."""
        return (
            ("Data: every line checked", tuple(self._data())),
            ("Datasets", tuple(self._datasets())),
            ("Training", tuple(self._training())),
            (
                "Judgement: golden questions that were not trained on",
                (*self._scores(), str(self.result.judgement)),
            ),
        )

    def _data(self) -> Iterator[str]:
        data = self.result.data
        yield f"training data: {data.training_rows} rows"
        if data.validation_rows:
            yield f"validation data: {data.validation_rows} rows"
        for kind, total in data.faults.items():
            yield f"fault: {kind.replace('_', ' ')}: {total} found"

    def _datasets(self) -> Iterator[str]:
        for each in self.result.datasets:
            yield f"{each.part}: {each.action}, {each.dataset_id}, {each.rows} rows"

    def _training(self) -> Iterator[str]:
        tuning = self.result.tuning
        yield f"tuning {tuning.task_id}, {tuning.action}"
        for each in self.result.metrics.curves:
            yield f"{each.name}: {each.first:.4g} -> {each.last:.4g}, {each.points} points to step {each.last_step}"
        yield f"the curves as a picture: {self.curves_url}"

    def _scores(self) -> Iterator[str]:
        judgement = self.result.judgement
        for each in judgement.scores:
            figures = "  ".join(f"{name} {value:.3f}" for name, value in each.figures(judgement.k).items())
            yield f"{each.role:<10} {each.dim} dimensions  {figures}"


def read_story(api: PrefectApi, run: FlowRun, key: TuningKey) -> TuningStory:
    """Return what the run of the tuning of that key has written; raises LocalError when it lacks result or curves."""
    found = written(api, run, key)
    return TuningStory(found.result("tuning", TuningReport), api.artifact_url(found.artifact("loss").id))
