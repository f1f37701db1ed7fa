"""Whether an answer is about what was asked: a proxy's cache, or a mixed-up service, may send another resource."""

from clouds.errors import WrongAnswerError


def check_about(asked: str, answered: str, *, subject: str) -> None:
    """Compare the id, or path, that was asked for with that of the answer; letters' case does not count.

    Raises:
        WrongAnswerError: it is another one.

    """
    if asked.casefold() != answered.casefold():
        raise WrongAnswerError(
            f"{subject}: asked about {asked}, and the answer is about {answered}. Nothing was done with it. Run again; "
            "if it comes again, check the endpoints in the connection block and what stands before the service."
        )
