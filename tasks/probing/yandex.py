"""Look at everything of Yandex AI Studio that the product reads: the token, every list, and the newest of each kind."""

from collections.abc import Sequence

from blocks.yandex import YandexCloudCredentials
from clouds.errors import NotFoundError
from clouds.extras import optional_yandex
from clouds.yandex.auth import ApiKey
from domain.probing.look_at import LookAt
from domain.probing.seen import Seen
from tasks.run.looks import Looked, Looker, has_proxy
from tasks.run.steps import step

with optional_yandex():
    from clouds.yandex.client import YandexClient
    from clouds.yandex.tuning import TuningState

TUNINGS, DATASETS = 6, 6


@step("look", persist_result=False)
def look_at_yandex(yandex: YandexCloudCredentials, look_at: LookAt) -> Looked:
    """Ask for everything that the product reads; what fails is a row. Nothing is created, and nothing is embedded."""
    looker = Looker()
    client, through_proxy = _reach(yandex, looker)
    with client:
        datasets = looker.ask("list of datasets", lambda: list(client.datasets.list())) or []
        for dataset in datasets[:DATASETS]:
            looker.ask(f"dataset {dataset.name}", lambda each=dataset.dataset_id: client.datasets.get(each))
        tunings = _tunings(client, look_at, looker)
        looker.ask("list of files", client.files.list)
        indexes = looker.ask("list of search indexes", client.search_indexes.list) or ()
        store_ids = [index.id for index in indexes[:1]]
    schemes = _schemes(yandex, store_ids, looker)
    hosts = _operation_hosts(yandex, tunings, looker)
    secrets = [getattr(yandex, name).get_secret_value() for name in ("authorized_key", "iam_token", "api_key")]
    seen = Seen(looker.recorder.answers, through_proxy, (), tuple(schemes), tuple(hosts))
    return Looked(seen, tuple(looker.rows), (*filter(None, secrets), yandex.folder_id))


def _reach(yandex: YandexCloudCredentials, looker: Looker) -> "tuple[YandexClient, bool | None]":
    """Return a client that reaches the hosts, and which way; that of the block, and None, where neither way does."""
    way = yandex.assumptions.connection.through_proxy
    client = yandex.connect(looker.recorder)
    looker.ask("token, and the types of datasets", client.datasets.types)
    if _answered(looker):
        return client, way
    if has_proxy() or way:
        other = _changed(yandex, through_proxy=not way).connect(looker.recorder)
        looker.ask(f"the same, {'straight' if way else 'through the proxy'}", other.datasets.types)
        if _answered(looker):
            client.close()
            return other, not way
        other.close()
    return client, None


def _answered(looker: Looker) -> bool:
    """Say whether a service answered: UNAVAILABLE and DEADLINE_EXCEEDED are what gRPC says of a host that does not."""
    away = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}
    return any(answer.status not in away for answer in looker.recorder.answers)


def _changed(yandex: YandexCloudCredentials, **changes: object) -> YandexCloudCredentials:
    connection = yandex.assumptions.connection.model_copy(update=changes)
    return yandex.assuming(yandex.assumptions.model_copy(update={"connection": connection}))


def _tunings(client: "YandexClient", look_at: LookAt, looker: Looker) -> "list[TuningState]":
    tunings = looker.ask("list of tunings", client.tunings.list) or []
    tunings.sort(key=lambda each: (each.task_id in look_at.ids, str(each.created_at or "")), reverse=True)
    for each in tunings[:TUNINGS]:
        name, task_id = each.name or each.task_id, each.task_id
        looker.ask(f"tuning {name}", lambda task_id=task_id: client.tunings.get(task_id))
        looker.ask(f"options of tuning {name}", lambda task_id=task_id: client.tunings.options(task_id))
        looker.ask(f"errors of tuning {name}", lambda task_id=task_id: client.tunings.errors(task_id))
        looker.ask(f"metrics of tuning {name}", lambda task_id=task_id: client.tunings.metrics_url(task_id))
    return tunings[:TUNINGS]


def _operation_hosts(
    yandex: YandexCloudCredentials, tunings: "Sequence[TuningState]", looker: Looker
) -> list[tuple[str, bool]]:
    """Ask both endpoints for the operation of the newest tuning, that of the block first."""
    operation_id = next((each.operation_id for each in tunings if each.operation_id), "")
    if not operation_id:
        return []
    found: list[tuple[str, bool]] = []
    block = yandex.assumptions.connection.operations_at
    for host in (block, "operation" if block == "llm" else "llm"):
        with _changed(yandex, operations_at=host).connect(looker.recorder) as client:
            answer = looker.ask(
                f"operation of a tuning at {host}", lambda client=client: client.operations.get(operation_id)
            )
        found.append((host, answer is not None))
    return found


def _schemes(yandex: YandexCloudCredentials, store_ids: Sequence[str], looker: Looker) -> list[tuple[str, bool]]:
    """Ask for a vector store with the API key under both its words, that of the block first."""
    if not isinstance(yandex.auth(), ApiKey) or not store_ids:
        looker.leave_out("a vector store with an API key", "the block holds no API key, or there is no search index")
        return []
    found: list[tuple[str, bool]] = []
    block = yandex.assumptions.search_index.api_key_scheme
    for scheme in (block, "Api-Key" if block == "Bearer" else "Bearer"):
        assumed = yandex.assumptions.search_index.model_copy(update={"api_key_scheme": scheme})
        changed = yandex.assumptions.model_copy(update={"search_index": assumed})
        with yandex.assuming(changed).connect(looker.recorder) as client:

            def get(client: "YandexClient" = client) -> bool:
                try:
                    client.vector_stores.get(store_ids[0])
                except NotFoundError:
                    return True  # it was known who asks
                return True

            taken = bool(looker.ask(f"a vector store with the word {scheme}", get))
        found.append((scheme, taken))
    return found
