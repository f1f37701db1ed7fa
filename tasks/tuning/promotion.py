"""Put a tuned embedder in service, after it was judged and after its search index, where there is one, has answered."""

from prefect import get_run_logger

from blocks.yandex import YandexCloudCredentials
from clouds.yandex.tuning import FinishedTuning
from domain.embedder_judgement import TuningJudgement
from domain.embedder_tuning import EmbedderTuning
from domain.keys import TuningKey
from domain.reports.tuning import PublishedReport
from tasks.run.embedder_record import promote_embedder
from tasks.run.steps import step
from tasks.tuning.search_index import ProvedIndex


@step("publish", run_name="publish {tuning.name}")
def publish(
    yandex: YandexCloudCredentials,
    tuning: EmbedderTuning,
    tuned: FinishedTuning,
    judgement: TuningJudgement,
    index: ProvedIndex | None,
) -> PublishedReport:
    """Put the model in service if it is better, or as `use.publish` says."""
    use = tuning.use
    if not use.publishes(better=judgement.better):
        reason = "publish is never" if use.publish == "never" else f"the model is {judgement}"
        get_run_logger().warning("%s is not promoted: %s", tuned.target_model_uri, reason)
        return PublishedReport(published=False, reason=reason)
    now = promote_embedder(
        TuningKey(yandex.folder_id, tuning.name),
        tuned.target_model_uri,
        dim=judgement.dim,
        scores=judgement.tuned.figures(judgement.k),
        prefixes=tuning.data.prefixes,
    )
    return PublishedReport(
        published=True,
        reason=f"the model is {judgement}" if judgement.better else f"publish is always; the model is {judgement}",
        in_service=now,
        search_index_id=index.index_id if index else "",
        proof=index.passage if index else "",
    )
