"""What an embedder is judged by: texts to be found, and questions that say which of them answer.

Two files of JSON lines. Corpus: `id`, `text`. Questions: `query`, `relevant` (ids of the texts that answer it). They
must not be among the training data: what was trained on proves nothing.
"""

from clouds.errors import ConfigurationError
from domain.faults import refuse
from domain.golden import asked_twice
from domain.jsonl import Model, parsed
from domain.retrieval_golden import CorpusText, RetrievalGolden, RetrievalQuestion
from domain.same_text import as_seen, plain
from tasks.evaluation.golden import golden_text
from tasks.run.steps import step


def _read(place: str, model: type[Model]) -> tuple[list[tuple[int, Model]], list[str]]:
    try:
        return parsed(golden_text(place), place, model)
    except ConfigurationError as error:
        return [], [*error.lines]


@step("read-retrieval-golden")
def read_retrieval_golden(corpus: str, questions: str) -> RetrievalGolden:
    """Read both files or fsspec URLs.

    Raises:
        ConfigurationError: a file cannot be read or holds nothing, or one line for each line of it that is wrong.

    """
    texts, texts_faults = _read(corpus, CorpusText)
    asked, asked_faults = _read(questions, RetrievalQuestion)
    faults = [*texts_faults, *asked_faults]
    ids: dict[str, tuple[int, str]] = {}
    same: dict[str, int] = {}
    for number, text in texts:
        line, other = ids.setdefault(as_seen(text.id), (number, text.id))
        if line != number:
            said = f"stands in line {line} too" if other == text.id else f"reads like {other!r} of line {line}"
            faults.append(f"{corpus}, line {number}: id {text.id!r} {said}; take another")
        elif (first := same.setdefault(plain(text.text), number)) != number:
            faults.append(
                f"{corpus}, line {number}: {text.id!r} has the text of line {first} again; drop one of them: finding "
                "the other would count as an error"
            )
    if not texts_faults:  # else an id is missed that only could not be read
        faults += [
            f"{questions}, line {number}: {answer!r} is no id of {corpus}; correct relevant or add the text"
            for number, question in asked
            for answer in question.relevant
            if as_seen(answer) not in ids
        ]
    faults += asked_twice([(number, question.query) for number, question in asked], questions)
    refuse(faults)
    return RetrievalGolden(tuple(text for _, text in texts), tuple(question for _, question in asked))
