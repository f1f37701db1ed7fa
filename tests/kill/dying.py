"""A run that ends by SIGKILL between two of its own steps, where no call to a cloud can be held."""

import importlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.kill.scenarios import Run


@dataclass(frozen=True)
class Dying:
    """A run whose process is killed at a function of the product: before its nth call, or once that has returned.

    `at` is the function where its caller looks it up, as `tasks.stack.service.promote`.
    """

    run: Run
    at: str
    call: int = 1
    after: bool = False

    def __call__(self) -> Any:
        """Run it here, and die."""
        with pytest.MonkeyPatch.context() as patch:
            module, _, name = self.at.rpartition(".")
            patch.setattr(self.at, self._deadly(getattr(importlib.import_module(module), name)))
            return self.run()

    def _deadly(self, function: Callable[..., Any]) -> Callable[..., Any]:
        calls = 0

        def deadly(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls < self.call:
                return function(*args, **kwargs)
            if self.after:
                function(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

        return deadly
