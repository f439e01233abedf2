"""What is left of a submission's limits, for all of its shells together."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from autograder.sandbox.shell import ENDS, Shell
from autograder.student.limits import DEFAULT, Limits


class Budget:
    """Counts what a submission's shells use together: computing, time, restarts and output.

    Only one shell exists at a time: it has ended, with everything that it started, before the next
    is opened. So limits on what is used at one moment (memory, threads, files) hold for each shell
    by itself, and are not counted here.
    """

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self._limits, self._began = limits, time.monotonic()
        self.output, self.restarts = limits.all_output_bytes, limits.restarts
        self.computed = 0.0
        """CPU seconds used by the shells that have ended."""
        self.allow_share(1.0)

    def allow_share(self, share: float) -> None:
        """From now on allow this share of the seconds, those already used included."""
        self.limits = replace(
            self._limits,
            cpu_seconds=share * self._limits.cpu_seconds,
            submission_seconds=share * self._limits.submission_seconds,
        )
        self.deadline = self._began + self.limits.submission_seconds

    def spent(self) -> str:
        """Which limit is reached, so that nothing more is run, as a clause; "" if none is."""
        if time.monotonic() >= self.deadline:
            return ENDS["late"].format(seconds=self.limits.submission_seconds)
        if self.computed >= self.limits.cpu_seconds:
            return ENDS["cpu"].format(seconds=self.limits.cpu_seconds)
        return ""

    def open_shell(self, open_shell: Callable[..., Shell], dead: Shell | None = None) -> Shell:
        """A shell that stops when the budget is used up, in the place of one that is `dead`.

        Raises
        ------
        Spent
            If there is nothing left for it.
        """
        if dead is not None:
            self.close_shell(dead)
        if reason := self.spent():
            raise Spent(f"not run: {reason}")
        if dead is not None:
            if not self.restarts:
                raise Spent("not run: other cells had ended the Python process too often")
            self.restarts -= 1
        shell = open_shell(cpu_seconds=self.limits.cpu_seconds - self.computed)
        shell.limits = replace(
            shell.limits,
            cpu_seconds=self.limits.cpu_seconds,
            submission_seconds=self.limits.submission_seconds,
        )
        shell.deadline = self.deadline
        return shell

    def close_shell(self, shell: Shell) -> None:
        """End a shell, and count what it has used."""
        shell.close()
        self.computed, shell.computed = self.computed + shell.computed, 0.0


class Spent(Exception):
    """A budget is used up. The message says which limit, in a line."""
