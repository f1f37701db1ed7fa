"""A judgement for reading: Markdown with a picture, and the table side by side for each dimension."""

from domain.markdown import Markdown, code, one_line, page, table
from tasks.bar_chart import bar_chart, data_uri
from tasks.tuning_scores import EmbedderScores, Role, TuningJudgement

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
