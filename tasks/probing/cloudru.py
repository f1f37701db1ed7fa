"""Look at everything of Cloud.ru that the product reads: every token, every list, and the newest of each kind."""

from collections.abc import Sequence

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.inference import GONE, PAIRS
from clouds.cloudru.wire.inference import ModelRun, ModelRunStatus
from clouds.cloudru.wire.knowledge import KnowledgeBase, SearchState
from clouds.cloudru.wire.search import RetrieveRequest
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from domain.probing.look_at import LookAt
from domain.probing.seen import Object, Seen
from domain.stack import RagStack
from tasks.run.looks import Looked, Looker, has_proxy
from tasks.run.steps import step
from tasks.stack.kept_stack import kept_stacks

RUNS, BASES, OBJECTS = 12, 4, 3
SMALL_BYTES = 1_000_000
QUESTION = "?"


@step("look", persist_result=False)
def look_at_cloudru(cloudru: CloudRuCredentials, look_at: LookAt) -> Looked:
    """Ask for everything that the product reads; what fails is a row. Nothing is created, no secret's value is read."""
    looker = Looker()
    client, through_proxy = _reach(cloudru, looker)
    with client:
        stacks = _stacks(cloudru, look_at, looker)
        objects = _storage(client, [*look_at.buckets, *(stack.bucket for stack in stacks)], looker)
        paths = [*look_at.secrets, *(stack.token_secret for stack in stacks), RagStack().token_secret]
        for path in dict.fromkeys(paths):
            looker.ask(f"secret {path}, without its value", lambda path=path: client.secrets.find(path))
        looker.ask("log groups", client.log_groups.list)
        looker.ask("quotas", client.inference_catalogue.quotas)
        looker.ask("runtime templates", client.inference_catalogue.runtime_templates)
        looker.ask("catalogue of models", client.inference_catalogue.prices)
        looker.ask("names of Foundation Models, without a key", client.foundation_models.list)
        runs = _runs(client, look_at, looker)
        _bases(client, look_at, [stack.knowledge_base.name for stack in stacks], runs, looker)
    secrets = (cloudru.key_secret.get_secret_value(), cloudru.key_id, cloudru.project_id)
    seen = Seen(looker.recorder.answers, through_proxy, tuple(objects))
    return Looked(seen, tuple(looker.rows), secrets)


def _reach(cloudru: CloudRuCredentials, looker: Looker) -> tuple[CloudRuClient, bool | None]:
    """Return a client that reaches the hosts, and which way; that of the block, and None, where neither way does."""
    way = cloudru.assumptions.connection.through_proxy
    client = cloudru.connect(looker.recorder)
    looker.ask("token", client.iam.token)
    if looker.recorder.answers:
        return client, way
    if has_proxy() or way:
        other = _with_proxy(cloudru, through_proxy=not way).connect(looker.recorder)
        looker.ask(f"token, {'straight' if way else 'through the proxy'}", other.iam.token)
        if looker.recorder.answers:
            client.close()
            return other, not way
        other.close()
    return client, None


def _with_proxy(cloudru: CloudRuCredentials, *, through_proxy: bool) -> CloudRuCredentials:
    connection = cloudru.assumptions.connection.model_copy(update={"through_proxy": through_proxy})
    return cloudru.assuming(cloudru.assumptions.model_copy(update={"connection": connection}))


def _stacks(cloudru: CloudRuCredentials, look_at: LookAt, looker: Looker) -> list[RagStack]:
    kept = looker.ask("stacks kept on this Prefect server", lambda: kept_stacks(cloudru.project_id)) or {}
    found = {name: stack for each in kept.values() for stack in each.stacks for name in [stack.knowledge_base.name]}
    for name in look_at.stacks:
        if name not in found:
            looker.leave_out(f"stack {name}", f"none of that name is kept; kept: {', '.join(found) or 'none'}")
    return [stack for name, stack in found.items() if not look_at.stacks or name in look_at.stacks]


def _storage(client: CloudRuClient, named: Sequence[str], looker: Looker) -> list[Object]:
    storage, objects = client.storage, list[Object]()
    listed = looker.ask("list of buckets over S3", storage.list_buckets) or ()
    for bucket in dict.fromkeys(named or listed[:1]):
        found = looker.ask(f"bucket {bucket}", lambda bucket=bucket: storage.find_bucket(bucket))
        if found is None or bucket not in named or len(objects) >= OBJECTS:
            continue
        stored = looker.ask(f"objects of {bucket}", lambda bucket=bucket: storage.list_objects(bucket)) or []
        own = [each for each in stored if not each.key.startswith(ARTIFACTS_PREFIX)]
        small = [each for each in own if 0 < each.size_bytes <= SMALL_BYTES and not each.key.endswith("/")]
        for each in small[: OBJECTS - len(objects)]:
            md5 = looker.ask(f"object {each.key}", lambda b=bucket, key=each.key: storage.digest(b, key))
            objects += [Object(each.etag, md5)] if md5 else []
    return objects


def _runs(client: CloudRuClient, look_at: LookAt, looker: Looker) -> list[ModelRun]:
    listed = [run for run in looker.ask("list of model runs", client.inferences.list) or () if run.status not in GONE]
    listed.sort(key=lambda run: (run.model_run_id not in look_at.ids, run.status != ModelRunStatus.RUNNING))
    runs: list[ModelRun] = []
    for each in listed[:RUNS]:
        run = looker.ask(f"model run {each.name}", lambda run_id=each.model_run_id: client.inferences.get(run_id))
        runs += [run] if run else []
    for run in runs:
        repository = run.model_source.hugging_face_repository if run.model_source else None
        if repository and "rerank" in repository.full_name.lower() and run.status == ModelRunStatus.RUNNING:
            for question, relevant, irrelevant in PAIRS:
                looker.ask(
                    f"two texts ranked by {run.name}",
                    lambda run=run, q=question, pair=(relevant, irrelevant): client.models.at(run).rerank(q, pair),
                )
    return listed


def _bases(
    client: CloudRuClient, look_at: LookAt, names: Sequence[str], runs: Sequence[ModelRun], looker: Looker
) -> None:
    bases = looker.ask("list of knowledge bases", client.knowledge_bases.list) or []
    bases = sorted(bases, key=lambda base: (base.knowledgebase_id not in look_at.ids, base.name not in names))
    for each in bases[:BASES]:
        base_id = each.knowledgebase_id
        base = looker.ask(f"knowledge base {each.name}", lambda base_id=base_id: client.knowledge_bases.get(base_id))
        versions = looker.ask(
            f"versions of {each.name}", lambda base_id=base_id: client.knowledge_bases.list_versions(base_id)
        )
        if versions:
            newest = versions[0].knowledgebase_version_id
            looker.ask(
                f"newest version of {each.name}", lambda newest=newest: client.knowledge_bases.get_version(newest)
            )
        if base is not None:
            _search(client, base, runs, looker)


def _search(client: CloudRuClient, base: KnowledgeBase, runs: Sequence[ModelRun], looker: Looker) -> None:
    """Ask one question where that wakes no model."""
    asleep = {run.model_run_id for run in runs if run.status != ModelRunStatus.RUNNING}
    if base.search_api.state not in (SearchState.ACTIVE, SearchState.RUNNING):
        looker.leave_out(f"question to {base.name}", f"its search API is {base.search_api.state}")
    elif base.embedder and base.embedder.model_id in asleep:
        looker.leave_out(f"question to {base.name}", "its embedder is not RUNNING, and a question would wake it")
    else:
        looker.ask(f"question to {base.name}", lambda: client.search.retrieve(base, RetrieveRequest(query=QUESTION)))
