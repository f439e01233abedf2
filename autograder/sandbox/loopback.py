"""A shell on a namespace of this very process, for code that is trusted."""

from __future__ import annotations

from typing import Any

from autograder.sandbox.shell import Shell
from autograder.student.namespace import Namespace


def loopback(names: dict[str, Any]) -> Shell:
    """A `Shell` on the names of trusted code in this process: the bank's answers, the reference.

    What is asked and answered crosses as the same bytes as on a socket. It runs no cells.
    """

    def refuse(source: str, quiet: bool) -> list[dict]:
        raise NotImplementedError("no cells run in this process")

    namespace = Namespace(names, refuse, lambda question: shell.serve(question))
    shell = Shell(lambda question, _: namespace.serve(question), lambda: ("", 0.0))
    return shell
