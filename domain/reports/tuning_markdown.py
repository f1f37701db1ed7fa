"""A tuning for reading: its judgement with a picture, the table of scores, and how a program embeds with the model."""

from domain.charts import bar_chart, data_uri
from domain.embedder_judgement import EmbedderScores, Role, TuningJudgement
from domain.markdown import Markdown, code, code_block, one_line, page, table
from domain.training_data.spec import TextPrefixes

ROLES: tuple[Role, ...] = ("base", "in service", "tuned")


def judgement_text(name: str, judgement: TuningJudgement) -> Markdown:
    """Return the page."""
    gains = "\n".join(f"- {one_line(f'{judgement.measure} {gain}')}" for gain in judgement.gains)
    return page(
        f"# {one_line(name)}: {'better' if judgement.better else 'not better'}",
        f"{judgement.questions} golden questions over {judgement.texts} texts, {judgement.dim} dimensions.",
        gains,
        f"![scores]({data_uri(_picture(judgement))})",
        score_table(judgement),
    )


def score_table(judgement: TuningJudgement) -> Markdown:
    """Return the figures of every model, those of one dimension beside each other, the largest first."""
    dims = sorted({scores.dim for scores in judgement.scores}, reverse=True)
    rows = [
        (
            Markdown(str(scores.dim)),
            Markdown(scores.role),
            *(Markdown(f"{value:.3f}") for value in scores.figures(judgement.k).values()),
            code(scores.model_uri),
        )
        for dim in dims
        for role in ROLES
        for scores in judgement.scores
        if (scores.dim, scores.role) == (dim, role)
    ]
    return table(("dimensions", "model", f"recall@{judgement.k}", "MRR", f"nDCG@{judgement.k}", "URI"), rows)


def embedding_program(cloud: str, model_uri: str, dim: int, prefixes: TextPrefixes) -> Markdown:
    """Return the lines of Python that embed documents and a question as the model was tuned and judged."""
    before, asked = prefixes.document, prefixes.query
    documents = f"[{before!r} + text for text in texts]" if before else "texts"
    question = f'{asked!r} + "a question"' if asked else '"a question"'
    lines = f"""
from blocks.yandex import YandexCloudCredentials

client = YandexCloudCredentials.load({cloud!r}).get_client()
model = {model_uri!r}
texts = ["a document", "another document"]
documents = client.embeddings.embed(model, {documents}, dim={dim})
(question,) = client.embeddings.embed(model, [{question}], dim={dim})
products = [sum(a * b for a, b in zip(question, document)) for document in documents]
nearest = texts[products.index(max(products))]
"""
    return code_block(lines, "python")


def _picture(judgement: TuningJudgement) -> str:
    """Draw each model once: at the judged dimension, else at its longest."""
    shown: dict[str, EmbedderScores] = {}
    for role in ROLES:
        mine = [scores for scores in judgement.scores if scores.role == role]
        if mine:
            at = next((scores for scores in mine if scores.dim == judgement.dim and role == "tuned"), mine[0])
            shown[f"{role}, {at.dim}"] = at
    names = [*next(iter(shown.values())).figures(judgement.k)]
    return bar_chart(names, {name: [*scores.figures(judgement.k).values()] for name, scores in shown.items()})
