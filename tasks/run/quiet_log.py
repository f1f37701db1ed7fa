"""A mistake in a form or in a file, or a missing consent, is one line of the log, without a traceback of the engine.

The traceback of any other error stays: where it came from is not known.
"""

import logging

from prefect.exceptions import ParameterTypeError

from clouds.errors import ConfigurationError, RefusedError

LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "prefect.engine")
"""Loggers to which Prefect's engines write the exception of a run."""
VALIDATION = "Parameter validation failed for flow"
"""Begins a line of Prefect's that quotes every parameter; another line says what is wrong with them."""


class OneLine(logging.Filter):
    """Takes the tracebacks of wrong input and of missing consents out of records, and drops what repeats them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record is written."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(error, ParameterTypeError):
            return False  # the line before it has said so
        if isinstance(error, ConfigurationError | RefusedError):
            record.exc_info, record.exc_text = None, None
        return True


class NoParameters(logging.Filter):
    """Lets the line that quotes the parameters of a run not pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record is written."""
        return not str(record.msg).startswith(VALIDATION)


def keep_to_one_line() -> None:
    """Set the filters; again is no harm."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, OneLine) for each in logger.filters):
            logger.addFilter(OneLine())
    flows = logging.getLogger("prefect.flows")
    if not any(isinstance(each, NoParameters) for each in flows.filters):
        flows.addFilter(NoParameters())
