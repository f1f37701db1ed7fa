"""The probe decides whether a run is green: right answers pass however they are written, wrong ones say what came."""

import pytest
from pydantic import ValidationError

from clouds.cloudru.wire.search import Chunk
from clouds.errors import WrongAnswerError
from domain.answer import Answer, judge, source_of
from domain.probe import ProbeSpec

PROBE = ProbeSpec(question="За сколько дней?", source="faq_products.txt", phrase="14 дней, не считая ещё дня покупки")


def answer(text: str, *sources: str) -> Answer:
    """Return an answer from these files."""
    chunks = tuple(Chunk(content="…") for _ in sources)
    return Answer(question=PROBE.question, answer=text, chunks=chunks, chunk_sources=sources)


@pytest.mark.parametrize(
    "text",
    [
        "В течение 14 дней, не считая ещё дня покупки.",
        "14 ДНЕЙ, НЕ СЧИТАЯ ЕЩЕ ДНЯ ПОКУПКИ",
        "14 дней,\n  не считая\u00a0ещё дня   покупки",
        "&quot;14 дней, не считая ещё&nbsp;дня покупки&quot;",
        "14 дней, не считая ещ\u0435\u0308 дня покупки",
    ],
)
def test_right_answer_passes_however_it_is_written(text: str) -> None:
    """Case, spaces, ё, HTML entities and the way a letter is composed do not count."""
    judge(answer(text, "rag-inference-kb/faq_products.txt"), PROBE)


def test_missing_source_says_which_files_came_back() -> None:
    """A reader sees at once that another folder was indexed."""
    with pytest.raises(WrongAnswerError, match=r"no chunk of faq_products.txt; came back: kb/old.txt, kb/b.txt\. "):
        judge(answer("14 дней, не считая ещё дня покупки", "kb/old.txt", "kb/b.txt", "kb/old.txt"), PROBE)


def test_nothing_found_says_so() -> None:
    """An empty index is told from a wrong one."""
    with pytest.raises(WrongAnswerError, match="came back: no chunk at all"):
        judge(answer(""), PROBE)


def test_missing_phrase_quotes_the_answer_in_one_line() -> None:
    """The answer stands in the error, cut, on one line."""
    with pytest.raises(WrongAnswerError) as wrong:
        judge(answer("Не знаю.\n" * 100, "faq_products.txt"), PROBE)
    assert "lacks the phrase" in wrong.value.message
    assert "Не знаю. Не знаю." in wrong.value.message
    assert "\n" not in wrong.value.message
    assert len(wrong.value.message) < 700


def test_file_name_must_be_the_same_not_a_part() -> None:
    """`old_faq_products.txt` is another file."""
    with pytest.raises(WrongAnswerError, match="old_faq_products"):
        judge(answer("14 дней, не считая ещё дня покупки", "kb/old_faq_products.txt"), PROBE)


def test_the_same_name_in_another_folder_is_another_source() -> None:
    """`kz/faq.txt` is not `ru/faq.txt`; where the service names less of the path, the error says so."""
    probe = PROBE.model_copy(update={"source": "kz/faq.txt"})
    judge(answer("14 дней, не считая ещё дня покупки", "kb/kz/faq.txt"), probe)
    with pytest.raises(WrongAnswerError, match="Check that the probe fits"):
        judge(answer("14 дней, не считая ещё дня покупки", "kb/ru/faq.txt"), probe)
    with pytest.raises(
        WrongAnswerError, match=r"no chunk of kz/faq\.txt; came back: faq\.txt\. .*names less of the path"
    ):
        judge(answer("14 дней, не считая ещё дня покупки", "faq.txt"), probe)


def test_one_of_the_ways_to_say_it_is_enough() -> None:
    """And the error names them all."""
    probe = PROBE.model_copy(update={"phrase": ("14 дней", "две недели")})
    judge(answer("Две\u00a0недели.", "faq_products.txt"), probe)
    with pytest.raises(WrongAnswerError, match="lacks the phrase '14 дней' or 'две недели'; came back"):
        judge(answer("114 дней.", "faq_products.txt"), probe)


@pytest.mark.parametrize("field", ["question", "source", "phrase"])
@pytest.mark.parametrize("blank", ["", " ", "\u200b", "&nbsp;"])
def test_a_blank_probe_is_refused(field: str, blank: str) -> None:
    """One space stands in every answer, and would prove any."""
    with pytest.raises(ValidationError, match="is blank to a reader; write what can be seen"):
        ProbeSpec.model_validate({**PROBE.model_dump(), field: blank})


def test_source_is_read_by_the_first_key_that_tells_it() -> None:
    """The metadata keys of txt files are not published, so several are tried in order."""
    chunk = Chunk(content="", metadata={"path": "", "key": "kb/a.txt", "source": "kb/b.txt"})
    assert source_of(chunk, ("path", "key", "source")) == "kb/a.txt"
    assert source_of(Chunk(content=""), ("path",)) == "a file that is not named"
