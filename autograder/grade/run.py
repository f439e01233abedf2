"""A submission's cells in the student's shell, which is replaced when it dies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autograder.assignment import Cell
from autograder.sandbox.budget import Budget, Spent
from autograder.sandbox.shell import SandboxLost, Shell, ShellDied


@dataclass(frozen=True)
class Step:
    """A cell of the student's run: `source` runs in the student's shell.

    Of a `test` that is the visible part.
    """

    id: str
    source: str
    test: Cell | None


def step_of(cell: Cell | None, id: str, source: str) -> Step:
    """What runs in the student's shell for a cell of the submission.

    `cell` is the assignment's cell of that id; None if the student has added it.
    """
    if cell is None or cell.kind == "solution":
        return Step(id, source, None)
    return Step(id, cell.visible, cell if cell.kind == "test" else None)


@dataclass(frozen=True)
class ShownRun:
    """What the student's own run, which sees no hidden test, says about an exercise."""

    check: str = ""
    """How the visible check ended, if it did not pass."""
    cell: str = ""
    """How the solution cell ended, if it stopped."""


def error_in(outputs: list[dict], said: bool = False) -> str:
    """The kind of error among a cell's outputs, or ""; with its message, if `said`."""
    for output in outputs:
        if output["output_type"] == "error":
            name = output["ename"][:60]
            if not said:
                return name
            # What an assertion says was written for the reader; other errors need their names.
            words = output["evalue"].strip()[:2000]
            if name in ("AssertionError", _STOPPED):
                return words or name
            return f"{name}: {words}" if words else name
    return ""


_STOPPED = "Stopped"
LOST = "the sandbox's forkserver has died: is the machine out of memory?"


class StudentRun:
    """Runs a student's cells, in a shell that is replaced when it dies.

    A new shell gets the cells that have run so far, without those that are known to be fatal: a
    cell that ends the shell costs its own exercise, and no other.

    Parameters
    ----------
    open_shell : opens a fresh shell.
    fatal : cell id → why it cannot be run; shared by the runs of a submission, and added to.
    budget : what is left of the submission's limits.
    quiet : whether outputs are dropped.
    """

    def __init__(
        self,
        open_shell: Callable[..., Shell],
        fatal: dict[str, str],
        budget: Budget,
        *,
        quiet: bool,
    ) -> None:
        self.open_shell, self.fatal, self.budget, self.quiet = open_shell, fatal, budget, quiet
        self.done: list[Step] = []
        self._shell: Shell | None = None
        self._asked = False

    def run(self, step: Step) -> list[dict]:
        """Run a cell. Its outputs."""
        outputs: list[dict] = []
        if step.id not in self.fatal and not self._try(step, self.quiet, outputs) and self._asked:
            # A call from a test may have broken the shell, and not this cell: try a fresh one.
            self._asked = False
            del self.fatal[step.id]
            self._try(step, self.quiet, outputs)
        if step.id in self.fatal:
            reason = self.fatal[step.id]
            return [stopped(reason)]
        self.done.append(step)
        return outputs

    def shell(self) -> Shell:
        """A living shell that has run the cells so far. Raises `Spent`."""
        while self._shell is None or not self._shell.alive:
            self._shell = self.budget.open_shell(self.open_shell, self._shell)
            self._asked = False
            for step in self.done:
                if not self._try(step, True, []):
                    self.done.remove(step)
                    break
        return self._shell

    def shell_to_ask(self) -> Shell:
        """`shell`, for a test, whose calls may change its state."""
        shell, self._asked = self.shell(), True
        return shell

    def _try(self, step: Step, quiet: bool, outputs: list[dict]) -> bool:
        """Run a cell in the shell; False if the shell did not survive that."""
        try:
            # Not self.shell() in a repetition: there the shell is the one being filled.
            shell = self._shell if self._shell is not None and self._shell.alive else self.shell()
            outputs += shell.run(step.source, quiet)
        except ShellDied as death:
            if self._shell is not None and self._shell.lost:
                raise SandboxLost(LOST) from None
            self.fatal[step.id] = str(death)
            return False
        except Spent as reason:
            self.fatal[step.id] = str(reason)
            return False
        return True

    def __enter__(self) -> StudentRun:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shell is not None:
            self.budget.close_shell(self._shell)


def stopped(reason: str) -> dict:
    """The output of a cell that could not be run to its end."""
    return {
        "output_type": "error",
        "ename": _STOPPED,
        "evalue": reason,
        "traceback": [f"{_STOPPED}: {reason}"],
    }
