"""An evaluation for reading: Markdown with a picture, and a table of the questions."""

from collections.abc import Sequence

from domain.charts import bar_chart, data_uri
from domain.evaluation import Evaluation, Summary
from domain.gate import Verdict, measures
from domain.markdown import Markdown, code, one_line, page, table, text_table

NAMED = 20
"""So many questions and evaluations are listed."""
NEXT = Markdown(
    "## Next\n\nCorrect the documents, or the golden questions, and run `refresh-rag`. A version that was refused goes "
    "in service all the same where a run has its id in *Promote a refused version*."
)


def markdown(
    new: Evaluation,
    in_service: Evaluation | None,
    verdict: Verdict,
    earlier: Sequence[Evaluation],
    overruled: str = "",
) -> Markdown:
    """Return the page: verdict, picture, figures, questions that got worse, questions missed, and earlier versions.

    `overruled` says that the version is in service although it was refused.
    """
    asked = f"{len(new.questions)} golden questions, {new.questions_at_once} at a time, {new.depth} chunks retrieved"
    parts = [
        f"# {one_line(new.stack_name)}: {'passed' if verdict.passed else 'not passed'}",
        f"Version {code(new.version_id)}, {asked}.",
        f"**{one_line(overruled[:1].upper() + overruled[1:])}.**" if overruled else "",
        "\n".join(f"- {one_line(reason)}" for reason in verdict.reasons),
        f"![scores]({data_uri(_picture(new, in_service))})",
        _figures(new, in_service),
    ]
    if in_service is not None:
        listed = [f"- {one_line(str(question))}" for question in verdict.worse_questions[:NAMED]]
        parts.append(
            f"## Worse than in version {one_line(in_service.version_id)}\n\n"
            + ("\n".join(listed) or "No question got worse.")
        )
    missed = [
        (str(question.line), question.query, f"{scores.recall:.2f}", f"{scores.answer_phrases:.2f}")
        for question in new.questions
        for scores in [question.scores["with reranker"]]
        if min(scores.recall, scores.answer_phrases) < 1
    ]
    if missed:
        head = ("line", "question", f"recall@{new.k}", "answer phrases")
        parts.append(f"## Missed\n\n{text_table(head, missed[:NAMED])}")
    if not verdict.passed and not overruled:
        parts.append(NEXT)
    parts.append("## Over time\n\n" + _over_time([new, *earlier][:NAMED]))
    return page(*parts)


def question_table(new: Evaluation, in_service: Evaluation | None) -> list[dict[str, str | int | float]]:
    """Return a row for each question; `before` columns hold the version in service."""
    before = (
        {question.query: question.scores["with reranker"] for question in in_service.questions} if in_service else {}
    )
    rows: list[dict[str, str | int | float]] = []
    for question in new.questions:
        plainly, reranked = question.scores["without reranker"], question.scores["with reranker"]
        row: dict[str, str | int | float] = {
            "line": question.line,
            "question": question.query,
            f"recall@{new.k}": round(reranked.recall, 4),
            "reciprocal rank": round(reranked.reciprocal_rank, 4),
            f"nDCG@{new.k}": round(reranked.ndcg, 4),
            "answer phrases": round(reranked.answer_phrases, 4),
            f"recall@{new.k} without reranker": round(plainly.recall, 4),
            "answer phrases without reranker": round(plainly.answer_phrases, 4),
            "answer, s": reranked.answer_s,
        }
        if was := before.get(question.query):
            row[f"recall@{new.k} before"] = round(was.recall, 4)
            row["answer phrases before"] = round(was.answer_phrases, 4)
        rows.append(row)
    return rows


def _picture(new: Evaluation, in_service: Evaluation | None) -> str:
    series = {
        "without reranker": _four(new.summary("without reranker")),
        "with reranker": _four(new.summary()),
    }
    if in_service is not None:
        series["in service, with reranker"] = _four(in_service.summary())
    return bar_chart([*measures(new)], series)


def _four(summary: Summary) -> tuple[float, float, float, float]:
    return summary.recall, summary.mrr, summary.ndcg, summary.answer_phrase_rate


def _figures(new: Evaluation, in_service: Evaluation | None) -> Markdown:
    columns = [("without reranker", new.summary("without reranker")), ("with reranker", new.summary())]
    if in_service is not None:
        columns.append(("in service, with reranker", in_service.summary()))
    names = [*measures(new)]
    rows = [(name, *(f"{_four(summary)[place]:.3f}" for _, summary in columns)) for place, name in enumerate(names)]
    rows += [
        ("retrieve p50 / p95, s", *(f"{s.retrieve_p50_s:.3f} / {s.retrieve_p95_s:.3f}" for _, s in columns)),
        ("answer p50 / p95, s", *(f"{s.answer_p50_s:.3f} / {s.answer_p95_s:.3f}" for _, s in columns)),
    ]
    return text_table(("", *(name for name, _ in columns)), rows)


def _over_time(evaluations: Sequence[Evaluation]) -> Markdown:
    newest = evaluations[0]
    rows = [
        (
            Markdown(f"{evaluation.evaluated_at:%Y-%m-%d %H:%M}"),
            code(evaluation.version_id),
            *(Markdown(f"{value:.3f}") for value in measures(evaluation).values()),
            Markdown(f"{evaluation.summary().answer_p95_s:.2f}"),
            Markdown("" if evaluation.comparable_with(newest) else "other questions, models or settings"),
        )
        for evaluation in evaluations
    ]
    names = ("recall@k", "MRR", "nDCG@k", "answer phrase rate")
    return table(("evaluated, UTC", "version", *names, "answer p95, s", ""), rows)
