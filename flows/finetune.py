"""Fine-tune a text embedder on Yandex AI Studio, and judge it before it is used."""

from tempfile import TemporaryDirectory

from prefect import flow

from clouds.extras import optional_yandex
from domain.keys import TuningKey
from flows.parameters import CancelTuning, LockWait, Results, Tuning, YandexCloud, in_order
from flows.specs import EmbedderTuning, TuningReport
from tasks.run.lock import LOCK_WAIT_S
from tasks.run.runs import tuning_run
from tasks.run.steps import THREADS, wait_for_checks, wait_for_steps

with optional_yandex():  # a run without these packages ends in `tuning_run`, with one line
    from tasks.tuning.dataset import ensure_dataset
    from tasks.tuning.golden import read_retrieval_golden
    from tasks.tuning.judge import judge
    from tasks.tuning.metrics import fetch_metrics
    from tasks.tuning.preflight import check_golden_texts, check_results, check_tuning
    from tasks.tuning.promotion import publish
    from tasks.tuning.report import TunedEmbedder, report_tuning
    from tasks.tuning.search_index import ensure_search_index, prove_search_index
    from tasks.tuning.trained_questions import check_golden_not_trained
    from tasks.tuning.training_data import check_training_data
    from tasks.tuning.tuning import cancelled_with_the_run, ensure_tuning, wait_for_tuning


@in_order
@flow(name="finetune-embedder", task_runner=THREADS)
def finetune_embedder(
    tuning: Tuning = EmbedderTuning(),  # noqa: B008  # frozen
    cloud: YandexCloud = "yandex-sandbox",
    results: Results = "results",
    *,
    cancel_tuning_on_cancel: CancelTuning = False,
    lock_wait_s: LockWait = LOCK_WAIT_S,
) -> TuningReport:
    """Tune an embedder on pairs or triplets, compare it with its base model, and put it in service if it is better.

    Running it again adopts what is there: it is also the recovery procedure, and goes on with a wait of days.

    Args:
        tuning: What is wanted; the defaults are the example's.
        cloud: Name of the block "Yandex Cloud Credentials".
        results: Folder or fsspec URL where the metrics of the training are kept.
        cancel_tuning_on_cancel: When this run is cancelled, cancel the tuning too; else it goes on in the cloud.
        lock_wait_s: Seconds to wait while another run of the same tuning is at work.

    """
    with tuning_run(cloud, tuning.name, lock_wait_s) as yandex, TemporaryDirectory(prefix="training-") as folder:
        read = read_retrieval_golden.submit(tuning.golden.corpus, tuning.golden.questions)
        base = check_tuning.submit(yandex, tuning)
        checked = check_training_data.submit(tuning.data, TuningKey(yandex.folder_id, tuning.name), folder=folder)
        check_golden_not_trained.submit(tuning.golden.questions, tuning.data.sources)
        check_golden_texts.submit(yandex, tuning, read, base)
        check_results.submit(results, tuning.name)
        wait_for_checks()
        golden, base_model_uri, data = read.result(), base.result(), checked.result()

        training = [ensure_dataset.submit(yandex, tuning, file, "training") for file in data.training]
        validation = ensure_dataset.submit(yandex, tuning, data.validation, "validation")
        wait_for_steps()

        ensured = ensure_tuning.submit(yandex, tuning, base_model_uri, training, validation).result()
        with cancelled_with_the_run(yandex, ensured, cancel=cancel_tuning_on_cancel):
            tuned = wait_for_tuning(yandex, tuning, ensured)

        metrics = fetch_metrics.submit(yandex, tuning.name, tuned, results)
        judgement = judge.submit(yandex, tuning, golden, base_model_uri, tuned)
        index = ensure_search_index.submit(yandex, tuning, tuned, judgement)
        proof = prove_search_index.submit(yandex, tuning, index)
        published = publish.submit(yandex, tuning, tuned, judgement, proof)
        wait_for_steps()
        made = TunedEmbedder(
            data=data,
            training=[each.result() for each in training],
            validation=validation.result(),
            ensured=ensured,
            tuned=tuned,
            metrics=metrics.result(),
            judgement=judgement.result(),
            published=published.result(),
        )
        return report_tuning.submit(yandex, cloud, tuning, made, wait_for=[metrics, published]).result()
