"""`make demo-tuning`: the flow `finetune-embedder` in the sandbox, from raw lines to a promoted, better embedder."""

from collections.abc import Callable
from typing import Any

from rich.console import Console

from domain.keys import TuningKey
from local.demos import report, watch
from local.demos.embedding import embed
from local.demos.tuning_story import TuningStory, read_story
from local.errors import LocalError
from local.layout import Layout
from local.prefect_api import PrefectApi
from local.stack import stack, up
from local.stack.display import Display
from local.stack.parts import SANDBOX_DEPLOYMENT
from sandbox.settings import YANDEX_FOLDER_ID

DEPLOYMENT = f"finetune-embedder/{SANDBOX_DEPLOYMENT}"
NAME = "demo-embedder"
KEY = TuningKey(YANDEX_FOLDER_ID, NAME)
"""The Prefect variable that names what is in service."""
SAMPLES = 900
"""Each of the 450 pairs twice: less than the sandbox's own choice, and still clearly better."""
QUESTION = "за какое время часы зарядятся полностью"

SEARCH_INDEX = {
    "name": "demo-index",
    "documents": ["examples/faq_products.txt"],
    "question": "В течение скольких дней можно вернуть товар, который не подошёл?",
    "phrase": "14 дней, не считая дня покупки",
}
"""What the promoted model is used for: a search index that is embedded with it, and a question to it."""

Embed = Callable[[str, str, str], list[float]]
"""Takes the sandbox's URL, the URI of a model and a text."""


def demo_tuning(layout: Layout, console: Console, embed: Embed = embed) -> int:
    """Run it and tell what came of it; 0 only when the model is better, in service, and embeds."""
    with stack.locked(layout, "make demo-tuning"):
        with Display(console) as display, up.taken(layout, display) as running, PrefectApi(running.api_url) as api:
            run = watch.run(api, running, DEPLOYMENT, display, _parameters(layout))
            if run.state_type != "COMPLETED":
                why = report.why(api, run)
                raise LocalError(f"run {run.name} ended {run.state_name}{why}\n  log: {layout.log('worker')}")
            story = read_story(api, run, KEY)
            in_service: dict[str, Any] = api.variable(KEY.variable) or {}
            _must_be_promoted(story, in_service.get("model_uri"), api.run_url(run.id))
            answers = _answers(running.sandbox_url, story, in_service["dim"], embed)
            url = api.run_url(run.id)
        for act, lines in (
            *story.acts(),
            ("In Yandex's search index", (str(SEARCH_INDEX["question"]), story.found(str(SEARCH_INDEX["phrase"])))),
            ("Promoted", (story.tuned_uri, f"Prefect variable {KEY.variable}", answers)),
        ):
            console.print(f"\n[bold]{act}[/bold]", highlight=False)
            for line in lines:
                console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"\nrun {run.name}: {url}", highlight=False, soft_wrap=True)
        if running.kind == "demo":
            console.print("(stopped; `make up` keeps the UI open, this run stays in it)")
        console.print(f"{story.counts}; better, and promoted, in {display.elapsed_s:.0f} s", highlight=False)
    return 0


def _parameters(layout: Layout) -> dict[str, Any]:
    """Return the flow's parameters: the Russian example under a name of its own; what is left out has its default."""
    tuning = {"name": NAME, "parameters": {"n_samples": SAMPLES, "seed": 1}, "use": {"search_index": SEARCH_INDEX}}
    return {"tuning": tuning, "results": str(layout.folder / "results")}


def _must_be_promoted(story: TuningStory, in_service: str | None, url: str) -> None:
    judgement = story.result.judgement
    if not judgement.better:
        raise LocalError(f"the tuned model is not better than its base: {judgement}\n  see {url}")
    if not story.result.publication.published or in_service != story.tuned_uri:
        named = in_service or "nothing"
        raise LocalError(
            f"the tuned model {story.tuned_uri} is not promoted: {KEY.variable} names {named}\n  see {url}"
        )


def _answers(sandbox_url: str, story: TuningStory, dim: int, embed: Embed) -> str:
    """Ask both models for a vector; the promoted one must have its length, and not be the base model under a name."""
    tuned, base = (embed(sandbox_url, uri, QUESTION) for uri in (story.tuned_uri, story.base_uri))
    if len(tuned) != dim:
        raise LocalError(f"{story.tuned_uri} answers with {len(tuned)} numbers where {dim} are in service")
    if tuned == base:
        raise LocalError(f"{story.tuned_uri} answers what its base model answers")
    return f"asked for {QUESTION!r} it answers {dim} numbers: {', '.join(f'{x:.3f}' for x in tuned[:4])}, …"
