"""What the answers of ML Inference say about its assumptions: runs and cards show how the console writes them."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from clouds.cloudru.inference import OVERRIDES, QWEN3_RERANKER
from clouds.cloudru.wire.inference import ModelRunStatus
from domain.probing.finding import Finding, Rule, differs, holds, same, untold
from domain.probing.seen import Seen, dicts

Kind = Literal["embedding", "score", "generate"]
SCALING = frozenset({"minScale", "maxScale", "scalingRules", "keepAliveDuration"})
"""Keys of `scaling` that are published."""
TOKEN_TEMPLATES = (
    "{id}", "{path}", "{id}:{version}", "{path}:{version}", "{id}/{version}", "{path}/{version}",
)  # fmt: skip
NO_RUN = "the project has no model run that shows it"


def runs(seen: Seen) -> list[dict[str, Any]]:
    """Return the runs that were read alone."""
    bodies = [body for body in seen.bodies("GetModelRunResponse") if isinstance(body, dict)]
    found = [body.get("modelRun", body) for body in bodies]
    return [run for run in found if isinstance(run, dict)]


def repository(run: dict[str, Any]) -> dict[str, Any]:
    """Return where the weights of a run or a card lie, empty when it is not Hugging Face."""
    source = run.get("modelSource")
    found = source.get("huggingFaceRepository") if isinstance(source, dict) else None
    return found if isinstance(found, dict) else {}


def full_name(run: dict[str, Any]) -> str:
    """Return `org/model`, however it is spelled."""
    found = repository(run)
    repo, model = str(found.get("repo") or ""), str(found.get("model") or "")
    return f"{repo}/{model}" if model and "/" not in repo else repo


def kind_of(run: dict[str, Any]) -> Kind:
    """Guess from its repository what a model is for."""
    name = full_name(run).lower()
    if "rerank" in name:
        return "score"
    return "embedding" if "embed" in name or "/bge-" in name or "/e5-" in name else "generate"


def secrets(seen: Seen) -> list[dict[str, Any]]:
    """Return the secrets that were seen, without their values."""
    read = [body.get("secret") for body in seen.bodies("SecretResponse") if isinstance(body, dict)]
    return [secret for secret in read if isinstance(secret, dict)] + seen.entries("SearchSecretsResponse", "secrets")


def spelled(last: str) -> Rule[Seen]:
    """Return the rule of paths that are published in two spellings; `last` says in words what they lead to."""

    def rule(seen: Seen, paths: Sequence[str]) -> Finding:
        answers = {path: seen.asked(last=path) for path in paths}
        status = {path: each[-1].status for path, each in answers.items() if each}
        known = [path for path, each in answers.items() if any(answer.good for answer in each)]
        if not known:
            told = ", ".join(f"{path} answered {code}" for path, code in status.items()) or "none was asked"
            return untold(f"no path of the {last} answered: {told}")
        if known[0] == paths[0]:
            return holds(f"{paths[0]} answered")
        refused = ", ".join(f"{path} answered {status[path]}" for path in paths if path in status and path not in known)
        return differs(f"{known[0]} answered; {refused}", tuple(known))

    return rule


def _token_secret(seen: Seen, value: str) -> Finding:
    held = [run["modelSource"].get("secret") for run in runs(seen) if isinstance(run.get("modelSource"), dict)]
    if any(isinstance(each, dict) for each in held):
        return untold("modelSource.secret of a run is an object, not a text: report it")
    held = [each for each in held if isinstance(each, str) and each]
    if not held:
        return untold("no model run of the project names a secret")
    for secret in secrets(seen):
        versions = [str(each.get("id")) for each in dicts(secret.get("versions"))] or [""]
        for template in sorted(TOKEN_TEMPLATES, key=lambda each: each != value):
            texts = {
                template.replace("{id}", str(secret.get("id") or ""))
                .replace("{path}", str(secret.get("path") or "").strip("/"))
                .replace("{version}", version)
                for version in versions
            }
            if texts & {each.strip("/") for each in held} - {""}:
                return same(template, value, f"a model run names its secret as {template}")
    return untold("the secret that a model run names is none of those seen: give its path under Secrets")


def _spellings(shown: Sequence[dict[str, Any]]) -> Counter[str]:
    return Counter(
        "split" if each.get("model") and "/" not in str(each.get("repo")) else "whole"
        for each in map(repository, shown)
        if each.get("repo") and (each.get("model") or "/" in str(each["repo"]))
    )


def _spelling_of_repository(seen: Seen, value: str) -> Finding:
    spelling = _spellings(runs(seen)) or _spellings(seen.entries("ListModelCardsResponse", "modelCards"))
    if not spelling:
        return untold("neither a model run nor the catalogue shows a repository of Hugging Face")
    if spelling[value]:
        return holds(f"{spelling[value]} of {spelling.total()} repositories are spelled so")
    return same(spelling.most_common(1)[0][0], value, f"all {spelling.total()} repositories are spelled so")


def task(kind: Kind) -> Rule[Seen]:
    """Return the rule of the name of a task."""

    def rule(seen: Seen, value: str) -> Finding:
        names = [
            (str(run["modelTaskType"]), kind_of(run))
            for run in runs(seen)
            if run.get("modelTaskType") and full_name(run)
        ]
        cards = [
            str(card["taskType"])
            for card in seen.entries("ListModelCardsResponse", "modelCards")
            if card.get("taskType")
        ]
        mine = Counter(name for name, of in names if of == kind)
        if value in mine:
            return holds(f"{mine[value]} model runs have it")
        if mine:
            name, count = mine.most_common(1)[0]
            return differs(f"{count} model runs of such repositories have {name}", name)
        if value in cards:
            return holds("the catalogue has it")
        return untold("neither a model run nor the catalogue shows this task")

    return rule


def _keep_running(seen: Seen, value: str) -> Finding:
    scalings = [run["scaling"] for run in runs(seen) if isinstance(run.get("scaling"), dict)]
    if not scalings:
        return untold(NO_RUN)
    switches = sorted(
        {key for scaling in scalings for key, held in scaling.items() if isinstance(held, bool)} - SCALING
    )
    if value in switches:
        return holds("model runs have the key")
    if switches:
        return differs(f"model runs have the switch {switches[0]} below scaling", switches[0])
    if value:
        return untold("no model run shows the key")
    return holds(f"{len(scalings)} model runs have no switch below scaling")


def option(word: str, *, beside: str) -> Rule[Seen]:
    """Return the rule of a key below `options`, known by a word in it; `beside` is the switch that it belongs to."""

    def rule(seen: Seen, value: str) -> Finding:
        shown = [run["options"] for run in runs(seen) if isinstance(run.get("options"), dict)]
        keys = [
            key for each in shown if each.get(beside) for key, held in each.items() if isinstance(held, str) and held
        ]
        mine = Counter(key for key in keys if word in key.lower())
        if value in mine:
            return holds(f"{mine[value]} model runs have the key")
        if mine:
            name = mine.most_common(1)[0][0]
            return differs(f"model runs have the key {name}", name)
        return untold(f"no model run with {beside} shows the key")

    return rule


def _arguments(run: dict[str, Any]) -> dict[str, str]:
    options = run.get("servingOptions")
    dynamical = options.get("dynamicalOptions") if isinstance(options, dict) else None
    listed = dynamical.get("args") if isinstance(dynamical, dict) else None
    return {str(each.get("key")): str(each.get("value")) for each in dicts(listed)}


def _margins(seen: Seen, run: dict[str, Any]) -> list[float]:
    """Return how far relevant texts were above irrelevant ones: each pair is asked with the relevant one first."""
    margins: list[float] = []
    for answer in seen.asked(below=str(run.get("modelRunId"))):
        if not answer.model.endswith(".RerankResponse"):
            continue
        scores = {each.get("index"): each.get("relevance_score") for each in dicts(answer.body.get("results"))}
        if isinstance(scores.get(0), int | float) and isinstance(scores.get(1), int | float):
            margins.append(float(scores[0] or 0) - float(scores[1] or 0))
    return margins


def _overrides(seen: Seen, value: str) -> Finding:
    for run in runs(seen):
        if not full_name(run).startswith(QWEN3_RERANKER) or run.get("status") != ModelRunStatus.RUNNING:
            continue
        given, margins = _arguments(run).get(OVERRIDES, ""), _margins(seen, run)
        right = bool(margins) and min(margins) > 0
        if given and _same_json(given, value) and right:
            return holds("a run that was started with them ranks rightly")
        if not given and margins:
            return (
                differs("a run without them ranks rightly", "")
                if right and value
                else holds("a run without them ranks wrongly")
            )
    return untold("no original Qwen3 reranker of the project is RUNNING and answers")


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return one == other


def _margin(seen: Seen, value: float) -> Finding:
    margins = [
        margin
        for run in runs(seen)
        if _arguments(run).get(OVERRIDES) or not full_name(run).startswith(QWEN3_RERANKER)
        for margin in _margins(seen, run)
    ]
    if not margins:
        return untold("no reranker of the project is RUNNING and answers")
    least = min(margins)
    if least >= value:
        return holds(f"a relevant text was at least {least:.3f} above an irrelevant one")
    if least <= 0:
        return untold("a reranker of the project ranks wrongly: correct it first")
    return differs(f"a relevant text was only {least:.3f} above an irrelevant one", round(least / 2, 4))


def _embedder_uris(seen: Seen, value: bool) -> Finding:  # noqa: FBT001  # a rule takes the value that the block holds
    states = {run.get("status") for run in runs(seen) if full_name(run).startswith("emb://")}
    if ModelRunStatus.RUNNING in states:
        return same(seen=True, value=value, why="a run of an emb:// URI is RUNNING")
    return untold("no model run of the project has an emb:// URI")


RULES: dict[str, Rule[Seen]] = {
    "inference.token_secret": _token_secret,
    "inference.repository": _spelling_of_repository,
    "inference.embedding_task": task("embedding"),
    "inference.score_task": task("score"),
    "inference.generate_task": task("generate"),
    "inference.keep_running_field": _keep_running,
    "inference.service_account_field": option("account", beside="isEnabledAuth"),
    "inference.log_group_field": option("group", beside="isEnabledLogging"),
    "inference.qwen3_reranker_overrides": _overrides,
    "inference.embedder_uris": _embedder_uris,
    "inference.quota_paths": spelled("quotas"),
    "inference.runtime_template_paths": spelled("runtime templates"),
    "inference.reranker_margin": _margin,
}
